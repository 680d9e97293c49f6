/* SPDX-License-Identifier: MIT */
/* Build requests: equal ones are one kernel, equal texts one program, and what is new is built in
 * parallel. */
#include "base/log.h"
#include "base/parallel.h"
#include "cl/internal.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* The launch that stands for all that a driver compiles alike: one work-group, or a large grid,
 * which for PoCL begins with a dimension of 65535; where the driver chooses the work-group size, it
 * looks at the grid itself. */
static void set_launch(struct ocl_kernel *k, const struct ocl_kernel_request *r)
{
    const size_t large = 65535;
    bool is_large = false;
    memcpy(k->local, r->local, sizeof k->local);
    for (int i = 0; i < 3; i++) {
        k->global[i] = r->local[0] ? r->local[i] : r->global[i] ? r->global[i] : 1;
        is_large |= r->global[i] >= large;
    }
    if (is_large && r->local[0])
        k->global[0] = (large + r->local[0] - 1) / r->local[0] * r->local[0];
}

static int compare(const struct ocl_kernel *a, const struct ocl_kernel *b)
{
    int c = strcmp(a->name, b->name);
    if (!c)
        c = memcmp(a->local, b->local, sizeof a->local);
    return c ? c : memcmp(a->global, b->global, sizeof a->global);
}

static struct ocl_kernel *kernel_find(const struct program *p, const struct ocl_kernel *like)
{
    for (struct ocl_kernel *k = p->kernels; k; k = k->next)
        if (!compare(k, like))
            return k;
    return NULL;
}

/* Sorted, so that the order of the requests does not decide the cache's key. */
static struct ocl_kernel *kernel_add(struct arena *a, struct program *p,
                                     const struct ocl_kernel_request *r)
{
    struct ocl_kernel want = {.name = r->kernel}, **at = &p->kernels;
    set_launch(&want, r);
    while (*at && compare(*at, &want) < 0)
        at = &(*at)->next;
    if (*at && !compare(*at, &want))
        return *at;
    struct ocl_kernel *k = ARENA_NEW(a, struct ocl_kernel);
    *k = want;
    k->name = arena_dup(a, r->kernel);
    k->next = *at;
    *at = k;
    return k;
}

static bool same_text(const struct program *p, const char *source, const char *defines, bool plain)
{
    return p->plain == plain && !strcmp(p->source, source) && !strcmp(p->defines, defines);
}

/* A program built earlier that has all kernels of p. */
static struct program *built(const struct ocl *ocl, const struct program *p)
{
    for (struct program *old = ocl->programs; old; old = old->next) {
        bool all = same_text(old, p->source, p->defines, p->plain);
        for (const struct ocl_kernel *k = p->kernels; all && k; k = k->next)
            all = kernel_find(old, k) != NULL;
        if (all)
            return old;
    }
    return NULL;
}

/* One call of ocl_build. */
struct build {
    struct ocl *ocl;
    const char *cache;
    struct program *programs;       /* the distinct ones asked for, linked */
    struct program **fresh;         /* those to be built */
    size_t distinct, count, done;   /* of programs, of fresh, built so far */
    void (*progress)(void *, size_t, size_t);
    void *context;
    pthread_mutex_t lock;
    struct error error; /* the first one */
};

static struct program *program_add(struct build *b, const struct ocl_kernel_request *r)
{
    const char *defines = r->defines ? r->defines : "";
    struct program **at = &b->programs;
    for (; *at; at = &(*at)->next)
        if (same_text(*at, r->source, defines, r->plain))
            return *at;
    *at = ARENA_NEW(&b->ocl->arena, struct program);
    (*at)->source = arena_dup(&b->ocl->arena, r->source);
    (*at)->defines = arena_dup(&b->ocl->arena, defines);
    (*at)->plain = r->plain;
    b->distinct++;
    return *at;
}

static void build_one(void *context, size_t i)
{
    struct build *b = context;
    struct error err = {0};
    pthread_mutex_lock(&b->lock);
    bool go = !b->error.code;
    pthread_mutex_unlock(&b->lock);
    if (!go)
        return;
    bool ok = program_build(b->ocl, b->fresh[i], b->cache, &err);
    pthread_mutex_lock(&b->lock);
    if (!ok && !b->error.code)
        b->error = err;
    if (ok && b->progress)
        b->progress(b->context, ++b->done, b->count);
    pthread_mutex_unlock(&b->lock);
}

static void build_all(struct build *b)
{
    b->fresh = ARENA_ARRAY(&b->ocl->arena, struct program *, b->distinct);
    for (struct program *p = b->programs; p; p = p->next) {
        p->same = built(b->ocl, p);
        if (!p->same)
            b->fresh[b->count++] = p;
    }
    pthread_mutex_init(&b->lock, NULL);
    parallel_for(b->count, 0, build_one, b);
    pthread_mutex_destroy(&b->lock);
}

/* The built ones stay with ocl, also those beside one that failed. */
static void keep(struct build *b, struct ocl_build_report *report)
{
    for (size_t i = 0; i < b->count; i++) {
        struct program *p = b->fresh[i];
        if (!p->program)
            continue;
        *(p->from_cache ? &report->cached : &report->compiled) += 1;
        p->next = b->ocl->programs;
        b->ocl->programs = p;
    }
}

bool ocl_kernel_key(const struct ocl *ocl, const struct ocl_kernel_request *r, char key[33],
                    struct error *err)
{
    struct ocl_kernel kernel = {.name = r->kernel};
    struct program p = {.source = r->source,
                        .defines = r->defines ? r->defines : "",
                        .plain = r->plain,
                        .kernels = &kernel};
    struct text text = {0};
    set_launch(&kernel, r);
    bool ok = ocl_source(p.source, p.defines, &text, err);
    if (ok)
        memcpy(key, cache_key(&ocl->caps, &p, &text).name, 33);
    text_free(&text);
    return ok;
}

bool ocl_build(struct ocl *ocl, const struct ocl_kernel_request *requests, size_t count,
               ocl_kernel *kernels, struct ocl_build_report *report,
               void (*progress)(void *context, size_t done, size_t all), void *context,
               struct error *err)
{
    double start = ocl_seconds();
    struct build b = {.ocl = ocl, .cache = ocl_cache_directory(), .progress = progress,
                      .context = context};
    struct ocl_build_report r = {.requested = (int)count};
    struct program **of = ARENA_ARRAY(&ocl->arena, struct program *, count);
    for (size_t i = 0; i < count; i++) {
        of[i] = program_add(&b, &requests[i]);
        kernels[i] = kernel_add(&ocl->arena, of[i], &requests[i]);
    }
    build_all(&b);
    for (size_t i = 0; i < count; i++)
        if (of[i]->same)
            kernels[i] = kernel_find(of[i]->same, kernels[i]);
    keep(&b, &r);
    r.distinct = (int)b.distinct;
    r.seconds = ocl_seconds() - start;
    if (report)
        *report = r;
    log_line("build", "%d kernels, %d programs, %d compiled, %d from cache, %.2f s", r.requested,
             r.distinct, r.compiled, r.cached, r.seconds);
    if (b.error.code && err)
        *err = b.error;
    return !b.error.code;
}
