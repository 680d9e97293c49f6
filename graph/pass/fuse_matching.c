/* SPDX-License-Identifier: MIT */
/* fuse-matching: displacement of a cost_volume becomes match_frames, which never stores the volume:
 * with windows of 15 x 15 it would be three and a half times the features.
 *
 * The volume must have no other reader and must not be kept, and both must mean the same window
 * (4 rows x 1 column has as many places as 1 x 4).
 *
 * needs:    views elided, so that the displacement reads the volume itself.
 * breaks:   nothing.
 * why here: after elide-views, else anywhere; no other pass knows these operators.
 */
#include "graph/op.h"
#include "graph/pass/pass.h"

#include <string.h>

static int columns(const struct node *n)
{
    int radius = attr_get_int(n, "radius_w");
    return radius ? radius : attr_get_int(n, "radius");
}

static bool fuses(const struct graph *g, const struct node *n)
{
    if (strcmp(n->op->name, "displacement"))
        return false;
    const struct node *volume = &g->nodes[n->in[0]];
    return !strcmp(volume->op->name, "cost_volume") && !volume->keep &&
           graph_uses(g, n->in[0]) == 1 && columns(volume) == columns(n) &&
           attr_get_int(volume, "radius") == attr_get_int(n, "radius");
}

bool pass_fuse_matching(struct graph *g, struct error *err)
{
    (void)err;
    const struct op *match = op_find("match_frames");
    for (int i = 0; i < g->count; i++) {
        struct node *n = &g->nodes[i], old = *n;
        if (!fuses(g, n))
            continue;
        const struct node *volume = &g->nodes[n->in[0]];
        n->op = match;
        n->attrs = arena_alloc(&g->arena, match->attrs_size);
        attr_defaults(g, n);
        attr_copy_shared(n, volume);
        attr_copy_shared(n, &old);
        n->in[0] = volume->in[0];
    }
    return true;
}
