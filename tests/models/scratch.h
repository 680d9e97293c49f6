/* SPDX-License-Identifier: MIT */
/* What the tests of the import share: a scratch folder, one import at a time, and edited copies of
 * checkpoints. */
#ifndef TESTS_MODELS_SCRATCH_H
#define TESTS_MODELS_SCRATCH_H
#include "io/safetensors.h"
#include "models/models.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define GOLDEN SOURCE_DIR "/tests/data/golden/"
#define R18 GOLDEN "hara_r18_A.weights.safetensors"

static char dir[64];
static struct import_report report;
static struct error err;

static inline void setup(void)
{
    strcpy(dir, "/tmp/clact-import-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    report = (struct import_report){0};
    err = (struct error){0};
}

static inline void teardown(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    ck_assert_int_eq(system(command), 0);
    import_report_free(&report);
}

/* A path in the test's folder; up to four at a time. */
static inline const char *in_dir(const char *name)
{
    static char paths[4][128];
    static int next;
    char *p = paths[next++ % 4];
    snprintf(p, sizeof paths[0], "%s/%s", dir, name);
    return p;
}

static inline bool import(const char *checkpoint, const char *settings)
{
    struct import im = {.checkpoint = checkpoint, .output = in_dir("m.graph"),
                        .settings = settings};
    return model_import(&im, &report, &err);
}

static inline struct graph *imported(void)
{
    struct error why = {0};
    struct graph *g = graph_read(in_dir("m.graph"), &why);
    ck_assert_msg(g != NULL, "%s", why.text);
    return g;
}

static inline bool says(const struct text *t, const char *words)
{
    return t->s && strstr(t->s, words);
}

static inline bool exists(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0;
}

struct edit {
    const char *prefix; /* put before every name                          */
    const char *drop;   /* names that end so are left out                 */
    const char *rename, *to; /* one name                                  */
    const char *reshape;     /* this tensor loses its first row           */
    const char *row;         /* this vector of C becomes a matrix [1,C]   */
    const char *extra;       /* an additional tensor of two elements      */
    const char *poison;      /* this tensor's last element becomes NaN    */
    enum safetensor_type type; /* of all tensors: F32, F64 or BF16 (F32 when 0) */
};

static void put(struct safetensors_writer *w, enum safetensor_type type, const float *v, size_t n)
{
    unsigned size = safetensor_type_size(type);
    char *out = calloc(n + 1, size);
    for (size_t i = 0; i < n; i++) {
        double d = v[i];
        uint32_t bits;
        memcpy(&bits, &v[i], sizeof bits);
        uint16_t high = (uint16_t)(bits >> 16); /* BF16, truncated */
        const void *p = type == SAFETENSOR_F64    ? (const void *)&d
                        : type == SAFETENSOR_BF16 ? (const void *)&high
                                                  : (const void *)&v[i];
        memcpy(out + i * size, p, size);
    }
    ck_assert(safetensors_put(w, out, n * size, &err));
    free(out);
}

static bool ends_with(const char *s, const char *end)
{
    return end && strlen(s) >= strlen(end) && !strcmp(s + strlen(s) - strlen(end), end);
}

/* Writes an edited copy of a checkpoint; returns its path. */
static inline const char *edited(const char *from, const struct edit *e)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/edited.safetensors", dir);
    struct safetensors *s = safetensors_open(from, ERROR_MODEL, &err);
    ck_assert_msg(s != NULL, "%s", err.text);
    struct safetensor list[1000];
    const struct safetensor *source[1000];
    int n = 0;
    struct arena arena = {0};
    enum safetensor_type type = e->type ? e->type : SAFETENSOR_F32;
    for (int i = 0; i < safetensors_count(s); i++) {
        const struct safetensor *t = safetensors_at(s, i);
        if (ends_with(t->name, e->drop))
            continue;
        source[n] = t;
        list[n] = *t;
        list[n].type = type;
        if (e->reshape && !strcmp(t->name, e->reshape))
            list[n].dim[0]--;
        if (e->row && !strcmp(t->name, e->row)) {
            list[n].rank = 2;
            list[n].dim[1] = list[n].dim[0];
            list[n].dim[0] = 1;
        }
        list[n++].name = arena_printf(&arena, "%s%s", e->prefix ? e->prefix : "",
                                      e->rename && !strcmp(t->name, e->rename) ? e->to : t->name);
    }
    if (e->extra)
        list[n] = (struct safetensor){.name = e->extra, .type = type, .rank = 1, .dim = {2}};
    struct safetensors_writer *w = safetensors_create(path, list, n + (e->extra != NULL), &err);
    ck_assert_msg(w != NULL, "%s", err.text);
    for (int i = 0; i < n; i++) {
        uint64_t elements = 1;
        for (int d = 0; d < list[i].rank; d++)
            elements *= (uint64_t)list[i].dim[d];
        float *v = calloc(elements + 1, sizeof *v);
        ck_assert(safetensors_read(s, source[i], 0, elements, v, &err));
        if (e->poison && !strcmp(e->poison, source[i]->name))
            v[elements - 1] = NAN;
        put(w, type, v, elements);
        free(v);
    }
    put(w, type, (const float[2]){0}, e->extra ? 2 : 0);
    ck_assert(safetensors_commit(&w, &err));
    safetensors_close(&s);
    arena_free(&arena);
    return path;
}

#endif
