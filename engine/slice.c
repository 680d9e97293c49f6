/* SPDX-License-Identifier: MIT */
/* Concat without copies: what a concat joins is written side by side by its producers.
 *
 * A value of a window part stands inside the value of a concat that reads it when its own operator
 * and all its readers know rows and offsets that are not the value's own (OP_SLICED), when nobody
 * reads it from outside, and when its operator reads nothing of the channels that it writes. The
 * concat copies the rest, and an input that it has twice. A value stands in the first concat that
 * reads it; a concat may stand in another one. */
#include "base/checked.h"
#include "engine/lower.h"

static void find_candidates(const struct graph *g, bool *may)
{
    for (int i = 0; i < g->count; i++) {
        const struct node *n = &g->nodes[i];
        bool sliced = n->op->traits & OP_SLICED;
        may[i] = sliced && n->part == PART_WINDOW && !n->keep;
        for (int k = 0; k < n->in_count && !sliced; k++)
            if (n->in[k] != NODE_NONE)
                may[n->in[k]] = false;
    }
    for (int i = 0; i < g->output_count; i++)
        may[g->outputs[i]] = false;
}

static void join(struct plan *plan, const struct node *n, const bool *may)
{
    const struct graph *g = plan->graph;
    int channel = 0;
    for (int k = 0; k < n->in_count; k++) {
        struct slice *s = &plan->slices[n->in[k]];
        if (may[n->in[k]] && s->into == NODE_NONE)
            *s = (struct slice){.into = (node_id)(n - g->nodes), .channel = channel};
        channel += (int)g->nodes[n->in[k]].shape.dim[1];
    }
}

/* Kernels read whole lanes: of an input whose last lane reaches into the channels that the same
 * launch writes, a work-item would read what another writes. The numbers would not matter, but it
 * is a race. */
static bool reads_own_channels(const struct plan *plan, const struct node *n)
{
    const struct graph *g = plan->graph;
    int to, from;
    node_id whole = plan_storage(plan, (node_id)(n - g->nodes), &to);
    for (int k = 0; k < n->in_count; k++) {
        if (n->in[k] == NODE_NONE || plan_storage(plan, n->in[k], &from) != whole)
            continue;
        int64_t end = from + (int64_t)round_up((uint64_t)g->nodes[n->in[k]].shape.dim[1], LANE);
        if (from < to + n->shape.dim[1] && to < end)
            return true;
    }
    return false;
}

static void drop_races(struct plan *plan)
{
    const struct graph *g = plan->graph;
    for (int i = 0; i < g->count; i++)
        if (plan->slices[i].into != NODE_NONE && !(g->nodes[i].op->traits & OP_JOINS) &&
            reads_own_channels(plan, &g->nodes[i]))
            plan->slices[i].into = NODE_NONE;
}

/* Kernels read whole lanes: from the last channels of a row, they may reach behind the memory. */
static void find_tails(struct plan *plan)
{
    const struct graph *g = plan->graph;
    for (int i = 0; i < g->count; i++) {
        int channel;
        if (plan->slices[i].into == NODE_NONE)
            continue;
        node_id whole = plan_storage(plan, i, &channel);
        int64_t end = channel + (int64_t)round_up((uint64_t)g->nodes[i].shape.dim[1], LANE);
        int64_t tail = end - layout_row(g->nodes[whole].shape.dim[1]);
        if (tail > plan->slices[whole].tail)
            plan->slices[whole].tail = (int)tail;
    }
}

void slice_find(struct plan *plan)
{
    const struct graph *g = plan->graph;
    struct arena scratch = {0};
    bool *may = ARENA_ARRAY(&scratch, bool, g->count);
    plan->slices = ARENA_ARRAY(&plan->arena, struct slice, g->count);
    for (int i = 0; i < g->count; i++)
        plan->slices[i].into = NODE_NONE;
    find_candidates(g, may);
    for (int i = 0; i < g->count; i++)
        if (g->nodes[i].part == PART_WINDOW && (g->nodes[i].op->traits & OP_JOINS))
            join(plan, &g->nodes[i], may);
    drop_races(plan);
    find_tails(plan);
    arena_free(&scratch);
}

node_id plan_storage(const struct plan *plan, node_id id, int *channel)
{
    const struct graph *g = plan->graph;
    int at = 0;
    for (;;) {
        const struct slice *s = &plan->slices[id];
        if (s->into != NODE_NONE) {
            at += s->channel;
            id = s->into;
        } else if (g->nodes[id].op->traits & OP_VIEW) {
            id = g->nodes[id].in[0];
        } else {
            break;
        }
    }
    if (channel)
        *channel = at;
    return id;
}
