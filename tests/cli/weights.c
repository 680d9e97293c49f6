/* SPDX-License-Identifier: MIT */
/* weights GRAPH OUT.safetensors [FAULT]: seeded weights for a graph that was written by hand, or
 * with a fault: missing, extra, shape, nan, inf, huge. */
#include "graph/op.h"
#include "io/safetensors.h"
#include "models/models.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Writes the tensors of `from` again with the fault. The first one is the victim. */
static bool spoil(const char *from, const char *path, const char *fault, struct error *err)
{
    struct safetensors *in = safetensors_open(from, ERROR_MODEL, err);
    int count = in ? safetensors_count(in) : 0;
    struct safetensor *list = calloc((size_t)count + 1, sizeof *list);
    if (!in || !list)
        return false;
    int first = !strcmp(fault, "missing"), n = 0;
    for (int i = first; i < count; i++)
        list[n++] = *safetensors_at(in, i);
    if (!strcmp(fault, "shape"))
        list[0].dim[0] = list[0].dim[0] * list[0].dim[1], list[0].dim[1] = 1;
    if (!strcmp(fault, "extra"))
        list[n] = list[0], list[n++].name = "surplus.weight";
    struct safetensors_writer *w = safetensors_create(path, list, n, err);
    bool ok = w != NULL;
    for (int i = 0; i < n && ok; i++) {
        const struct safetensor *t = safetensors_at(in, first + i < count ? first + i : 0);
        float *v = malloc(t->elements * sizeof *v);
        ok = v && safetensors_read(in, t, 0, (size_t)t->elements, v, err);
        if (ok && i == 0 && !strcmp(fault, "nan"))
            v[t->elements / 2] = NAN;
        if (ok && i == 0 && !strcmp(fault, "inf"))
            v[t->elements - 1] = -INFINITY;
        for (uint64_t k = 0; ok && k < t->elements && !strcmp(fault, "huge"); k++)
            v[k] = 1e38f;
        ok = ok && safetensors_put(w, v, t->elements * sizeof *v, err);
        free(v);
    }
    ok = ok && safetensors_commit(&w, err);
    safetensors_close(&in);
    free(list);
    return ok;
}

int main(int argc, char **argv)
{
    struct error err = {0};
    if (argc < 3)
        return 1;
    struct graph *g = graph_read(argv[1], &err);
    bool ok = g && model_random_weights(g, argv[2], 1, &err) &&
              (argc < 4 || spoil(argv[2], argv[2], argv[3], &err));
    if (!ok)
        fprintf(stderr, "weights: %s\n", err.text);
    graph_free(&g);
    return !ok;
}
