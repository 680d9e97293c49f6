/* SPDX-License-Identifier: MIT */
/* A convolution over time alone (K_T x 1 x 1) and its own residual, |f(t+1) - f(t)|, side by side.
 * A work-item computes the frames of its pixels one after the other, so the difference costs a
 * store and no pass of its own.
 *
 * The pass fuse-feature-residual makes it. */
#include "engine/op/conv_direct.h"
#include "engine/op/difference.h"

enum { SLOT_X, SLOT_W, SLOT_BIAS, SLOT_PACKED };

struct conv3d_time {
    struct conv conv;
    int last;
};

static const struct attr attrs[] = {
    CONV_ATTRS(struct conv3d_time, conv),
    {"last", ATTR_ENUM, offsetof(struct conv3d_time, last), NULL, 0, 0, DIFFERENCE_CHOICES,
     "what the last frame is compared with: itself, 0, the first"},
    {0},
};

static enum difference difference_of(const struct conv3d_time *a)
{
    return a->last + DIFFERENCE_REPLICATE;
}

/* What the kernel knows: a window over time alone, at every frame. */
static bool check(const struct graph *g, const struct node *n, struct error *err)
{
    const struct conv3d_time *a = n->attrs;
    struct sliding s = conv_window(&a->conv, input_shape(g, n, SLOT_W));
    if (s.kernel[0] < 2 || s.kernel[1] != 1 || s.kernel[2] != 1)
        return graph_fail(g, n, err, "window of %dx%dx%d, wanted several frames of one pixel",
                          s.kernel[0], s.kernel[1], s.kernel[2]);
    if (s.stride[0] != 1 || s.dilation[0] != 1 || a->conv.groups != 1)
        return graph_fail(g, n, err, "stride %d and dilation %d in time, groups=%d: wanted 1",
                          s.stride[0], s.dilation[0], a->conv.groups);
    if (s.mode != SLIDING_SAME && (s.pad[1] || s.pad[2]))
        return graph_fail(g, n, err, "padding %d,%d in space, wanted 0", s.pad[1], s.pad[2]);
    return true;
}

static bool infer(const struct graph *g, struct node *n, struct error *err)
{
    const struct conv3d_time *a = n->attrs;
    TRY(want_value(g, n, SLOT_X, 5, err));
    n->shape = *input_shape(g, n, SLOT_X);
    TRY(conv_infer(g, n, &a->conv, err) && check(g, n, err));
    n->shape.dim[1] *= 2;
    return true;
}

static void cost(const struct graph *g, const struct node *n, struct cost *c)
{
    conv_cost(g, n, c);
    c->multiply_adds /= 2; /* half of the result is no convolution */
    c->flops = 2 * c->multiply_adds + (double)shape_elements(&n->shape, 1);
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
    const struct conv3d_time *a = n->attrs;
    const struct tensor absent = {.data = NULL};
    struct conv_source x = {.at = value_at, .data = in[SLOT_X].data, .shape = in[SLOT_X].shape};
    struct tensor f = *out;
    unsigned char *wanted = difference_wanted(out);
    f.shape.dim[1] /= 2;
    f.wanted = wanted;
    conv_reference(&a->conv, &x, &in[SLOT_W], &in[SLOT_BIAS], &absent, &f);
    free(wanted);
    difference_reference(out, difference_of(a));
}

/* Frames that a work-item computes, one after the other: all of them, unless that leaves work-items
 * idle, since each part computes one frame more than it stores. */
static int time_frames(const struct caps *caps, const struct direct *d, int tile)
{
    int64_t items = ceil_div(d->y.w, tile) * d->y.h * d->y.n * ceil_div(d->y.c, d->tile);
    int64_t least = caps->compute_units * 2 > DIRECT_GROUPS_LEAST ? caps->compute_units * 2
                                                                  : DIRECT_GROUPS_LEAST;
    int parts = 1;
    while (items * parts < least && ceil_div(d->y.t, parts + 1) >= 4)
        parts++;
    return (int)ceil_div(d->y.t, parts);
}

/* y: of the whole result, where d->y is its first half. */
static void lower_fused(struct lower *lo, const struct node *n, struct direct *d,
                        const struct operand *y, enum difference difference)
{
    const struct caps *caps = lower_caps(lo);
    direct_flatten(d);
    int tile = direct_tile(caps, d, direct_accumulators(lo, false));
    int times = time_frames(caps, d, tile);
    int64_t tiles = ceil_div(d->y.w, tile) * d->y.h * ceil_div(d->y.t, times) * d->y.n;
    char algorithm[96];
    snprintf(algorithm, sizeof algorithm, "time %dx%d: %d frames and their differences", tile,
             d->tile / LANE, times);
    struct step *s = lower_launch(lo, n, "conv3d_time", "conv3d_time", algorithm);
    lower_define(lo, "VEC", lane_width(caps));
    direct_defines(lo, d);
    lower_define(lo, "TILE_W", tile);
    lower_define(lo, "TILE_C", d->tile / LANE);
    lower_define(lo, "D_OWN", y->own - d->y.c);
    lower_define(lo, "TIMES", times);
    lower_define(lo, "DIFFERENCE", difference);
    lower_size(s, (size_t)(ceil_div(d->y.c, d->tile) * (LANE / lane_width(caps))), (size_t)tiles,
               1);
    lower_local(s, 1, 1, 1);
    lower_arg(lo, s, d->x.node);
    lower_arg_weight(lo, s, d->packed);
    if (d->bias != NODE_NONE)
        lower_arg(lo, s, d->bias);
    lower_arg_output(lo, s, n);
}

static bool lower(const struct node *n, struct lower *lo, struct error *err)
{
    const struct conv3d_time *a = n->attrs;
    const struct graph *g = lower_graph(lo);
    struct direct d = {.x = lower_operand(lo, n->in[SLOT_X]),
                       .y = lower_output(lo, n),
                       .add.node = NODE_NONE,
                       .bias = n->in[SLOT_BIAS],
                       .packed = n->in[SLOT_PACKED],
                       .act = a->conv.act};
    if (d.packed == NODE_NONE)
        return graph_fail(g, n, err, "its weights were not prepared");
    d.window = conv_window(&a->conv, input_shape(g, n, SLOT_W));
    d.begin[0] = (int)sliding_begin(&d.window, 0, d.x.t);
    d.channels = d.x.c;
    d.tile = (int)g->nodes[d.packed].shape.dim[5];
    struct operand y = d.y;
    d.y = difference_first(&y);
    if (lower_caps(lo)->gpu) { /* work-items side by side, not one frame after the other */
        direct_lower(lo, n, &d);
        difference_launch(lo, n, &y, difference_of(a));
    } else {
        lower_fused(lo, n, &d, &y, difference_of(a));
    }
    return true;
}

const struct op op_conv3d_time = {
    .name = "conv3d_time",
    .about = "convolution over time, with the difference of neighbouring frames of its result",
    .inputs = "x w bias? packed?",
    .traits = OP_INTERNAL | OP_SLICED,
    .attrs_size = sizeof(struct conv3d_time),
    .attrs = attrs,
    .infer = infer,
    .cost = cost,
    .reference = reference,
    .lower = lower,
};
