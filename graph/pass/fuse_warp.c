/* SPDX-License-Identifier: MIT */
/* fuse-warp: the next frame less the warped one becomes warp_difference; neither the warped frames
 * nor a copy of the next ones stand in memory.
 *
 * The pattern is subtract(select_frames(x, begin=1), warp(x, v)). The warp must have no other
 * reader and must not be kept, or it would be computed twice; select_frames only loses a reader.
 *
 * needs:    views elided, so that the operators read each other.
 * breaks:   nothing.
 * why here: after elide-views, else anywhere; no other pass knows these operators.
 */
#include "graph/op.h"
#include "graph/pass/pass.h"

#include <string.h>

static bool is(const struct graph *g, node_id id, const char *op)
{
    return !strcmp(g->nodes[id].op->name, op);
}

/* Frames 1, 2, ... of x; how many, the shapes say: subtract wants as many as the warp has. */
static bool is_next(const struct graph *g, node_id id)
{
    const struct node *n = &g->nodes[id];
    return is(g, id, "select_frames") && attr_get_int(n, "begin") == 1 &&
           attr_get_int(n, "stride") == 1 && !attr_get_int(n, "spread");
}

static bool fuses(const struct graph *g, const struct node *n)
{
    if (strcmp(n->op->name, "subtract"))
        return false;
    node_id next = n->in[0], warp = n->in[1];
    return is_next(g, next) && is(g, warp, "warp") && !g->nodes[warp].keep &&
           graph_uses(g, warp) == 1 && g->nodes[next].in[0] == g->nodes[warp].in[0];
}

bool pass_fuse_warp(struct graph *g, struct error *err)
{
    (void)err;
    const struct op *difference = op_find("warp_difference");
    for (int i = 0; i < g->count; i++) {
        struct node *n = &g->nodes[i];
        if (!fuses(g, n))
            continue;
        const struct node *warp = &g->nodes[n->in[1]];
        n->op = difference;
        n->attrs = arena_alloc(&g->arena, difference->attrs_size);
        attr_defaults(g, n);
        attr_copy_shared(n, warp);
        memcpy(n->in, warp->in, sizeof *n->in * 2);
    }
    return true;
}
