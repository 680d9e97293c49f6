/* SPDX-License-Identifier: MIT */
/* ResNet-18-3D on residual frames of Tao et al. (2020): Hara's network with ELU, with max pools in
 * place of strides ("pool"), and with differences of frames, or of what the first convolution makes
 * of them, as its input. */
#include "models/family.h"
#include "models/paths.h"
#include "models/protocol.h"
#include "models/resnet_blocks.h"

static void set_defaults(struct options *o)
{
    option_default(o, OPT_DEPTH, 18);
    option_default(o, OPT_CLASSES, 101);
    option_default(o, OPT_SHORTCUT, SHORTCUT_B);
    option_default(o, OPT_DOWN, DOWN_POOL);
    option_default(o, OPT_ACT, ACT_ELU);
    option_default(o, OPT_FEA_DIFF, 0);
    option_default(o, OPT_RESIDUAL, o->value[OPT_FEA_DIFF] ? RESIDUAL_NONE : RESIDUAL_ABS);
    option_default(o, OPT_FRAMES, 16);
    option_default(o, OPT_PROTOCOL, PROTOCOL_TAO);
    protocol_defaults(o);
}

static bool write_path(struct writer *w, const struct options *o, struct error *err)
{
    struct resnet r;
    TRY(resnet_init(&r, o, resnet_base, err));
    if (r.bottleneck)
        return fail(err, ERROR_USAGE, "option depth=%d: wanted is 10, 18 or 34",
                    o->value[OPT_DEPTH]);
    r.stem_act = "act";
    r.pool = o->value[OPT_DOWN] == DOWN_POOL;
    r.fea_diff = o->value[OPT_FEA_DIFF];
    return resnet_write(w, &r, o->value[OPT_CLASSES], err);
}

const struct path tao_resnet_path = {set_defaults, write_path};

static bool build(struct options *o, struct writer *w, struct error *err)
{
    set_defaults(o);
    write_header(w, resnet_name("tao-resnet", o).s);
    TRY(write_video_input(w, o, NULL, err));
    TRY(write_path(w, o, err));
    write_scores(w);
    return true;
}

/* Its checkpoints have the names of Hara's: it is meant when an option is given that only it has,
 * or when differences are asked of a network that it could be. */
static bool chosen(const struct options *o, const struct checkpoint *c)
{
    bool residual = option_given(o, OPT_RESIDUAL) || option_given(o, OPT_STEP);
    return option_given(o, OPT_DOWN) || option_given(o, OPT_FEA_DIFF) ||
           (residual && !checkpoint_find(c, "layer1.0.conv3.weight"));
}

static bool recognise(const struct checkpoint *c, struct options *o, struct error *err)
{
    TRY(resnet_recognise(c, 4, o, err));
    resnet_recognise_shortcut(c, o);
    return true;
}

static const struct model tao_models[] = {
    {"tao-resnet18", "ResNet-18-3D on residual frames, ELU, max pools, 101 classes",
     "depth=18", "tao-resnet-18 tao-resnet18-3d"},
    {0},
};

const struct family tao_family = {
    .models = tao_models,
    .name = "tao",
    .about = "ResNet-18-3D on residual frames of Tao et al.",
    .paper =
        "L. Tao, X. Wang, T. Yamasaki: Rethinking Motion Representation: Residual Frames with 3D\n"
        "ConvNets for Better Action Recognition, 2020; sections 3.1 and 4, table 1. No code\n"
        "of the networks was published; BestJuly/IIC has that of the residual frames.",
    .keys = OPTION(OPT_FAMILY) | OPTIONS_RESNET | OPTION(OPT_CLASSES) | OPTION(OPT_SHORTCUT) |
            OPTION(OPT_DOWN) | OPTION(OPT_ACT) | OPTION(OPT_FEA_DIFF) | OPTIONS_VIDEO,
    .assumed = OPTION(OPT_DOWN) | OPTION(OPT_ACT) | OPTION(OPT_FEA_DIFF) | OPTIONS_VIDEO,
    .build = build,
    .anchor = "conv1.weight",
    .second_anchor = "layer1.0.conv1.weight",
    .anchor_rank = 5,
    .chosen = chosen,
    .recognise = recognise,
};
