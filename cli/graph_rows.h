/* SPDX-License-Identifier: MIT */
/* A network as rows of a drawing: one row for each value that is computed after fusion, with the
 * operators of the file that went into it. */
#ifndef CLI_GRAPH_ROWS_H
#define CLI_GRAPH_ROWS_H
#include "graph/graph.h"

enum { ROW_NONE = -1, ROW_PARTS_MOST = 12 };

struct graph_row {
    node_id node;                 /* in the compiled graph                              */
    node_id part[ROW_PARTS_MOST]; /* in the graph as written, in order: what it is made of */
    int parts;                    /* may be more than there is room for                 */
    int lane;                     /* the clip it depends on; the number of clips: several       */
    int repeats;                  /* of the `period` rows that begin here; else 1       */
    int period;
    int shown_as; /* ROW_NONE, or the row of the first repeat that stands for it */
};

struct graph_rows {
    const struct graph *written, *compiled;
    struct graph_row *row;
    int *row_of; /* by node of the compiled graph; ROW_NONE: a weight */
    int count;
    int operators; /* of the graph as written that are not weights */
};

/* Both graphs are kept by the caller. `most`: lanes with more rows show repeated stretches once. */
void graph_rows_make(struct graph_rows *r, struct arena *arena, const struct graph *written,
                     const struct graph *compiled, int most);

/* The row of a value of the compiled graph that is drawn for it; ROW_NONE for weights. */
int graph_rows_of(const struct graph_rows *r, node_id node);

#endif
