/* SPDX-License-Identifier: MIT */
/* Scores to probabilities over the channels of N C, or of every pixel. */
#include "engine/op/values.h"
#include <math.h>

static bool infer(const struct graph *g, struct node *n, struct error *err)
{
    TRY(want_value(g, n, 0, 0, err));
    n->shape = *input_shape(g, n, 0);
    return true;
}

static void cost(const struct graph *g, const struct node *n, struct cost *c)
{
    (void)g;
    c->flops = 4.0 * (double)shape_elements(&n->shape, 1);
}

/* With the largest score subtracted, nothing overflows; a NaN, or infinity against infinity, makes
 * the whole row NaN. */
static void reference(const struct node *n, const struct tensor *in, struct tensor *out)
{
    (void)n;
    struct axes x = axes_of(&in[0].shape);
    int64_t pixels = x.t * x.h * x.w;
    for (int64_t i = 0; i < x.n * pixels; i++) {
        size_t first = (size_t)(i / pixels * x.c * pixels + i % pixels);
        const float *from = in[0].data + first;
        float *to = out->data + first;
        double most = -INFINITY, sum = 0;
        for (int64_t c = 0; c < x.c; c++)
            most = fmax(most, from[c * pixels]);
        for (int64_t c = 0; c < x.c; c++)
            sum += exp(from[c * pixels] - most);
        for (int64_t c = 0; c < x.c; c++)
            to[c * pixels] = (float)(exp(from[c * pixels] - most) / sum);
    }
}

static bool lower(const struct node *n, struct lower *lo, struct error *err)
{
    (void)err;
    struct operand x = lower_operand(lo, n->in[0]), y = lower_output(lo, n);
    int group = 1;
    while (group < 64 && group < x.c && (uint64_t)group * 2 <= lower_caps(lo)->max_work_group)
        group *= 2;
    struct step *s = lower_launch(lo, n, "softmax", "softmax", "one group a row");
    lower_define(lo, "X_C", x.c);
    lower_define(lo, "ROW", x.row);
    lower_define_half(lo, "X", &x);
    lower_define_half(lo, "Y", &y);
    lower_define(lo, "GROUP", group);
    lower_arg(lo, s, x.node);
    lower_arg_output(lo, s, n);
    lower_size(s, (size_t)group, (size_t)x.n * (size_t)x.t * (size_t)x.h * (size_t)x.w, 1);
    lower_local(s, (size_t)group, 1, 1);
    return true;
}

const struct op op_softmax = {
    .name = "softmax",
    .about = "exp(x) / sum of exp(x) over the channels",
    .inputs = "x",
    .infer = infer,
    .cost = cost,
    .reference = reference,
    .lower = lower,
};
