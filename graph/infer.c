/* SPDX-License-Identifier: MIT */
/* Shapes, parts and clips of all nodes, in one walk: what makes a graph a checked graph. */
#include "graph/op.h"

#include <string.h>

/* Where the value lives: joins the parts of the inputs. Windows of two clips never meet, and what
 * runs once a video never goes back to windows. */
static bool infer_part(const struct graph *g, struct node *n, struct error *err)
{
    bool video = false;
    int window_input = NODE_NONE;
    n->part = PART_WEIGHT;
    n->clip = -1;
    for (int i = 0; i < n->in_count; i++) {
        if (n->in[i] == NODE_NONE)
            continue;
        const struct node *x = &g->nodes[n->in[i]];
        if (x->part == PART_VIDEO)
            video = true;
        if (x->part != PART_WINDOW)
            continue;
        if (n->clip >= 0 && x->clip != n->clip)
            return graph_fail(g, n, err, "mixes windows of clip '%s' with windows of clip '%s'",
                              g->clips[n->clip].name, g->clips[x->clip].name);
        n->clip = x->clip;
        window_input = n->in[i];
    }
    if (window_input != NODE_NONE && video)
        return graph_fail(g, n, err, "mixes windows (%%%s) with a value of the whole video",
                          g->nodes[window_input].name);
    if (window_input != NODE_NONE)
        n->part = PART_WINDOW;
    else if (video)
        n->part = PART_VIDEO;
    if (n->op->traits & OP_WINDOWS) {
        if (n->part != PART_WINDOW)
            return graph_fail(g, n, err, "its input has no windows");
        n->part = PART_VIDEO;
        n->clip = -1;
    }
    if ((n->op->traits & OP_HOST) && n->part != PART_WEIGHT)
        return graph_fail(g, n, err, "prepares weights, but an input is not a weight");
    return true;
}

/* An input belongs to a named clip; in a graph without clips (tests, fed tensors) there is one. */
static bool infer_input(struct graph *g, struct node *n, struct error *err)
{
    const struct attr *a = attr_find(n->op, "clip");
    const char *clip = a ? *(const char **)((char *)n->attrs + a->offset) : NULL;
    n->part = PART_WEIGHT;
    n->clip = -1;
    if (!clip)
        return true; /* a weight */
    n->part = PART_WINDOW;
    n->clip = 0;
    if (!*clip) {
        if (!g->clip_count) {
            g->clips = ARENA_ARRAY(&g->arena, struct recipe, GRAPH_CLIPS_MOST);
            recipe_defaults(&g->clips[g->clip_count++], "main");
            g->clips[0].frames = 1;
        }
        return true;
    }
    n->clip = graph_clip(g, clip);
    if (n->clip < 0)
        return graph_fail(g, n, err, "clip '%.60s' is not defined", clip);
    return true;
}

static bool infer_node(struct graph *g, struct node *n, struct error *err)
{
    struct shape stated = n->shape;
    char a[96], b[96];
    if (n->op->traits & OP_SOURCE) {
        TRY(infer_input(g, n, err));
    } else {
        TRY(infer_part(g, n, err));
        n->shape = (struct shape){0};
        if (n->part != PART_WEIGHT && (n->op->traits & OP_HOST))
            return graph_fail(g, n, err, "works on weights only");
    }
    TRY(n->op->infer(g, n, err));
    if (!shape_check(&n->shape))
        return graph_fail(g, n, err, "its result %s is empty or too large",
                          shape_text(&n->shape, a));
    /* Memory is laid out for a batch of windows: another first axis would overrun it. */
    if (n->part == PART_WINDOW && (!n->shape.rank || n->shape.dim[0] != DIM_N))
        return graph_fail(g, n, err, "is %s: its first axis must be N, the windows",
                          shape_text(&n->shape, a));
    if (n->typed && !shape_equal(&n->shape, &stated))
        return graph_fail(g, n, err, "its result is %s, the file says %s", shape_text(&n->shape, a),
                          shape_text(&stated, b));
    return true;
}

bool graph_infer(struct graph *g, struct error *err)
{
    for (int i = 0; i < g->count; i++) {
        struct node *n = &g->nodes[i];
        for (int k = 0; k < n->in_count; k++)
            if (n->in[k] >= i)
                return graph_fail(g, n, err, "reads a value that is defined later");
        TRY(infer_node(g, n, err));
        n->typed = (n->op->traits & OP_SOURCE) != 0;
    }
    return true;
}
