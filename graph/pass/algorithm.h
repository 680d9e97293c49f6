/* SPDX-License-Identifier: MIT */
/* Which algorithm a convolution gets: the one that was measured, else by its shapes. */
#ifndef GRAPH_PASS_ALGORITHM_H
#define GRAPH_PASS_ALGORITHM_H
#include "graph/graph.h"

/* Whether Winograd's kernels can compute node n: K_T x 3 x 3 or 3 x 1 x 1,
 * stride 1, no groups. */
bool winograd_fits(const struct graph *g, const struct node *n);
/* Whether node n is a product of pixels with a matrix: 1x1x1, stride 1, no padding, no groups. */
bool is_pointwise(const struct graph *g, const struct node *n);
/* What a window of node n is expected to cost, in multiply-adds: direct (size 0), or by Winograd,
 * which fits, with output tiles of 2 or 4. */
double algorithm_cost(const struct graph *g, const struct node *n, int size);
/* The output tile of Winograd's minimal filtering, 4 or 2, for node n, a convolution of x with w:
 * over H and W for windows K_T x 3 x 3, over T for 3 x 1 x 1. 0: direct. */
int winograd_size(const struct graph *g, const struct node *n);

#endif
