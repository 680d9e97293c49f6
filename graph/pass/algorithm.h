/* SPDX-License-Identifier: MIT */
/* Which algorithm a convolution gets, by its shapes alone. */
#ifndef GRAPH_PASS_ALGORITHM_H
#define GRAPH_PASS_ALGORITHM_H
#include "graph/graph.h"

/* The output tile of Winograd's minimal filtering over H and W, 4 or 2, for node n, a convolution
 * of x with w; 0: direct. */
int winograd_size(const struct graph *g, const struct node *n);

#endif
