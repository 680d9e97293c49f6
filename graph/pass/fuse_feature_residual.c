/* SPDX-License-Identifier: MIT */
/* A convolution f over time, and in a concat behind it |f(t+1) - f(t)|: one node makes both, in the
 * place of the residual. concat(..., f, residual(f), ...) becomes concat(..., conv3d_time, ...), or
 * conv3d_frames with a difference where f is one. Nobody else may read f or its residual.
 *
 * needs:    batch norms folded and activations in the convolution's store: f is the final value.
 * breaks:   conv3d_time has two results: what would go into its store now comes too late.
 * why here: after fuse-frames and fuse-epilogue, before pack-weights. */
#include "graph/op.h"
#include "graph/pass/pass.h"

#include <string.h>

static bool is(const struct graph *g, node_id id, const char *op)
{
    return !strcmp(g->nodes[id].op->name, op);
}

static node_id in(const struct graph *g, node_id id, const char *slot)
{
    int i = op_slot(g->nodes[id].op, slot);
    return i < 0 ? NODE_NONE : g->nodes[id].in[i];
}

static const int *ints(const struct node *n, const char *name)
{
    return (const int *)((const char *)n->attrs + attr_find(n->op, name)->offset);
}

static bool has_word(const struct node *n, const char *name, const char *word)
{
    return attr_get_enum(n, name) == attr_choice(attr_find(n->op, name), word);
}

/* |f(t+1) - f(t)| of as many frames as f. */
static bool is_difference(const struct graph *g, node_id id)
{
    const struct node *n = &g->nodes[id];
    return is(g, id, "residual") && has_word(n, "mode", "abs") && *ints(n, "step") == 1 &&
           !has_word(n, "last", "drop") && !n->keep && graph_uses(g, id) == 1;
}

/* A convolution that conv3d_time can be, or one of bytes, which can be any. */
static bool is_producer(const struct graph *g, node_id id)
{
    const struct node *n = &g->nodes[id];
    if (!(is(g, id, "conv3d") || is(g, id, "conv3d_frames")) || n->keep || graph_uses(g, id) != 2 ||
        in(g, id, "add") != NODE_NONE || in(g, id, "packed") != NODE_NONE)
        return false;
    if (is(g, id, "conv3d_frames"))
        return has_word(n, "difference", "none");
    const struct shape *w = &g->nodes[in(g, id, "w")].shape;
    const int *pad = ints(n, "pad");
    return w->rank == 5 && w->dim[2] > 1 && w->dim[3] == 1 && w->dim[4] == 1 &&
           ints(n, "stride")[0] == 1 && ints(n, "dilation")[0] == 1 && *ints(n, "groups") == 1 &&
           (has_word(n, "mode", "same") || (!pad[1] && !pad[2]));
}

/* The node in the residual's place, which does what f and it did. */
static node_id fuse(struct graph *g, node_id f, node_id residual)
{
    static const char *const same[] = {"x", "w", "table", "bias"};
    bool frames = is(g, f, "conv3d_frames");
    const struct op *op = frames ? g->nodes[f].op : op_find("conv3d_time");
    const char *last = frames ? "difference" : "last";
    char word[32];
    node_id id = graph_insert(g, residual, op, g->nodes[residual].name, op_slot_count(op));
    struct node *n = &g->nodes[id], *old = &g->nodes[id + 1];
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        if (op_slot(op, same[i]) >= 0)
            n->in[op_slot(op, same[i])] = in(g, f, same[i]);
    attr_copy_shared(n, &g->nodes[f]);
    attr_set_enum(n, last, attr_enum_word(old, attr_find(old->op, "last"), word));
    n->name = old->name;
    n->line = old->line;
    return id;
}

bool pass_fuse_feature_residual(struct graph *g, struct error *err)
{
    (void)err;
    for (node_id i = 0; i < g->count; i++) {
        if (!is(g, i, "concat"))
            continue;
        for (int k = 0; k + 1 < g->nodes[i].in_count; k++) {
            node_id f = g->nodes[i].in[k], residual = g->nodes[i].in[k + 1];
            if (!is_difference(g, residual) || in(g, residual, "x") != f || !is_producer(g, f))
                continue;
            node_id fused = fuse(g, f, residual);
            struct node *concat = &g->nodes[++i];
            concat->in[k] = fused;
            concat->in_count--;
            memmove(concat->in + k + 1, concat->in + k + 2,
                    sizeof *concat->in * (size_t)(concat->in_count - k - 1));
        }
    }
    return true;
}
