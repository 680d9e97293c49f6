/* SPDX-License-Identifier: MIT */
/* N C 1 1 1 as N C: what is left of flatten when there is one pixel. Both are rows on a device. */
#include "engine/op/values.h"

static bool infer(const struct graph *g, struct node *n, struct error *err)
{
    const struct shape *x = input_shape(g, n, 0);
    char got[96];
    TRY(want_value(g, n, 0, 5, err));
    if (x->dim[2] != 1 || x->dim[3] != 1 || x->dim[4] != 1)
        return graph_fail(g, n, err, "input is %s, wanted f32[N,C,1,1,1]", shape_text(x, got));
    n->shape = shape_f32(2, x->dim);
    return true;
}

static void reference(const struct node *n, const struct tensor *in, struct tensor *out)
{
    (void)n;
    memcpy(out->data, in[0].data, sizeof(float) * (size_t)shape_elements(&out->shape, 1));
}

const struct op op_squeeze = {
    .name = "squeeze",
    .about = "N C 1 1 1 as N C",
    .inputs = "x",
    .traits = OP_VIEW | OP_INTERNAL,
    .infer = infer,
    .reference = reference,
};
