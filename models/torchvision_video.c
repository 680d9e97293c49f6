/* SPDX-License-Identifier: MIT */
/* r3d_18, mc3_18 and r2plus1d_18 of torchvision.models.video (Tran et al., 2018): basic blocks, no
 * max pool after the stem. In mc3 the stages from the second on convolve in space only; in r2plus1d
 * every convolution is one in space, BN, activation, and one in time. The latter also on residual
 * frames, as Tao et al. (2020) use it. BestJuly/IIC splits the projections too, and gives each
 * convolution the channels inside that it asks for. */
#include "models/family.h"
#include "models/paths.h"
#include "models/protocol.h"
#include "models/resnet_blocks.h"

enum kind { KIND_R3D, KIND_MC3, KIND_R2PLUS1D, KIND_IIC };
enum { SPLIT_STEM = 45, IIC_STEM = 83 };

static void set_defaults(struct options *o)
{
    option_default(o, OPT_DEPTH, 18);
    option_default(o, OPT_CLASSES, 400);
    option_default(o, OPT_ACT, ACT_RELU);
    option_default(o, OPT_FRAMES, 16);
    option_default(o, OPT_PROTOCOL, PROTOCOL_TORCHVISION);
    protocol_defaults(o);
}

struct network {
    const struct options *options;
    enum kind kind;
    int stem; /* channels inside a stem that is split */
    struct resnet r;
};

static bool init(struct network *n, const struct options *o, enum kind kind, struct error *err)
{
    *n = (struct network){o, kind, o->value[OPT_STEM], {0}};
    TRY(resnet_init(&n->r, o, resnet_base, err));
    if (n->r.bottleneck)
        return fail(err, ERROR_USAGE, "option depth=%d: wanted is 10, 18 or 34",
                    o->value[OPT_DEPTH]);
    return true;
}

/* NAME.0 in space, NAME.1 its BN, NAME.2 the activation, NAME.3 in time, which is returned. */
static struct name write_split(struct writer *w, const struct options *o, const char *name,
                               const char *x, const struct conv *space, const struct conv *time)
{
    struct name part[4];
    for (int i = 0; i < 4; i++)
        part[i] = name_of("%s.%d", name, i);
    write_conv(w, part[0].s, x, space);
    write_batchnorm(w, part[1].s, part[0].s, space->out);
    write_act(w, o, part[2].s, part[1].s);
    write_conv(w, part[3].s, part[2].s, time);
    return part[3];
}

static void write_stem(struct writer *w, const struct network *n)
{
    int out = n->r.stem;
    struct conv whole = {3, out, {3, 7, 7}, {1, 2, 2}, {1, 3, 3}};
    struct conv space = {3, n->stem, {1, 7, 7}, {1, 2, 2}, {0, 3, 3}};
    struct conv time = {n->stem, out, {3, 1, 1}, CUBE(1), {1, 0, 0}};
    const char *bn = "stem.1";
    if (n->kind >= KIND_R2PLUS1D) {
        struct name conv = write_split(w, n->options, "stem", "input", &space, &time);
        write_batchnorm(w, bn = "stem.4", conv.s, out);
    } else {
        write_conv(w, "stem.0", "input", &whole);
        write_batchnorm(w, bn, "stem.0", out);
    }
    write_act(w, n->options, "stem", bn);
}

struct block {
    const char *prefix; /* of its nodes: layer2.0                           */
    const char *name;   /* of its value: that, or layer2 for the last block */
    const char *x;
    int in, out;
    int stride[3];
    bool flat; /* convolve in space only */
};

/* Convolution 1 or 2 of a block and its BN, which is returned. */
static struct name write_unit(struct writer *w, const struct network *n, const struct block *b,
                              int number, const char *x)
{
    int in = number == 1 ? b->in : b->out, t = b->flat ? 1 : 3, one[] = CUBE(1);
    const int *s = number == 1 ? b->stride : one;
    struct name name = name_of("%s.conv%d", b->prefix, number);
    struct name conv = name_of("%s.0", name.s), bn = name_of("%s.1", name.s);
    struct conv whole = {in, b->out, {t, 3, 3}, {s[0], s[1], s[2]}, {t / 2, 1, 1}};
    /* Both convolutions of a block have the channels inside that its first one asks for. */
    int middle = resnet_split_middle(n->kind == KIND_IIC ? in : b->in, b->out, 3, 3);
    struct conv space = {in, middle, {1, 3, 3}, {1, s[1], s[2]}, {0, 1, 1}};
    struct conv time = {middle, b->out, {3, 1, 1}, {s[0], 1, 1}, {1, 0, 0}};
    if (n->kind >= KIND_R2PLUS1D)
        conv = write_split(w, n->options, conv.s, x, &space, &time);
    else
        write_conv(w, conv.s, x, &whole);
    write_batchnorm(w, bn.s, conv.s, b->out);
    return bn;
}

/* Where shapes change: a convolution of one pixel, in two steps in IIC. Returns its BN. */
static struct name write_projection(struct writer *w, const struct network *n,
                                    const struct block *b)
{
    const int *s = b->stride;
    int middle = resnet_split_middle(b->in, b->out, 1, 1);
    struct name conv = name_of("%s.downsample.0", b->prefix);
    struct name bn = name_of("%s.downsample.1", b->prefix);
    struct conv whole = {b->in, b->out, CUBE(1), {s[0], s[1], s[2]}, CUBE(0)};
    struct conv space = {b->in, middle, CUBE(1), {1, s[1], s[2]}, CUBE(0)};
    struct conv time = {middle, b->out, CUBE(1), {s[0], 1, 1}, CUBE(0)};
    if (n->kind == KIND_IIC)
        conv = write_split(w, n->options, conv.s, b->x, &space, &time);
    else
        write_conv(w, conv.s, b->x, &whole);
    write_batchnorm(w, bn.s, conv.s, b->out);
    return bn;
}

static void write_block(struct writer *w, const struct network *n, const struct block *b)
{
    struct name shortcut = name_of("%s", b->x), sum = name_of("%s.add", b->prefix);
    struct name act = name_of("%s.conv1", b->prefix);
    if (b->in != b->out || b->stride[2] != 1)
        shortcut = write_projection(w, n, b);
    write_act(w, n->options, act.s, write_unit(w, n, b, 1, b->x).s);
    write_add(w, sum.s, write_unit(w, n, b, 2, act.s).s, shortcut.s);
    write_act(w, n->options, b->name, sum.s);
}

/* From `input` to `logits`. */
static bool write_network(struct writer *w, const struct options *o, enum kind kind,
                          struct error *err)
{
    struct network n;
    struct name x = name_of("stem");
    TRY(init(&n, o, kind, err));
    int in = n.r.stem;
    write_stem(w, &n);
    for (int s = 0; s < RESNET_STAGES; s++) {
        bool flat = kind == KIND_MC3 && s > 0;
        for (int i = 0; i < n.r.blocks[s]; i++) {
            int stride = s > 0 && i == 0 ? 2 : 1;
            struct name prefix = name_of("layer%d.%d", s + 1, i);
            struct name name = i + 1 < n.r.blocks[s] ? prefix : name_of("layer%d", s + 1);
            struct block b = {prefix.s, name.s,        x.s,
                              in,       n.r.planes[s], {flat ? 1 : stride, stride, stride},
                              flat};
            write_block(w, &n, &b);
            in = b.out;
            x = name;
        }
    }
    write_node(w, "avgpool", "global_average", x.s, NULL);
    write_linear(w, "logits", "fc", "avgpool", in, o->value[OPT_CLASSES]);
    return true;
}

static bool build(struct options *o, struct writer *w, const char *name, enum kind kind,
                  struct error *err)
{
    write_header(w, name);
    TRY(write_video_input(w, o, NULL, err));
    TRY(write_network(w, o, kind, err));
    write_scores(w);
    return true;
}

static bool build_r3d(struct options *o, struct writer *w, struct error *err)
{
    set_defaults(o);
    return build(o, w, resnet_name("r3d_", o).s, KIND_R3D, err);
}

static bool build_mc3(struct options *o, struct writer *w, struct error *err)
{
    set_defaults(o);
    return build(o, w, resnet_name("mc3_", o).s, KIND_MC3, err);
}

static void set_split_defaults(struct options *o)
{
    option_default(o, OPT_STEM, option_scale(o, SPLIT_STEM));
    set_defaults(o);
}

static bool build_r2plus1d(struct options *o, struct writer *w, struct error *err)
{
    set_split_defaults(o);
    return build(o, w, resnet_name("r2plus1d_", o).s, KIND_R2PLUS1D, err);
}

static bool build_iic(struct options *o, struct writer *w, struct error *err)
{
    option_default(o, OPT_DEPTH, 10);
    option_default(o, OPT_CLASSES, 101);
    option_default(o, OPT_STEM, option_scale(o, IIC_STEM));
    option_default(o, OPT_PROTOCOL, PROTOCOL_TAO);
    set_defaults(o);
    return build(o, w, "iic-r21d", KIND_IIC, err);
}

/* Tao et al., Table 1: residual frames, and ELU as in all networks of their recipe. */
static void set_tao_defaults(struct options *o)
{
    option_default(o, OPT_CLASSES, 101);
    option_default(o, OPT_ACT, ACT_ELU);
    option_default(o, OPT_RESIDUAL, RESIDUAL_ABS);
    option_default(o, OPT_PROTOCOL, PROTOCOL_TAO);
    set_split_defaults(o);
}

static bool build_tao(struct options *o, struct writer *w, struct error *err)
{
    set_tao_defaults(o);
    return build(o, w, "tao-r2plus1d", KIND_R2PLUS1D, err);
}

static bool write_tao_path(struct writer *w, const struct options *o, struct error *err)
{
    return write_network(w, o, KIND_R2PLUS1D, err);
}

const struct path tao_r2plus1d_path = {set_tao_defaults, write_tao_path};

/* ---- checkpoints ---- */

static bool chosen_mc3(const struct options *o, const struct checkpoint *c)
{
    (void)o;
    return checkpoint_dim(c, "layer2.0.conv1.0.weight", 2) == 1;
}

static bool chosen_iic(const struct options *o, const struct checkpoint *c)
{
    (void)o;
    return checkpoint_find(c, "layer2.0.downsample.0.0.weight") != NULL;
}

static bool chosen_tao(const struct options *o, const struct checkpoint *c)
{
    (void)c;
    return option_given(o, OPT_PROTOCOL) && o->value[OPT_PROTOCOL] == PROTOCOL_TAO;
}

static bool recognise(const struct checkpoint *c, struct options *o, struct error *err)
{
    return resnet_recognise(c, 1, o, err);
}

static bool recognise_split(const struct checkpoint *c, struct options *o, struct error *err)
{
    int stem;
    TRY(resnet_channels(c, "stem.0.weight", 0, &stem, err));
    option_default(o, OPT_STEM, stem);
    return recognise(c, o, err);
}

#define KEYS                                                                                       \
    (OPTION(OPT_FAMILY) | OPTIONS_RESNET | OPTION(OPT_CLASSES) | OPTION(OPT_ACT) | OPTIONS_VIDEO)
#define ASSUMED (OPTION(OPT_ACT) | OPTIONS_VIDEO)

static const struct model r3d_models[] = {
    {"r3d_18", "torchvision's 3D ResNet-18, 16x112x112, 400 classes", NULL, "r3d-18"},
    {0},
};

const struct family r3d_family = {
    .models = r3d_models,
    .name = "r3d_18",
    .about = "torchvision's 3D ResNet-18",
    .paper = "D. Tran, H. Wang, L. Torresani, J. Ray, Y. LeCun, M. Paluri: A Closer Look at "
             "Spatiotemporal\n"
             "Convolutions for Action Recognition, 2018; torchvision.models.video.",
    .keys = KEYS,
    .assumed = ASSUMED,
    .build = build_r3d,
    .anchor = "stem.0.weight",
    .second_anchor = "layer1.0.conv1.0.weight",
    .anchor_rank = 5,
    .recognise = recognise,
};

static const struct model mc3_models[] = {
    {"mc3_18", "torchvision's mixed convolutions, 3D and 2D", NULL, "mc3-18"},
    {0},
};

const struct family mc3_family = {
    .models = mc3_models,
    .name = "mc3_18",
    .about = "torchvision's mixed convolution network",
    .paper = "D. Tran, H. Wang, L. Torresani, J. Ray, Y. LeCun, M. Paluri: A Closer Look at "
             "Spatiotemporal\n"
             "Convolutions for Action Recognition, 2018; torchvision.models.video.",
    .keys = KEYS,
    .assumed = ASSUMED,
    .build = build_mc3,
    .anchor = "stem.0.weight",
    .second_anchor = "layer1.0.conv1.0.weight",
    .anchor_rank = 5,
    .chosen = chosen_mc3,
    .recognise = recognise,
};

static const struct model r2plus1d_models[] = {
    {"r2plus1d_18", "torchvision's R(2+1)D, space and time apart", NULL, "r2plus1d-18"},
    {0},
};

const struct family r2plus1d_family = {
    .models = r2plus1d_models,
    .name = "r2plus1d_18",
    .about = "torchvision's R(2+1)D-18",
    .paper = "D. Tran, H. Wang, L. Torresani, J. Ray, Y. LeCun, M. Paluri: A Closer Look at "
             "Spatiotemporal\n"
             "Convolutions for Action Recognition, 2018; torchvision.models.video.",
    .keys = KEYS | OPTION(OPT_STEM),
    .assumed = ASSUMED,
    .build = build_r2plus1d,
    .anchor = "stem.0.weight",
    .second_anchor = "layer1.0.conv1.0.0.weight",
    .anchor_rank = 5,
    .recognise = recognise_split,
};

static const struct model tao_r2plus1d_models[] = {
    {"tao-r2plus1d", "R(2+1)D-18 on residual frames, ELU, 101 classes", NULL, NULL},
    {0},
};

const struct family tao_r2plus1d_family = {
    .models = tao_r2plus1d_models,
    .name = "tao-r2plus1d",
    .about = "R(2+1)D-18 on residual frames of Tao et al.",
    .paper =
        "L. Tao, X. Wang, T. Yamasaki: Rethinking Motion Representation: Residual Frames with 3D\n"
        "ConvNets for Better Action Recognition, 2020; table 1, on torchvision's R(2+1)D-18.\n"
        "No code of the networks was published.",
    .keys = KEYS | OPTION(OPT_STEM),
    .assumed = ASSUMED,
    .build = build_tao,
    .anchor = "stem.0.weight",
    .second_anchor = "layer1.0.conv1.0.0.weight",
    .anchor_rank = 5,
    .chosen = chosen_tao,
    .recognise = recognise_split,
};

static const struct model iic_r21d_models[] = {
    {"iic-r21d", "R(2+1)D-10 of BestJuly/IIC, 16x112x112, 101 classes", NULL, NULL},
    {0},
};

const struct family iic_r21d_family = {
    .models = iic_r21d_models,
    .name = "iic-r21d",
    .about = "R(2+1)D of BestJuly/IIC, projections split too",
    .paper = "L. Tao, X. Wang, T. Yamasaki: Self-supervised Video Representation Learning Using\n"
             "Inter-intra Contrastive Framework, 2020; BestJuly/IIC.",
    .keys = KEYS | OPTION(OPT_STEM),
    .assumed = ASSUMED,
    .build = build_iic,
    .anchor = "stem.0.weight",
    .second_anchor = "layer1.0.conv1.0.0.weight",
    .anchor_rank = 5,
    .chosen = chosen_iic,
    .recognise = recognise_split,
};
