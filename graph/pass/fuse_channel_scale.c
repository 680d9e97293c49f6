/* SPDX-License-Identifier: MIT */
/* Factors of channels that only convolutions read go into the weights: conv3d(channel_scale(x, m))
 * becomes conv3d_scaled(x, scale=m), which makes weights for each window and reads x as it stands.
 * A concat of scaled values counts as a scaled concat. It pays where a window has more pixels than
 * the convolution has weights for an input channel; factors of frames stay where they are.
 *
 * needs:    final weights, and adds and activations in the convolution's store.
 * breaks:   conv3d as the only convolution of activations.
 * why here: after fuse-epilogue, before pack-weights, which packs what is scaled. */
#include "graph/op.h"
#include "graph/pass/pass.h"

#include <string.h>

static bool is(const struct graph *g, node_id id, const char *op)
{
    return !strcmp(g->nodes[id].op->name, op);
}

static node_id in(const struct graph *g, node_id id, const char *slot)
{
    return g->nodes[id].in[op_slot(g->nodes[id].op, slot)];
}

static const void *attr_of(const struct node *n, const char *name)
{
    return (const char *)n->attrs + attr_find(n->op, name)->offset;
}

static bool reads(const struct node *n, node_id id)
{
    for (int k = 0; k < n->in_count; k++)
        if (n->in[k] == id)
            return true;
    return false;
}

/* A convolution whose x alone is `id`, and for which scaling the weights is less work. */
static bool fits(const struct graph *g, node_id conv, node_id id)
{
    if (!is(g, conv, "conv3d") || in(g, conv, "x") != id || in(g, conv, "add") == id ||
        in(g, conv, "packed") != NODE_NONE || *(const int *)attr_of(&g->nodes[conv], "groups") != 1)
        return false;
    const struct shape *w = &g->nodes[in(g, conv, "w")].shape, *x = &g->nodes[id].shape;
    int64_t weights = shape_elements(w, 1) / w->dim[1];
    return weights < x->dim[2] * x->dim[3] * x->dim[4];
}

/* Whether convolutions that fit are all that reads id. */
static bool vanishes(const struct graph *g, node_id id)
{
    int readers = 0;
    if (g->nodes[id].keep)
        return false;
    for (node_id i = id + 1; i < g->count; i++)
        if (reads(&g->nodes[i], id)) {
            if (!fits(g, i, id))
                return false;
            readers++;
        }
    return readers && readers == graph_uses(g, id);
}

static bool is_scale(const struct graph *g, node_id id)
{
    return is(g, id, "channel_scale") && g->nodes[in(g, id, "m")].shape.rank == 2;
}

/* Whether a concat joins nothing but scaled values, which nobody else reads, by one rule. */
static bool joins_scales(const struct graph *g, node_id concat)
{
    const struct node *n = &g->nodes[concat];
    for (int k = 0; k < n->in_count; k++) {
        const struct node *s = &g->nodes[n->in[k]];
        if (!is_scale(g, n->in[k]) || s->keep || graph_uses(g, n->in[k]) != 1 ||
            memcmp(attr_of(s, "plus"), attr_of(&g->nodes[n->in[0]], "plus"), sizeof(float)) != 0)
            return false;
    }
    return true;
}

/* A concat of what the scaled inputs of *concat have in a slot, in front of it; it moves up. */
static node_id join(struct graph *g, node_id *concat, const char *slot)
{
    const char *name = arena_printf(&g->arena, "%s.%s", g->nodes[*concat].name, slot);
    int count = g->nodes[*concat].in_count;
    node_id id = graph_insert(g, (*concat)++, op_find("concat"), name, count);
    for (int k = 0; k < count; k++)
        g->nodes[id].in[k] = in(g, g->nodes[*concat].in[k], slot);
    return id;
}

/* Every reader of `from` convolves x with weights scaled by m; `scale` has the attribute plus. */
static void fuse(struct graph *g, node_id from, node_id x, node_id m, node_id scale)
{
    static const char *const same[] = {"w", "bias", "add"};
    const struct op *op = op_find("conv3d_scaled");
    for (node_id i = from + 1; i < g->count; i++) {
        if (!reads(&g->nodes[i], from))
            continue;
        node_id id = graph_insert(g, i, op, g->nodes[i].name, op_slot_count(op));
        i++; /* the old node, which the sweep removes */
        struct node *n = &g->nodes[id], *old = &g->nodes[i];
        n->in[op_slot(op, "x")] = x;
        n->in[op_slot(op, "scale")] = m;
        for (size_t k = 0; k < sizeof same / sizeof *same; k++)
            n->in[op_slot(op, same[k])] = in(g, i, same[k]);
        attr_copy_shared(n, &g->nodes[scale]);
        attr_copy_shared(n, old);
        n->name = old->name;
        n->line = old->line;
        n->keep = old->keep;
        old->keep = false;
        graph_replace(g, i, id);
    }
}

bool pass_fuse_channel_scale(struct graph *g, struct error *err)
{
    (void)err;
    for (node_id i = 0; i < g->count; i++) {
        if (is_scale(g, i) && vanishes(g, i)) {
            fuse(g, i, in(g, i, "x"), in(g, i, "m"), i);
        } else if (is(g, i, "concat") && joins_scales(g, i) && vanishes(g, i)) {
            node_id x = join(g, &i, "x"), m = join(g, &i, "m");
            fuse(g, i, x, m, g->nodes[i].in[0]);
        }
    }
    return true;
}
