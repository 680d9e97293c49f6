/* SPDX-License-Identifier: MIT */
/* The rule, where nothing was measured: the cheapest of direct convolution, F(2) and F(4), where a
 * convolution costs its multiply-adds, and every float that it moves as much as the multiply-adds
 * that a machine makes meanwhile. Weights count, because at 7x7 the points of the filters outweigh
 * all else, and so do the transforms, because with few channels they are most of the work. */
#include "graph/pass/algorithm.h"
#include "graph/op.h"
#include "graph/tuning.h"

#include <string.h>

/* Multiply-adds in the time of one float, from memory and from the last cache: 465 GFLOP/s against
 * 33 and 50 GB/s on two cores with 512-bit vectors; other machines are not far from that. */
static const double WEIGHT_COST = 28, POINT_COST = 18;
/* Points over T are few enough to stay in a nearer cache. */
static const double TIME_POINT_COST = 5;
enum { CHANNELS_LEAST = 24 }; /* with fewer, lanes of the transforms or of the product idle */

static const int *int3_of(const struct node *n, const char *name)
{
    const struct attr *a = attr_find(n->op, name);
    return a ? (const int *)(const void *)((const char *)n->attrs + a->offset) : NULL;
}

static bool all_one(const int v[3])
{
    return v && v[0] == 1 && v[1] == 1 && v[2] == 1;
}

/* Positions times taps along an axis, less those in equal padding on both sides: these are not
 * computed. */
static double taps_inside(int64_t in, int64_t out, int64_t kernel)
{
    double pad = (double)(out + kernel - 1 - in) / 2, all = (double)out * (double)kernel;
    double inside = all - pad * (pad + 1); /* for padding within a window */
    return inside > (double)in ? inside : (double)in;
}

/* C_out C_in K_T K_H K_W. */
static struct shape filter_shape(const struct shape *w)
{
    struct shape s = *w;
    if (w->rank == 4) {
        s.rank = 5;
        s.dim[2] = 1;
        s.dim[3] = w->dim[2];
        s.dim[4] = w->dim[3];
    }
    return s;
}

static bool is_time(const struct shape *w)
{
    return w->dim[2] == 3 && w->dim[3] == 1 && w->dim[4] == 1;
}

/* Per window. */
static double direct_cost(const struct shape *x, const struct shape *y, const struct shape *w)
{
    double pairs = (double)w->dim[0] * (double)w->dim[1], taps = 1, kernel = 1;
    for (int i = 2; i < 5; i++) {
        taps *= taps_inside(x->dim[i], y->dim[i], w->dim[i]);
        kernel *= (double)w->dim[i];
    }
    return pairs * (taps + WEIGHT_COST * kernel);
}

static double time_cost(const struct shape *y, const struct shape *w, int size)
{
    double pairs = (double)w->dim[0] * (double)w->dim[1], points = size + 2;
    double tiles = (double)((y->dim[2] + size - 1) / size * y->dim[3] * y->dim[4]);
    double moved = tiles * (double)(w->dim[0] + w->dim[1]);
    return points * (pairs * (tiles + WEIGHT_COST) + TIME_POINT_COST * 2 * moved);
}

static double winograd_cost(const struct shape *x, const struct shape *y, const struct shape *w,
                            int size)
{
    if (is_time(w))
        return time_cost(y, w, size);
    double pairs = (double)w->dim[0] * (double)w->dim[1], points = (size + 2) * (size + 2);
    double tiles = (double)((y->dim[3] + size - 1) / size * ((y->dim[4] + size - 1) / size));
    double taps = taps_inside(x->dim[2], y->dim[2], w->dim[2]) * tiles;
    double moved =
        tiles * ((double)x->dim[2] * (double)w->dim[1] + (double)y->dim[2] * (double)w->dim[0]);
    return points * (pairs * (taps + WEIGHT_COST * (double)w->dim[2]) + POINT_COST * 2 * moved);
}

double algorithm_cost(const struct graph *g, const struct node *n, int size)
{
    const struct shape *x = &g->nodes[n->in[0]].shape, w = filter_shape(&g->nodes[n->in[1]].shape);
    return size ? winograd_cost(x, &n->shape, &w, size) : direct_cost(x, &n->shape, &w);
}

bool winograd_fits(const struct graph *g, const struct node *n)
{
    if (strcmp(n->op->name, "conv3d") != 0)
        return false;
    const struct shape w = filter_shape(&g->nodes[n->in[1]].shape);
    const struct shape *x = &g->nodes[n->in[0]].shape, *y = &n->shape;
    bool square = w.dim[3] == 3 && w.dim[4] == 3;
    bool time = is_time(&w) && x->dim[3] == y->dim[3] && x->dim[4] == y->dim[4]; /* no padding */
    return (square || time) && attr_get_int(n, "groups") == 1 &&
           all_one(int3_of(n, "stride")) && all_one(int3_of(n, "dilation"));
}

bool is_pointwise(const struct graph *g, const struct node *n)
{
    if (strcmp(n->op->name, "conv3d") != 0 || attr_get_int(n, "groups") != 1)
        return false;
    const struct shape w = filter_shape(&g->nodes[n->in[1]].shape);
    const struct shape *x = &g->nodes[n->in[0]].shape, *y = &n->shape;
    bool pointwise = all_one(int3_of(n, "stride"));
    for (int i = 2; i < 5; i++)
        pointwise = pointwise && w.dim[i] == 1 && x->dim[i] == y->dim[i];
    return pointwise;
}

int winograd_size(const struct graph *g, const struct node *n)
{
    const struct choice *tuned = tuning_choice(g, n);
    if (tuned)
        return algorithm_winograd(tuned->algorithm);
    if (g->strict || !winograd_fits(g, n))
        return 0;
    const struct shape *w = &g->nodes[n->in[1]].shape;
    if (w->dim[0] < CHANNELS_LEAST || w->dim[1] < CHANNELS_LEAST)
        return 0;
    double best = algorithm_cost(g, n, 0);
    int size = 0;
    for (int s = 2; s <= 4; s += 2) {
        double cost = algorithm_cost(g, n, s);
        if (cost < best) {
            best = cost;
            size = s;
        }
    }
    return size;
}
