/* SPDX-License-Identifier: MIT */
/* R(2+1)D networks of kenshohara/3D-ResNets-PyTorch (2020): every convolution in time and space is
 * one in space, BN, activation, and one in time. torchvision's R(2+1)D has other numbers of
 * channels in between, and no max pool (torchvision_video.c). */
#include "models/family.h"
#include "models/protocol.h"
#include "models/resnet_blocks.h"

static bool build(struct options *o, struct writer *w, struct error *err)
{
    struct resnet r;
    option_default(o, OPT_DEPTH, 18);
    option_default(o, OPT_CLASSES, 400);
    option_default(o, OPT_SHORTCUT, SHORTCUT_B);
    option_default(o, OPT_ACT, ACT_RELU);
    option_default(o, OPT_FRAMES, 16);
    option_default(o, OPT_PROTOCOL, PROTOCOL_HARA);
    protocol_defaults(o);
    TRY(resnet_init(&r, o, resnet_base, err));
    r.split = true;
    write_header(w, resnet_name("resnet2p1d-", o).s);
    TRY(write_video_input(w, o, NULL, err));
    TRY(resnet_write(w, &r, o->value[OPT_CLASSES], err));
    write_scores(w);
    return true;
}

static bool recognise(const struct checkpoint *c, struct options *o, struct error *err)
{
    TRY(resnet_recognise(c, 4, o, err));
    resnet_recognise_shortcut(c, o);
    return true;
}

static const struct model resnet2p1d_models[] = {
    {"resnet2p1d-18", "R(2+1)D-18 of Hara et al.'s code", "depth=18", NULL},
    {"resnet2p1d-34", "R(2+1)D-34 of Hara et al.'s code", "depth=34", NULL},
    {"resnet2p1d-50", "R(2+1)D-50 of Hara et al.'s code", "depth=50", NULL},
    {0},
};

const struct family resnet2p1d_family = {
    .models = resnet2p1d_models,
    .name = "resnet2p1d",
    .about = "R(2+1)D networks of Hara et al.",
    .paper =
        "H. Kataoka, T. Wakamiya, K. Hara, Y. Satoh: Would Mega-scale Datasets Further Enhance\n"
        "Spatiotemporal 3D CNNs?, 2020; kenshohara/3D-ResNets-PyTorch. After D. Tran et al., 2018.",
    .keys = OPTION(OPT_FAMILY) | OPTIONS_RESNET | OPTION(OPT_CLASSES) | OPTION(OPT_SHORTCUT) |
            OPTION(OPT_ACT) | OPTIONS_VIDEO,
    .assumed = OPTION(OPT_ACT) | OPTIONS_VIDEO,
    .build = build,
    .anchor = "conv1_s.weight",
    .second_anchor = "layer1.0.conv2_s.weight",
    .anchor_rank = 5,
    .recognise = recognise,
};
