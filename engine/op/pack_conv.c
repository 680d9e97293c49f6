/* SPDX-License-Identifier: MIT */
/* The weight of a convolution or a matrix in the order of the kernel conv3d_direct:
 * [tiles of output channels][K_T][K_H][K_W][input channels][tile], zero padded.
 *
 * `span` is 0, or the output channels of one group where these are fewer than a block of 16: the
 * 16/span groups of a block become one, with zero weights between channels of different groups. */
#include "engine/op/values.h"

struct pack_conv {
    int tile, span;
};

static const struct attr attrs[] = {
    {"tile", ATTR_INT, offsetof(struct pack_conv, tile), NULL, LANE, 1 << 23, NULL,
     "output channels in a tile"},
    {"span", ATTR_INT, offsetof(struct pack_conv, span), "0", 0, LANE, NULL,
     "output channels of a group, when groups share a block"},
    {0},
};

static int merged(const struct pack_conv *a)
{
    return a->span ? LANE / a->span : 1;
}

/* Sizes K_T, K_H, K_W of a weight of any accepted rank. */
static void kernel_of(const struct shape *w, int64_t kernel[3])
{
    kernel[0] = w->rank == 5 ? w->dim[2] : 1;
    kernel[1] = w->rank >= 4 ? w->dim[w->rank - 2] : 1;
    kernel[2] = w->rank >= 4 ? w->dim[w->rank - 1] : 1;
}

static bool infer(const struct graph *g, struct node *n, struct error *err)
{
    const struct pack_conv *a = n->attrs;
    const struct shape *w = input_shape(g, n, 0);
    int64_t kernel[3];
    if (w->rank != 5 && w->rank != 4 && w->rank != 2)
        return graph_fail(g, n, err, "weight of rank %d", w->rank);
    if (a->tile % LANE || (a->span && (a->tile != LANE || LANE % a->span)))
        return graph_fail(g, n, err, "tile=%d span=%d: not whole blocks of %d", a->tile, a->span,
                          LANE);
    kernel_of(w, kernel);
    const int64_t dim[6] = {(w->dim[0] + a->tile - 1) / a->tile,
                            kernel[0],
                            kernel[1],
                            kernel[2],
                            w->dim[1] * merged(a),
                            a->tile};
    n->shape = shape_f32(6, dim);
    return true;
}

static void reference(const struct node *n, const struct tensor *in, struct tensor *out)
{
    const struct pack_conv *a = n->attrs;
    int64_t kernel[3], c_out = in[0].shape.dim[0], c_in = in[0].shape.dim[1];
    kernel_of(&in[0].shape, kernel);
    int64_t taps = kernel[0] * kernel[1] * kernel[2], row = c_in * merged(a);
    for (int64_t oc = 0; oc < c_out; oc++) {
        int64_t first = a->span ? oc % LANE / a->span * c_in : 0;
        const float *from = in[0].data + oc * c_in * taps;
        float *to = out->data + oc / a->tile * taps * row * a->tile + oc % a->tile;
        for (int64_t c = 0; c < c_in; c++)
            for (int64_t k = 0; k < taps; k++)
                to[(k * row + first + c) * a->tile] = from[c * taps + k];
    }
}

const struct op op_pack_conv = {
    .name = "pack_conv",
    .about = "a weight in the order in which the direct kernel reads it",
    .inputs = "w",
    .traits = OP_HOST | OP_INTERNAL,
    .attrs_size = sizeof(struct pack_conv),
    .attrs = attrs,
    .infer = infer,
    .reference = reference,
};
