/* SPDX-License-Identifier: MIT */
/* tensors make FILE NAME TYPE DIM...: a file with one tensor of seeded values
 * tensors list FILE:                  NAME:DIM,DIM of each
 * tensors close A B:                  0 when all tensors of A that B has too agree within 1e-5 */
#include "base/random.h"
#include "io/safetensors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool make(int argc, char **argv, struct error *err)
{
    struct safetensor t = {.name = argv[1], .elements = 1, .rank = argc - 3};
    struct random r = {1};
    while (t.type < SAFETENSOR_TYPES && strcmp(safetensor_type_name(t.type), argv[2]))
        t.type++;
    for (int i = 0; i < t.rank; i++) {
        t.dim[i] = atoll(argv[3 + i]);
        t.elements *= (uint64_t)t.dim[i];
    }
    t.bytes = t.elements * safetensor_type_size(t.type);
    unsigned char *data = calloc(1, t.bytes + 1);
    for (uint64_t i = 0; i < t.elements; i++) {
        float v = (float)random_normal(&r);
        if (t.type == SAFETENSOR_F32)
            memcpy(data + 4 * i, &v, 4);
        else
            data[i * safetensor_type_size(t.type)] = (unsigned char)random_int(&r, 0, 255);
    }
    struct safetensors_writer *w = safetensors_create(argv[0], &t, 1, err);
    bool ok = w && safetensors_put(w, data, t.bytes, err) && safetensors_commit(&w, err);
    free(data);
    return ok;
}

static void list(const struct safetensors *s)
{
    for (int i = 0; i < safetensors_count(s); i++) {
        const struct safetensor *t = safetensors_at(s, i);
        printf("%s:", t->name);
        for (int k = 0; k < t->rank; k++)
            printf("%s%lld", k ? "," : "", (long long)t->dim[k]);
        putchar('\n');
    }
}

static bool agree(const struct safetensors *a, const struct safetensors *b, struct error *err)
{
    int common = 0;
    for (int i = 0; i < safetensors_count(a); i++) {
        const struct safetensor *x = safetensors_at(a, i), *y = safetensors_find(b, x->name);
        if (!y)
            continue;
        common++;
        float *p = malloc((x->elements + 1) * 4), *q = malloc((x->elements + 1) * 4);
        bool ok = p && q && x->elements == y->elements &&
                  safetensors_read(a, x, 0, (size_t)x->elements, p, err) &&
                  safetensors_read(b, y, 0, (size_t)y->elements, q, err);
        for (uint64_t k = 0; ok && k < x->elements; k++)
            ok = fabsf(p[k] - q[k]) <= 1e-5f * (1 + fabsf(q[k]));
        free(p);
        free(q);
        if (!ok)
            return fail(err, ERROR_INPUT, "tensor %s differs", x->name);
    }
    return common > 0 || fail(err, ERROR_INPUT, "no tensor in common");
}

int main(int argc, char **argv)
{
    struct error err = {0};
    struct safetensors *a = NULL, *b = NULL;
    bool ok = false;
    if (argc >= 5 && !strcmp(argv[1], "make")) {
        ok = make(argc - 2, argv + 2, &err);
    } else if (argc >= 3 && (a = safetensors_open(argv[2], ERROR_INPUT, &err))) {
        ok = true;
        if (!strcmp(argv[1], "list"))
            list(a);
        else
            ok = argc == 4 && (b = safetensors_open(argv[3], ERROR_INPUT, &err)) &&
                 agree(a, b, &err);
    }
    if (!ok)
        fprintf(stderr, "tensors: %s\n", err.text);
    safetensors_close(&a);
    safetensors_close(&b);
    return !ok;
}
