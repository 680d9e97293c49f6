/* SPDX-License-Identifier: MIT */
/* clact graph --svg: the network drawn, what the file says beside what a device computes. */
#ifndef CLI_GRAPH_SVG_H
#define CLI_GRAPH_SVG_H
#include "graph/graph.h"

/* Both graphs are inferred; `compiled` is the same network after all passes. */
void graph_svg(const struct graph *written, const struct graph *compiled, struct text *out);

#endif
