/* SPDX-License-Identifier: MIT */
/* Batch norm into the convolution before it: its scale goes into the weights, its shift into the
 * bias, its activation into the store.
 *
 * needs:    views elided, so that the batch norm reads the convolution itself.
 * breaks:   nothing; the raw weights are read by fold_bn nodes instead of by the convolution.
 * why here: before fuse-epilogue, which puts additions and activations that follow into the same
 *           store and would find a batch norm in between. */
#include "graph/pipeline.h"
#include "graph/op.h"
#include "graph/pass/pass.h"

#include <string.h>

static node_id *slot(struct graph *g, node_id id, const char *name)
{
    return &g->nodes[id].in[op_slot(g->nodes[id].op, name)];
}

/* Only this batch norm reads the convolution, and nothing happens to the sum before it. */
static bool folds(struct graph *g, node_id bn)
{
    if (strcmp(g->nodes[bn].op->name, "batchnorm"))
        return false;
    node_id conv = *slot(g, bn, "x");
    const struct node *c = &g->nodes[conv];
    if (strcmp(c->op->name, "conv3d") || c->keep || graph_uses(g, conv) != 1)
        return false;
    return *slot(g, conv, "add") == NODE_NONE && *slot(g, conv, "packed") == NODE_NONE &&
           attr_get_enum(c, "act") == 0;
}

/* A fold_bn node in front of the batch norm bn, with its statistics. */
static node_id insert_fold(struct graph *g, node_id bn, const char *part)
{
    static const char *const same[] = {"gamma", "beta", "mean", "var"};
    const struct op *op = op_find("fold_bn");
    const char *name = arena_printf(&g->arena, "%s.folded_%s", g->nodes[bn].name, part);
    node_id id = graph_insert(g, bn, op, name, op_slot_count(op));
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        *slot(g, id, same[i]) = *slot(g, id + 1, same[i]);
    attr_copy_shared(&g->nodes[id], &g->nodes[id + 1]); /* eps */
    attr_set_enum(&g->nodes[id], "part", part);
    return id;
}

/* Each insertion in front of the batch norm moves it up by one. */
static void fold(struct graph *g, node_id bn)
{
    node_id conv = *slot(g, bn, "x");
    node_id weight = insert_fold(g, bn, "weight");
    *slot(g, weight, "w") = *slot(g, conv, "w");
    node_id bias = insert_fold(g, bn + 1, "bias");
    *slot(g, bias, "bias") = *slot(g, conv, "bias");
    node_id id =
        graph_insert(g, bn + 2, g->nodes[conv].op, g->nodes[bn + 2].name, g->nodes[conv].in_count);
    struct node *n = &g->nodes[id], *old = &g->nodes[id + 1];
    memcpy(n->in, g->nodes[conv].in, sizeof *n->in * (size_t)n->in_count);
    *slot(g, id, "w") = weight;
    *slot(g, id, "bias") = bias;
    attr_copy_shared(n, &g->nodes[conv]);
    attr_copy_shared(n, old); /* act */
    n->name = old->name;
    n->line = old->line;
    n->keep = old->keep;
    old->keep = false;
    graph_replace(g, id + 1, id);
}

bool pass_fold_batchnorm(struct graph *g, struct error *err)
{
    (void)err;
    for (node_id i = 0; i < g->count; i++)
        if (folds(g, i)) {
            fold(g, i);
            i += 3; /* the old node, which the sweep removes */
        }
    return true;
}
