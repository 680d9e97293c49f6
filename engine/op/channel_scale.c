/* SPDX-License-Identifier: MIT */
/* Channels by factors of their own: x * (m + plus), where m has one factor for each channel of a
 * window or of a frame. The gate of channel attention and of squeeze-and-excitation. */
#include "engine/op/values.h"

enum { SLOT_X, SLOT_M };

struct channel_scale {
    float plus;
};

static const struct attr attrs[] = {
    {"plus", ATTR_FLOAT, offsetof(struct channel_scale, plus), "0", 0, 0, NULL,
     "added to the factors; 1 adds the unscaled x"},
    {0},
};

static bool infer(const struct graph *g, struct node *n, struct error *err)
{
    TRY(want_value(g, n, SLOT_X, 5, err));
    TRY(want_value(g, n, SLOT_M, 0, err));
    const struct shape *x = input_shape(g, n, SLOT_X), *m = input_shape(g, n, SLOT_M);
    const int64_t frames[5] = {x->dim[0], x->dim[1], x->dim[2], 1, 1};
    struct shape clip = shape_f32(2, x->dim), frame = shape_f32(5, frames);
    char text[4][96];
    if (!shape_equal(m, &clip) && !shape_equal(m, &frame))
        return graph_fail(g, n, err, "m is %s, wanted %s or %s for x of %s", shape_text(m, text[0]),
                          shape_text(&clip, text[1]), shape_text(&frame, text[2]),
                          shape_text(x, text[3]));
    n->shape = *x;
    return true;
}

static void reference(const struct node *n, const struct tensor *in, struct tensor *out)
{
    const struct channel_scale *a = n->attrs;
    struct axes x = axes_of(&in[SLOT_X].shape), m = axes_of(&in[SLOT_M].shape);
    int64_t plane = x.h * x.w, each = m.t == x.t ? plane : x.t * plane;
    int64_t total = x.n * x.c * x.t * plane;
    for (int64_t i = 0; i < total; i++) {
        double factor = (double)in[SLOT_M].data[i / each] + a->plus;
        out->data[i] = (float)(in[SLOT_X].data[i] * factor);
    }
}

static bool lower(const struct node *n, struct lower *lo, struct error *err)
{
    (void)err;
    const struct channel_scale *a = n->attrs;
    struct operand x = lower_operand(lo, n->in[SLOT_X]), m = lower_operand(lo, n->in[SLOT_M]);
    struct operand y = lower_output(lo, n);
    struct step *s = lower_launch(lo, n, "channel_scale", "channel_scale", "pointwise");
    launch_pixels(lo, s, &y);
    lower_define(lo, "PIXELS", (int64_t)x.t * x.h * x.w);
    lower_define(lo, "EACH", (int64_t)(m.t == x.t ? 1 : x.t) * x.h * x.w);
    lower_define_row(lo, "X", &x);
    lower_define_row(lo, "M", &m);
    lower_define_row(lo, "Y", &y);
    lower_define_float(lo, "PLUS", a->plus);
    lower_arg(lo, s, x.node);
    lower_arg(lo, s, m.node);
    lower_arg_output(lo, s, n);
    return true;
}

const struct op op_channel_scale = {
    .name = "channel_scale",
    .about = "x * (m + plus), a factor for each channel",
    .inputs = "x m",
    .traits = OP_POINTWISE | OP_SLICED,
    .attrs_size = sizeof(struct channel_scale),
    .attrs = attrs,
    .infer = infer,
    .cost = cost_elements,
    .reference = reference,
    .lower = lower,
};
