/* SPDX-License-Identifier: MIT */
/* A batch norm folded into the convolution before it. part=weight: w * gamma / sqrt(var + eps) per
 * output channel. part=bias: beta + (bias - mean) * gamma / sqrt(var + eps); no bias counts as 0.
 * Computed in double and rounded once. */
#include "engine/op/values.h"
#include <math.h>

enum { PART_OF_WEIGHT, PART_OF_BIAS };
enum { IN_GAMMA, IN_BETA, IN_MEAN, IN_VAR, IN_W, IN_BIAS };

struct fold_bn {
    float eps;
    int part;
};

static const struct attr attrs[] = {
    {"eps", ATTR_FLOAT, offsetof(struct fold_bn, eps), "0.00001", 0, 1, NULL,
     "added to the variance"},
    {"part", ATTR_ENUM, offsetof(struct fold_bn, part), "weight", 0, 0, "weight|bias",
     "which of the two results"},
    {0},
};

static bool infer(const struct graph *g, struct node *n, struct error *err)
{
    const struct fold_bn *a = n->attrs;
    const int64_t channels = shape_elements(input_shape(g, n, IN_GAMMA), 1);
    for (int i = 0; i < n->in_count; i++) { /* any shape: some checkpoints store them as [1, C] */
        char name[24], got[96];
        if (n->in[i] == NODE_NONE || i == IN_W)
            continue;
        if (shape_elements(input_shape(g, n, i), 1) != channels)
            return graph_fail(g, n, err, "gamma has %lld elements, %s is %s", (long long)channels,
                              op_slot_name(n->op, i, name),
                              shape_text(input_shape(g, n, i), got));
    }
    n->shape = shape_f32(1, &channels);
    if (a->part == PART_OF_BIAS)
        return true;
    if (n->in[IN_W] == NODE_NONE)
        return graph_fail(g, n, err, "part=weight needs w");
    n->shape = *input_shape(g, n, IN_W);
    if (n->shape.dim[0] != channels)
        return graph_fail(g, n, err, "w has %lld output channels, gamma %lld",
                          (long long)n->shape.dim[0], (long long)channels);
    return true;
}

static void reference(const struct node *n, const struct tensor *in, struct tensor *out)
{
    const struct fold_bn *a = n->attrs;
    int64_t channels = shape_elements(&in[IN_GAMMA].shape, 1);
    int64_t each = shape_elements(&out->shape, 1) / channels;
    for (int64_t c = 0; c < channels; c++) {
        double scale = in[IN_GAMMA].data[c] / sqrt((double)in[IN_VAR].data[c] + a->eps);
        if (a->part == PART_OF_BIAS) {
            double bias = in[IN_BIAS].data ? in[IN_BIAS].data[c] : 0;
            out->data[c] = (float)(in[IN_BETA].data[c] + (bias - in[IN_MEAN].data[c]) * scale);
            continue;
        }
        for (int64_t i = c * each; i < (c + 1) * each; i++)
            out->data[i] = (float)(in[IN_W].data[i] * scale);
    }
}

const struct op op_fold_bn = {
    .name = "fold_bn",
    .about = "weight or bias of a convolution with the batch norm after it folded in",
    .inputs = "gamma beta mean var w? bias?",
    .traits = OP_HOST | OP_INTERNAL,
    .attrs_size = sizeof(struct fold_bn),
    .attrs = attrs,
    .infer = infer,
    .reference = reference,
};
