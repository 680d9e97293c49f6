/* SPDX-License-Identifier: MIT */
/* One convolution as a word, n1c64t16h56w56k64x3x3x3s1p1: windows, channels, frames, height, width,
 * outputs x kernel, stride, pad; g groups and d dilation; three axes that differ as s1x2x2. */
#ifndef GRAPH_CONV_SPEC_H
#define GRAPH_CONV_SPEC_H
#include "graph/graph.h"

enum { CONV_SPEC_SIZE = 160 }; /* the longest word is shorter */

/* The graph of that convolution alone, which is named after it. */
struct graph *conv_graph(const char *spec, int *batch, struct error *err);
/* Whether a text is such a word. */
bool conv_spec_check(const char *spec, struct error *err);
/* The word for a node, without n when batch is 0; false when it is no convolution or one that has
 * no word. */
bool conv_spec(const struct graph *g, const struct node *n, int batch, char *buf, size_t size);

#endif
