/* SPDX-License-Identifier: MIT */
/* C3D of Tran et al. (2015), named as in DavideA/c3d-pytorch. bn=1 is "C3D w/ BN" of Kinetics, with
 * batch norms behind all convolutions, fc6 and fc7. Caffe rounds the last pool's output up
 * (pool5=ceil); DavideA pads by one instead (pool5=pad): the same sizes, but other windows. */
#include "models/family.h"
#include "models/mmaction.h"
#include "models/protocol.h"

#include <limits.h>

enum { CONVS = 8, FC = 4096 };
static const struct layer {
    const char *name;
    int channels;
    const char *pool; /* behind it, NULL: none */
} layers[CONVS] = {
    {"1", 64, "pool1"}, {"2", 128, "pool2"},  {"3a", 256, NULL}, {"3b", 256, "pool3"},
    {"4a", 512, NULL},  {"4b", 512, "pool4"}, {"5a", 512, NULL}, {"5b", 512, "pool5"},
};

static void set_defaults(struct options *o)
{
    option_default(o, OPT_BN, 0);
    option_default(o, OPT_POOL5, POOL5_CEIL);
    option_default(o, OPT_CLASSES, o->value[OPT_BN] ? 400 : 487);
    option_default(o, OPT_FC, option_scale(o, FC));
    option_default(o, OPT_FRAMES, 16);
    option_default(o, OPT_PROTOCOL, PROTOCOL_C3D);
    protocol_defaults(o);
}

/* T H W of %pool5: pools 2 to 4 halve T, 1 to 4 halve H and W, all rounding down. */
static void last_map(const struct options *o, int map[3])
{
    bool ceil = o->value[OPT_POOL5] == POOL5_CEIL;
    const int in[] = {o->value[OPT_FRAMES] / 8, o->height / 16, o->width / 16};
    for (int i = 0; i < 3; i++)
        map[i] = ceil ? (in[i] + 1) / 2 : in[i] / 2 + (i > 0 && in[i] > 0);
}

/* Inputs of fc6. */
static bool flat_size(const struct options *o, int *size, struct error *err)
{
    int map[3];
    last_map(o, map);
    int64_t n = (int64_t)map[0] * map[1] * map[2] * option_scale(o, layers[CONVS - 1].channels);
    if (n < 1)
        return fail(err, ERROR_USAGE,
                    "frames=%d and size=%dx%d are too small for C3D: least is %d frames of 16x16",
                    o->value[OPT_FRAMES], o->height, o->width,
                    o->value[OPT_POOL5] == POOL5_CEIL ? 8 : 16);
    if (n > INT_MAX)
        return fail(err, ERROR_USAGE,
                    "frames=%d and size=%dx%d: fc6 would have more than %d inputs",
                    o->value[OPT_FRAMES], o->height, o->width, INT_MAX);
    *size = (int)n;
    return true;
}

/* Batch norm and activation behind a layer; returns the name of the result. */
static struct name write_rest(struct writer *w, const struct options *o, const char *number,
                              const char *x, int channels)
{
    struct name bn = name_of("bn%s", number), relu = name_of("relu%s", number);
    if (o->value[OPT_BN])
        write_batchnorm(w, bn.s, x, channels);
    write_relu(w, relu.s, o->value[OPT_BN] ? bn.s : x);
    return relu;
}

static struct name write_convs(struct writer *w, const struct options *o)
{
    struct name x = name_of("input");
    int in = 3;
    for (int i = 0; i < CONVS; i++) {
        int out = option_scale(o, layers[i].channels);
        struct name conv = name_of("conv%s", layers[i].name);
        write_conv(w, conv.s, x.s,
                   &(struct conv){in, out, CUBE(3), CUBE(1), CUBE(1), .bias = true});
        x = write_rest(w, o, layers[i].name, conv.s, out);
        in = out;
        if (!layers[i].pool)
            continue;
        int t = i ? 2 : 1;
        struct pool pool = {{t, 2, 2}, {t, 2, 2}, CUBE(0), NULL};
        if (i == CONVS - 1 && o->value[OPT_POOL5] == POOL5_PAD)
            pool.pad[1] = pool.pad[2] = 1;
        else if (i == CONVS - 1)
            pool.rest = "mode=ceil";
        write_pool(w, "maxpool3d", layers[i].pool, x.s, &pool);
        x = name_of("%s", layers[i].pool);
    }
    return x;
}

static bool build(struct options *o, struct writer *w, struct error *err)
{
    int flat = 0;
    if (o->channel_count)
        return fail(err, ERROR_USAGE, "option width: %d numbers, wanted is one factor",
                    o->channel_count);
    set_defaults(o);
    TRY(flat_size(o, &flat, err));
    int fc = o->value[OPT_FC];
    write_header(w, o->value[OPT_BN] ? "c3d-bn" : "c3d");
    TRY(write_video_input(w, o, NULL, err));
    write_node(w, "flatten", "flatten", write_convs(w, o).s, NULL);
    write_linear(w, "fc6", "fc6", "flatten", flat, fc);
    struct name x = write_rest(w, o, "6", "fc6", fc);
    write_linear(w, "fc7", "fc7", x.s, fc, fc);
    x = write_rest(w, o, "7", "fc7", fc);
    write_linear(w, "logits", "fc8", x.s, fc, o->value[OPT_CLASSES]);
    write_scores(w);
    return true;
}

/* fc6 tells T*H*W of %pool5. Where that is a square for the assumed frames, the size is the
 * multiple of 16 that makes it with either pool: 112 for the published 4x4. */
static void recognise_size(const struct checkpoint *c, struct options *o)
{
    int map[3], channels = checkpoint_dim(c, "conv5b.weight", 0);
    int inputs = checkpoint_dim(c, "fc6.weight", 1);
    if (o->set & OPTION(OPT_SIZE) || !channels || inputs % channels)
        return;
    struct options trial = *o;
    trial.height = trial.width = 16;
    last_map(&trial, map);
    for (int side = 1; map[0] && side <= inputs / channels / side; side++)
        if ((int64_t)map[0] * side * side == inputs / channels)
            option_default_size(o, 16 * (2 * side - 1), 16 * (2 * side - 1));
}

static bool recognise(const struct checkpoint *c, struct options *o, struct error *err)
{
    struct name keys[CONVS];
    struct full_width list[CONVS];
    for (int i = 0; i < CONVS; i++) {
        keys[i] = name_of("conv%s.weight", layers[i].name);
        list[i] = (struct full_width){keys[i].s, layers[i].channels};
    }
    TRY(checkpoint_factor(c, list, CONVS, o, err));
    if (checkpoint_dim(c, "fc6.weight", 0))
        option_default(o, OPT_FC, checkpoint_dim(c, "fc6.weight", 0));
    if (checkpoint_dim(c, "fc8.weight", 0))
        option_default(o, OPT_CLASSES, checkpoint_dim(c, "fc8.weight", 0));
    option_default(o, OPT_BN, checkpoint_find(c, "bn1.weight") != NULL);
    option_default(o, OPT_POOL5, mmaction_speaks(c) ? POOL5_PAD : POOL5_CEIL);
    option_default(o, OPT_FRAMES, 16);
    recognise_size(c, o);
    return true;
}

static const struct model c3d_models[] = {
    {"c3d", "C3D, 16x112x112, 487 classes", NULL, NULL},
    {"c3d-bn", "C3D with batch norm, 400 classes", "bn=1", NULL},
    {0},
};

const struct family c3d_family = {
    .models = c3d_models,
    .name = "c3d",
    .about = "C3D of Tran et al., with and without batch norm",
    .paper =
        "D. Tran, L. Bourdev, R. Fergus, L. Torresani, M. Paluri: Learning Spatiotemporal "
        "Features\n"
        "with 3D Convolutional Networks, 2015; figure 3; facebookarchive/C3D. Weights as in\n"
        "DavideA/c3d-pytorch. bn=1: W. Kay et al.: The Kinetics Human Action Video Dataset, 2017.",
    .keys = OPTION(OPT_FAMILY) | OPTION(OPT_WIDTH) | OPTION(OPT_FC) | OPTION(OPT_CLASSES) |
            OPTION(OPT_BN) | OPTION(OPT_POOL5) | OPTIONS_VIDEO,
    .assumed = OPTION(OPT_POOL5) | OPTIONS_VIDEO,
    .build = build,
    .anchor = "conv3a.weight",
    .second_anchor = "fc6.weight",
    .anchor_rank = 5,
    .recognise = recognise,
};
