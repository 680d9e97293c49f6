/* SPDX-License-Identifier: MIT */
#include "graph/cam_head.h"
#include "graph/op.h"

#include <string.h>

static bool is_one_of(const struct node *n, const char *const *names)
{
    for (; *names; names++)
        if (!strcmp(n->op->name, *names))
            return true;
    return false;
}

static const char *const pools[] = {"global_average", "avgpool3d", NULL};
static const char *const views[] = {"identity", "flatten", "squeeze", NULL};
static const char *const ends[] = {"softmax", "sigmoid", NULL};

/* Past nodes of these kinds, towards the inputs. */
static node_id skip(const struct graph *g, node_id id, const char *const *names)
{
    while (is_one_of(&g->nodes[id], names) || is_one_of(&g->nodes[id], views))
        id = g->nodes[id].in[0];
    return id;
}

/* A linear layer, or the convolution that is one at every place. */
static bool is_classifier(const struct graph *g, const struct node *n)
{
    int w = op_slot(n->op, "w");
    const struct attr *act = attr_find(n->op, "act");
    if ((strcmp(n->op->name, "linear") && strcmp(n->op->name, "conv3d")) || n->in[w] == NODE_NONE ||
        (act && attr_get_enum(n, "act") != attr_choice(act, "none")))
        return false;
    const struct shape *s = &g->nodes[n->in[w]].shape;
    for (int i = 2; i < s->rank; i++)
        if (s->dim[i] != 1)
            return false;
    return g->nodes[n->in[w]].op == op_find("weight");
}

static bool refuse(const struct graph *g, node_id id, const char *wanted, struct error *err)
{
    graph_fail(g, &g->nodes[id], err, "no class activation maps: wanted here is %s", wanted);
    return false;
}

/* Every input of a concat is pooled: paths that meet after their pooling. */
static bool joins_pools(const struct graph *g, const struct node *n)
{
    bool all = !strcmp(n->op->name, "concat");
    for (int i = 0; all && i < n->in_count; i++)
        all = is_one_of(&g->nodes[skip(g, n->in[i], views)], pools);
    return all;
}

static bool add_feature(const struct graph *g, node_id id, node_id weight, int64_t *column,
                        struct cam_head *heads, int *count, struct error *err)
{
    node_id pool = skip(g, id, views), x = skip(g, pool, pools);
    const struct node *n = &g->nodes[x];
    if (joins_pools(g, n)) {
        for (int i = 0; i < n->in_count; i++)
            TRY(add_feature(g, n->in[i], weight, column, heads, count, err));
        return true;
    }
    if (x == pool)
        return refuse(g, x, "global_average or avgpool3d, before a linear classifier", err);
    if (n->shape.rank != 5 || n->part != PART_WINDOW)
        return refuse(g, x, "a value f32[N,C,T,H,W] of a window", err);
    if (*count == CAM_HEADS_MOST)
        return fail(err, ERROR_LIMIT, "%s: more than %d paths", g->file, CAM_HEADS_MOST);
    heads[(*count)++] = (struct cam_head){.feature = x, .weight = weight, .column = *column};
    *column += n->shape.dim[1];
    return true;
}

static bool add_head(const struct graph *g, node_id scores, struct cam_head *heads, int *count,
                     struct error *err)
{
    node_id id = skip(g, skip(g, scores, ends), pools);
    const struct node *n = &g->nodes[id];
    if (!is_classifier(g, n))
        return refuse(g, id, "linear, or conv3d of 1x1x1, without an activation", err);
    node_id weight = n->in[op_slot(n->op, "w")];
    int64_t column = 0;
    TRY(add_feature(g, n->in[0], weight, &column, heads, count, err));
    if (column != g->nodes[weight].shape.dim[1])
        return refuse(g, id, "one that reads pooled features alone", err);
    return true;
}

bool cam_heads(const struct graph *g, struct cam_head heads[CAM_HEADS_MOST], int *count,
               struct error *err)
{
    *count = 0;
    for (int i = 0; i < g->count; i++)
        if (g->nodes[i].op->traits & OP_WINDOWS)
            TRY(add_head(g, g->nodes[i].in[0], heads, count, err));
    return *count || fail(err, ERROR_MODEL, "%s: has no mean_windows: no head to explain", g->file);
}
