/* SPDX-License-Identifier: MIT */
/* S3D of Xie et al. (2018): I3D with its kernels separated into space and time, in two namings,
 * kylemin/S3D and torchvision's s3d. gating=1 is S3D-G, which scales the channels of every branch
 * by what their mean says of each. With residual frames it is a network of Tao et al. (2020). */
#include "models/family.h"
#include "models/inception3d.h"
#include "models/paths.h"
#include "models/protocol.h"

/* Ends of names inside the modules of one implementation. */
static const struct naming {
    const char *stem, *head;
    const char *conv, *bn;                             /* of 1x1x1 convolutions */
    const char *conv_s, *bn_s, *act_s, *conv_t, *bn_t; /* of separated ones     */
    const char *branch0;
} kylemin = {"base", "fc.0",  "conv",   "bn",   "conv_s",
             "bn_s", "act_s", "conv_t", "bn_t", "branch0.0"},
  torchvision = {"features", "classifier.1", "0", "1", "0.0", "0.1", "0", "1.0", "1.1", "branch0"};

/* The mixed blocks as modules of the stem: 3b and 3c are 5 and 6, then comes a pool. */
static int module_number(int block)
{
    return 5 + block + (block >= MIXED_4B) + (block >= MIXED_5B);
}

static struct name unit_name(const struct naming *n, int block, int unit)
{
    const char *const units[] = {n->branch0,  "branch1.0", "branch1.1",
                                 "branch2.0", "branch2.1", "branch3.1"};
    return name_of("%s.%d.%s", n->stem, module_number(block), units[unit]);
}

static struct name key_of(const struct naming *n, int block, int unit)
{
    bool separated = unit == MIXED_B1B || unit == MIXED_B2B;
    return name_of("%s.%s.weight", unit_name(n, block, unit).s, separated ? n->conv_s : n->conv);
}

struct unit {
    const char *unit, *conv, *bn; /* names of the module, and their ends inside it */
    const char *value;            /* of the activation                             */
};

static void write_unit(struct writer *w, const struct options *o, const struct unit *p,
                       const char *x, const struct conv *c)
{
    struct name conv = name_of("%s.%s", p->unit, p->conv), bn = name_of("%s.%s", p->unit, p->bn);
    write_conv(w, conv.s, x, c);
    write_batchnorm(w, bn.s, conv.s, c->out);
    write_act(w, o, p->value, bn.s);
}

/* A module of one 1x1x1 convolution. */
static void write_point(struct writer *w, const struct options *o, const struct naming *n,
                        const char *unit, const char *value, const char *x, int in, int out)
{
    struct unit p = {unit, n->conv, n->bn, value};
    write_unit(w, o, &p, x, &(struct conv){in, out, CUBE(1), CUBE(1), CUBE(0)});
}

struct separated {
    int in, out, kernel, stride;
};

/* A module of a convolution in space and one in time. */
static void write_separated(struct writer *w, const struct options *o, const struct naming *n,
                            const char *unit, const char *value, const char *x,
                            const struct separated *c)
{
    int k = c->kernel, s = c->stride;
    struct name between = name_of("%s.%s", unit, n->act_s);
    struct conv space = {c->in, c->out, {1, k, k}, {1, s, s}, {0, k / 2, k / 2}};
    struct conv time = {c->out, c->out, {k, 1, 1}, {s, 1, 1}, {k / 2, 0, 0}};
    write_unit(w, o, &(struct unit){unit, n->conv_s, n->bn_s, between.s}, x, &space);
    write_unit(w, o, &(struct unit){unit, n->conv_t, n->bn_t, value}, between.s, &time);
}

/* Scales the channels of a branch, number i of its block; returns the name of the result. */
static struct name write_gate(struct writer *w, const char *block, int i, const char *x,
                              int channels)
{
    struct name gate = name_of("%s.gates.%d", block, i), mean = name_of("%s.mean", gate.s);
    struct name fc = name_of("%s.fc", gate.s), factors = name_of("%s.sigmoid", gate.s);
    write_node(w, mean.s, "global_average", x, NULL);
    write_linear(w, fc.s, fc.s, mean.s, channels, channels);
    write_node(w, factors.s, "sigmoid", fc.s, NULL);
    write_node(w, gate.s, "channel_scale", name_of("%s %s", x, factors.s).s, NULL);
    return gate;
}

/* Returns the number of channels. */
static int write_mixed(struct writer *w, const struct options *o, const struct naming *n, int block,
                       const char *x, int in)
{
    static const int last[] = {MIXED_B0, MIXED_B1B, MIXED_B2B, MIXED_B3B};
    struct name name = name_of("%s.%d", n->stem, module_number(block)), branch[4];
    struct name unit[MIXED_UNITS], pool = name_of("%s.branch3.0", name.s);
    int c[MIXED_UNITS];
    mixed_channels(o, block, c);
    for (int i = 0; i < 4; i++)
        branch[i] = name_of("%s.branch%d", name.s, i);
    for (int i = 0; i < MIXED_UNITS; i++)
        unit[i] = unit_name(n, block, i);
    write_point(w, o, n, unit[MIXED_B0].s, branch[0].s, x, in, c[MIXED_B0]);
    for (int i = 1; i <= 2; i++) {
        int a = i == 1 ? MIXED_B1A : MIXED_B2A, b = a + 1;
        write_point(w, o, n, unit[a].s, unit[a].s, x, in, c[a]);
        write_separated(w, o, n, unit[b].s, branch[i].s, unit[a].s,
                        &(struct separated){c[a], c[b], 3, 1});
    }
    write_pool(w, "maxpool3d", pool.s, x, &(struct pool){CUBE(3), CUBE(1), CUBE(1), NULL});
    write_point(w, o, n, unit[MIXED_B3B].s, branch[3].s, pool.s, in, c[MIXED_B3B]);
    for (int i = 0; i < 4 && o->value[OPT_GATING]; i++)
        branch[i] = write_gate(w, name.s, i, branch[i].s, c[last[i]]);
    write_concat(w, name.s, branch, 4);
    return mixed_out(c);
}

/* Returns the number of channels of module 4. */
static int write_stem(struct writer *w, const struct options *o, const struct naming *n)
{
    int first = option_scale(o, 64), second = option_scale(o, 192);
    const struct pool pool = {{1, 3, 3}, {1, 2, 2}, {0, 1, 1}, NULL};
    struct name m[5];
    for (int i = 0; i < 5; i++)
        m[i] = name_of("%s.%d", n->stem, i);
    write_separated(w, o, n, m[0].s, m[0].s, "input", &(struct separated){3, first, 7, 2});
    write_pool(w, "maxpool3d", m[1].s, m[0].s, &pool);
    write_point(w, o, n, m[2].s, m[2].s, m[1].s, first, first);
    write_separated(w, o, n, m[3].s, m[3].s, m[2].s, &(struct separated){first, second, 3, 1});
    write_pool(w, "maxpool3d", m[4].s, m[3].s, &pool);
    return second;
}

/* All layers halve to the next whole number, only the last pool, unpadded, to the one below. */
static struct inception_head head_of(const struct options *o, const struct naming *n)
{
    int t = (o->value[OPT_FRAMES] + 3) / 4 / 2;
    int height = (o->height + 15) / 16 / 2, width = (o->width + 15) / 16 / 2;
    struct inception_head head = {n->head, {t, height, width}, {2, 7, 7}};
    if (n == &kylemin) {
        head.window[1] = height;
        head.window[2] = width;
    }
    return head;
}

static bool write_network(struct writer *w, const struct options *o, const struct naming *n,
                          struct error *err)
{
    const float eps = w->eps;
    struct name value = name_of("%s.4", n->stem);
    struct inception_head head = head_of(o, n);
    TRY(inception_check(o, &head, err));
    w->eps = INCEPTION_EPS;
    int channels = write_stem(w, o, n);
    for (int b = 0; b < MIXED_BLOCKS; b++) {
        struct name pool = name_of("%s.%d", n->stem, module_number(b) - 1);
        if (b == MIXED_4B)
            write_maxpool(w, pool.s, value.s);
        else if (b == MIXED_5B)
            write_pool(w, "maxpool3d", pool.s, value.s,
                       &(struct pool){CUBE(2), CUBE(2), CUBE(0), NULL});
        if (b == MIXED_4B || b == MIXED_5B)
            value = pool;
        channels = write_mixed(w, o, n, b, value.s, channels);
        value = name_of("%s.%d", n->stem, module_number(b));
    }
    w->eps = eps;
    inception_write_head(w, o, value.s, channels, &head);
    return true;
}

/* ---- kylemin's names ---- */

static void set_defaults(struct options *o)
{
    option_default(o, OPT_GATING, 0);
    if (o->value[OPT_RESIDUAL] == RESIDUAL_NONE)
        option_default(o, OPT_NORM, NORM_S3D);
    inception_defaults(o, 64, PROTOCOL_I3D);
    struct inception_head head = head_of(o, &kylemin);
    inception_default_head(o, &head);
}

static void set_tao_defaults(struct options *o)
{
    inception_tao_defaults(o);
    set_defaults(o);
}

static bool write_path(struct writer *w, const struct options *o, struct error *err)
{
    return write_network(w, o, &kylemin, err);
}

const struct path s3d_path = {set_tao_defaults, write_path};

static bool build(struct options *o, struct writer *w, struct error *err)
{
    set_defaults(o);
    bool residual = o->value[OPT_RESIDUAL] != RESIDUAL_NONE;
    write_header(w, residual ? "tao-s3d" : o->value[OPT_GATING] ? "s3dg" : "s3d");
    TRY(write_video_input(w, o, NULL, err));
    TRY(write_path(w, o, err));
    write_scores(w);
    return true;
}

static struct name kylemin_key(int block, int unit)
{
    return key_of(&kylemin, block, unit);
}

static bool recognise(const struct checkpoint *c, struct options *o, struct error *err)
{
    static const struct full_width stem[] = {
        {"base.0.conv_s.weight", 64}, {"base.2.conv.weight", 64}, {"base.3.conv_s.weight", 192}};
    option_default(o, OPT_GATING, checkpoint_find(c, "base.5.gates.0.fc.weight") != NULL);
    return inception_recognise(c, o, stem, kylemin_key, "fc.0.weight", err);
}

#define PAPER                                                                                      \
    "S. Xie, C. Sun, J. Huang, Z. Tu, K. Murphy: Rethinking Spatiotemporal Feature Learning:\n"    \
    "Speed-Accuracy Trade-offs in Video Classification, 2018.\n"

static const struct model s3d_models[] = {
    {"s3d", "S3D, kernels separated into space and time, 64x224x224", NULL, NULL},
    {"s3dg", "S3D-G, the same with feature gating", "gating=1", NULL},
    {"tao-s3d", "S3D on residual frames, ELU, 16x112x112, 101 classes",
     "residual=abs,act=elu,classes=101", NULL},
    {0},
};

const struct family s3d_family = {
    .models = s3d_models,
    .name = "s3d",
    .about = "S3D and S3D-G of Xie et al., also on residual frames (Tao et al.)",
    .paper = PAPER "Weights as in kylemin/S3D, which has no gates.\n" INCEPTION_TAO_PAPER,
    .keys = OPTION(OPT_FAMILY) | OPTIONS_INCEPTION | OPTION(OPT_GATING) | OPTIONS_VIDEO,
    .assumed = OPTION(OPT_ACT) | OPTION(OPT_HEAD) | OPTIONS_VIDEO,
    .build = build,
    .anchor = "base.0.conv_s.weight",
    .second_anchor = "base.5.branch1.1.conv_s.weight",
    .anchor_rank = 5,
    .recognise = recognise,
};

/* ---- torchvision's ---- */

/* The published accuracy was measured on 128 frames. */
static bool build_torchvision(struct options *o, struct writer *w, struct error *err)
{
    inception_defaults(o, 128, PROTOCOL_S3D);
    struct inception_head head = head_of(o, &torchvision);
    inception_default_head(o, &head);
    write_header(w, "s3d-torchvision");
    TRY(write_video_input(w, o, NULL, err));
    TRY(write_network(w, o, &torchvision, err));
    write_scores(w);
    return true;
}

static struct name torchvision_key(int block, int unit)
{
    return key_of(&torchvision, block, unit);
}

static bool recognise_torchvision(const struct checkpoint *c, struct options *o, struct error *err)
{
    static const struct full_width stem[] = {
        {"features.0.0.0.weight", 64}, {"features.2.0.weight", 64}, {"features.3.0.0.weight", 192}};
    return inception_recognise(c, o, stem, torchvision_key, "classifier.1.weight", err);
}

static const struct model s3d_torchvision_models[] = {
    {"s3d-torchvision", "torchvision's S3D, 128x224x224", NULL, NULL},
    {0},
};

const struct family s3d_torchvision_family = {
    .models = s3d_torchvision_models,
    .name = "s3d-torchvision",
    .about = "torchvision's S3D",
    .paper = PAPER "Weights as in torchvision.models.video.s3d.",
    .keys = OPTION(OPT_FAMILY) | OPTIONS_INCEPTION | OPTIONS_VIDEO,
    .assumed = OPTION(OPT_ACT) | OPTION(OPT_HEAD) | OPTIONS_VIDEO,
    .build = build_torchvision,
    .anchor = "features.0.0.0.weight",
    .second_anchor = "features.5.branch1.1.0.0.weight",
    .anchor_rank = 5,
    .recognise = recognise_torchvision,
};
