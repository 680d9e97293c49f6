/* SPDX-License-Identifier: MIT */
/* Parameters and multiply-adds, counted as the published tables count them. */
#include "graph/op.h"

#include <string.h>

static bool is_buffer(const char *key)
{
    static const char *const ends[] = {"running_mean", "running_var", "num_batches_tracked"};
    size_t n = strlen(key);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t k = strlen(ends[i]);
        if (n >= k && !strcmp(key + n - k, ends[i]))
            return true;
    }
    return false;
}

int64_t graph_parameters(const struct graph *g)
{
    int64_t sum = 0;
    for (int i = 0; i < g->count; i++) {
        const struct node *n = &g->nodes[i];
        const char *key = weight_key(n);
        if (key && !is_buffer(key))
            sum += shape_elements(&n->shape, 1);
    }
    return sum;
}

double graph_multiply_adds(const struct graph *g)
{
    double sum = 0;
    for (int i = 0; i < g->count; i++) {
        struct cost c = {0};
        if (g->nodes[i].op->cost && g->nodes[i].part != PART_WEIGHT)
            g->nodes[i].op->cost(g, &g->nodes[i], &c);
        sum += c.multiply_adds;
    }
    return sum;
}
