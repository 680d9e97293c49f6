/* SPDX-License-Identifier: MIT */
/* Weight nodes and the tensors of a safetensors file. */
#include "engine/network.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool same_shape(const struct node *n, const struct safetensor *t)
{
    if (t->rank != n->shape.rank)
        return false;
    for (int i = 0; i < t->rank; i++)
        if (t->dim[i] != n->shape.dim[i])
            return false;
    return true;
}

static const struct safetensor *find(const struct graph *g, const struct safetensors *file,
                                     const struct node *n, struct error *err)
{
    const struct safetensor *t = safetensors_find(file, weight_key(n));
    char want[96], have[112];
    if (!t) {
        fail(err, ERROR_MODEL, "%s: no tensor '%s' (%s), which %s:%d wants", safetensors_path(file),
             weight_key(n), shape_text(&n->shape, want), g->file, n->line);
        return NULL;
    }
    if (!safetensor_is_float(t->type) || !same_shape(n, t)) {
        fail(err, ERROR_MODEL, "%s: tensor '%s' is %s, %s:%d wants %s", safetensors_path(file),
             weight_key(n), safetensor_text(t, have), g->file, n->line,
             shape_text(&n->shape, want));
        return NULL;
    }
    return t;
}

bool weights_check(const struct graph *g, const struct safetensors *file, struct error *err)
{
    int count = safetensors_count(file);
    bool *used = calloc((size_t)count + 1, sizeof *used);
    bool ok = used || fail(err, ERROR_LIMIT, "out of memory");
    for (int i = 0; ok && i < g->count; i++) {
        if (!weight_key(&g->nodes[i]))
            continue;
        const struct safetensor *t = find(g, file, &g->nodes[i], err);
        ok = t != NULL;
        for (int k = 0; ok && k < count; k++)
            used[k] = used[k] || safetensors_at(file, k) == t;
    }
    int surplus = 0;
    const char *first = NULL;
    for (int k = 0; ok && k < count; k++) {
        const char *name = safetensors_at(file, k)->name;
        size_t n = strlen(name), m = strlen("num_batches_tracked");
        if (used[k] || (n >= m && !strcmp(name + n - m, "num_batches_tracked")))
            continue;
        if (!surplus++)
            first = name;
    }
    free(used);
    if (surplus)
        return fail(err, ERROR_MODEL, "%s: %d tensor%s that %s does not use, the first is '%s'",
                    safetensors_path(file), surplus, surplus > 1 ? "s" : "", g->file, first);
    return ok;
}

bool weights_load(void *context, const struct graph *g, const struct node *n, float *out,
                  struct error *err)
{
    const struct safetensors *file = context;
    if (!file)
        return graph_fail(g, n, err, "the graph names no weights file ('weights FILE')");
    const struct safetensor *t = find(g, file, n, err);
    if (!t)
        return false;
    TRY(safetensors_read(file, t, 0, (size_t)t->elements, out, err));
    for (uint64_t i = 0; i < t->elements; i++)
        if (!isfinite(out[i]))
            return fail(err, ERROR_MODEL, "%s: tensor '%s': element %llu is not finite",
                        safetensors_path(file), t->name, (unsigned long long)i);
    return true;
}
