/* SPDX-License-Identifier: MIT */
/* 3D ResNets of Hara, Kataoka and Satoh (2018), depths 10 to 200, and their pre-activation form,
 * named as in kenshohara/3D-ResNets-PyTorch. */
#include "models/family.h"
#include "models/protocol.h"
#include "models/resnet_blocks.h"

/* The published 18 and 34 (2018) have shortcuts without parameters and read 0..255 minus a mean, as
 * do the pre-activation networks of that year; all later ones have projections and read 0..1 with
 * mean and deviation. */
static void set_defaults(struct options *o, bool preact)
{
    int depth = o->value[OPT_DEPTH];
    bool old = !preact && (depth == 18 || depth == 34);
    option_default(o, OPT_CLASSES, 400);
    option_default(o, OPT_SHORTCUT, old ? SHORTCUT_A : SHORTCUT_B);
    option_default(o, OPT_ACT, ACT_RELU);
    option_default(o, OPT_FRAMES, 16);
    option_default(o, OPT_PROTOCOL, PROTOCOL_HARA);
    option_default(o, OPT_NORM,
                   preact || o->value[OPT_SHORTCUT] == SHORTCUT_A ? NORM_HARA_OLD : NORM_HARA_NEW);
    protocol_defaults(o);
}

static bool build(struct options *o, struct writer *w, bool preact, struct error *err)
{
    struct resnet r;
    option_default(o, OPT_DEPTH, 18);
    set_defaults(o, preact);
    TRY(resnet_init(&r, o, resnet_base, err));
    r.preact = preact;
    write_header(w, resnet_name(preact ? "resnet3d-pre-" : "resnet3d-", o).s);
    TRY(write_video_input(w, o, NULL, err));
    TRY(resnet_write(w, &r, o->value[OPT_CLASSES], err));
    write_scores(w);
    return true;
}

static bool build_resnet(struct options *o, struct writer *w, struct error *err)
{
    return build(o, w, false, err);
}

static bool build_preact(struct options *o, struct writer *w, struct error *err)
{
    return build(o, w, true, err);
}

/* The old checkpoints were saved from a DataParallel wrapper, hence "module."; those of 2020 were
 * not. Names tell no more about the normalisation, so it stays an assumption. */
static bool recognise(const struct checkpoint *c, struct options *o, struct error *err)
{
    TRY(resnet_recognise(c, 4, o, err));
    resnet_recognise_shortcut(c, o);
    if (c->prefix[0])
        option_default(o, OPT_NORM, NORM_HARA_OLD);
    return true;
}

/* In front of a convolution, a BN has its inputs' channels, behind it, its outputs'. */
static bool chosen_preact(const struct options *o, const struct checkpoint *c)
{
    (void)o;
    bool differ = false;
    for (int s = 1; s < RESNET_STAGES; s++) {
        struct name conv = name_of("layer%d.0.conv1.weight", s + 1);
        int bn = checkpoint_dim(c, name_of("layer%d.0.bn1.weight", s + 1).s, 0);
        if (!bn || bn != checkpoint_dim(c, conv.s, 1))
            return false;
        differ = differ || bn != checkpoint_dim(c, conv.s, 0);
    }
    return differ;
}

#define KEYS                                                                                       \
    (OPTION(OPT_FAMILY) | OPTIONS_RESNET | OPTION(OPT_CLASSES) | OPTION(OPT_SHORTCUT) |            \
     OPTION(OPT_ACT) | OPTIONS_VIDEO)

static const struct model resnet3d_models[] = {
    {"resnet3d-10", "3D ResNet-10, 16x112x112, 400 classes", "depth=10", "resnet10-3d"},
    {"resnet3d-18", "3D ResNet-18, shortcut A", "depth=18", "resnet18-3d"},
    {"resnet3d-34", "3D ResNet-34, shortcut A", "depth=34", "resnet34-3d"},
    {"resnet3d-50", "3D ResNet-50, bottleneck blocks", "depth=50", "resnet50-3d"},
    {"resnet3d-101", "3D ResNet-101", "depth=101", "resnet101-3d"},
    {"resnet3d-152", "3D ResNet-152", "depth=152", "resnet152-3d"},
    {"resnet3d-200", "3D ResNet-200", "depth=200", "resnet200-3d"},
    {0},
};

const struct family resnet3d_family = {
    .models = resnet3d_models,
    .name = "resnet3d",
    .about = "3D ResNets of Hara et al.",
    .paper = "K. Hara, H. Kataoka, Y. Satoh: Learning Spatio-Temporal Features with 3D Residual "
             "Networks\n"
             "for Action Recognition, 2017; table 1 (18, 34). The deeper ones: Can Spatiotemporal\n"
             "3D CNNs Retrace the History of 2D CNNs and ImageNet?, 2018. "
             "kenshohara/3D-ResNets-PyTorch.",
    .keys = KEYS,
    .assumed = OPTION(OPT_ACT) | OPTIONS_VIDEO,
    .build = build_resnet,
    .anchor = "conv1.weight",
    .second_anchor = "layer1.0.conv1.weight",
    .anchor_rank = 5,
    .recognise = recognise,
};

static const struct model resnet3d_pre_models[] = {
    {"resnet3d-pre-18", "pre-activation 3D ResNet-18", "depth=18", NULL},
    {"resnet3d-pre-34", "pre-activation 3D ResNet-34", "depth=34", NULL},
    {"resnet3d-pre-50", "pre-activation 3D ResNet-50", "depth=50", NULL},
    {"resnet3d-pre-101", "pre-activation 3D ResNet-101", "depth=101", NULL},
    {"resnet3d-pre-152", "pre-activation 3D ResNet-152", "depth=152", NULL},
    {"resnet3d-pre-200", "pre-activation 3D ResNet-200", "depth=200", NULL},
    {0},
};

const struct family resnet3d_pre_family = {
    .models = resnet3d_pre_models,
    .name = "resnet3d-pre",
    .about = "pre-activation 3D ResNets of Hara et al.",
    .paper =
        "K. Hara, H. Kataoka, Y. Satoh: Can Spatiotemporal 3D CNNs Retrace the History of 2D CNNs\n"
        "and ImageNet?, 2018; kenshohara/3D-ResNets-PyTorch, where no batch norm and ReLU\n"
        "follow the last block, other than in He et al., 2016.",
    .keys = KEYS,
    .assumed = OPTION(OPT_ACT) | OPTIONS_VIDEO,
    .build = build_preact,
    .anchor = "conv1.weight",
    .second_anchor = "layer1.0.conv1.weight",
    .anchor_rank = 5,
    .chosen = chosen_preact,
    .recognise = recognise,
};
