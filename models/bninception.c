/* SPDX-License-Identifier: MIT */
/* BN-Inception of Ioffe and Szegedy (2015), named as in yjxiong's temporal segment networks. Every
 * convolution has a bias besides its batch norm, and pools round sizes up, as in Caffe. */
#include "models/bninception.h"
#include "models/family.h"
#include "models/protocol.h"

/* Convolutions of a module; 1x1 and the projection are missing where it halves the map. */
enum {
    UNIT_1X1,
    UNIT_3X3_REDUCE,
    UNIT_3X3,
    UNIT_DOUBLE_REDUCE,
    UNIT_DOUBLE_1,
    UNIT_DOUBLE_2,
    UNIT_PROJ,
    UNITS
};
enum { MODULES = 10 };

static const char *const unit_names[UNITS] = {
    "1x1", "3x3_reduce", "3x3", "double_3x3_reduce", "double_3x3_1", "double_3x3_2", "pool_proj",
};

static const struct module {
    const char *name;
    int channels[UNITS];
    const char *pool;
} modules[MODULES] = {
    {"3a", {64, 64, 64, 64, 96, 96, 32}, "avgpool3d"},
    {"3b", {64, 64, 96, 64, 96, 96, 64}, "avgpool3d"},
    {"3c", {0, 128, 160, 64, 96, 96, 0}, "maxpool3d"},
    {"4a", {224, 64, 96, 96, 128, 128, 128}, "avgpool3d"},
    {"4b", {192, 96, 128, 96, 128, 128, 128}, "avgpool3d"},
    {"4c", {160, 128, 160, 128, 160, 160, 128}, "avgpool3d"},
    {"4d", {96, 128, 192, 160, 192, 192, 128}, "avgpool3d"},
    {"4e", {0, 128, 192, 192, 256, 256, 0}, "maxpool3d"},
    {"5a", {352, 192, 320, 160, 224, 224, 128}, "avgpool3d"},
    {"5b", {352, 192, 320, 192, 224, 224, 128}, "maxpool3d"},
};

static bool halves(const struct module *m)
{
    return !m->channels[UNIT_1X1];
}

static struct name key_of(const struct module *m, int unit)
{
    return name_of("inception_%s_%s", m->name, unit_names[unit]);
}

/* Convolution of frames, batch norm and ReLU; returns the name of the value. */
static struct name write_unit(struct writer *w, const char *key, const char *x, int in, int out,
                              int kernel, int stride)
{
    struct name bn = name_of("%s_bn", key), relu = name_of("%s_relu", key);
    int pad = kernel / 2;
    write_conv(w, key, x,
               &(struct conv){.in = in,
                              .out = out,
                              .kernel = {1, kernel, kernel},
                              .stride = {1, stride, stride},
                              .pad = {0, pad, pad},
                              .bias = true,
                              .flat = true});
    write_batchnorm(w, bn.s, key, out);
    write_relu(w, relu.s, bn.s);
    return relu;
}

static void write_half_pool(struct writer *w, const char *name, const char *x)
{
    write_pool(w, "maxpool3d", name, x, &(struct pool){{1, 3, 3}, {1, 2, 2}, CUBE(0), "mode=ceil"});
}

/* Channels in, channels out. */
static int write_module(struct writer *w, const struct options *o, const struct module *m,
                        const char *x, int in)
{
    int c[UNITS], stride = halves(m) ? 2 : 1, count = 0, out = 0;
    struct name parts[4], reduced, pool = name_of("inception_%s_pool", m->name);
    for (int i = 0; i < UNITS; i++)
        c[i] = option_scale(o, m->channels[i]);
    if (!halves(m)) {
        parts[count++] = write_unit(w, key_of(m, UNIT_1X1).s, x, in, c[UNIT_1X1], 1, 1);
        out += c[UNIT_1X1];
    }
    reduced = write_unit(w, key_of(m, UNIT_3X3_REDUCE).s, x, in, c[UNIT_3X3_REDUCE], 1, 1);
    parts[count++] =
        write_unit(w, key_of(m, UNIT_3X3).s, reduced.s, c[UNIT_3X3_REDUCE], c[UNIT_3X3], 3, stride);
    reduced = write_unit(w, key_of(m, UNIT_DOUBLE_REDUCE).s, x, in, c[UNIT_DOUBLE_REDUCE], 1, 1);
    reduced = write_unit(w, key_of(m, UNIT_DOUBLE_1).s, reduced.s, c[UNIT_DOUBLE_REDUCE],
                         c[UNIT_DOUBLE_1], 3, 1);
    parts[count++] = write_unit(w, key_of(m, UNIT_DOUBLE_2).s, reduced.s, c[UNIT_DOUBLE_1],
                                c[UNIT_DOUBLE_2], 3, stride);
    out += c[UNIT_3X3] + c[UNIT_DOUBLE_2];
    if (halves(m)) {
        write_half_pool(w, pool.s, x);
        parts[count++] = pool;
        out += in;
    } else {
        write_pool(w, m->pool, pool.s, x, &(struct pool){{1, 3, 3}, CUBE(1), {0, 1, 1}, NULL});
        parts[count++] = write_unit(w, key_of(m, UNIT_PROJ).s, pool.s, in, c[UNIT_PROJ], 1, 1);
        out += c[UNIT_PROJ];
    }
    write_concat(w, name_of("out_%s", m->name).s, parts, count);
    return out;
}

/* Max pool of two frames, when there are; returns the name of the value. */
static struct name write_time_pool(struct writer *w, const struct bninception *net,
                                   const char *after, const char *x, int *frames)
{
    struct name name = name_of("time_pool_%s", after);
    if (net->time != TIME_GRADUAL || *frames == 1)
        return name_of("%s", x);
    write_pool(w, "maxpool3d", name.s, x,
               &(struct pool){{2, 1, 1}, {2, 1, 1}, CUBE(0), "mode=ceil"});
    *frames = (*frames + 1) / 2;
    return name;
}

/* Maps that are halved by strides and by pools at once must be even: (n+1)/2 rows of one would meet
 * n/2 of the other. */
static bool check(const struct options *o, const struct bninception *net, struct error *err)
{
    int side[2] = {net->height, net->width};
    if (o->channel_count)
        return fail(err, ERROR_USAGE, "option width: %d numbers, wanted is one factor",
                    o->channel_count);
    for (int i = 0; i < 2; i++) {
        int n = net->stride == 2 ? (side[i] + 1) / 2 : side[i];
        n = n / 2 / 2; /* behind pool1 and pool2 */
        for (int m = 0; m < MODULES; m++) {
            if (!halves(&modules[m]))
                continue;
            if (n < 2 || n % 2)
                return fail(err, ERROR_USAGE,
                            "option size=%dx%d: module %s, whose map must be even, gets %d %s; "
                            "multiples of 32 fit",
                            o->height, o->width, modules[m].name, n, i ? "columns" : "rows");
            n /= 2;
        }
    }
    return true;
}

static void write_feature(struct writer *w, const struct bninception *net, const char *x)
{
    if (net->time != TIME_MAX) {
        write_node(w, "feature", "global_average", x, NULL);
        return;
    }
    write_node(w, "global_pool", "global_average", x, "over=frame");
    write_pool(w, "maxpool3d", "time_pool", "global_pool",
               &(struct pool){{net->frames, 1, 1}, CUBE(1), CUBE(0), NULL});
    write_node(w, "feature", "flatten", "time_pool", NULL);
}

bool bninception_write(struct writer *w, const struct options *o, const struct bninception *net,
                       const char *x, struct error *err)
{
    int frames = net->frames, reduce = option_scale(o, 64), channels = option_scale(o, 192);
    TRY(check(o, net, err));
    struct name value = name_of("%s", x);
    if (net->stride)
        value = write_unit(w, "conv1_7x7_s2", x, net->channels, net->first, 7, net->stride);
    write_half_pool(w, "pool1", value.s);
    value = write_unit(w, "conv2_3x3_reduce", "pool1", net->first, reduce, 1, 1);
    value = write_unit(w, "conv2_3x3", value.s, reduce, channels, 3, 1);
    write_half_pool(w, "pool2", value.s);
    value = write_time_pool(w, net, "2", "pool2", &frames);
    for (int i = 0; i < MODULES; i++) {
        const struct module *m = &modules[i];
        channels = write_module(w, o, m, value.s, channels);
        value = name_of("out_%s", m->name);
        if (halves(m))
            value = write_time_pool(w, net, m->name, value.s, &frames);
    }
    write_feature(w, net, value.s);
    write_linear(w, "logits", "fc", "feature", channels, o->value[OPT_CLASSES]);
    return true;
}

bool bninception_recognise(const struct checkpoint *c, const char *prefix, struct options *o,
                           struct error *err)
{
    struct name keys[MODULES * UNITS];
    struct full_width list[MODULES * UNITS];
    int count = 0;
    for (int m = 0; m < MODULES; m++)
        for (int u = 0; u < UNITS; u++) {
            if (!modules[m].channels[u])
                continue;
            keys[count] = name_of("%s%s.weight", prefix, key_of(&modules[m], u).s);
            list[count] = (struct full_width){keys[count].s, modules[m].channels[u]};
            count++;
        }
    TRY(checkpoint_factor(c, list, count, o, err));
    int classes = checkpoint_dim(c, name_of("%sfc.weight", prefix).s, 0);
    if (classes)
        option_default(o, OPT_CLASSES, classes);
    return true;
}

static bool build(struct options *o, struct writer *w, struct error *err)
{
    option_default(o, OPT_CLASSES, 1000);
    option_default(o, OPT_FRAMES, 1);
    option_default(o, OPT_PROTOCOL, PROTOCOL_TSN);
    protocol_defaults(o);
    write_header(w, "bninception");
    TRY(write_video_input(w, o, NULL, err));
    struct bninception net = {
        .frames = o->value[OPT_FRAMES],
        .height = o->height,
        .width = o->width,
        .channels = 3,
        .stride = 2,
        .first = option_scale(o, 64),
    };
    TRY(bninception_write(w, o, &net, "input", err));
    /* Temporal segment networks average scores, not probabilities. */
    write_node(w, "scores", "mean_windows", "logits", NULL);
    write_node(w, "probs", "softmax", "scores", NULL);
    write_output(w, "probs");
    return true;
}

static bool recognise(const struct checkpoint *c, struct options *o, struct error *err)
{
    return bninception_recognise(c, "", o, err);
}

static const struct model bninception_models[] = {
    {"bninception", "BN-Inception of frames (TSN), 224x224, 1000 classes", NULL, NULL},
    {0},
};

const struct family bninception_family = {
    .models = bninception_models,
    .name = "bninception",
    .about = "BN-Inception of frames, as in temporal segment networks",
    .paper = "S. Ioffe, C. Szegedy: Batch Normalization: Accelerating Deep Network Training by\n"
             "Reducing Internal Covariate Shift, 2015; L. Wang et al.: Temporal Segment Networks,\n"
             "2016. Weights as in yjxiong/tsn-pytorch.",
    .keys = OPTION(OPT_FAMILY) | OPTION(OPT_WIDTH) | OPTION(OPT_CLASSES) | OPTIONS_VIDEO,
    .assumed = OPTIONS_VIDEO,
    .build = build,
    .anchor = "conv1_7x7_s2.weight",
    .second_anchor = "inception_3a_1x1.weight",
    .anchor_rank = 4,
    .recognise = recognise,
};
