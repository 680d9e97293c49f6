/* SPDX-License-Identifier: MIT */
/* ResNet-18-3D on residual frames of Tao et al. (2020): Hara's network with ELU, with max pools in
 * place of strides ("pool"), and with differences of frames, or of what the first convolution makes
 * of them, as its input. */
#include "models/family.h"
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

static bool check(const struct options *o, struct error *err)
{
    const struct resnet_depth *d = resnet_depth(o->value[OPT_DEPTH]);
    if (!d || d->bottleneck)
        return fail(err, ERROR_USAGE, "option depth=%d: wanted is 10, 18 or 34",
                    o->value[OPT_DEPTH]);
    return true;
}

static bool build(struct options *o, struct writer *w, struct error *err)
{
    int channels, out;
    const char *conv = "conv1";
    set_defaults(o);
    TRY(check(o, err));
    TRY(resnet_stem(o, &channels, err));
    write_header(w, name_of("tao-resnet%d", o->value[OPT_DEPTH]).s);
    TRY(write_video_input(w, o, NULL, err));
    resnet_write_conv1(w, "input", channels);
    if (o->value[OPT_FEA_DIFF]) {
        write_node(w, "diff", "residual", "conv1", "mode=abs step=1");
        conv = "diff";
    }
    write_batchnorm(w, "bn1", conv, channels);
    write_act(w, o, "act", "bn1");
    write_maxpool(w, "maxpool", "act");
    TRY(resnet_write_stages(w, o, &out, err));
    write_head(w, "layer4", out, o->value[OPT_CLASSES]);
    return true;
}

/* Its checkpoints have the names of Hara's: it is meant when an option is given that only it
 * has. */
static bool chosen(const struct options *o, const struct checkpoint *c)
{
    (void)c;
    return option_given(o, OPT_DOWN) || option_given(o, OPT_RESIDUAL) ||
           option_given(o, OPT_STEP) || option_given(o, OPT_FEA_DIFF);
}

const struct family tao_family = {
    .name = "tao",
    .about = "ResNet-18-3D on residual frames of Tao et al.",
    .keys = OPTION(OPT_FAMILY) | OPTION(OPT_DEPTH) | OPTION(OPT_WIDTH) | OPTION(OPT_CLASSES) |
            OPTION(OPT_SHORTCUT) | OPTION(OPT_DOWN) | OPTION(OPT_ACT) | OPTION(OPT_FEA_DIFF) |
            OPTIONS_VIDEO,
    .assumed = OPTION(OPT_DOWN) | OPTION(OPT_ACT) | OPTION(OPT_FEA_DIFF) | OPTIONS_VIDEO,
    .build = build,
    .anchor = "conv1.weight",
    .second_anchor = "layer1.0.conv1.weight",
    .anchor_rank = 5,
    .chosen = chosen,
    .recognise = resnet_recognise,
};
