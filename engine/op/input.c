/* SPDX-License-Identifier: MIT */
/* A network input: windows of a clip, u8[N,3,T,H,W] as decoded, or an f32 tensor that is fed. */
#include "engine/op/values.h"

struct input {
    const char *clip;
};

static const struct attr attrs[] = {
    {"clip", ATTR_STRING, offsetof(struct input, clip), "", 0, 0, NULL,
     "the clip line whose windows this input reads"},
    {0},
};

static bool infer(const struct graph *g, struct node *n, struct error *err)
{
    if (!n->typed)
        return graph_fail(g, n, err, "needs a type, such as u8[N,3,16,112,112]");
    if (n->shape.rank != 5 && n->shape.rank != 2)
        return graph_fail(g, n, err, "rank %d, wanted N,C,T,H,W or N,C", n->shape.rank);
    if (n->shape.dtype == DTYPE_U8 && (n->shape.rank != 5 || n->shape.dim[1] != 3))
        return graph_fail(g, n, err, "u8 inputs are frames, u8[N,3,T,H,W]");
    return true;
}

const struct op op_input = {
    .name = "input",
    .about = "windows of a clip, or a tensor to be fed",
    .inputs = "",
    .traits = OP_SOURCE,
    .attrs_size = sizeof(struct input),
    .attrs = attrs,
    .infer = infer,
};
