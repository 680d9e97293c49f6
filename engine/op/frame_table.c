/* SPDX-License-Identifier: MIT */
/* normalize of every byte: out[c][v] = (v * scale - mean) / std, rounded to float after each
 * operation, as the operator normalize does it. */
#include "engine/op/values.h"

struct frame_table {
    float scale[3], mean[3], std[3];
};

static const struct attr attrs[] = {
    {"scale", ATTR_FLOAT3, offsetof(struct frame_table, scale), "1", 0, 0, NULL,
     "first factor, per channel"},
    {"mean", ATTR_FLOAT3, offsetof(struct frame_table, mean), "0", 0, 0, NULL,
     "subtracted after it"},
    {"std", ATTR_FLOAT3, offsetof(struct frame_table, std), "1", 1e-20, 1e20, NULL,
     "divided by at last"},
    {0},
};

static bool infer(const struct graph *g, struct node *n, struct error *err)
{
    (void)g;
    (void)err;
    const int64_t dim[2] = {3, 256};
    n->shape = shape_f32(2, dim);
    return true;
}

static void reference(const struct node *n, const struct tensor *in, struct tensor *out)
{
    (void)in;
    const struct frame_table *a = n->attrs;
    for (int c = 0; c < 3; c++)
        for (int v = 0; v < 256; v++) {
            float scaled = (float)v * a->scale[c];
            float centered = scaled - a->mean[c];
            out->data[c * 256 + v] = centered / a->std[c];
        }
}

const struct op op_frame_table = {
    .name = "frame_table",
    .about = "normalize of the 256 values of a byte, per channel",
    .inputs = "",
    .traits = OP_HOST | OP_INTERNAL,
    .attrs_size = sizeof(struct frame_table),
    .attrs = attrs,
    .infer = infer,
    .reference = reference,
};
