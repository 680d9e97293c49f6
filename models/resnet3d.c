/* SPDX-License-Identifier: MIT */
/* 3D ResNets of Hara, Kataoka and Satoh (2018), depths 10 to 200, named as in
 * kenshohara/3D-ResNets-PyTorch. */
#include "models/family.h"
#include "models/protocol.h"
#include "models/resnet_blocks.h"

/* The published 18 and 34 (2018) have shortcuts without parameters and read 0..255 minus a mean;
 * all later ones have projections and read 0..1 with mean and deviation. */
static void set_defaults(struct options *o)
{
    int depth = o->value[OPT_DEPTH];
    option_default(o, OPT_CLASSES, 400);
    option_default(o, OPT_SHORTCUT, depth == 18 || depth == 34 ? SHORTCUT_A : SHORTCUT_B);
    option_default(o, OPT_ACT, ACT_RELU);
    option_default(o, OPT_FRAMES, 16);
    option_default(o, OPT_PROTOCOL, PROTOCOL_HARA);
    option_default(o, OPT_NORM,
                   o->value[OPT_SHORTCUT] == SHORTCUT_A ? NORM_HARA_OLD : NORM_HARA_NEW);
    protocol_defaults(o);
}

static bool build(struct options *o, struct writer *w, struct error *err)
{
    int channels, out;
    option_default(o, OPT_DEPTH, 18);
    if (!resnet_depth(o->value[OPT_DEPTH]))
        return fail(err, ERROR_USAGE,
                    "option depth=%d: wanted is 10, 18, 34, 50, 101, 152 or 200",
                    o->value[OPT_DEPTH]);
    set_defaults(o);
    TRY(resnet_stem(o, &channels, err));
    write_header(w, name_of("resnet3d-%d", o->value[OPT_DEPTH]).s);
    TRY(write_video_input(w, o, NULL, err));
    resnet_write_conv1(w, "input", channels);
    write_batchnorm(w, "bn1", "conv1", channels);
    write_act(w, o, "relu", "bn1");
    write_maxpool(w, "maxpool", "relu");
    TRY(resnet_write_stages(w, o, &out, err));
    write_head(w, "layer4", out, o->value[OPT_CLASSES]);
    return true;
}

/* The old checkpoints were saved from a DataParallel wrapper, hence "module."; those of 2020 were
 * not. Names tell no more about the normalisation, so it stays an assumption. */
static bool recognise(const struct checkpoint *c, struct options *o, struct error *err)
{
    TRY(resnet_recognise(c, o, err));
    if (c->prefix[0])
        option_default(o, OPT_NORM, NORM_HARA_OLD);
    return true;
}

const struct family resnet3d_family = {
    .name = "resnet3d",
    .about = "3D ResNets of Hara et al.",
    .keys = OPTION(OPT_FAMILY) | OPTION(OPT_DEPTH) | OPTION(OPT_WIDTH) | OPTION(OPT_CLASSES) |
            OPTION(OPT_SHORTCUT) | OPTION(OPT_ACT) | OPTIONS_VIDEO,
    .assumed = OPTION(OPT_ACT) | OPTIONS_VIDEO,
    .build = build,
    .anchor = "conv1.weight",
    .second_anchor = "layer1.0.conv1.weight",
    .anchor_rank = 5,
    .recognise = recognise,
};
