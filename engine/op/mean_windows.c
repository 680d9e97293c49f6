/* SPDX-License-Identifier: MIT */
/* Mean over the windows of a clip: the end of what runs per window. */
#include "engine/op/values.h"

static bool infer(const struct graph *g, struct node *n, struct error *err)
{
    TRY(want_value(g, n, 0, 2, err));
    n->shape = *input_shape(g, n, 0);
    n->shape.dim[0] = 1;
    return true;
}

static void reference(const struct node *n, const struct tensor *in, struct tensor *out)
{
    (void)n;
    int64_t windows = in[0].shape.dim[0], count = in[0].shape.dim[1];
    for (int64_t c = 0; c < count; c++) {
        double sum = 0;
        for (int64_t i = 0; i < windows; i++)
            sum += in[0].data[i * count + c];
        out->data[c] = (float)(sum / (double)windows);
    }
}

const struct op op_mean_windows = {
    .name = "mean_windows",
    .about = "mean over the windows of a clip",
    .inputs = "x",
    .traits = OP_WINDOWS,
    .infer = infer,
    .reference = reference,
};
