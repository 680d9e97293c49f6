/* SPDX-License-Identifier: MIT */
/* A convolution of channels that have factors of their own, y = act(w * (x (scale + plus)) + bias +
 * add): the factors go into the weights, once for each window, and x is read as it stands.
 *
 * The pass fuse-channel-scale makes it. */
#include "engine/op/conv_direct.h"

enum { SLOT_X, SLOT_W, SLOT_SCALE, SLOT_BIAS, SLOT_ADD, SLOT_PACKED };

struct conv3d_scaled {
    struct conv conv;
    float plus;
};

static const struct attr attrs[] = {
    CONV_ATTRS(struct conv3d_scaled, conv),
    {"plus", ATTR_FLOAT, offsetof(struct conv3d_scaled, plus), "0", 0, 0, NULL,
     "added to the factors"},
    {0},
};

static bool infer(const struct graph *g, struct node *n, struct error *err)
{
    const struct conv3d_scaled *a = n->attrs;
    TRY(want_value(g, n, SLOT_X, 5, err));
    const struct shape *x = input_shape(g, n, SLOT_X), *scale = input_shape(g, n, SLOT_SCALE);
    struct shape want = shape_f32(2, x->dim);
    char text[2][96];
    if (!shape_equal(scale, &want))
        return graph_fail(g, n, err, "scale is %s, wanted %s", shape_text(scale, text[0]),
                          shape_text(&want, text[1]));
    if (a->conv.groups != 1)
        return graph_fail(g, n, err, "groups=%d, wanted 1", a->conv.groups);
    n->shape = *x;
    return conv_infer(g, n, &a->conv, err);
}

static double value_at(const struct conv_source *s, const int64_t place[5])
{
    int64_t i = place[0];
    for (int k = 1; k < 5; k++)
        i = i * s->shape.dim[k] + place[k];
    return s->data[i] * ((double)s->scale[place[0] * s->shape.dim[1] + place[1]] + s->plus);
}

static void reference(const struct node *n, const struct tensor *in, struct tensor *out)
{
    const struct conv3d_scaled *a = n->attrs;
    struct conv_source x = {.at = value_at,
                            .data = in[SLOT_X].data,
                            .shape = in[SLOT_X].shape,
                            .scale = in[SLOT_SCALE].data,
                            .plus = a->plus};
    conv_reference(&a->conv, &x, &in[SLOT_W], &in[SLOT_BIAS], &in[SLOT_ADD], out);
}

/* The packed weights of every window, in a workspace. */
static node_id lower_weights(struct lower *lo, const struct node *n, const struct direct *d)
{
    const struct conv3d_scaled *a = n->attrs;
    struct operand scale = lower_operand(lo, n->in[SLOT_SCALE]);
    int vec = lane_width(lower_caps(lo));
    uint64_t bytes;
    if (!mul_ok((uint64_t)d->window_weights * sizeof(float), (uint64_t)d->x.n, &bytes))
        bytes = UINT64_MAX;
    node_id scaled = lower_workspace(lo, n, bytes);
    struct step *s =
        lower_launch(lo, n, "conv3d_scaled", "scale_weights", "weights of each window");
    lower_define(lo, "VEC", vec);
    lower_define(lo, "CHANNELS", d->channels);
    lower_define(lo, "ROWS", d->window_weights / d->tile);
    lower_define(lo, "TILE", d->tile);
    lower_define_row(lo, "SCALE", &scale);
    lower_define_float(lo, "PLUS", a->plus);
    lower_size(s, (size_t)(d->tile / vec), (size_t)(d->window_weights / d->tile), (size_t)d->x.n);
    lower_arg_weight(lo, s, n->in[SLOT_PACKED]);
    lower_arg(lo, s, scale.node);
    lower_arg(lo, s, scaled);
    return scaled;
}

static bool lower(const struct node *n, struct lower *lo, struct error *err)
{
    const struct conv3d_scaled *a = n->attrs;
    const struct graph *g = lower_graph(lo);
    struct direct d = {.x = lower_operand(lo, n->in[SLOT_X]),
                       .y = lower_output(lo, n),
                       .add.node = n->in[SLOT_ADD],
                       .bias = n->in[SLOT_BIAS],
                       .act = a->conv.act};
    if (n->in[SLOT_PACKED] == NODE_NONE)
        return graph_fail(g, n, err, "its weights were not prepared");
    if (d.add.node != NODE_NONE)
        d.add = lower_operand(lo, d.add.node);
    d.window = conv_window(&a->conv, input_shape(g, n, SLOT_W));
    const int size[3] = {d.x.t, d.x.h, d.x.w};
    for (int i = 0; i < 3; i++)
        d.begin[i] = (int)sliding_begin(&d.window, i, size[i]);
    const struct shape *packed = input_shape(g, n, SLOT_PACKED);
    d.channels = (int)packed->dim[4];
    d.tile = (int)packed->dim[5];
    d.window_weights = shape_elements(packed, 1);
    d.packed = lower_weights(lo, n, &d);
    direct_lower(lo, n, &d);
    return true;
}

const struct op op_conv3d_scaled = {
    .name = "conv3d_scaled",
    .about = "act(convolution of x (scale + plus) with w + bias + add), factors in the weights",
    .inputs = "x w scale bias? add? packed?",
    .traits = OP_INTERNAL | OP_SLICED,
    .attrs_size = sizeof(struct conv3d_scaled),
    .attrs = attrs,
    .infer = infer,
    .cost = conv_cost,
    .reference = reference,
    .lower = lower,
};
