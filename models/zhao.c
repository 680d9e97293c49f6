/* SPDX-License-Identifier: MIT */
/* Static appearance, apparent motion and appearance change of Zhao, Xiong and Lin (2018): three
 * BN-Inceptions behind one first convolution, whose features are matched between frames.
 *
 * static: the features. motion: displacements of a cost volume. change: what is new in a frame when
 * the one before it is warped by them. A branch sees frames (pairs of them) one by one, or stacked
 * as channels. Scores are averaged over segments (windows), then over branches.
 */
#include "models/bninception.h"
#include "models/family.h"
#include "models/protocol.h"
#include "models/resnet_blocks.h"

enum { STATIC, MOTION, CHANGE, BRANCHES };
static const char *const branch_names[BRANCHES] = {"static", "motion", "change"};

static bool has(const struct options *o, int branch)
{
    return (o->value[OPT_BRANCHES] + 1) & 1 << branch;
}

static void set_defaults(struct options *o)
{
    static const int zero[] = {
        OPT_MAPS, OPT_WTA,     OPT_BORDER, OPT_MOTION_MODE, OPT_CHANGE_MODE, OPT_CHANGE_INPUT,
        OPT_SIGN, OPT_OUTSIDE, OPT_POOL,   OPT_PAIR_POOL,   OPT_FUSION,
    };
    for (size_t i = 0; i < sizeof zero / sizeof *zero; i++)
        option_default(o, (enum option_key)zero[i], 0); /* the first word of each */
    option_default(o, OPT_BRANCHES, (BRANCH_STATIC | BRANCH_MOTION | BRANCH_CHANGE) - 1);
    option_default(o, OPT_LOW, option_scale(o, 64));
    option_default(o, OPT_RADIUS, 7);
    option_default_tau(o, 0.01);
    option_default(o, OPT_CLASSES, 101);
    option_default(o, OPT_FRAMES, 8);
    option_default(o, OPT_SEGMENTS, 25);
    option_default(o, OPT_PROTOCOL, PROTOCOL_TSN);
    protocol_defaults(o);
}

static bool check(const struct options *o, struct error *err)
{
    if (o->value[OPT_FRAMES] < 2 && (has(o, MOTION) || has(o, CHANGE)))
        return fail(err, ERROR_USAGE, "option frames=1: motion and change are between frames");
    return true;
}

/* ---- what the branches see ---- */

/* Stride of the shared convolution: maps of half the size, or of all of it. */
static int low_stride(const struct options *o)
{
    return o->value[OPT_MAPS] == MAPS_112 ? 2 : 1;
}

/* Every second row and column, where features are of full size: a first convolution of stride 2
 * would have given the same. */
static const char *write_half(struct writer *w, const struct options *o, const char *name,
                              const char *x)
{
    if (low_stride(o) == 2)
        return x;
    write_pool(w, "maxpool3d", name, x, &(struct pool){CUBE(1), {1, 2, 2}, CUBE(0), NULL});
    return name;
}

static void write_low(struct writer *w, const struct options *o)
{
    int s = low_stride(o), low = o->value[OPT_LOW];
    write_conv(w, "conv1_7x7_s2", "input",
               &(struct conv){.in = 3,
                              .out = low,
                              .kernel = {1, 7, 7},
                              .stride = {1, s, s},
                              .pad = {0, 3, 3},
                              .bias = true,
                              .flat = true});
    write_batchnorm(w, "conv1_7x7_s2_bn", "conv1_7x7_s2", low);
    write_relu(w, "low", "conv1_7x7_s2_bn");
}

static void write_displacement(struct writer *w, const struct options *o)
{
    char tau[32], border[24];
    write_node(w, "cost", "cost_volume", "low", "radius=%d", o->value[OPT_RADIUS]);
    write_node(w, "disp", "displacement", "cost", "radius=%d tau=%s assign=%s border=%s",
               o->value[OPT_RADIUS], text_float(tau, (float)o->tau),
               o->value[OPT_WTA] ? "wta" : "soft", option_word(o, OPT_BORDER, border));
}

/* %diff: the next frame less the warped one. */
static void write_difference(struct writer *w, const struct options *o)
{
    bool rgb = o->value[OPT_CHANGE_INPUT] == CHANGE_RGB;
    const char *x = rgb ? "input" : "low", *v = "disp";
    char sign[24], outside[24], gain[32];
    if (rgb && low_stride(o) == 2) {
        float factor = (float)o->height / (float)((o->height + 1) / 2);
        write_node(w, "disp.resized", "resize_map", "disp", "height=%d width=%d gain=%s", o->height,
                   o->width, text_float(gain, factor));
        v = "disp.resized";
    }
    write_node(w, "warp", "warp", name_of("%s %s", x, v).s, "sign=%s outside=%s",
               option_word(o, OPT_SIGN, sign), option_word(o, OPT_OUTSIDE, outside));
    write_node(w, "next", "select_frames", x, "begin=1");
    write_node(w, "diff", "subtract", "next warp", NULL);
}

/* ---- branches ---- */

static int pairs(const struct options *o)
{
    return o->value[OPT_FRAMES] - 1;
}

/* x as the branch sees it: stacked, or as it is. */
static const char *write_stack(struct writer *w, const char *name, const char *x, bool stack)
{
    if (stack)
        write_node(w, name, "stack_frames", x, NULL);
    return stack ? name : x;
}

/* A first convolution of its own, as wide as BN-Inception's, which leaves maps of half the frames'
 * size. `full`: its input is of the frames' size. */
static void set_conv(struct bninception *net, const struct options *o, int channels, bool full,
                     bool stack)
{
    int s = full ? 1 : 2;
    net->height = (o->height + s - 1) / s;
    net->width = (o->width + s - 1) / s;
    net->channels = stack ? channels * pairs(o) : channels;
    net->first = option_scale(o, 64);
    net->stride = full ? 2 : 1;
}

/* None: it begins with features. */
static void set_features(struct bninception *net, const struct options *o)
{
    net->height = (o->height + 1) / 2;
    net->width = (o->width + 1) / 2;
    net->channels = net->first = o->value[OPT_LOW];
    net->stride = 0;
}

static void set_time(struct bninception *net, const struct options *o, bool stack)
{
    net->frames = stack ? 1 : pairs(o);
    net->time = o->value[OPT_PAIR_POOL] == PAIR_POOL_GRADUAL ? TIME_GRADUAL : TIME_MEAN;
}

static const char *write_static(struct writer *w, const struct options *o, struct bninception *net)
{
    set_features(net, o);
    net->frames = o->value[OPT_FRAMES];
    net->time = o->value[OPT_POOL] == POOL_GRADUAL ? TIME_GRADUAL : TIME_MAX;
    return write_half(w, o, "static.input", "low");
}

static const char *write_motion(struct writer *w, const struct options *o, struct bninception *net)
{
    bool stack = o->value[OPT_MOTION_MODE] == MODE_STACK;
    set_conv(net, o, 2, low_stride(o) == 1, stack);
    set_time(net, o, stack);
    return write_stack(w, "motion.input", "disp", stack);
}

static const char *write_change(struct writer *w, const struct options *o, struct bninception *net)
{
    bool stack = o->value[OPT_CHANGE_MODE] == MODE_STACK;
    bool rgb = o->value[OPT_CHANGE_INPUT] == CHANGE_RGB;
    write_difference(w, o);
    set_time(net, o, stack);
    if (!rgb && !stack) {
        set_features(net, o);
        return write_half(w, o, "change.input", "diff");
    }
    set_conv(net, o, rgb ? 3 : o->value[OPT_LOW], rgb || low_stride(o) == 1, stack);
    return write_stack(w, "change.input", "diff", stack);
}

/* The branch's scores, and as %branch.NAME their mean over segments. */
static bool write_branch(struct writer *w, const struct options *o, int branch, struct error *err)
{
    static const char *(*const inputs[BRANCHES])(struct writer *, const struct options *,
                                                 struct bninception *) = {
        write_static, write_motion, write_change};
    const char *name = branch_names[branch];
    struct bninception net;
    struct name x = name_of("/%s", inputs[branch](w, o, &net)), prefix = name_of("%s.", name);
    w->prefix = prefix.s;
    bool ok = bninception_write(w, o, &net, x.s, err);
    w->prefix = NULL;
    write_node(w, name_of("branch.%s", name).s, "mean_windows", name_of("%s.logits", name).s, NULL);
    return ok;
}

/* The reference calls the mean of the branches' probabilities logits, too. */
static void write_fusion(struct writer *w, const struct options *o)
{
    bool probs = o->value[OPT_FUSION] == FUSION_PROBS;
    struct text all = {0};
    for (int b = 0; b < BRANCHES; b++) {
        struct name scores = name_of("branch.%s", branch_names[b]);
        struct name result = probs ? name_of("%s.probs", scores.s) : scores;
        if (!has(o, b))
            continue;
        if (probs)
            write_node(w, result.s, "softmax", scores.s, NULL);
        text_printf(&all, " %s", result.s);
    }
    write_node(w, "logits", "average", all.s, NULL);
    write_node(w, "probs", probs ? "identity" : "softmax", "logits", NULL);
    write_output(w, "probs");
    text_free(&all);
}

/* "zhao-motion"; "zhao-224" */
static struct name model_name(const struct options *o)
{
    for (int b = 0; b < BRANCHES; b++)
        if (o->value[OPT_BRANCHES] + 1 == 1 << b)
            return name_of("zhao-%s", branch_names[b]);
    return name_of("zhao%s", low_stride(o) == 1 ? "-224" : "");
}

static bool build(struct options *o, struct writer *w, struct error *err)
{
    set_defaults(o);
    TRY(check(o, err));
    write_header(w, model_name(o).s);
    write_video(w, o, &(struct video){NULL, "input", o->value[OPT_FRAMES], o->value[OPT_SEGMENTS]});
    write_low(w, o);
    if (has(o, MOTION) || has(o, CHANGE))
        write_displacement(w, o);
    for (int b = 0; b < BRANCHES; b++)
        if (has(o, b))
            TRY(write_branch(w, o, b, err));
    write_fusion(w, o);
    return true;
}

/* ---- checkpoints ---- */

static bool branch_stored(const struct checkpoint *c, int branch)
{
    return checkpoint_find(c, name_of("%s.conv2_3x3.weight", branch_names[branch]).s) != NULL;
}

/* Its first convolution has the name of BN-Inception's: the branches make the difference. */
static bool chosen(const struct options *o, const struct checkpoint *c)
{
    (void)o;
    for (int b = 0; b < BRANCHES; b++)
        if (branch_stored(c, b))
            return true;
    return false;
}

/* Stacked inputs show in the channels of a branch's first convolution: 2 of a map of displacements,
 * `low` or 3 of a difference, for every pair. */
static bool recognise_modes(const struct checkpoint *c, int low, struct options *o,
                            struct error *err)
{
    int motion = checkpoint_dim(c, "motion.conv1_7x7_s2.weight", 1);
    int change = checkpoint_dim(c, "change.conv1_7x7_s2.weight", 1);
    if (motion)
        option_default(o, OPT_MOTION_MODE, motion > 2 ? MODE_STACK : MODE_PAIRS);
    if (motion > 2)
        option_default(o, OPT_FRAMES, motion / 2 + 1);
    if (change) {
        int count = o->set & OPTION(OPT_FRAMES) ? pairs(o) : 0;
        bool features = count ? change == low * count : change % low == 0;
        option_default(o, OPT_CHANGE_INPUT, features ? CHANGE_FEATURE : CHANGE_RGB);
        int each = o->value[OPT_CHANGE_INPUT] == CHANGE_RGB ? 3 : low;
        bool stack = each == low || change > 3;
        option_default(o, OPT_CHANGE_MODE, stack ? MODE_STACK : MODE_PAIRS);
        if (stack)
            option_default(o, OPT_FRAMES, change / each + 1);
    } else if (branch_stored(c, CHANGE)) {
        option_default(o, OPT_CHANGE_INPUT, CHANGE_FEATURE);
        option_default(o, OPT_CHANGE_MODE, MODE_PAIRS);
    }
    int frames = o->set & OPTION(OPT_FRAMES) ? o->value[OPT_FRAMES] : 2;
    if (frames < 2 || frames > RECIPE_FRAMES_MOST / 2)
        return fail(err, ERROR_MODEL, "%s: %d and %d channels of stacked pairs make %d frames, "
                    "wanted are 2 to %d", tensor_file_path(c->file), motion, change, frames,
                    RECIPE_FRAMES_MOST / 2);
    return true;
}

static bool recognise(const struct checkpoint *c, struct options *o, struct error *err)
{
    int branches = 0, low;
    TRY(resnet_channels(c, "conv1_7x7_s2.weight", 0, &low, err));
    for (int b = BRANCHES - 1; b >= 0; b--) {
        if (!branch_stored(c, b))
            continue;
        branches |= 1 << b;
        TRY(bninception_recognise(c, name_of("%s.", branch_names[b]).s, o, err));
    }
    option_default(o, OPT_BRANCHES, branches - 1);
    option_default(o, OPT_LOW, low);
    return recognise_modes(c, low, o, err);
}

#define KEYS_ASSUMED                                                                               \
    (OPTION(OPT_FRAMES) | OPTION(OPT_SIZE) | OPTION(OPT_NORM) | OPTION(OPT_PROTOCOL) |             \
     OPTION(OPT_SEGMENTS) | OPTION(OPT_MAPS) | OPTION(OPT_RADIUS) | OPTION(OPT_TAU) |              \
     OPTION(OPT_WTA) | OPTION(OPT_BORDER) | OPTION(OPT_SIGN) | OPTION(OPT_OUTSIDE) |               \
     OPTION(OPT_POOL) | OPTION(OPT_PAIR_POOL) | OPTION(OPT_FUSION))

static const struct model zhao_models[] = {
    {"zhao", "static, motion and change branches, 8x224x224, 101 classes", NULL, NULL},
    {"zhao-224", "the same with displacement maps of full size", "maps=224", NULL},
    {"zhao-static", "its static branch", "branches=static", NULL},
    {"zhao-motion", "its motion branch", "branches=motion", NULL},
    {"zhao-change", "its change branch", "branches=change", NULL},
    {0},
};

const struct family zhao_family = {
    .models = zhao_models,
    .name = "zhao",
    .about = "static appearance, apparent motion and appearance change of Zhao et al.",
    .paper =
        "Y. Zhao, Y. Xiong, D. Lin: Recognize Actions by Disentangling Components of Dynamics,\n"
        "2018; section 3. No public code or weights: what the paper leaves open follows\n"
        "BN-Inception as in yjxiong/tsn-pytorch, and is an option.",
    .keys = OPTION(OPT_FAMILY) | OPTION(OPT_WIDTH) | OPTION(OPT_CLASSES) | OPTION(OPT_LOW) |
            OPTION(OPT_BRANCHES) | OPTION(OPT_MOTION_MODE) | OPTION(OPT_CHANGE_MODE) |
            OPTION(OPT_CHANGE_INPUT) | KEYS_ASSUMED,
    .assumed = KEYS_ASSUMED,
    .build = build,
    .anchor = "conv1_7x7_s2.weight",
    .second_anchor = "conv1_7x7_s2_bn.weight",
    .anchor_rank = 4,
    .holds_others = true,
    .chosen = chosen,
    .recognise = recognise,
};
