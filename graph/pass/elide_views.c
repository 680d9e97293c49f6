/* SPDX-License-Identifier: MIT */
/* elide-views: values that are another value under a second name disappear.
 *
 * identity, and concat of one input, are replaced by what they read. flatten of a single pixel
 * becomes squeeze, a view, because the rank changes but no element moves.
 *
 * needs:    shapes.
 * breaks:   nothing.
 * why here: early, so that the patterns of all later passes are not hidden behind second names.
 */
#include "graph/op.h"
#include "graph/pass/pass.h"

#include <string.h>

static bool is_output(const struct graph *g, node_id id)
{
    for (int i = 0; i < g->output_count; i++)
        if (g->outputs[i] == id)
            return true;
    return false;
}

static bool is_second_name(const struct graph *g, const struct node *n)
{
    if (n->op->traits & OP_VIEW)
        return shape_equal(&n->shape, &g->nodes[n->in[0]].shape);
    return n->in_count == 1 && !strcmp(n->op->name, "concat");
}

static bool is_one_pixel(const struct shape *s)
{
    return s->rank == 5 && s->dim[2] == 1 && s->dim[3] == 1 && s->dim[4] == 1;
}

bool pass_elide_views(struct graph *g, struct error *err)
{
    (void)err;
    const struct op *squeeze = op_find("squeeze");
    for (int i = 0; i < g->count; i++) {
        struct node *n = &g->nodes[i];
        if (n->op->traits & OP_SOURCE)
            continue;
        if (is_second_name(g, n) && !n->keep && !is_output(g, i))
            graph_replace(g, i, n->in[0]);
        else if (!strcmp(n->op->name, "flatten") && is_one_pixel(&g->nodes[n->in[0]].shape))
            n->op = squeeze; /* neither has attributes */
    }
    return true;
}
