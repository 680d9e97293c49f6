/* SPDX-License-Identifier: MIT */
/* A weight [K][C] as [C][K], its rows padded with zeros to whole blocks: the B of a GEMM. A filter of
 * one tap is such a weight too. */
#include "engine/op/values.h"

static bool infer(const struct graph *g, struct node *n, struct error *err)
{
    const struct shape *w = input_shape(g, n, 0);
    char text[96];
    if (w->rank < 2 || shape_elements(w, 1) != w->dim[0] * w->dim[1])
        return graph_fail(g, n, err, "weight is %s, wanted f32[K,C] or f32[K,C,1,1,1]",
                          shape_text(w, text));
    const int64_t dim[2] = {w->dim[1], (w->dim[0] + LANE - 1) / LANE * LANE};
    n->shape = shape_f32(2, dim);
    return true;
}

static void reference(const struct node *n, const struct tensor *in, struct tensor *out)
{
    (void)n;
    int64_t rows = in[0].shape.dim[0], columns = in[0].shape.dim[1], pitch = out->shape.dim[1];
    for (int64_t k = 0; k < rows; k++)
        for (int64_t c = 0; c < columns; c++)
            out->data[c * pitch + k] = in[0].data[k * columns + c];
}

const struct op op_transpose_weight = {
    .name = "transpose_weight",
    .about = "a matrix transposed, rows in whole blocks",
    .inputs = "w",
    .traits = OP_HOST | OP_INTERNAL,
    .infer = infer,
    .reference = reference,
};
