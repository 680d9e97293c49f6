/* SPDX-License-Identifier: MIT */
/* Plain C on the host: weight preparation at load, and what runs once a video. */
#include "base/checked.h"
#include "engine/session.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* The node's shape with N taken from the first input that has windows. */
static struct shape bound_shape(const struct graph *g, const struct node *n,
                                const struct tensor *values)
{
    struct shape s = n->shape;
    for (int i = 0; i < n->in_count && s.rank && s.dim[0] == DIM_N; i++)
        if (n->in[i] != NODE_NONE && g->nodes[n->in[i]].part == PART_WINDOW)
            s.dim[0] = values[n->in[i]].shape.dim[0];
    return s;
}

/* Zeros. Large ones, which nobody has touched yet, in huge pages where the system has some: faults of
 * small ones took a third of the time that weights take to load. */
static void *zeros(uint64_t bytes)
{
    enum { HUGE_PAGE = 2 << 20 };
    char *p = calloc(1, bytes ? bytes : 1);
    if (p && bytes >= 2 * HUGE_PAGE) {
        uint64_t skip = HUGE_PAGE - (uintptr_t)p % HUGE_PAGE;
        madvise(p + skip, (bytes - skip) / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
    }
    return p;
}

static bool eval_node(const struct graph *g, node_id id, struct tensor *values,
                      const struct weight_source *weights, struct error *err)
{
    const struct node *n = &g->nodes[id];
    struct tensor *out = &values[id], in[64];
    uint64_t bytes;
    out->shape = bound_shape(g, n, values);
    if (!mul_ok((uint64_t)shape_elements(&out->shape, 1), sizeof(float), &bytes) ||
        !(out->data = zeros(bytes)))
        return fail(err, ERROR_LIMIT, "%s: no memory for %%%s", g->file, n->name);
    if (n->op->traits & OP_SOURCE) {
        if (!weights || n->part != PART_WEIGHT)
            return graph_fail(g, n, err, "has no value");
        return weights->load(weights->context, g, n, out->data, err);
    }
    if (n->in_count > 64)
        return graph_fail(g, n, err, "more than 64 inputs");
    for (int i = 0; i < n->in_count; i++)
        in[i] = n->in[i] == NODE_NONE ? (struct tensor){0} : values[n->in[i]];
    n->op->reference(n, in, out);
    return true;
}

/* Frees the inputs of node `id` that this call made, nobody wanted and no later node reads: raw and
 * folded weights need not stay beside the packed ones. */
static void drop_inputs(const struct graph *g, node_id id, struct tensor *values, const bool *need,
                        const bool *wanted)
{
    for (int k = 0; k < g->nodes[id].in_count; k++) {
        node_id x = g->nodes[id].in[k];
        bool later = x == NODE_NONE || !need[x] || wanted[x];
        for (int i = id + 1; i < g->count && !later; i++)
            for (int j = 0; need[i] && j < g->nodes[i].in_count; j++)
                later = later || g->nodes[i].in[j] == x;
        if (later)
            continue;
        free(values[x].data);
        values[x].data = NULL;
    }
}

bool eval_nodes(const struct graph *g, struct tensor *values, const bool *wanted,
                const struct weight_source *weights, struct error *err)
{
    bool *need = calloc((size_t)g->count + 1, sizeof *need), ok = true;
    if (!need)
        return fail(err, ERROR_LIMIT, "%s: out of memory", g->file);
    for (int i = g->count - 1; i >= 0; i--) {
        need[i] = (need[i] || wanted[i]) && !values[i].data;
        for (int k = 0; need[i] && k < g->nodes[i].in_count; k++)
            if (g->nodes[i].in[k] != NODE_NONE)
                need[g->nodes[i].in[k]] = true;
    }
    for (int i = 0; i < g->count && ok; i++) {
        if (!need[i])
            continue;
        ok = eval_node(g, i, values, weights, err);
        drop_inputs(g, i, values, need, wanted);
    }
    free(need);
    return ok;
}
