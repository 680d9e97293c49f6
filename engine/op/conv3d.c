/* SPDX-License-Identifier: MIT */
/* 3-D convolution with everything that may stand in its store: bias, a second operand, activation.
 *
 * The slot `packed` is w in the order of the direct kernel, as Winograd's points, or transposed for
 * CLBlast; the pass pack-weights fills it. w stays for the specification and for shapes, and is not uploaded when no
 * step reads it. */
#include "engine/op/conv_clblast.h"
#include "engine/op/conv_depthwise.h"
#include "engine/op/conv_winograd.h"

struct conv3d {
    struct conv conv;
};

static const struct attr attrs[] = {CONV_ATTRS(struct conv3d, conv), {0}};

static bool infer(const struct graph *g, struct node *n, struct error *err)
{
    const struct conv3d *a = n->attrs;
    TRY(want_value(g, n, 0, 5, err));
    n->shape = *input_shape(g, n, 0);
    return conv_infer(g, n, &a->conv, err);
}

static void cost(const struct graph *g, const struct node *n, struct cost *c)
{
    const struct conv3d *a = n->attrs;
    conv_cost_inside(g, n, &a->conv, c);
}

static double value_at(const struct conv_source *s, const int64_t place[5])
{
    int64_t i = place[0];
    for (int k = 1; k < 5; k++)
        i = i * s->shape.dim[k] + place[k];
    return s->data[i];
}

static void reference(const struct node *n, const struct tensor *in, struct tensor *out)
{
    const struct conv3d *a = n->attrs;
    struct conv_source x = {.at = value_at, .data = in[0].data, .shape = in[0].shape};
    conv_reference(&a->conv, &x, &in[1], &in[2], &in[3], out);
}

/* One work-item per output value: right for every shape, fast for none. */
static void lower_general(struct lower *lo, const struct node *n, const struct direct *d,
                          int groups)
{
    struct step *s = lower_launch(lo, n, "conv3d", "conv3d_general", "general: weights not packed");
    direct_defines(lo, d);
    lower_define(lo, "VEC", 1);
    lower_define(lo, "GROUPS", groups);
    lower_size(s, (size_t)d->y.c, (size_t)d->y.t * (size_t)d->y.h * (size_t)d->y.w, (size_t)d->y.n);
    lower_arg(lo, s, d->x.node);
    lower_arg_weight(lo, s, conv_in(n, "w"));
    if (d->bias != NODE_NONE)
        lower_arg(lo, s, d->bias);
    if (d->add.node != NODE_NONE)
        lower_arg(lo, s, d->add.node);
    lower_arg_output(lo, s, n);
}

static bool lower(const struct node *n, struct lower *lo, struct error *err)
{
    const struct conv3d *a = n->attrs;
    const struct graph *g = lower_graph(lo);
    const struct shape *w = &g->nodes[n->in[1]].shape;
    struct direct d = {.x = lower_operand(lo, n->in[0]), .y = lower_output(lo, n)};
    d.act = a->conv.act;
    d.tuned = tuning_choice(g, n);
    d.add.node = n->in[3];
    if (n->in[3] != NODE_NONE)
        d.add = lower_operand(lo, n->in[3]);
    d.bias = n->in[2];
    d.packed = n->in[4];
    d.window = conv_window(&a->conv, w);
    const int size[3] = {d.x.t, d.x.h, d.x.w};
    for (int i = 0; i < 3; i++)
        d.begin[i] = (int)sliding_begin(&d.window, i, size[i]);
    d.channels = (int)w->dim[1];
    if (d.packed == NODE_NONE) {
        lower_general(lo, n, &d, a->conv.groups);
        return true;
    }
    const struct shape *packed = &g->nodes[d.packed].shape;
    if (packed->rank == 2)
        return clblast_lower(lo, n, &d, err);
    if (is_depthwise(w, packed, a->conv.groups)) {
        depthwise_lower(lo, n, &d);
        return true;
    }
    if (is_winograd(packed)) {
        winograd_lower(lo, n, &d);
        return true;
    }
    d.channels = (int)packed->dim[4];
    d.tile = (int)packed->dim[5];
    direct_lower(lo, n, &d);
    return true;
}

const struct op op_conv3d = {
    .name = "conv3d",
    .about = "act(convolution of x with w + bias + add)",
    .inputs = "x w bias? add? packed?",
    .traits = OP_SLICED,
    .attrs_size = sizeof(struct conv3d),
    .attrs = attrs,
    .infer = infer,
    .cost = cost,
    .reference = reference,
    .lower = lower,
};
