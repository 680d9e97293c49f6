/* SPDX-License-Identifier: MIT */
/* Wide ResNets and ResNeXts in 3D, of kenshohara/3D-ResNets-PyTorch: bottlenecks with half the
 * expansion, wider inside, and in ResNeXt with convolutions in groups. Their stem has a width of
 * its own: 64 in the published checkpoints, that of the first stage in later code. */
#include "models/family.h"
#include "models/protocol.h"
#include "models/resnet_blocks.h"

enum { EXPANSION = 2, STEM = 64 };
static const int base[RESNET_STAGES] = {128, 256, 512, 1024};

static void set_defaults(struct options *o)
{
    option_default(o, OPT_STEM, option_scale(o, STEM));
    option_default(o, OPT_CLASSES, 400);
    option_default(o, OPT_SHORTCUT, SHORTCUT_B);
    option_default(o, OPT_ACT, ACT_RELU);
    option_default(o, OPT_FRAMES, 16);
    option_default(o, OPT_PROTOCOL, PROTOCOL_HARA);
    option_default(o, OPT_NORM, NORM_HARA_OLD);
    protocol_defaults(o);
}

/* planes * groups / 32 at full width; scaled networks have whole groups. */
static int middle_of(const struct options *o, int stage, int planes)
{
    int groups = o->value[OPT_CARDINALITY];
    int middle = planes == base[stage] ? groups * planes / 32 : planes / groups * groups;
    return middle > groups ? middle : groups;
}

static bool build(struct options *o, struct writer *w, const char *name, struct error *err)
{
    struct resnet r;
    set_defaults(o);
    TRY(resnet_init(&r, o, base, err));
    if (!r.bottleneck)
        return fail(err, ERROR_USAGE, "option depth=%d: wanted is 50, 101, 152 or 200",
                    o->value[OPT_DEPTH]);
    r.stem = o->value[OPT_STEM];
    r.expansion = EXPANSION;
    if (o->set & OPTION(OPT_CARDINALITY))
        TRY(resnet_set_groups(&r, middle_of, err));
    write_header(w, resnet_name(name, o).s);
    TRY(write_video_input(w, o, NULL, err));
    TRY(resnet_write(w, &r, o->value[OPT_CLASSES], err));
    write_scores(w);
    return true;
}

static bool build_wide(struct options *o, struct writer *w, struct error *err)
{
    option_default(o, OPT_DEPTH, 50);
    return build(o, w, "resnet3d-wide-", err);
}

static bool build_resnext(struct options *o, struct writer *w, struct error *err)
{
    option_default(o, OPT_DEPTH, 101);
    option_default(o, OPT_CARDINALITY, 32);
    return build(o, w, "resnext3d-", err);
}

static bool recognise_wide(const struct checkpoint *c, struct options *o, struct error *err)
{
    int stem;
    TRY(resnet_channels(c, "conv1.weight", 0, &stem, err));
    TRY(resnet_recognise(c, EXPANSION, o, err));
    option_default(o, OPT_STEM, stem);
    resnet_recognise_shortcut(c, o);
    return true;
}

static bool recognise_resnext(const struct checkpoint *c, struct options *o, struct error *err)
{
    return recognise_wide(c, o, err) && resnet_recognise_groups(c, middle_of, o, err);
}

static bool chosen_wide(const struct options *o, const struct checkpoint *c)
{
    (void)o;
    int inside = checkpoint_dim(c, "layer1.0.conv2.weight", 1);
    return inside && checkpoint_dim(c, "layer1.0.conv3.weight", 0) == EXPANSION * inside;
}

/* The convolutions in the middle read a group's channels each, not all. */
static bool chosen_resnext(const struct options *o, const struct checkpoint *c)
{
    (void)o;
    int group = checkpoint_dim(c, "layer1.0.conv2.weight", 1);
    return group && checkpoint_find(c, "layer1.0.conv3.weight") &&
           checkpoint_dim(c, "layer1.0.conv2.weight", 0) > group;
}

#define KEYS                                                                                       \
    (OPTION(OPT_FAMILY) | OPTIONS_RESNET | OPTION(OPT_STEM) | OPTION(OPT_CLASSES) |                \
     OPTION(OPT_SHORTCUT) | OPTION(OPT_ACT) | OPTIONS_VIDEO)

static const struct model resnet3d_wide_models[] = {
    {"resnet3d-wide-50", "wide 3D ResNet-50, twice the channels", NULL, NULL},
    {0},
};

const struct family resnet3d_wide_family = {
    .models = resnet3d_wide_models,
    .name = "resnet3d-wide",
    .about = "wide 3D ResNets of Hara et al.",
    .paper =
        "K. Hara, H. Kataoka, Y. Satoh: Can Spatiotemporal 3D CNNs Retrace the History of 2D CNNs\n"
        "and ImageNet?, 2018; kenshohara/3D-ResNets-PyTorch, branch CVPR2018.",
    .keys = KEYS,
    .assumed = OPTION(OPT_ACT) | OPTIONS_VIDEO,
    .build = build_wide,
    .anchor = "conv1.weight",
    .second_anchor = "layer1.0.conv1.weight",
    .anchor_rank = 5,
    .chosen = chosen_wide,
    .recognise = recognise_wide,
};

static const struct model resnext3d_models[] = {
    {"resnext3d-101", "3D ResNeXt-101, 32 groups; also with frames=64", NULL, NULL},
    {0},
};

const struct family resnext3d_family = {
    .models = resnext3d_models,
    .name = "resnext3d",
    .about = "3D ResNeXts of Hara et al.",
    .paper =
        "K. Hara, H. Kataoka, Y. Satoh: Can Spatiotemporal 3D CNNs Retrace the History of 2D CNNs\n"
        "and ImageNet?, 2018; kenshohara/3D-ResNets-PyTorch, branch CVPR2018; published\n"
        "for 16 and for 64 frames.",
    .keys = KEYS | OPTION(OPT_CARDINALITY) | OPTION(OPT_MIDDLE),
    .assumed = OPTION(OPT_ACT) | OPTIONS_VIDEO,
    .build = build_resnext,
    .anchor = "conv1.weight",
    .second_anchor = "layer1.0.conv1.weight",
    .anchor_rank = 5,
    .chosen = chosen_resnext,
    .recognise = recognise_resnext,
};
