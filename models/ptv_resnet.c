/* SPDX-License-Identifier: MIT */
/* The single-pathway ResNets of PyTorchVideo: Slow (3x1x1 convolutions in the last two stages), C2D
 * (none) and I3D (in half of the blocks, and in the stem); C2D and I3D have a max pool over pairs
 * of frames behind the first stage, which is a block of its own. */
#include "models/family.h"
#include "models/mmaction.h"
#include "models/pytorchvideo.h"

struct kind {
    const char *model; /* the depth follows */
    int stem_frames;
    bool pool;
    int frames[RESNET_STAGES][2];
    int stem_stride;   /* over time, of the stem's convolution and of its pool */
    int clip[2], head; /* frames, rate; -1: the published window, where it is smaller */
};

static const struct kind slow = {"slow_r", 1, false, {{1, 1}, {1, 1}, {3, 3}, {3, 3}}, 1, {8, 8}, -1};
static const struct kind c2d = {"c2d_r", 1, true, {{1, 1}, {1, 1}, {1, 1}, {1, 1}}, 1, {8, 8}, -1};
static const struct kind i3d = {"i3d_r", 5, true, {{3, 3}, {3, 1}, {3, 1}, {1, 3}}, 1, {8, 8}, -1};
/* MMAction2's halves time three times. */
static const struct kind mmaction = {"mmaction_i3d_r", 5,       true, {{3, 3}, {3, 1}, {3, 1}, {1, 3}},
                                     2,                {32, 2}, HEAD_GLOBAL};

static struct name slow_stage(int s)
{
    return name_of("blocks.%d", s + 1);
}

static struct name pooled_stage(int s)
{
    return name_of("blocks.%d", s ? s + 2 : 1);
}

static struct name stage_name(const struct kind *k, int s)
{
    return k->pool ? pooled_stage(s) : slow_stage(s);
}

static bool set_defaults(struct options *o, const struct kind *k, struct error *err)
{
    option_default(o, OPT_DEPTH, 50);
    if (k->head >= 0) {
        option_default(o, OPT_HEAD, k->head);
        option_default(o, OPT_PROTOCOL, PROTOCOL_MMACTION);
    }
    ptv_defaults(o, k->clip[0], k->clip[1]);
    int frames = o->value[OPT_FRAMES];
    for (int i = 1; i < k->stem_stride * k->stem_stride; i *= k->stem_stride)
        frames = ptv_halved(frames, 1);
    int map[1][3] = {
        {k->pool ? frames / 2 : frames, ptv_halved(o->height, 5), ptv_halved(o->width, 5)}};
    return ptv_default_head(o, map, 1, (int[])PTV_WINDOW, err);
}

static bool build(struct options *o, struct writer *w, const struct kind *k, struct error *err)
{
    struct resnet r;
    TRY(set_defaults(o, k, err) && resnet_init(&r, o, resnet_base, err));
    if (!r.bottleneck)
        return fail(err, ERROR_USAGE, "option depth=%d: wanted is 50, 101, 152 or 200",
                    o->value[OPT_DEPTH]);
    write_header(w, resnet_name(k->model, o).s);
    write_video(w, o, &(struct video){NULL, "input", o->value[OPT_FRAMES], 0});
    ptv_write_stem(w, "blocks.0", "input", r.stem, k->stem_frames, k->stem_stride);
    struct name x = name_of("blocks.0");
    int in = r.stem;
    for (int s = 0; s < RESNET_STAGES; s++) {
        struct name name = stage_name(k, s);
        struct ptv_stage stage = {.blocks = r.blocks[s],
                                  .in = in,
                                  .middle = r.planes[s],
                                  .out = 4 * r.planes[s],
                                  .stride = s ? 2 : 1,
                                  .frames = {k->frames[s][0], k->frames[s][1]}};
        ptv_write_stage(w, name.s, x.s, &stage);
        x = name;
        in = stage.out;
        if (s == 0 && k->pool) {
            x = name_of("blocks.2");
            write_pool(w, "maxpool3d", x.s, name.s,
                       &(struct pool){{2, 1, 1}, {2, 1, 1}, CUBE(0), NULL});
        }
    }
    struct name head = stage_name(k, RESNET_STAGES);
    struct name pool = name_of("%s.pool", head.s), proj = name_of("%s.proj", head.s);
    ptv_write_pool(w, o, pool.s, x.s, 0);
    ptv_write_scores(w, o, proj.s, pool.s, in);
    return true;
}

static bool build_slow(struct options *o, struct writer *w, struct error *err)
{
    return build(o, w, &slow, err);
}

static bool build_c2d(struct options *o, struct writer *w, struct error *err)
{
    return build(o, w, &c2d, err);
}

static bool build_mmaction(struct options *o, struct writer *w, struct error *err)
{
    return build(o, w, &mmaction, err);
}

static bool build_i3d(struct options *o, struct writer *w, struct error *err)
{
    return build(o, w, &i3d, err);
}

static bool recognise_slow(const struct checkpoint *c, struct options *o, struct error *err)
{
    mmaction_defaults(c, o);
    ptv_recognise_classes(c, "blocks.5.proj.weight", o);
    return ptv_recognise_stages(c, slow_stage, o, err);
}

static bool recognise_pooled(const struct checkpoint *c, struct options *o, struct error *err)
{
    mmaction_defaults(c, o);
    ptv_recognise_classes(c, "blocks.6.proj.weight", o);
    return ptv_recognise_stages(c, pooled_stage, o, err);
}

/* The pool takes a number: blocks.2 has no weights, blocks.5 is a stage. */
static bool has_pool(const struct checkpoint *c)
{
    return checkpoint_children(c, "blocks.5.res_blocks") > 0;
}

static bool chosen_mmaction(const struct options *o, const struct checkpoint *c)
{
    (void)o;
    return has_pool(c) && mmaction_speaks(c);
}

static bool chosen_i3d(const struct options *o, const struct checkpoint *c)
{
    (void)o;
    return has_pool(c) && !mmaction_speaks(c) && checkpoint_dim(c, "blocks.0.conv.weight", 2) > 1;
}

static bool chosen_c2d(const struct options *o, const struct checkpoint *c)
{
    return has_pool(c) && !chosen_mmaction(o, c) && !chosen_i3d(o, c);
}

#define FAMILY(word)                                                                               \
    .keys = OPTIONS_PTV | OPTIONS_RESNET, .assumed = ASSUMED_PTV, .build = build_##word,           \
    .anchor = "blocks.0.conv.weight", .anchor_rank = 5,                                            \
    .second_anchor = "blocks.1.res_blocks.0.branch2.conv_a.weight"

static const struct model slow_models[] = {
    {"slow_r50", "Slow-only ResNet-50, 8x8 frames of 256x256, 400 classes", NULL, NULL},
    {0},
};

const struct family slow_family = {
    .models = slow_models,
    .name = "slow",
    .about = "the slow pathway of SlowFast alone, as in PyTorchVideo",
    .paper = "C. Feichtenhofer, H. Fan, J. Malik, K. He: SlowFast Networks for Video Recognition,\n"
             "2019; table 1, left column. facebookresearch/pytorchvideo.",
    .recognise = recognise_slow,
    FAMILY(slow),
};

static const struct model c2d_models[] = {
    {"c2d_r50", "C2D ResNet-50, 8x8 frames of 256x256", NULL, NULL},
    {0},
};

const struct family c2d_family = {
    .models = c2d_models,
    .name = "c2d",
    .about = "ResNets on frames, pooled over time, as in PyTorchVideo",
    .paper = "X. Wang, R. Girshick, A. Gupta, K. He: Non-local Neural Networks, 2018; table 1,\n"
             "without its non-local blocks. facebookresearch/pytorchvideo.",
    .chosen = chosen_c2d,
    .recognise = recognise_pooled,
    FAMILY(c2d),
};

static const struct model i3d_resnet_models[] = {
    {"i3d_r50", "I3D ResNet-50, 8x8 frames of 256x256", NULL, NULL},
    {0},
};

const struct family i3d_resnet_family = {
    .models = i3d_resnet_models,
    .name = "i3d-resnet",
    .about = "ResNets inflated in half of their blocks, as in PyTorchVideo",
    .paper = "X. Wang, R. Girshick, A. Gupta, K. He: Non-local Neural Networks, 2018; I3D of\n"
             "section 4, without its non-local blocks. facebookresearch/pytorchvideo.",
    .chosen = chosen_i3d,
    .recognise = recognise_pooled,
    FAMILY(i3d),
};

static const struct model mmaction_i3d_models[] = {
    {"mmaction_i3d_r50", "MMAction2's I3D ResNet-50, 32x2 frames of 224x224", NULL, NULL},
    {0},
};

const struct family mmaction_i3d_family = {
    .models = mmaction_i3d_models,
    .name = "mmaction-i3d",
    .about = "ResNets inflated in half of their blocks, as in MMAction2",
    .paper = "X. Wang, R. Girshick, A. Gupta, K. He: Non-local Neural Networks, 2018; I3D of\n"
             "section 4, without its non-local blocks. open-mmlab/mmaction2.",
    .chosen = chosen_mmaction,
    .recognise = recognise_pooled,
    FAMILY(mmaction),
};
