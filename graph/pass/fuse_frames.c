/* SPDX-License-Identifier: MIT */
/* Bytes, normalize, perhaps residual, conv3d become one conv3d_frames that reads the bytes: neither
 * the float clip nor its differences ever stand in memory.
 *
 * needs:    views elided; batch norms folded, so that the fused node has its final weights.
 * breaks:   conv3d as the only convolution: later passes find slots and attributes by name.
 * why here: before fuse-epilogue and pack-weights, which treat both convolutions alike. */
#include "graph/pipeline.h"
#include "graph/op.h"
#include "graph/pass/pass.h"

#include <string.h>

static bool is(const struct graph *g, node_id id, const char *op)
{
    return id != NODE_NONE && !strcmp(g->nodes[id].op->name, op);
}

static node_id in(const struct graph *g, node_id id, const char *slot)
{
    return g->nodes[id].in[op_slot(g->nodes[id].op, slot)];
}

static bool single(const struct graph *g, node_id id)
{
    return !g->nodes[id].keep && graph_uses(g, id) == 1;
}

struct chain {
    node_id frames, normalize, residual; /* residual: NODE_NONE when absent */
};

/* What conv reads, when all of it can be fused. */
static bool match(const struct graph *g, node_id conv, struct chain *c)
{
    if (!is(g, conv, "conv3d") || in(g, conv, "packed") != NODE_NONE)
        return false;
    node_id x = in(g, conv, "x"), w = in(g, conv, "w");
    c->residual = is(g, x, "residual") ? x : NODE_NONE;
    c->normalize = c->residual == NODE_NONE ? x : in(g, x, "x");
    if (!is(g, c->normalize, "normalize") || !single(g, c->normalize) || !single(g, x))
        return false;
    if (in(g, c->normalize, "mean") != NODE_NONE) /* a cube: more than a table of bytes */
        return false;
    c->frames = in(g, c->normalize, "x");
    return g->nodes[c->frames].shape.dtype == DTYPE_U8 && g->nodes[w].shape.dim[1] == 3;
}

static void fuse(struct graph *g, node_id conv, const struct chain *c)
{
    static const char *const same[] = {"w", "bias", "add"};
    const struct op *op = op_find("conv3d_frames"), *table_op = op_find("frame_table");
    const char *name = arena_printf(&g->arena, "%s.table", g->nodes[c->normalize].name);
    char mode[32];
    node_id table = graph_insert(g, conv, table_op, name, 0);
    attr_copy_shared(&g->nodes[table], &g->nodes[c->normalize]);
    node_id id = graph_insert(g, conv + 1, op, g->nodes[conv + 1].name, op_slot_count(op));
    struct node *n = &g->nodes[id], *old = &g->nodes[id + 1];
    n->in[op_slot(op, "x")] = c->frames;
    n->in[op_slot(op, "table")] = table;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        n->in[op_slot(op, same[i])] = in(g, id + 1, same[i]);
    /* First the residual's step: its mode is not the convolution's, which follows. */
    if (c->residual != NODE_NONE)
        attr_copy_shared(n, &g->nodes[c->residual]);
    attr_copy_shared(n, old);
    if (c->residual != NODE_NONE) {
        const struct node *r = &g->nodes[c->residual];
        attr_set_enum(n, "residual", attr_enum_word(r, attr_find(r->op, "mode"), mode));
    }
    n->name = old->name;
    n->line = old->line;
    n->keep = old->keep;
    old->keep = false;
    graph_replace(g, id + 1, id);
}

bool pass_fuse_frames(struct graph *g, struct error *err)
{
    struct chain c;
    (void)err;
    for (node_id i = 0; i < g->count; i++)
        if (match(g, i, &c)) {
            fuse(g, i, &c);
            i += 2; /* the old node, which the sweep removes */
        }
    return true;
}
