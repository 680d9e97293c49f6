/* SPDX-License-Identifier: MIT */
/* X3D of Feichtenhofer (2020), named as in PyTorchVideo: bottlenecks whose middle convolution is
 * depthwise and wider than the block, with squeeze-and-excitation in every other one. The stem's
 * two convolutions have each other's names there. */
#include "models/family.h"
#include "models/mmaction.h"
#include "models/pytorchvideo.h"

#include <string.h>

enum { STEM_BASE = 12 }; /* channels at the published factor 1; X3D-XS to -L have 2 */
static const double middle_ratio = 2.25, squeeze_ratio = 0.0625;

static const struct {
    const char *name;
    int frames, rate, size, blocks[RESNET_STAGES];
} published[] = {
    {"x3d_xs", 4, 12, 182, {3, 5, 11, 7}},
    {"x3d_s", 13, 6, 182, {3, 5, 11, 7}},
    {"x3d_m", 16, 5, 256, {3, 5, 11, 7}},
    {"x3d_l", 16, 5, 356, {5, 10, 25, 15}},
};
enum { MEDIUM = 2, LARGE = 3, PUBLISHED = sizeof published / sizeof *published };

struct x3d {
    const struct options *options;
    int blocks[RESNET_STAGES], out[RESNET_STAGES], middle[RESNET_STAGES];
    int stem;
};

static struct name stage_name(int s)
{
    return name_of("blocks.%d", s + 1);
}

/* PyTorchVideo's rule: a multiple of 8, the nearest unless that is below 90 %. */
static int round_width(int base, double factor)
{
    double w = base * factor;
    int out = (int)(w + 4) / 8 * 8;
    out = out < 8 ? 8 : out;
    return out < 0.9 * w ? out + 8 : out;
}

static bool take_list(int *to, enum option_key key, const int *list, int count, struct error *err)
{
    if (count != RESNET_STAGES)
        return fail(err, ERROR_USAGE, "option %s: %d numbers, the network has %d stages",
                    option_name(key), count, RESNET_STAGES);
    memcpy(to, list, sizeof *to * RESNET_STAGES);
    return true;
}

/* Blocks and channels of all stages; every width doubles that of the stage before. */
static bool init(struct x3d *n, struct options *o, struct error *err)
{
    double factor = o->set & OPTION(OPT_WIDTH) && !o->channel_count ? 2 * o->multiplier : 2;
    n->options = o;
    TRY(take_list(n->blocks, OPT_BLOCKS, o->blocks, o->block_count, err));
    for (int s = 0, base = STEM_BASE; s < RESNET_STAGES; s++, base = round_width(base, 2))
        n->out[s] = round_width(base, factor);
    if (o->channel_count)
        TRY(take_list(n->out, OPT_WIDTH, o->channels, o->channel_count, err));
    for (int s = 0; s < RESNET_STAGES; s++)
        n->middle[s] = (int)(middle_ratio * n->out[s]);
    if (o->set & OPTION(OPT_MIDDLE))
        TRY(take_list(n->middle, OPT_MIDDLE, o->middle, o->middle_count, err));
    option_default(o, OPT_STEM, o->channel_count ? n->out[0] : round_width(STEM_BASE, factor));
    n->stem = o->value[OPT_STEM];
    return true;
}

static void write_stem(struct writer *w, int out)
{
    write_conv(w, "blocks.0.conv.conv_t", "input",
               &(struct conv){3, out, {1, 3, 3}, {1, 2, 2}, {0, 1, 1}, 0});
    write_conv(w, "blocks.0.conv.conv_xy", "blocks.0.conv.conv_t",
               &(struct conv){out, out, {5, 1, 1}, CUBE(1), {2, 0, 0}, .groups = out});
    write_batchnorm(w, "blocks.0.norm", "blocks.0.conv.conv_xy", out);
    write_relu(w, "blocks.0", "blocks.0.norm");
}

/* A 1x1x1 convolution of one pixel; `key`.bias unless `bare`. */
static void write_point(struct writer *w, const char *key, const char *x, int in, int out,
                        bool bare)
{
    struct name weight = name_of("%s.weight", key), bias = name_of("%s.bias", key);
    struct text inputs = {0};
    write_weight(w, weight.s, 5, (int[]){out, in, 1, 1, 1});
    if (!bare)
        write_weight(w, bias.s, 1, &out);
    text_printf(&inputs, "%s %s%s%s", x, weight.s, bare ? "" : " bias=", bare ? "" : bias.s);
    write_node(w, key, "linear", inputs.s, NULL);
    text_free(&inputs);
}

/* Squeeze-and-excitation: x by factors that follow from its mean. */
static void write_gate(struct writer *w, const char *name, const char *x, int channels)
{
    struct name mean = name_of("%s.pool", name), first = name_of("%s.block.0", name);
    struct name act = name_of("%s.block.1", name), second = name_of("%s.block.2", name);
    struct name gate = name_of("%s.block.3", name), both = name_of("%s %s", x, gate.s);
    int few = round_width(channels, squeeze_ratio);
    write_node(w, mean.s, "global_average", x, NULL);
    write_point(w, first.s, mean.s, channels, few, false);
    write_relu(w, act.s, first.s);
    write_point(w, second.s, act.s, few, channels, false);
    write_node(w, gate.s, "sigmoid", second.s, NULL);
    write_node(w, name, "channel_scale", both.s, NULL);
}

static struct name write_unit(struct writer *w, const char *block, char letter, const char *norm,
                              const char *x, const struct conv *c)
{
    struct name conv = name_of("%s.branch2.conv_%c", block, letter);
    struct name value = name_of("%s.branch2.norm_%c%s", block, letter, norm);
    write_conv(w, conv.s, x, c);
    write_batchnorm(w, value.s, conv.s, c->out);
    return value;
}

/* Where the channels stay, a projection has no BN, unless all have (`bn`). */
static struct name write_shortcut(struct writer *w, const char *block, const char *x, int in,
                                  int out, int stride, bool bn)
{
    struct name conv = name_of("%s.branch1_conv", block);
    struct name norm = name_of("%s.branch1_norm", block);
    if (in == out && stride == 1)
        return name_of("%s", x);
    write_conv(w, conv.s, x, &(struct conv){in, out, CUBE(1), {1, stride, stride}, CUBE(0), 0});
    if (in == out && !bn)
        return conv;
    write_batchnorm(w, norm.s, conv.s, out);
    return norm;
}

static void write_block(struct writer *w, const char *name, const char *x, int in, int middle,
                        int out, int stride, bool gated, bool bn)
{
    struct name act_a = name_of("%s.branch2.act_a", name);
    struct name act_b = name_of("%s.branch2.act_b", name);
    struct name gate = name_of("%s.branch2.norm_b.1", name);
    struct name sum = name_of("%s.branch_fusion", name);
    struct name shortcut = write_shortcut(w, name, x, in, out, stride, bn);
    struct name a =
        write_unit(w, name, 'a', "", x, &(struct conv){in, middle, CUBE(1), CUBE(1), CUBE(0), 0});
    write_relu(w, act_a.s, a.s);
    struct name b = write_unit(
        w, name, 'b', ".0", act_a.s,
        &(struct conv){middle, middle, CUBE(3), {1, stride, stride}, CUBE(1), .groups = middle});
    if (gated)
        write_gate(w, gate.s, b.s, middle);
    write_node(w, act_b.s, "swish", gated ? gate.s : b.s, NULL);
    struct name c = write_unit(w, name, 'c', "", act_b.s,
                               &(struct conv){middle, out, CUBE(1), CUBE(1), CUBE(0), 0});
    write_add(w, sum.s, c.s, shortcut.s);
    write_relu(w, name, sum.s);
}

/* Returns the name of the last stage's value. */
static struct name write_stages(struct writer *w, const struct x3d *n)
{
    struct name x = name_of("blocks.0");
    int in = n->stem;
    for (int s = 0; s < RESNET_STAGES; s++) {
        struct name stage = stage_name(s), all = name_of("%s.res_blocks", stage.s);
        for (int i = 0; i < n->blocks[s]; i++) {
            struct name block = name_of("%s.%d", all.s, i);
            write_block(w, block.s, x.s, in, n->middle[s], n->out[s], i ? 1 : 2, i % 2 == 0,
                        n->options->value[OPT_BN]);
            in = n->out[s];
            x = block;
        }
        ptv_write_alias(w, all.s, x.s);
        ptv_write_alias(w, stage.s, all.s);
        x = stage;
    }
    return x;
}

static void write_head_of(struct writer *w, const struct x3d *n, const char *x)
{
    const struct options *o = n->options;
    int in = n->out[RESNET_STAGES - 1], middle = n->middle[RESNET_STAGES - 1];
    int features = o->value[OPT_FC];
    write_conv(w, "blocks.5.pool.pre_conv", x,
               &(struct conv){in, middle, CUBE(1), CUBE(1), CUBE(0), 0});
    write_batchnorm(w, "blocks.5.pool.pre_norm", "blocks.5.pool.pre_conv", middle);
    write_relu(w, "blocks.5.pool.pre_act", "blocks.5.pool.pre_norm");
    ptv_write_pool(w, o, "blocks.5.pool.pool", "blocks.5.pool.pre_act", 0);
    write_point(w, "blocks.5.pool.post_conv", "blocks.5.pool.pool", middle, features, true);
    write_relu(w, "blocks.5.pool", "blocks.5.pool.post_conv");
    ptv_write_scores(w, o, "blocks.5.proj", "blocks.5.pool", features);
}

/* The published windows are the maps of crops of 7/8 of the size: 5, 7, 10 of 182, 256, 356. */
static bool set_defaults(struct options *o, struct error *err)
{
    option_default_list(o, OPT_BLOCKS, published[MEDIUM].blocks, RESNET_STAGES);
    option_default(o, OPT_FC, 2048);
    option_default(o, OPT_BN, 0);
    if (!memcmp(o->blocks, published[LARGE].blocks, sizeof published[LARGE].blocks))
        option_default_size(o, published[LARGE].size, published[LARGE].size);
    ptv_defaults(o, published[MEDIUM].frames, published[MEDIUM].rate);
    const int window[2] = {(7 * o->height + 255) / 256, (7 * o->width + 255) / 256};
    const int map[1][3] = {
        {o->value[OPT_FRAMES], ptv_halved(o->height, 5), ptv_halved(o->width, 5)}};
    return ptv_default_head(o, map, 1, window, err);
}

static const char *model_name(const struct options *o)
{
    for (int i = 0; i < PUBLISHED; i++)
        if (published[i].frames == o->value[OPT_FRAMES] &&
            !memcmp(published[i].blocks, o->blocks, sizeof published[i].blocks))
            return published[i].name;
    return "x3d";
}

static bool build(struct options *o, struct writer *w, struct error *err)
{
    struct x3d n;
    TRY(set_defaults(o, err) && init(&n, o, err));
    write_header(w, model_name(o));
    write_video(w, o, &(struct video){NULL, "input", o->value[OPT_FRAMES], 0});
    write_stem(w, n.stem);
    write_head_of(w, &n, write_stages(w, &n).s);
    return true;
}

static bool recognise(const struct checkpoint *c, struct options *o, struct error *err)
{
    int blocks[RESNET_STAGES], out[RESNET_STAGES], middle[RESNET_STAGES], stem, features;
    TRY(ptv_count_blocks(c, stage_name, blocks, err));
    for (int s = 0; s < RESNET_STAGES; s++) {
        struct name a = name_of("%s.res_blocks.0.branch2.conv_a.weight", stage_name(s).s);
        struct name b = name_of("%s.res_blocks.0.branch2.conv_c.weight", stage_name(s).s);
        TRY(resnet_channels(c, a.s, 0, &middle[s], err));
        TRY(resnet_channels(c, b.s, 0, &out[s], err));
    }
    TRY(resnet_channels(c, "blocks.0.conv.conv_t.weight", 0, &stem, err));
    TRY(resnet_channels(c, "blocks.5.pool.post_conv.weight", 0, &features, err));
    option_default_list(o, OPT_BLOCKS, blocks, RESNET_STAGES);
    option_default_list(o, OPT_WIDTH, out, RESNET_STAGES);
    option_default_list(o, OPT_MIDDLE, middle, RESNET_STAGES);
    option_default(o, OPT_STEM, stem);
    option_default(o, OPT_FC, features);
    option_default(o, OPT_BN,
                   checkpoint_find(c, "blocks.1.res_blocks.0.branch1_norm.weight") &&
                       stem == out[0]);
    mmaction_defaults(c, o);
    ptv_recognise_classes(c, "blocks.5.proj.weight", o);
    return true;
}

static const struct model x3d_models[] = {
    {"x3d_xs", "X3D-XS, 4x12 frames of 182x182, 400 classes", "frames=4,rate=12,size=182", NULL},
    {"x3d_s", "X3D-S, 13x6 frames of 182x182", "frames=13,rate=6,size=182", NULL},
    {"x3d_m", "X3D-M, 16x5 frames of 256x256", NULL, NULL},
    {"x3d_l", "X3D-L, deeper, 16x5 frames of 356x356", "blocks=5,10,25,15", NULL},
    {0},
};

const struct family x3d_family = {
    .models = x3d_models,
    .name = "x3d",
    .about = "X3D of Feichtenhofer, depthwise convolutions",
    .paper = "C. Feichtenhofer: X3D: Expanding Architectures for Efficient Video Recognition,\n"
             "2020; table 3. facebookresearch/pytorchvideo.",
    .keys = OPTIONS_PTV | OPTION(OPT_BLOCKS) | OPTION(OPT_WIDTH) | OPTION(OPT_STEM) |
            OPTION(OPT_MIDDLE) | OPTION(OPT_FC) | OPTION(OPT_BN),
    .assumed = ASSUMED_PTV,
    .build = build,
    .anchor = "blocks.0.conv.conv_t.weight",
    .second_anchor = "blocks.1.res_blocks.0.branch2.norm_b.0.weight",
    .anchor_rank = 5,
    .recognise = recognise,
};
