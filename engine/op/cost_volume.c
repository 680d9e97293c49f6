/* SPDX-License-Identifier: MIT */
/* Cosine similarities of every pixel with those around it in the next frame. A GPU gets them from
 * the kernel that matches frames, which then stores them. */
#include "engine/op/match_staged.h"

static const struct attr attrs[] = {MATCHING_WINDOW, MATCHING_EPS, {0}};

static bool infer(const struct graph *g, struct node *n, struct error *err)
{
    return matching_infer_pairs(g, n, matching_places(n->attrs), err);
}

static void reference(const struct node *n, const struct tensor *in, struct tensor *out)
{
    const struct matching *a = n->attrs;
    struct axes x = axes_of(&in[0].shape), y = axes_of(&out->shape);
    int64_t frame = y.h * y.w, map = y.t * frame;
    for (int64_t m = 0; m < y.n * map; m++) {
        int64_t w = m / map, p = m % map;
        matching_similarities(a, in[0].data, x, w, p / frame, p % frame / y.w, p % y.w,
                              out->data + w * y.c * map + p, map);
    }
}

static bool lower(const struct node *n, struct lower *lo, struct error *err)
{
    (void)err;
    const struct matching *a = n->attrs;
    struct operand x = lower_operand(lo, n->in[0]), y = lower_output(lo, n);
    struct match_staged staged = {0};
    if (match_stages(a, lower_caps(lo), &x, &staged)) {
        match_staged_lower(lo, n, &staged, &x, true);
        return true;
    }
    struct step *s = lower_launch(lo, n, "cost_volume", "cost_volume", "direct");
    lower_define(lo, "VEC", lane_width(lower_caps(lo)));
    lower_define_operand(lo, "X", &x);
    lower_define_operand(lo, "Y", &y);
    lower_define(lo, "RADIUS_H", a->radius);
    lower_define(lo, "RADIUS_W", matching_columns(a));
    lower_define_float(lo, "EPS", a->eps);
    lower_arg(lo, s, x.node);
    lower_arg_output(lo, s, n);
    lower_size(s, 2 * (size_t)a->radius + 1, (size_t)y.t * (size_t)y.h * (size_t)y.w, (size_t)y.n);
    return true;
}

const struct op op_cost_volume = {
    .name = "cost_volume",
    .about = "cosine of x[t] at (i,j) and x[t+1] at (i+dy,j+dx): channel (dy,dx) of the result",
    .inputs = "x",
    .attrs_size = sizeof(struct matching),
    .attrs = attrs,
    .infer = infer,
    .cost = matching_cost,
    .reference = reference,
    .lower = lower,
};
