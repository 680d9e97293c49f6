/* SPDX-License-Identifier: MIT */
/* Bytes, normalize, perhaps residual or select_frames, conv3d become one conv3d_frames that reads
 * the bytes: neither the float clip nor what was made of it ever stands in memory. Several
 * convolutions may read one clip: normalizing again from a table is cheaper than writing floats and
 * reading them. What is kept is computed anyway, and is read.
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

/* Whether its value is wanted for itself. */
static bool fetched(const struct graph *g, node_id id)
{
    bool output = false;
    for (int i = 0; i < g->output_count; i++)
        output = output || g->outputs[i] == id;
    return output || g->nodes[id].keep;
}

struct chain {
    node_id frames, normalize, between; /* residual or select_frames; NODE_NONE when absent */
};

/* A residual that ends with the frames, as the fused one does. */
static bool plain_residual(const struct graph *g, node_id id)
{
    const struct node *n = &g->nodes[id];
    return is(g, id, "residual") &&
           attr_get_enum(n, "last") == attr_choice(attr_find(n->op, "last"), "drop");
}

/* What conv reads, when all of it can be fused. */
static bool match(const struct graph *g, node_id conv, struct chain *c)
{
    if (!is(g, conv, "conv3d") || in(g, conv, "packed") != NODE_NONE)
        return false;
    node_id x = in(g, conv, "x"), w = in(g, conv, "w");
    bool between = plain_residual(g, x) || is(g, x, "select_frames");
    c->between = between ? x : NODE_NONE;
    c->normalize = between ? in(g, x, "x") : x;
    if (!is(g, c->normalize, "normalize") || fetched(g, c->normalize) || fetched(g, x))
        return false;
    if (in(g, c->normalize, "mean") != NODE_NONE) /* a cube: more than a table of bytes */
        return false;
    c->frames = in(g, c->normalize, "x");
    return g->nodes[c->frames].shape.dtype == DTYPE_U8 && g->nodes[w].shape.dim[1] == 3;
}

/* The table of a normalize, which all convolutions of the clip share: an earlier one, or a new one
 * in front of node *conv, which moves up. */
static node_id table_of(struct graph *g, node_id normalize, node_id *conv)
{
    const char *name = arena_printf(&g->arena, "%s.table", g->nodes[normalize].name);
    for (node_id i = normalize + 1; i < *conv; i++)
        if (is(g, i, "frame_table") && !strcmp(g->nodes[i].name, name))
            return i;
    node_id table = graph_insert(g, (*conv)++, op_find("frame_table"), name, 0);
    attr_copy_shared(&g->nodes[table], &g->nodes[normalize]);
    return table;
}

/* What stands between normalize and the convolution. Its `mode` and `stride` have other names in
 * the fused node, where these are the convolution's; they are copied before those. */
static void copy_between(struct node *n, const struct node *between)
{
    const struct op *op = between->op;
    char mode[32];
    attr_copy_shared(n, between);
    if (!strcmp(op->name, "residual")) {
        attr_set_enum(n, "residual", attr_enum_word(between, attr_find(op, "mode"), mode));
        return;
    }
    memcpy((char *)n->attrs + attr_find(n->op, "every")->offset,
           (const char *)between->attrs + attr_find(op, "stride")->offset, sizeof(int));
}

static void fuse(struct graph *g, node_id *conv, const struct chain *c)
{
    static const char *const same[] = {"w", "bias", "add"};
    const struct op *op = op_find("conv3d_frames");
    node_id table = table_of(g, c->normalize, conv);
    node_id id = graph_insert(g, *conv, op, g->nodes[*conv].name, op_slot_count(op));
    struct node *n = &g->nodes[id], *old = &g->nodes[id + 1];
    n->in[op_slot(op, "x")] = c->frames;
    n->in[op_slot(op, "table")] = table;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        n->in[op_slot(op, same[i])] = in(g, id + 1, same[i]);
    if (c->between != NODE_NONE)
        copy_between(n, &g->nodes[c->between]);
    attr_copy_shared(n, old);
    n->name = old->name;
    n->line = old->line;
    n->keep = old->keep;
    old->keep = false;
    graph_replace(g, id + 1, id);
    ++*conv; /* the old node, which the sweep removes */
}

bool pass_fuse_frames(struct graph *g, struct error *err)
{
    struct chain c;
    (void)err;
    for (node_id i = 0; i < g->count; i++)
        if (match(g, i, &c))
            fuse(g, &i, &c);
    return true;
}
