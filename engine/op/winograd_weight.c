/* SPDX-License-Identifier: MIT */
/* The filters of a convolution K_T x 3 x 3 as Winograd's points, in the order of the kernel
 * winograd_multiply: [points][tiles of output channels][K_T][input channels][channels of a tile],
 * zero padded. U = G g G^T for each pair of channels and temporal tap (Lavin and Gray, 2015). Of a
 * convolution 3 x 1 x 1: G g, which leaves no taps: [points][tiles][1][input channels][tile]. */
#include "engine/op/values.h"
#include <math.h>

enum { SIDE_MOST = 6 };

struct winograd_weight {
    int size, tile;
};

static const struct attr attrs[] = {
    {"size", ATTR_INT, offsetof(struct winograd_weight, size), NULL, 2, 4, NULL,
     "outputs of a tile, along H and along W: 2 or 4"},
    {"tile", ATTR_INT, offsetof(struct winograd_weight, tile), NULL, LANE, 64 * LANE, NULL,
     "output channels that stand together"},
    {0},
};

static bool is_time(const struct shape *w)
{
    return w->rank == 5 && w->dim[2] == 3 && w->dim[3] == 1 && w->dim[4] == 1;
}

static bool infer(const struct graph *g, struct node *n, struct error *err)
{
    const struct winograd_weight *a = n->attrs;
    const struct shape *w = input_shape(g, n, 0);
    bool time = is_time(w);
    char text[96];
    if (!time &&
        ((w->rank != 5 && w->rank != 4) || w->dim[w->rank - 2] != 3 || w->dim[w->rank - 1] != 3))
        return graph_fail(g, n, err,
                          "weight is %s, wanted f32[C_out,C_in,K_T,3,3] or f32[C_out,C_in,3,1,1]",
                          shape_text(w, text));
    if (a->size == 3 || a->tile % LANE)
        return graph_fail(g, n, err, "size=%d tile=%d: wanted is 2 or 4, and whole blocks of %d",
                          a->size, a->tile, LANE);
    int64_t side = a->size + 2, taps = w->rank == 5 && !time ? w->dim[2] : 1;
    const int64_t dim[5] = {time ? side : side * side, (w->dim[0] + a->tile - 1) / a->tile, taps,
                            w->dim[1], a->tile};
    n->shape = shape_f32(5, dim);
    return true;
}

/* G: rows [1, p, p^2] / f for the points p, the last [0, 0, 1]. With the points 0, +-1/sqrt(2) and
 * +-sqrt(2) rounding errors are 2 to 5 times smaller than with the usual 0, +-1, +-2. */
static void filter_matrix(int size, double g[SIDE_MOST][3])
{
    const double a = sqrt(0.5), b = sqrt(2);
    const double point4[5] = {0, a, -a, b, -b}, factor4[5] = {1, -1.5, -1.5, 6, 6};
    const double point2[3] = {0, 1, -1}, factor2[3] = {1, 2, 2};
    for (int i = 0; i <= size; i++) {
        double p = size == 4 ? point4[i] : point2[i], f = size == 4 ? factor4[i] : factor2[i];
        g[i][0] = 1 / f;
        g[i][1] = p / f;
        g[i][2] = p * p / f;
    }
    g[size + 1][0] = g[size + 1][1] = 0;
    g[size + 1][2] = 1;
}

/* Filters of LANE output channels at a time, [tap][channel]: what follows is arithmetic on vectors,
 * written in the order of memory. */
struct lanes {
    double w[9][LANE];
};

/* The taps of one input channel and temporal tap; output channels beyond the last are 0. */
static void gather(const float *w, int64_t stride, int64_t channels, int taps, struct lanes *l)
{
    for (int i = 0; i < taps; i++)
        for (int64_t k = 0; k < LANE; k++)
            l->w[i][k] = k < channels ? w[k * stride + i] : 0;
}

/* u = row . (a, b, c) */
static void combine(const double row[3], const double a[LANE], const double b[LANE],
                    const double c[LANE], double u[LANE])
{
    for (int k = 0; k < LANE; k++)
        u[k] = row[0] * a[k] + row[1] * b[k] + row[2] * c[k];
}

static void store(const double u[LANE], float *to)
{
    for (int k = 0; k < LANE; k++)
        to[k] = (float)u[k];
}

/* G w of filters of 3 taps; to: the first point, the others `plane` further each. */
static void line(double g[SIDE_MOST][3], int side, const struct lanes *l, float *to, int64_t plane)
{
    double u[LANE];
    for (int i = 0; i < side; i++) {
        combine(g[i], l->w[0], l->w[1], l->w[2], u);
        store(u, to + i * plane);
    }
}

/* G w G^T of 3x3 filters. */
static void square(double g[SIDE_MOST][3], int side, const struct lanes *l, float *to,
                   int64_t plane)
{
    double half_way[3][LANE], u[LANE];
    for (int i = 0; i < side; i++) {
        for (int k = 0; k < 3; k++)
            combine(g[i], l->w[k], l->w[3 + k], l->w[6 + k], half_way[k]);
        for (int j = 0; j < side; j++) {
            combine(g[j], half_way[0], half_way[1], half_way[2], u);
            store(u, to + (i * side + j) * plane);
        }
    }
}

static void reference(const struct node *n, const struct tensor *in, struct tensor *out)
{
    const struct winograd_weight *a = n->attrs;
    const int64_t *dim = out->shape.dim;
    int side = a->size + 2;
    bool time = is_time(&in[0].shape);
    int64_t tiles = dim[1], taps = dim[2], channels = dim[3], outputs = in[0].shape.dim[0];
    int64_t plane = tiles * taps * channels * a->tile, each = time ? 3 : 9;
    double g[SIDE_MOST][3];
    struct lanes l;
    filter_matrix(a->size, g);
    for (int64_t k = 0; k < outputs; k += LANE)
        for (int64_t c = 0; c < channels; c++)
            for (int64_t t = 0; t < taps; t++) {
                gather(in[0].data + ((k * channels + c) * taps + t) * each, channels * taps * each,
                       outputs - k, (int)each, &l);
                int64_t at = ((k / a->tile * taps + t) * channels + c) * a->tile + k % a->tile;
                (time ? line : square)(g, side, &l, out->data + at, plane);
            }
}

const struct op op_winograd_weight = {
    .name = "winograd_weight",
    .about = "filters as Winograd's points, in the order in which the direct kernel reads them",
    .inputs = "w",
    .traits = OP_HOST | OP_INTERNAL,
    .attrs_size = sizeof(struct winograd_weight),
    .attrs = attrs,
    .infer = infer,
    .reference = reference,
};
