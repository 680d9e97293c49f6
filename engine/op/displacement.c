/* SPDX-License-Identifier: MIT */
/* From similarities to displacements: channel 0 of the result is rows, 1 is columns. */
#include "engine/op/matching.h"

static const struct attr attrs[] = {MATCHING_WINDOW, MATCHING_ASSIGN, {0}};

static bool infer(const struct graph *g, struct node *n, struct error *err)
{
    const struct matching *a = n->attrs;
    TRY(want_value(g, n, 0, 5, err));
    n->shape = *input_shape(g, n, 0);
    if (n->shape.dim[1] != matching_places(a))
        return graph_fail(g, n, err, "input has %lld channels, a window of radius %d,%d has %lld",
                          (long long)n->shape.dim[1], a->radius, matching_columns(a),
                          (long long)matching_places(a));
    n->shape.dim[1] = 2;
    return true;
}

static void cost(const struct graph *g, const struct node *n, struct cost *c)
{
    c->flops = 8 * (double)shape_elements(input_shape(g, n, 0), 1);
}

static void reference(const struct node *n, const struct tensor *in, struct tensor *out)
{
    struct axes c = axes_of(&in[0].shape);
    int64_t map = c.t * c.h * c.w;
    for (int64_t m = 0; m < c.n * map; m++) {
        int64_t w = m / map, p = m % map, pixel = p % (c.h * c.w);
        double v[2];
        matching_assign(n->attrs, in[0].data + w * c.c * map + p, map, pixel / c.w, pixel % c.w, c,
                        v);
        for (int k = 0; k < 2; k++)
            out->data[(2 * w + k) * map + p] = (float)v[k];
    }
}

static bool lower(const struct node *n, struct lower *lo, struct error *err)
{
    (void)err;
    const struct matching *a = n->attrs;
    struct operand x = lower_operand(lo, n->in[0]), y = lower_output(lo, n);
    struct step *s = lower_launch(lo, n, "displacement", "displacement", "direct");
    lower_define_operand(lo, "X", &x);
    lower_define(lo, "Y_ROW", y.row);
    lower_define_half(lo, "Y", &y);
    lower_define(lo, "RADIUS_H", a->radius);
    lower_define(lo, "RADIUS_W", matching_columns(a));
    lower_define_float(lo, "TAU", a->tau);
    lower_define(lo, "WTA", a->assign == ASSIGN_WTA);
    lower_define(lo, "MASK", a->border == MATCH_MASK);
    lower_arg(lo, s, x.node);
    lower_arg_output(lo, s, n);
    lower_size(s, (size_t)y.w, (size_t)y.t * (size_t)y.h, (size_t)y.n);
    return true;
}

const struct op op_displacement = {
    .name = "displacement",
    .about = "where each pixel went: of its similarities c, the mean or the best place",
    .inputs = "c",
    .attrs_size = sizeof(struct matching),
    .attrs = attrs,
    .infer = infer,
    .cost = cost,
    .reference = reference,
    .lower = lower,
};
