/* SPDX-License-Identifier: MIT */
/* Which algorithm a convolution gets, by its shapes alone. */
#ifndef GRAPH_PASS_ALGORITHM_H
#define GRAPH_PASS_ALGORITHM_H
#include "graph/graph.h"

/* The output tile of Winograd's minimal filtering, 4 or 2, for node n, a convolution of x with w:
 * over H and W for windows K_T x 3 x 3, over T for 3 x 1 x 1. 0: direct. */
int winograd_size(const struct graph *g, const struct node *n);

#endif
