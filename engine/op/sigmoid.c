/* SPDX-License-Identifier: MIT */
/* 1 / (1 + exp(-x)), element by element. */
#include "engine/op/activation.h"

static void reference(const struct node *n, const struct tensor *in, struct tensor *out)
{
    (void)n;
    activation_reference(&in[0], out, ACT_SIGMOID);
}

static bool lower(const struct node *n, struct lower *lo, struct error *err)
{
    (void)err;
    return activation_lower(n, lo, ACT_SIGMOID);
}

const struct op op_sigmoid = {
    .name = "sigmoid",
    .about = "1 / (1 + exp(-x))",
    .inputs = "x",
    .traits = OP_POINTWISE | OP_SLICED,
    .infer = activation_infer,
    .cost = cost_elements,
    .reference = reference,
    .lower = lower,
};
