/* SPDX-License-Identifier: MIT */
/* Difference of two values of one shape: what is new in a frame. */
#include "engine/op/values.h"

static bool infer(const struct graph *g, struct node *n, struct error *err)
{
    TRY(want_value(g, n, 0, 0, err));
    TRY(want_same_shape(g, n, 0, 1, err));
    n->shape = *input_shape(g, n, 0);
    return true;
}

static void reference(const struct node *n, const struct tensor *in, struct tensor *out)
{
    (void)n;
    int64_t count = shape_elements(&out->shape, 1);
    for (int64_t i = 0; i < count; i++)
        out->data[i] = in[0].data[i] - in[1].data[i];
}

static bool lower(const struct node *n, struct lower *lo, struct error *err)
{
    (void)err;
    struct operand x = lower_operand(lo, n->in[0]), y = lower_operand(lo, n->in[1]);
    struct operand z = lower_output(lo, n);
    struct step *s = lower_launch(lo, n, "subtract", "subtract", "pointwise");
    launch_elements(lo, s, &x);
    lower_define_row(lo, "X", &x);
    lower_define_row(lo, "Y", &y);
    lower_define_row(lo, "Z", &z);
    lower_arg(lo, s, n->in[0]);
    lower_arg(lo, s, n->in[1]);
    lower_arg_output(lo, s, n);
    return true;
}

const struct op op_subtract = {
    .name = "subtract",
    .about = "x - y, element by element",
    .inputs = "x y",
    .traits = OP_POINTWISE | OP_SLICED,
    .infer = infer,
    .cost = cost_elements,
    .reference = reference,
    .lower = lower,
};
