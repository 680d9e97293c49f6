/* SPDX-License-Identifier: MIT */
/* I3D of Carreira and Zisserman (2017): Inception-v1 with three-dimensional kernels, named as in
 * piergiaj/pytorch-i3d. Its padding is TensorFlow's SAME, of the pools too, where the zeros take
 * part: they win over what ELU leaves below zero. With residual frames it is a network of Tao et
 * al. (2020). */
#include "models/family.h"
#include "models/inception3d.h"
#include "models/paths.h"
#include "models/protocol.h"

/* Convolution, batch norm and activation, the value of which has the unit's name. */
static void write_unit(struct writer *w, const struct options *o, const char *name, const char *x,
                       const struct conv *c)
{
    struct name conv = name_of("%s.conv3d", name), bn = name_of("%s.bn", name);
    struct conv same = *c;
    same.same = true;
    write_conv(w, conv.s, x, &same);
    write_batchnorm(w, bn.s, conv.s, c->out);
    write_act(w, o, name, bn.s);
}

static void write_same_pool(struct writer *w, const char *name, const char *x, struct pool p)
{
    p.rest = "mode=same border=zero";
    write_pool(w, "maxpool3d", name, x, &p);
}

/* Returns the number of channels. */
static int write_mixed(struct writer *w, const struct options *o, int block, const char *x, int in)
{
    const char *name = mixed_blocks[block].name;
    struct name b0 = name_of("%s.b0", name), b1a = name_of("%s.b1a", name);
    struct name b1b = name_of("%s.b1b", name), b2a = name_of("%s.b2a", name);
    struct name b2b = name_of("%s.b2b", name), b3a = name_of("%s.b3a", name);
    struct name b3b = name_of("%s.b3b", name);
    int c[MIXED_UNITS];
    mixed_channels(o, block, c);
    struct conv point = {.in = in, .kernel = CUBE(1), .stride = CUBE(1)};
    struct conv cube = {.kernel = CUBE(3), .stride = CUBE(1)};
    point.out = c[MIXED_B0];
    write_unit(w, o, b0.s, x, &point);
    point.out = cube.in = c[MIXED_B1A];
    cube.out = c[MIXED_B1B];
    write_unit(w, o, b1a.s, x, &point);
    write_unit(w, o, b1b.s, b1a.s, &cube);
    point.out = cube.in = c[MIXED_B2A];
    cube.out = c[MIXED_B2B];
    write_unit(w, o, b2a.s, x, &point);
    write_unit(w, o, b2b.s, b2a.s, &cube);
    write_same_pool(w, b3a.s, x, (struct pool){.kernel = CUBE(3), .stride = CUBE(1)});
    point.out = c[MIXED_B3B];
    write_unit(w, o, b3b.s, b3a.s, &point);
    write_concat(w, name, (struct name[]){b0, b1b, b2b, b3b}, 4);
    return mixed_out(c);
}

/* Returns the number of channels of %MaxPool3d_3a_3x3. */
static int write_stem(struct writer *w, const struct options *o)
{
    int first = option_scale(o, 64), second = option_scale(o, 192);
    const struct pool pool = {.kernel = {1, 3, 3}, .stride = {1, 2, 2}};
    write_unit(w, o, "Conv3d_1a_7x7", "input",
               &(struct conv){.in = 3, .out = first, .kernel = CUBE(7), .stride = CUBE(2)});
    write_same_pool(w, "MaxPool3d_2a_3x3", "Conv3d_1a_7x7", pool);
    write_unit(w, o, "Conv3d_2b_1x1", "MaxPool3d_2a_3x3",
               &(struct conv){.in = first, .out = first, .kernel = CUBE(1), .stride = CUBE(1)});
    write_unit(w, o, "Conv3d_2c_3x3", "Conv3d_2b_1x1",
               &(struct conv){.in = first, .out = second, .kernel = CUBE(3), .stride = CUBE(1)});
    write_same_pool(w, "MaxPool3d_3a_3x3", "Conv3d_2c_3x3", pool);
    return second;
}

/* SAME halves every size to the next whole number: three times in T, five times in H and W. */
static struct inception_head head_of(const struct options *o)
{
    return (struct inception_head){
        "logits.conv3d",
        {(o->value[OPT_FRAMES] + 7) / 8, (o->height + 31) / 32, (o->width + 31) / 32},
        {2, 7, 7},
    };
}

static void set_defaults(struct options *o)
{
    inception_defaults(o, 64, PROTOCOL_I3D);
    struct inception_head head = head_of(o);
    inception_default_head(o, &head);
}

static void set_tao_defaults(struct options *o)
{
    inception_tao_defaults(o);
    set_defaults(o);
}

static bool write_path(struct writer *w, const struct options *o, struct error *err)
{
    const float eps = w->eps;
    const char *value = "MaxPool3d_3a_3x3";
    struct inception_head head = head_of(o);
    TRY(inception_check(o, &head, err));
    w->eps = INCEPTION_EPS;
    int channels = write_stem(w, o);
    for (int b = 0; b < MIXED_BLOCKS; b++) {
        if (b == MIXED_4B) {
            write_same_pool(w, "MaxPool3d_4a_3x3", value,
                            (struct pool){.kernel = CUBE(3), .stride = CUBE(2)});
            value = "MaxPool3d_4a_3x3";
        } else if (b == MIXED_5B) {
            write_same_pool(w, "MaxPool3d_5a_2x2", value,
                            (struct pool){.kernel = CUBE(2), .stride = CUBE(2)});
            value = "MaxPool3d_5a_2x2";
        }
        channels = write_mixed(w, o, b, value, channels);
        value = mixed_blocks[b].name;
    }
    w->eps = eps;
    inception_write_head(w, o, value, channels, &head);
    return true;
}

const struct path i3d_path = {set_tao_defaults, write_path};

static bool build(struct options *o, struct writer *w, struct error *err)
{
    set_defaults(o);
    write_header(w, o->value[OPT_RESIDUAL] == RESIDUAL_NONE ? "i3d" : "tao-i3d");
    TRY(write_video_input(w, o, NULL, err));
    TRY(write_path(w, o, err));
    write_scores(w);
    return true;
}

static struct name key_of(int block, int unit)
{
    static const char *const units[] = {"b0", "b1a", "b1b", "b2a", "b2b", "b3b"};
    return name_of("%s.%s.conv3d.weight", mixed_blocks[block].name, units[unit]);
}

static bool recognise(const struct checkpoint *c, struct options *o, struct error *err)
{
    static const struct full_width stem[] = {{"Conv3d_1a_7x7.conv3d.weight", 64},
                                             {"Conv3d_2b_1x1.conv3d.weight", 64},
                                             {"Conv3d_2c_3x3.conv3d.weight", 192}};
    return inception_recognise(c, o, stem, key_of, "logits.conv3d.weight", err);
}

static const struct model i3d_models[] = {
    {"i3d", "I3D, 64x224x224, 400 classes", NULL, NULL},
    {"tao-i3d", "I3D on residual frames, ELU, 16x112x112, 101 classes",
     "residual=abs,act=elu,classes=101", NULL},
    {0},
};

const struct family i3d_family = {
    .models = i3d_models,
    .name = "i3d",
    .about = "I3D of Carreira and Zisserman, also on residual frames (Tao et al.)",
    .paper =
        "J. Carreira, A. Zisserman: Quo Vadis, Action Recognition? A New Model and the Kinetics\n"
        "Dataset, 2017; figure 3. Weights as in piergiaj/pytorch-i3d.\n" INCEPTION_TAO_PAPER,
    .keys = OPTION(OPT_FAMILY) | OPTIONS_INCEPTION | OPTIONS_VIDEO,
    .assumed = OPTION(OPT_ACT) | OPTION(OPT_HEAD) | OPTIONS_VIDEO,
    .build = build,
    .anchor = "Conv3d_1a_7x7.conv3d.weight",
    .second_anchor = "Mixed_3b.b1b.conv3d.weight",
    .anchor_rank = 5,
    .recognise = recognise,
};
