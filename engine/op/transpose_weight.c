/* SPDX-License-Identifier: MIT */
/* A weight [K][C] as [C][K], its rows padded with zeros to whole blocks: the B of a GEMM. */
#include "engine/op/values.h"

static bool infer(const struct graph *g, struct node *n, struct error *err)
{
    const struct shape *w = input_shape(g, n, 0);
    if (w->rank != 2)
        return graph_fail(g, n, err, "weight of rank %d, wanted 2", w->rank);
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
