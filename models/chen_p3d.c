/* SPDX-License-Identifier: MIT */
/* Pseudo-3D ResNet-50 on frames and residual frames of Chen, Hsiao and Ho (2020). In its module a
 * convolution in space and one in time stand side by side; the second one's result is differenced
 * over time as well, and channel attention weighs all three. No code was published: what the paper
 * leaves open is an option, and `preset` names four readings of it. */
#include "models/family.h"
#include "models/protocol.h"

enum { STAGES = 4 };
static const int base[STAGES] = {64, 128, 256, 512}, depths[STAGES] = {3, 4, 6, 3};

/* As printed, which makes 112 GMAC; two ways to the printed 30 GFLOPs, one by depthwise
 * convolutions and one by a pool that is not printed; and with the fourfold width of ResNet-50. */
static const struct preset {
    const char *model;
    int expansion, depthwise, stem_pool, shortcut;
} presets[] = {
    [PRESET_TABLE1] = {"chen-p3d", 1, 0, 0, SHORTCUT_B},
    [PRESET_FLOPS] = {"chen-p3d-flops", 1, 1, 0, SHORTCUT_IDENTITY},
    [PRESET_POOLED] = {"chen-p3d-pooled", 1, 0, 1, SHORTCUT_IDENTITY},
    [PRESET_R50] = {"chen-p3d-r50", 4, 0, 1, SHORTCUT_B},
};
enum { PRESETS = sizeof presets / sizeof *presets };

/* Whether it explains all that shapes of weights can tell. */
static bool fits(const struct preset *p, const struct options *o)
{
    return p->expansion == o->value[OPT_EXPANSION] && p->shortcut == o->value[OPT_SHORTCUT] &&
           (o->value[OPT_BASELINE3D] || p->depthwise == o->value[OPT_DEPTHWISE]);
}

/* The preset's name, or that of the whole where options make it something else. */
static const char *model_name(const struct options *o)
{
    const struct preset *p = &presets[o->value[OPT_PRESET]];
    if (o->value[OPT_BASELINE3D])
        return "chen-3d-r50";
    return fits(p, o) && p->stem_pool == o->value[OPT_STEM_POOL] ? p->model : "chen-p3d";
}

static void apply_preset(struct options *o)
{
    const struct preset *p = &presets[o->value[OPT_PRESET]];
    option_default(o, OPT_EXPANSION, p->expansion);
    option_default(o, OPT_DEPTHWISE, p->depthwise && !o->value[OPT_BASELINE3D]);
    option_default(o, OPT_STEM_POOL, p->stem_pool);
    option_default(o, OPT_SHORTCUT, p->shortcut);
}

static void set_defaults(struct options *o)
{
    option_default(o, OPT_PRESET, PRESET_TABLE1);
    option_default(o, OPT_BASELINE3D, 0);
    bool module = !o->value[OPT_BASELINE3D];
    apply_preset(o);
    option_default(o, OPT_STREAM, STREAM_BOTH);
    option_default(o, OPT_STEP, 1);
    option_default(o, OPT_ATTENTION, module);
    option_default(o, OPT_FEATURE_RESIDUAL, module);
    option_default(o, OPT_MASK, MASK_CLIP);
    option_default(o, OPT_LAST, LAST_REPLICATE);
    option_default(o, OPT_CLASSES, 101);
    option_default(o, OPT_FRAMES, 32);
    option_default(o, OPT_PROTOCOL, PROTOCOL_CHEN);
    protocol_defaults(o);
}

static bool check(const struct options *o, struct error *err)
{
    static const enum option_key parts[] = {OPT_ATTENTION, OPT_FEATURE_RESIDUAL, OPT_DEPTHWISE};
    if (o->value[OPT_SHORTCUT] == SHORTCUT_A)
        return fail(err, ERROR_USAGE, "option shortcut=A: wanted is B, identity or none");
    for (int i = 0; i < 3; i++)
        if (o->value[OPT_BASELINE3D] && o->value[parts[i]])
            return fail(err, ERROR_USAGE, "option %s=1: with baseline3d=1 there is no such part",
                        option_name(parts[i]));
    return true;
}

struct unit {
    const char *name; /* prefix of its nodes, and name of its value */
    const char *x;
    int in, channels, kernel, stride, groups;
};

/* name.conv_S, name.bn_S and name.relu_S, S the side: "s" or "t". */
static struct name write_side(struct writer *w, const struct unit *u, const char *side,
                              const struct conv *c)
{
    struct name conv = name_of("%s.conv_%s", u->name, side);
    struct name bn = name_of("%s.bn_%s", u->name, side);
    struct name relu = name_of("%s.relu_%s", u->name, side);
    write_conv(w, conv.s, u->x, c);
    write_batchnorm(w, bn.s, conv.s, c->out);
    write_relu(w, relu.s, bn.s);
    return relu;
}

/* f m + f, with m = sigmoid(W mean(f) + b). */
static void write_attention(struct writer *w, const struct options *o, const char *unit,
                            const char *f, int channels)
{
    struct name pool = name_of("%s.att.pool", unit), fc = name_of("%s.att.fc", unit);
    struct name mask = name_of("%s.att.mask", unit);
    char over[24];
    write_node(w, pool.s, "global_average", f, "over=%s", option_word(o, OPT_MASK, over));
    write_linear(w, fc.s, fc.s, pool.s, channels, channels);
    write_node(w, mask.s, "sigmoid", fc.s, NULL);
    write_node(w, unit, "channel_scale", name_of("%s %s", f, mask.s).s, "plus=1");
}

static int unit_channels(const struct options *o, int channels)
{
    return channels * (o->value[OPT_FEATURE_RESIDUAL] ? 3 : 2);
}

static void write_unit(struct writer *w, const struct options *o, const struct unit *u)
{
    int k = u->kernel, s = u->stride, n = 2;
    struct conv space = {u->in, u->channels, {1, k, k}, {1, s, s}, {0, k / 2, k / 2}, u->groups};
    struct conv time = {u->in, u->channels, {3, 1, 1}, {1, s, s}, {1, 0, 0}, u->groups};
    struct name part[3];
    part[0] = write_side(w, u, "s", &space);
    part[1] = write_side(w, u, "t", &time);
    if (o->value[OPT_FEATURE_RESIDUAL]) {
        char last[24];
        part[n++] = name_of("%s.res", u->name);
        write_node(w, part[2].s, "residual", part[1].s, "mode=abs step=1 last=%s",
                   option_word(o, OPT_LAST, last));
    }
    if (!o->value[OPT_ATTENTION]) {
        write_concat(w, u->name, part, n);
        return;
    }
    struct name f = name_of("%s.cat", u->name);
    write_concat(w, f.s, part, n);
    write_attention(w, o, u->name, f.s, unit_channels(o, u->channels));
}

/* Returns the channels of its value, which has the name of the stem. */
static int write_stem(struct writer *w, const struct options *o, const char *name, const char *x)
{
    int channels = o->value[OPT_STEM];
    if (!o->value[OPT_BASELINE3D]) {
        write_unit(w, o, &(struct unit){name, x, 3, channels, 7, 2, 1});
        return unit_channels(o, channels);
    }
    struct name conv = name_of("%s.conv", name), bn = name_of("%s.bn", name);
    write_conv(w, conv.s, x, &(struct conv){3, channels, {3, 7, 7}, {1, 2, 2}, {1, 3, 3}});
    write_batchnorm(w, bn.s, conv.s, channels);
    write_relu(w, name, bn.s);
    return channels;
}

/* The streams side by side, as %pool1; returns their channels. */
static int write_stems(struct writer *w, const struct options *o)
{
    int stream = o->value[OPT_STREAM], step = o->value[OPT_STEP], channels = 0, n = 0;
    struct name stem[2], x;
    if (stream != STREAM_RESIDUAL) {
        write_node(w, "rgb", "select_frames", "input", "begin=0 count=%d", o->value[OPT_FRAMES]);
        channels += write_stem(w, o, "stem_rgb", "rgb");
        stem[n++] = name_of("stem_rgb");
    }
    if (stream != STREAM_RGB) {
        write_node(w, "res", "residual", "input", "mode=abs step=%d", step);
        channels += write_stem(w, o, "stem_res", "res");
        stem[n++] = name_of("stem_res");
    }
    x = stem[0];
    if (n == 2) {
        x = name_of("stem");
        write_concat(w, x.s, stem, n);
    }
    if (o->value[OPT_STEM_POOL])
        write_pool(w, "maxpool3d", "pool1", x.s,
                   &(struct pool){{1, 3, 3}, {1, 2, 2}, {0, 1, 1}, NULL});
    else
        write_node(w, "pool1", "identity", x.s, NULL);
    return channels;
}

struct block {
    const char *prefix; /* of its nodes: "layer2.0"                            */
    const char *name;   /* of its value: that, or "layer2" for the last block  */
    const char *x;
    int in, channels, out, stride;
};

/* Name of the value that is added to the branch; "" when there is none. */
static struct name write_shortcut(struct writer *w, const struct options *o, const struct block *b)
{
    bool same = b->stride == 1 && b->in == b->out;
    struct name conv = name_of("%s.downsample.0", b->prefix);
    struct name bn = name_of("%s.downsample.1", b->prefix);
    if (o->value[OPT_SHORTCUT] == SHORTCUT_NONE ||
        (o->value[OPT_SHORTCUT] == SHORTCUT_IDENTITY && !same))
        return name_of("%s", "");
    if (same)
        return name_of("%s", b->x);
    write_conv(w, conv.s, b->x,
               &(struct conv){b->in, b->out, CUBE(1), {1, b->stride, b->stride}, CUBE(0)});
    write_batchnorm(w, bn.s, conv.s, b->out);
    return bn;
}

/* prefix.convI and prefix.bnI; returns the latter. */
static struct name write_conv_bn(struct writer *w, const struct block *b, int i, const char *x,
                                 const struct conv *c)
{
    struct name conv = name_of("%s.conv%d", b->prefix, i), bn = name_of("%s.bn%d", b->prefix, i);
    write_conv(w, conv.s, x, c);
    write_batchnorm(w, bn.s, conv.s, c->out);
    return bn;
}

static void write_block(struct writer *w, const struct options *o, const struct block *b)
{
    int c = b->channels, middle = c;
    struct name shortcut = write_shortcut(w, o, b), relu = name_of("%s.relu1", b->prefix), x, bn;
    bn = write_conv_bn(w, b, 1, b->x,
                       &(struct conv){b->in, c, CUBE(1), {1, b->stride, b->stride}, CUBE(0)});
    write_relu(w, relu.s, bn.s);
    if (o->value[OPT_BASELINE3D]) {
        x = name_of("%s.relu2", b->prefix);
        bn = write_conv_bn(w, b, 2, relu.s, &(struct conv){c, c, CUBE(3), CUBE(1), CUBE(1)});
        write_relu(w, x.s, bn.s);
    } else {
        x = name_of("%s.unit", b->prefix);
        write_unit(w, o, &(struct unit){x.s, relu.s, c, c, 3, 1, o->value[OPT_DEPTHWISE] ? c : 1});
        middle = unit_channels(o, c);
    }
    x = write_conv_bn(w, b, 3, x.s, &(struct conv){middle, b->out, CUBE(1), CUBE(1), CUBE(0)});
    if (shortcut.s[0]) {
        struct name sum = name_of("%s.add", b->prefix);
        write_add(w, sum.s, x.s, shortcut.s);
        x = sum;
    }
    write_relu(w, b->name, x.s);
}

static int write_stages(struct writer *w, const struct options *o, const int *channels, int in)
{
    struct name x = name_of("pool1");
    for (int s = 0; s < STAGES; s++)
        for (int i = 0; i < depths[s]; i++) {
            struct name prefix = name_of("layer%d.%d", s + 1, i);
            struct name name = i + 1 < depths[s] ? prefix : name_of("layer%d", s + 1);
            int out = channels[s] * o->value[OPT_EXPANSION];
            int stride = s > 0 && i == 0 ? 2 : 1;
            struct block b = {prefix.s, name.s, x.s, in, channels[s], out, stride};
            write_block(w, o, &b);
            in = out;
            x = name;
        }
    return in;
}

static bool build(struct options *o, struct writer *w, struct error *err)
{
    int channels[STAGES];
    set_defaults(o);
    TRY(check(o, err));
    TRY(option_channels(o, base, STAGES, channels, err));
    /* one stream alone has as many channels as both together */
    option_default(o, OPT_STEM, channels[0] * (o->value[OPT_STREAM] == STREAM_BOTH ? 1 : 2));
    option_default(o, OPT_FC, option_scale(o, 2048));
    write_header(w, model_name(o));
    struct video v = {.value = "input", .frames = o->value[OPT_FRAMES] + o->value[OPT_STEP]};
    write_video(w, o, &v);
    int in = write_stages(w, o, channels, write_stems(w, o));
    write_node(w, "avgpool", "global_average", "layer4", NULL);
    write_linear(w, "fc1", "fc1", "avgpool", in, o->value[OPT_FC]);
    write_relu(w, "relu", "fc1");
    write_linear(w, "logits", "fc2", "relu", o->value[OPT_FC], o->value[OPT_CLASSES]);
    write_scores(w);
    return true;
}

/* ---- recognition ---- */

static bool missing(const struct checkpoint *c, const char *key, struct error *err)
{
    return fail(err, ERROR_MODEL, "%s: %s%s is missing or empty", tensor_file_path(c->file),
                c->prefix, key);
}

static bool recognise_stems(const struct checkpoint *c, struct options *o, struct error *err)
{
    int channels[2] = {0, 0};
    bool flat = false;
    for (int i = 0; i < 2; i++) {
        const char *stem = i ? "stem_res" : "stem_rgb";
        struct name pseudo = name_of("%s.conv_s.weight", stem);
        channels[i] = checkpoint_dim(c, pseudo.s, 0);
        flat = flat || channels[i];
        if (!channels[i])
            channels[i] = checkpoint_dim(c, name_of("%s.conv.weight", stem).s, 0);
    }
    if (!channels[0] && !channels[1])
        return missing(c, "stem_rgb.conv_s.weight", err);
    bool both = channels[0] && channels[1];
    int only = channels[0] ? STREAM_RGB : STREAM_RESIDUAL;
    option_default(o, OPT_STREAM, both ? STREAM_BOTH : only);
    option_default(o, OPT_STEM, channels[channels[0] ? 0 : 1]);
    option_default(o, OPT_BASELINE3D, !flat);
    return true;
}

static bool recognise_blocks(const struct checkpoint *c, struct options *o, struct error *err)
{
    int channels[STAGES], out = checkpoint_dim(c, "layer1.0.conv3.weight", 0);
    for (int s = 0; s < STAGES; s++) {
        struct name key = name_of("layer%d.0.conv1.weight", s + 1);
        channels[s] = checkpoint_dim(c, key.s, 0);
        if (!channels[s])
            return missing(c, key.s, err);
    }
    if (!out)
        return missing(c, "layer1.0.conv3.weight", err);
    if (out % channels[0] || out / channels[0] > 16)
        return fail(err, ERROR_MODEL,
                    "%s: %slayer1.0.conv3.weight makes %d channels for %d inside the block, wanted "
                    "are 1 to 16 times as many",
                    tensor_file_path(c->file), c->prefix, out, channels[0]);
    option_default_list(o, OPT_WIDTH, channels, STAGES);
    option_default(o, OPT_EXPANSION, out / channels[0]);
    bool projections = checkpoint_find(c, "layer2.0.downsample.0.weight");
    option_default(o, OPT_SHORTCUT, projections ? SHORTCUT_B : SHORTCUT_IDENTITY);
    if (o->value[OPT_BASELINE3D])
        return true;
    option_default(o, OPT_ATTENTION, checkpoint_find(c, "layer1.0.unit.att.fc.weight") != NULL);
    option_default(o, OPT_FEATURE_RESIDUAL,
                   checkpoint_dim(c, "layer1.0.conv3.weight", 1) == 3 * channels[0]);
    /* of one channel alone both readings are the same network */
    bool one_by_one = checkpoint_dim(c, "layer4.0.unit.conv_s.weight", 1) == 1;
    option_default(o, OPT_DEPTHWISE, channels[STAGES - 1] > 1 && one_by_one);
    return true;
}

/* The preset that explains the shapes also says what they leave open: whether there is a pool. */
static bool recognise(const struct checkpoint *c, struct options *o, struct error *err)
{
    TRY(recognise_stems(c, o, err) && recognise_blocks(c, o, err));
    for (int i = 0; i < PRESETS; i++)
        if (fits(&presets[i], o))
            option_default(o, OPT_PRESET, i);
    if (checkpoint_dim(c, "fc1.weight", 0))
        option_default(o, OPT_FC, checkpoint_dim(c, "fc1.weight", 0));
    if (checkpoint_dim(c, "fc2.weight", 0))
        option_default(o, OPT_CLASSES, checkpoint_dim(c, "fc2.weight", 0));
    return true;
}

/* The frames that a window reads follow from `frames` and `step`. */
#define VIDEO (OPTIONS_VIDEO & ~OPTION(OPT_RESIDUAL))
#define OPEN                                                                                       \
    (VIDEO | OPTION(OPT_PRESET) | OPTION(OPT_STEM_POOL) | OPTION(OPT_MASK) | OPTION(OPT_LAST))

static const struct model chen_models[] = {
    {"chen-p3d", "pseudo-3D ResNet-50 on frames and residual frames, as printed",
     "preset=table1", NULL},
    {"chen-p3d-flops", "the same, to the printed FLOPs: depthwise", "preset=flops", NULL},
    {"chen-p3d-pooled", "the same, to the printed FLOPs: a pool after the stems",
     "preset=pooled", NULL},
    {"chen-p3d-r50", "the same with the widths of ResNet-50", "preset=r50", NULL},
    {"chen-3d-r50", "the 3D ResNet-50 that they compare it with", "baseline3d=1", NULL},
    {0},
};

const struct family chen_family = {
    .models = chen_models,
    .name = "chen",
    .about = "pseudo-3D ResNet-50 on frames and residual frames of Chen et al.",
    .paper = "J. Chen, J. Hsiao, C. M. Ho: Residual Frames with Efficient Pseudo-3D CNN for Human\n"
             "Action Recognition, 2020; section 2.2 and table 1. No code was published.",
    .keys = OPEN | OPTION(OPT_FAMILY) | OPTION(OPT_WIDTH) | OPTION(OPT_STEM) | OPTION(OPT_FC) |
            OPTION(OPT_CLASSES) | OPTION(OPT_SHORTCUT) | OPTION(OPT_STREAM) |
            OPTION(OPT_ATTENTION) | OPTION(OPT_FEATURE_RESIDUAL) | OPTION(OPT_BASELINE3D) |
            OPTION(OPT_EXPANSION) | OPTION(OPT_DEPTHWISE),
    .assumed = OPEN,
    .build = build,
    .anchor = "layer1.0.conv1.weight",
    .second_anchor = "fc2.weight",
    .anchor_rank = 5,
    .recognise = recognise,
};
