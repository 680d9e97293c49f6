/* SPDX-License-Identifier: MIT */
/* x / (1 + exp(-x)), x times its sigmoid, element by element. */
#include "engine/op/activation.h"

static void reference(const struct node *n, const struct tensor *in, struct tensor *out)
{
    (void)n;
    activation_reference(&in[0], out, ACT_SWISH);
}

static bool lower(const struct node *n, struct lower *lo, struct error *err)
{
    (void)err;
    return activation_lower(n, lo, ACT_SWISH);
}

const struct op op_swish = {
    .name = "swish",
    .about = "x / (1 + exp(-x)), x times its sigmoid",
    .inputs = "x",
    .traits = OP_POINTWISE | OP_SLICED,
    .infer = activation_infer,
    .cost = cost_elements,
    .reference = reference,
    .lower = lower,
};
