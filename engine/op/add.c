/* SPDX-License-Identifier: MIT */
/* Sum of two values of one shape: the join of a residual block. */
#include "engine/op/activation.h"

struct add {
    int act;
};

static const struct attr attrs[] = {
    {"act", ATTR_ENUM, offsetof(struct add, act), "none", 0, 0, ACT_CHOICES,
     "activation of the sum"},
    {0},
};

static bool infer(const struct graph *g, struct node *n, struct error *err)
{
    TRY(want_value(g, n, 0, 0, err));
    TRY(want_same_shape(g, n, 0, 1, err));
    n->shape = *input_shape(g, n, 0);
    return true;
}

static void reference(const struct node *n, const struct tensor *in, struct tensor *out)
{
    const struct add *a = n->attrs;
    int64_t count = shape_elements(&out->shape, 1);
    for (int64_t i = 0; i < count; i++)
        out->data[i] = (float)activate((double)in[0].data[i] + in[1].data[i], a->act);
}

static bool lower(const struct node *n, struct lower *lo, struct error *err)
{
    (void)err;
    const struct add *a = n->attrs;
    struct operand x = lower_operand(lo, n->in[0]), y = lower_operand(lo, n->in[1]);
    struct operand z = lower_output(lo, n);
    struct step *s = lower_launch(lo, n, "add", "add", "pointwise");
    launch_elements(lo, s, &x);
    lower_define_row(lo, "X", &x);
    lower_define_row(lo, "Y", &y);
    lower_define_row(lo, "Z", &z);
    lower_define(lo, "ACT", a->act);
    lower_arg(lo, s, n->in[0]);
    lower_arg(lo, s, n->in[1]);
    lower_arg_output(lo, s, n);
    return true;
}

const struct op op_add = {
    .name = "add",
    .about = "x + y, element by element",
    .inputs = "x y",
    .traits = OP_POINTWISE | OP_SLICED,
    .attrs_size = sizeof(struct add),
    .attrs = attrs,
    .infer = infer,
    .cost = cost_elements,
    .reference = reference,
    .lower = lower,
};
