/* SPDX-License-Identifier: MIT */
/* Which convolutions are worth tuning. */
#include "engine/tune.h"
#include "graph/op.h"
#include "graph/pipeline.h"

#include <stdlib.h>
#include <string.h>

static bool add(struct tune_list *l, const char *spec, double work, struct error *err)
{
    for (int i = 0; i < l->count; i++)
        if (!strcmp(l->conv[i].spec, spec)) {
            l->conv[i].work += work;
            return true;
        }
    if (l->count == l->cap) {
        int cap = l->cap ? 2 * l->cap : 32;
        struct tune_conv *more = realloc(l->conv, (size_t)cap * sizeof *more);
        if (!more)
            return fail(err, ERROR_LIMIT, "out of memory");
        l->conv = more;
        l->cap = cap;
    }
    struct tune_conv *c = &l->conv[l->count++];
    memcpy(c->spec, spec, strlen(spec) + 1);
    c->work = work;
    return true;
}

/* Packed for the direct kernel or for Winograd's, and not one or four channels a group: those
 * kernels have nothing to choose. */
static bool has_choice(const struct graph *g, const struct node *n)
{
    int slot = op_slot(n->op, "packed");
    if (strcmp(n->op->name, "conv3d") != 0 || n->part != PART_WINDOW || n->in[slot] == NODE_NONE)
        return false;
    const struct shape *w = &g->nodes[n->in[1]].shape;
    return attr_get_int(n, "groups") == 1 || w->dim[1] > 4;
}

bool tune_list_add(struct tune_list *l, struct graph *g, struct error *err)
{
    char spec[CONV_SPEC_SIZE];
    g->tuning = NULL;
    TRY(graph_compile(g, NULL, err));
    for (int i = 0; i < g->count; i++) {
        const struct node *n = &g->nodes[i];
        struct cost cost = {0};
        if (!has_choice(g, n) || !conv_spec(g, n, 0, spec, sizeof spec) ||
            !conv_spec_check(spec, NULL))
            continue;
        n->op->cost(g, n, &cost);
        TRY(add(l, spec, cost.multiply_adds, err));
    }
    return true;
}

static int by_work(const void *a, const void *b)
{
    const struct tune_conv *x = a, *y = b;
    if (x->work != y->work)
        return x->work < y->work ? 1 : -1;
    return strcmp(x->spec, y->spec);
}

void tune_list_sort(struct tune_list *l)
{
    if (l->count)
        qsort(l->conv, (size_t)l->count, sizeof *l->conv, by_work);
}

void tune_list_free(struct tune_list *l)
{
    free(l->conv);
    *l = (struct tune_list){0};
}
