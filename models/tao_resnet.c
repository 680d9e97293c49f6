/* SPDX-License-Identifier: MIT */
/* ResNet-18-3D on residual frames of Tao et al. (2020): Hara's network with ELU, with max pools in
 * place of strides ("pool"), and with differences of frames, or of what the first convolution makes
 * of them, as its input. */
#include "models/family.h"
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
    option_default(o, OPT_STEP, 1);
    option_default(o, OPT_FRAMES, 16);
    option_default_size(o, 112, 112);
    option_default(o, OPT_NORM, NORM_UNIT);
}

static bool check(const struct options *o, struct error *err)
{
    const struct resnet_depth *d = resnet_depth(o->value[OPT_DEPTH]);
    int residual = o->value[OPT_RESIDUAL], step = o->value[OPT_STEP];
    if (!d || d->bottleneck)
        return fail(err, ERROR_USAGE, "option depth=%d: wanted is 10, 18 or 34",
                    o->value[OPT_DEPTH]);
    if (residual == RESIDUAL_NONE && step != 1)
        return fail(err, ERROR_USAGE, "option step=%d needs residual=abs, signed or half", step);
    if ((residual == RESIDUAL_ROLL_SIGNED || residual == RESIDUAL_ROLL_HALF) && step != 1)
        return fail(err, ERROR_USAGE, "option step=%d: the roll modes know only 1", step);
    return true;
}

/* Frames that a window reads: the roll modes difference the first frame with the last, the others
 * read `step` more. */
static int frames_read(const struct options *o)
{
    int residual = o->value[OPT_RESIDUAL];
    bool rolls = residual == RESIDUAL_ROLL_SIGNED || residual == RESIDUAL_ROLL_HALF;
    return o->value[OPT_FRAMES] + (rolls || residual == RESIDUAL_NONE ? 0 : o->value[OPT_STEP]);
}

static void write_frames(struct writer *w, const struct options *o)
{
    bool residual = o->value[OPT_RESIDUAL] != RESIDUAL_NONE;
    /* the published 171x128 before a crop of 112, in proportion */
    struct name space = name_of("size:%dx%d,crop:%dx%d", (o->width * 171 + 56) / 112,
                                (o->height * 128 + 56) / 112, o->width, o->height);
    write_input(w, o, &(struct input){.name = residual ? "normalized" : "input",
                                      .windows = "windows=even:10", .space = space.s,
                                      .filter = "pil", .frames = frames_read(o)});
    char mode[24];
    if (residual)
        text_printf(&w->text, "%%input = residual %%normalized mode=%s step=%d\n",
                    option_word(o, OPT_RESIDUAL, mode), o->value[OPT_STEP]);
}

static bool build(struct options *o, struct writer *w, struct error *err)
{
    int channels, out;
    const char *conv = "conv1";
    set_defaults(o);
    TRY(check(o, err));
    TRY(resnet_stem(o, &channels, err));
    write_header(w, name_of("tao-resnet%d", o->value[OPT_DEPTH]).s);
    write_frames(w, o);
    resnet_write_conv1(w, "input", channels);
    if (o->value[OPT_FEA_DIFF]) {
        text_printf(&w->text, "%%diff = residual %%conv1 mode=abs step=1\n");
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
            OPTION(OPT_SHORTCUT) | OPTION(OPT_DOWN) | OPTION(OPT_ACT) | OPTION(OPT_RESIDUAL) |
            OPTION(OPT_STEP) | OPTION(OPT_FEA_DIFF) | OPTION(OPT_FRAMES) | OPTION(OPT_SIZE) |
            OPTION(OPT_NORM),
    .assumed = OPTION(OPT_DOWN) | OPTION(OPT_ACT) | OPTION(OPT_RESIDUAL) | OPTION(OPT_STEP) |
               OPTION(OPT_FEA_DIFF) | OPTION(OPT_FRAMES) | OPTION(OPT_SIZE) | OPTION(OPT_NORM),
    .build = build,
    .anchor = "conv1.weight",
    .second_anchor = "layer1.0.conv1.weight",
    .anchor_rank = 5,
    .chosen = chosen,
    .recognise = resnet_recognise,
};
