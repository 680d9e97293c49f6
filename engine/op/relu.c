/* SPDX-License-Identifier: MIT */
/* max(x, 0), element by element. */
#include "engine/op/activation.h"

static void reference(const struct node *n, const struct tensor *in, struct tensor *out)
{
    (void)n;
    activation_reference(&in[0], out, ACT_RELU);
}

static bool lower(const struct node *n, struct lower *lo, struct error *err)
{
    (void)err;
    return activation_lower(n, lo, ACT_RELU);
}

const struct op op_relu = {
    .name = "relu",
    .about = "max(x, 0)",
    .inputs = "x",
    .traits = OP_POINTWISE | OP_SLICED,
    .infer = activation_infer,
    .cost = cost_elements,
    .reference = reference,
    .lower = lower,
};
