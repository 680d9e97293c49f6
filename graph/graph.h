/* SPDX-License-Identifier: MIT */
/* The graph: one node is one value, nodes stand in topological order, a node is named by its index.
 *
 * Derived facts (uses, live ranges) are recomputed when needed and never stored. Everything lives
 * in the graph's arena. Text in and out: docs/graph.md; graph_print(graph_parse(text)) is a fixed
 * point.
 */
#ifndef GRAPH_GRAPH_H
#define GRAPH_GRAPH_H
#include "base/arena.h"
#include "graph/recipe.h"
#include "graph/shape.h"

typedef int node_id;
enum { NODE_NONE = -1, GRAPH_NODES_MOST = 20000, GRAPH_CLIPS_MOST = 16 };

/* What a node's value depends on. */
enum part {
    PART_WEIGHT, /* on weights alone: evaluated once, at load            */
    PART_WINDOW, /* on a clip's windows: runs on the device, in batches   */
    PART_VIDEO   /* on averages over windows: runs once a video           */
};

struct op;
struct tuning;
struct node {
    const struct op *op;
    const char *name;
    node_id *in;  /* one per input slot of the operator; NODE_NONE: an optional one is absent */
    int in_count; /* variadic operators: as many as given */
    void *attrs;  /* the operator's own struct */
    int line, column; /* of the operator in the file; line 0: made by a pass */
    bool keep;    /* tapped or fed: passes may not fuse it away */
    bool typed;   /* the file states a type: `shape` holds it until graph_infer checks it */
    /* Filled by graph_infer: */
    struct shape shape;
    enum part part;
    int clip; /* of PART_WINDOW: index of the clip whose windows N counts; else -1 */
};

struct graph {
    struct arena arena;
    const char *file; /* for messages */
    const char *model, *weights, *labels; /* NULL when absent */
    bool strict; /* compile to algorithms that sum as the definitions do: no Winograd */
    bool half;   /* compile to algorithms that have half storage: no CLBlast             */
    const struct tuning *tuning; /* of the device it is compiled for; NULL: rules alone */
    struct recipe *clips;
    int clip_count;
    struct node *nodes;
    int count, cap;
    node_id *outputs;
    int output_count;
};

/* ---- text ---- */
/* Parses and infers. Errors (ERROR_MODEL) read FILE:LINE:COLUMN: message. */
struct graph *graph_parse(const char *text, size_t len, const char *file, struct error *err);
/* The same for a file, which may not have operators and inputs that only passes make. */
struct graph *graph_read(const char *path, struct error *err);
void graph_print(const struct graph *g, struct text *out);
void graph_free(struct graph **g);
struct graph *graph_copy(const struct graph *g);

/* ---- reading ---- */
node_id graph_find(const struct graph *g, const char *name); /* NODE_NONE when absent */
int graph_uses(const struct graph *g, node_id id);            /* readers plus outputs */
int graph_clip(const struct graph *g, const char *name);      /* index or -1 */

/* ---- changing; every change is followed by graph_infer ---- */
/* Shapes, parts and clips of all nodes in order; checks types that were written. */
bool graph_infer(struct graph *g, struct error *err);
/* A new node before `before` (== g->count appends); ids >= before move up by one, references
 * follow. Attributes have their defaults, inputs are NODE_NONE. `name` is copied and made unique
 * by a suffix when it is taken. Returns its id (== before). */
node_id graph_insert(struct graph *g, node_id before, const struct op *op, const char *name,
                     int in_count);
/* Every reader of `from` and every output reads `to` instead. */
void graph_replace(struct graph *g, node_id from, node_id to);
/* Removes what no output and no kept node needs; renumbers. */
void graph_sweep(struct graph *g);
void graph_add_output(struct graph *g, node_id id);

/* The key of a weight node in a weights file: its `name` attribute, else the node's name. NULL when
 * the node is no weight. */
const char *weight_key(const struct node *n);

/* "FILE:LINE:COLUMN: opname %name: " in front of a message about a node. */
bool graph_fail(const struct graph *g, const struct node *n, struct error *err, const char *fmt,
                ...) PRINTF_LIKE(4, 5);

/* Parameters: elements of all weights named by a learnable parameter (running statistics and
 * counters are buffers, not parameters). Multiply-adds per window: of convolutions and linear
 * layers. */
int64_t graph_parameters(const struct graph *g);
double graph_multiply_adds(const struct graph *g);

#endif
