/* SPDX-License-Identifier: MIT */
/* SlowFast networks of Feichtenhofer et al. (2019), named as in PyTorchVideo: a slow pathway on
 * every alpha-th frame and a fast one with 1/beta of its channels on all; behind the stem and the
 * first three stages the fast one is joined to the slow one. */
#include "models/family.h"
#include "models/mmaction.h"
#include "models/pytorchvideo.h"

enum { SLOW, FAST, PATHWAYS };
enum { BETA_MOST = 64 }; /* as in options.c */

/* T of the first convolution of every stage's blocks. */
static const int stage_frames[PATHWAYS][RESNET_STAGES] = {{1, 1, 3, 3}, {3, 3, 3, 3}};
static const int stem_frames[PATHWAYS] = {1, 5};

static struct name pathway(int block, int which)
{
    return name_of("blocks.%d.multipathway_blocks.%d", block, which);
}

static struct name slow_stage(int s)
{
    return pathway(s + 1, SLOW);
}

static struct name fast_stage(int s)
{
    return pathway(s + 1, FAST);
}

/* The lateral convolution: `kernel` frames, every alpha-th, twice the fast channels. Returns the
 * joined value's name. */
static struct name write_fusion(struct writer *w, const struct options *o, int block, int channels)
{
    struct name x[2] = {pathway(block, SLOW), name_of("blocks.%d.multipathway_fusion", block)};
    struct name all = x[1], conv = name_of("%s.conv_fast_to_slow", all.s);
    struct name norm = name_of("%s.norm", all.s);
    int kernel = o->value[OPT_FUSION_KERNEL];
    x[1] = name_of("%s.activation", all.s);
    write_conv(w, conv.s, pathway(block, FAST).s,
               &(struct conv){channels,
                              2 * channels,
                              {kernel, 1, 1},
                              {o->value[OPT_ALPHA], 1, 1},
                              {kernel / 2, 0, 0},
                              0});
    if (o->value[OPT_BN]) {
        write_batchnorm(w, norm.s, conv.s, 2 * channels);
        write_relu(w, x[1].s, norm.s);
    } else {
        x[1] = conv;
    }
    write_concat(w, all.s, x, 2);
    return all;
}

static bool set_defaults(struct options *o, struct error *err)
{
    option_default(o, OPT_DEPTH, 50);
    option_default(o, OPT_BN, 1);
    option_default(o, OPT_ALPHA, 4);
    option_default(o, OPT_BETA, 8);
    option_default(o, OPT_FUSION_KERNEL, o->value[OPT_DEPTH] == 101 ? 5 : 7);
    ptv_defaults(o, 32, 2);
    int frames = o->value[OPT_FRAMES], alpha = o->value[OPT_ALPHA];
    if (frames % alpha)
        return fail(err, ERROR_USAGE, "option frames=%d: wanted are multiples of alpha=%d", frames,
                    alpha);
    if (o->value[OPT_FUSION_KERNEL] % 2 == 0)
        return fail(err, ERROR_USAGE, "option fusion_kernel=%d: wanted is an odd number",
                    o->value[OPT_FUSION_KERNEL]);
    int h = ptv_halved(o->height, 5), width = ptv_halved(o->width, 5);
    int map[PATHWAYS][3] = {{frames / alpha, h, width}, {frames, h, width}};
    return ptv_default_head(o, map, PATHWAYS, (int[])PTV_WINDOW, err);
}

static bool check(const struct options *o, const struct resnet *r, struct error *err)
{
    int beta = o->value[OPT_BETA];
    if (!r->bottleneck)
        return fail(err, ERROR_USAGE, "option depth=%d: wanted is 50, 101, 152 or 200",
                    o->value[OPT_DEPTH]);
    for (int s = 0; s < RESNET_STAGES; s++)
        if (r->planes[s] < beta)
            return fail(err, ERROR_USAGE, "option beta=%d leaves none of %d channels", beta,
                        r->planes[s]);
    return true;
}

/* MMAction2 takes every alpha-th frame, PyTorchVideo the same number from the first to the last. */
static void write_input(struct writer *w, const struct options *o)
{
    int alpha = o->value[OPT_ALPHA], count = o->value[OPT_FRAMES] / alpha;
    write_video(w, o, &(struct video){NULL, "input.fast", o->value[OPT_FRAMES], 0});
    if (o->value[OPT_PROTOCOL] == PROTOCOL_MMACTION)
        write_node(w, "input", "select_frames", "input.fast", "stride=%d count=%d", alpha, count);
    else
        write_node(w, "input", "select_frames", "input.fast", "spread=1 count=%d", count);
}

static void write_stages(struct writer *w, const struct options *o, const struct resnet *r)
{
    int beta = o->value[OPT_BETA], in[PATHWAYS] = {r->stem, r->stem / beta};
    ptv_write_stem(w, pathway(0, SLOW).s, "input", in[SLOW], stem_frames[SLOW], 1);
    ptv_write_stem(w, pathway(0, FAST).s, "input.fast", in[FAST], stem_frames[FAST], 1);
    for (int s = 0; s < RESNET_STAGES; s++) {
        struct name x[PATHWAYS] = {write_fusion(w, o, s, in[FAST]), pathway(s, FAST)};
        in[SLOW] += 2 * in[FAST];
        for (int p = 0; p < PATHWAYS; p++) {
            int frames = stage_frames[p][s], part = p == SLOW ? 1 : beta;
            struct ptv_stage stage = {r->blocks[s],        in[p],
                                      r->planes[s] / part, 4 * r->planes[s] / part,
                                      s ? 2 : 1,           {frames, frames}};
            ptv_write_stage(w, pathway(s + 1, p).s, x[p].s, &stage);
            in[p] = stage.out;
        }
    }
}

/* The linear layer comes behind the mean over the windows' places: the same as in front of it. */
static void write_head_of(struct writer *w, const struct options *o, const struct resnet *r)
{
    int slow = 4 * r->planes[RESNET_STAGES - 1], fast = slow / o->value[OPT_BETA];
    const char *x = "blocks.5";
    struct name pools[PATHWAYS];
    for (int p = 0; p < PATHWAYS; p++) {
        pools[p] = name_of("blocks.5.multipathway_pool.%d", p);
        ptv_write_pool(w, o, pools[p].s, pathway(RESNET_STAGES, p).s, p);
    }
    write_concat(w, x, pools, PATHWAYS);
    if (o->value[OPT_HEAD] == HEAD_WINDOW) {
        write_node(w, "blocks.6.pool", "global_average", x, NULL);
        x = "blocks.6.pool";
    }
    write_linear(w, "logits", "blocks.6.proj", x, slow + fast, o->value[OPT_CLASSES]);
    write_scores(w);
}

static bool build(struct options *o, struct writer *w, struct error *err)
{
    struct resnet r;
    TRY(set_defaults(o, err) && resnet_init(&r, o, resnet_base, err) && check(o, &r, err));
    write_header(w, resnet_name("slowfast_r", o).s);
    write_input(w, o);
    write_stages(w, o, &r);
    write_head_of(w, o, &r);
    return true;
}

/* beta divides, rounded down, the slow pathway's channels; the widest tell it best. */
static bool explains(const struct checkpoint *c, int beta)
{
    int slow = checkpoint_dim(c, name_of("%s.conv.weight", pathway(0, SLOW).s).s, 0);
    int fast = checkpoint_dim(c, name_of("%s.conv.weight", pathway(0, FAST).s).s, 0);
    if (slow / beta != fast)
        return false;
    for (int s = 0; s < RESNET_STAGES; s++) {
        const char *last = "res_blocks.0.branch2.conv_c.weight";
        slow = checkpoint_dim(c, name_of("%s.%s", slow_stage(s).s, last).s, 0);
        fast = checkpoint_dim(c, name_of("%s.%s", fast_stage(s).s, last).s, 0);
        if (slow / beta != fast)
            return false;
    }
    return true;
}

static bool recognise(const struct checkpoint *c, struct options *o, struct error *err)
{
    struct name fusion = name_of("blocks.0.multipathway_fusion.conv_fast_to_slow.weight");
    int beta = 1, kernel = checkpoint_dim(c, fusion.s, 2);
    TRY(ptv_recognise_stages(c, slow_stage, o, err));
    if (mmaction_speaks(c))
        option_default(o, OPT_ALPHA, 8);
    mmaction_defaults(c, o);
    option_default(
        o, OPT_BN,
        checkpoint_find(c, "blocks.0.multipathway_fusion.norm.weight") != NULL);
    while (beta <= BETA_MOST && !explains(c, beta))
        beta++;
    if (beta > BETA_MOST)
        return fail(err, ERROR_MODEL,
                    "%s: the fast pathway's channels are no part of the slow "
                    "one's, from 1/1 to 1/%d",
                    tensor_file_path(c->file), BETA_MOST);
    option_default(o, OPT_BETA, beta);
    if (kernel > 0)
        option_default(o, OPT_FUSION_KERNEL, kernel);
    ptv_recognise_classes(c, "blocks.6.proj.weight", o);
    return true;
}

static const struct model slowfast_models[] = {
    {"slowfast_r50", "SlowFast ResNet-50, 8 and 32 frames of 64, 256x256", NULL, NULL},
    {"slowfast_r101", "SlowFast ResNet-101", "depth=101", NULL},
    {0},
};

const struct family slowfast_family = {
    .models = slowfast_models,
    .name = "slowfast",
    .about = "SlowFast networks of Feichtenhofer et al.",
    .paper = "C. Feichtenhofer, H. Fan, J. Malik, K. He: SlowFast Networks for Video Recognition,\n"
             "2019; table 1. facebookresearch/pytorchvideo.",
    .keys = OPTIONS_PTV | OPTIONS_RESNET | OPTION(OPT_ALPHA) | OPTION(OPT_BETA) |
            OPTION(OPT_FUSION_KERNEL) | OPTION(OPT_BN),
    .assumed = ASSUMED_PTV | OPTION(OPT_ALPHA),
    .build = build,
    .anchor = "blocks.0.multipathway_blocks.1.conv.weight",
    .second_anchor = "blocks.0.multipathway_fusion.conv_fast_to_slow.weight",
    .anchor_rank = 5,
    .recognise = recognise,
};
