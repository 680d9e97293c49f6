/* SPDX-License-Identifier: MIT */
/* A tensor of the weights file. */
#include "engine/op/values.h"

struct weight {
    const char *name;
};

static const struct attr attrs[] = {
    {"name", ATTR_STRING, offsetof(struct weight, name), "", 0, 0, NULL,
     "its name in the file; the node's own when absent"},
    {0},
};

static bool infer(const struct graph *g, struct node *n, struct error *err)
{
    if (!n->typed)
        return graph_fail(g, n, err, "needs a type, such as f32[64,3,7,7,7]");
    if (n->shape.dtype != DTYPE_F32)
        return graph_fail(g, n, err, "weights are f32");
    for (int i = 0; i < n->shape.rank; i++)
        if (n->shape.dim[i] == DIM_N)
            return graph_fail(g, n, err, "a weight has no window axis N");
    return true;
}

const struct op op_weight = {
    .name = "weight",
    .about = "a tensor of the weights file",
    .inputs = "",
    .traits = OP_SOURCE,
    .attrs_size = sizeof(struct weight),
    .attrs = attrs,
    .infer = infer,
};
