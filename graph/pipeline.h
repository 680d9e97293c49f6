/* SPDX-License-Identifier: MIT */
/* The passes, in order, and what prepares a graph for them. */
#ifndef GRAPH_PIPELINE_H
#define GRAPH_PIPELINE_H
#include "graph/graph.h"

struct pass {
    const char *name; /* file graph/pass/NAME.c with '-' for '_' */
    bool (*run)(struct graph *g, struct error *err);
    const char *about;
};
extern const struct pass pipeline[]; /* ended by a NULL name */
const struct pass *pass_find(const char *name);

/* One pass, then sweep and infer. */
bool graph_run_pass(struct graph *g, const struct pass *pass, struct error *err);

/* All passes in order, up to and including the one named stop_after (NULL: all). */
bool graph_compile(struct graph *g, const char *stop_after, struct error *err);

/* Makes the named node an input of this shape, and drops what only it needed. shape.dim[0] is
 * replaced by the window axis. The node keeps its name and its clip. */
bool graph_feed(struct graph *g, const char *name, const struct shape *shape, struct error *err);

/* Marks a node so that no pass fuses it away; "all" marks every value that is not a weight. */
bool graph_keep(struct graph *g, const char *name, struct error *err);
/* The same for "NODE,NODE,...". */
bool graph_keep_list(struct graph *g, const char *list, struct error *err);

#endif
