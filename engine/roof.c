/* SPDX-License-Identifier: MIT */
#include "engine/roof.h"
#include "base/text.h"
#include "engine/plan.h"

#include <math.h>
#include <string.h>

/* Rounds: some 3 ms of a CPU's work, beside which starting it is little. */
enum { ROUNDS_CPU = 65536, ROUNDS_GPU = 4096, TRIES = 15, EACH_CPU = 64, EACH_GPU = 1 };

struct probe {
    struct ocl *ocl;
    ocl_kernel kernel;
    ocl_buffer x, y;
    size_t global[3], local[3];
};

static bool build(struct probe *p, const char *source, const struct text *defines,
                  struct error *err)
{
    struct ocl_kernel_request r = {.source = source, .kernel = source, .defines = defines->s};
    memcpy(r.local, p->local, sizeof r.local);
    memcpy(r.global, p->global, sizeof r.global);
    return ocl_build(p->ocl, &r, 1, &p->kernel, NULL, NULL, NULL, err);
}

/* The least time of several runs, by the wall clock: what a caller waits for. A launch too short to
 * be measured is repeated. */
static bool measure(const struct probe *p, double *seconds, struct error *err)
{
    const struct ocl_arg args[] = {{.buffer = p->x}, {.buffer = p->y}};
    int launches = 1;
    *seconds = INFINITY;
    for (int i = 0; i < TRIES; i++) {
        double start = ocl_seconds();
        for (int k = 0; k < launches; k++)
            TRY(ocl_launch(p->ocl, p->kernel, p->global, p->local, args, 2, err));
        TRY(ocl_finish(p->ocl, err));
        double t = (ocl_seconds() - start) / launches;
        if (t < *seconds && i) /* the first wakes caches, pages and clocks */
            *seconds = t;
        if (!i && t < 2e-3)
            launches = t > 1e-5 ? (int)(4e-3 / t) : 400;
    }
    return true;
}

static bool measure_flops(struct ocl *ocl, struct roof *roof, struct error *err)
{
    const struct caps *caps = ocl_caps(ocl);
    int rounds = caps->gpu ? ROUNDS_GPU : ROUNDS_CPU;
    int vec = lane_width(caps), chains = vec == 16 ? 24 : vec == 8 ? 12 : 16;
    size_t items =
        caps->gpu ? (size_t)caps->compute_units * 2048 : (size_t)caps->compute_units * 16;
    struct probe p = {.ocl = ocl, .global = {items, 1, 1}, .local = {caps->gpu ? 64 : 1, 1, 1}};
    const float ab[2] = {0.999f, 0.001f};
    struct text defines = {0};
    double seconds = 0;
    text_printf(&defines, "#define VEC %d\n#define ROUNDS %d\n", vec, rounds);
    bool ok = build(&p, "probe_fma", &defines, err) && (p.x = ocl_alloc(ocl, sizeof ab, err)) &&
              (p.y = ocl_alloc(ocl, items * sizeof(float), err)) &&
              ocl_write(ocl, p.x, 0, ab, sizeof ab, err) && measure(&p, &seconds, err);
    text_free(&defines);
    ocl_release(&p.x);
    ocl_release(&p.y);
    if (ok)
        roof->flops = 2.0 * chains * vec * rounds * (double)items / seconds;
    return ok;
}

/* One copy of half the set, which it reads, into the other half. */
static bool measure_copy(struct ocl *ocl, double set, double *bandwidth, struct error *err)
{
    const struct caps *caps = ocl_caps(ocl);
    int vec = lane_width(caps), each = caps->gpu ? EACH_GPU : EACH_CPU;
    size_t bytes = (size_t)set / 2, items = bytes / sizeof(float) / (size_t)(vec * each);
    struct probe p = {.ocl = ocl, .global = {items, 1, 1}, .local = {caps->gpu ? 64 : 1, 1, 1}};
    struct text defines = {0};
    double seconds = 0;
    text_printf(&defines, "#define VEC %d\n#define EACH %d\n", vec, each);
    bool ok = build(&p, "probe_copy", &defines, err) && (p.x = ocl_alloc(ocl, bytes, err)) &&
              (p.y = ocl_alloc(ocl, bytes, err)) && ocl_fill(ocl, p.x, 0, bytes, err) &&
              measure(&p, &seconds, err);
    text_free(&defines);
    ocl_release(&p.x);
    ocl_release(&p.y);
    if (ok)
        *bandwidth = set / seconds;
    return ok;
}

bool roof_measure(struct ocl *ocl, struct roof *roof, struct error *err)
{
    static const double sets[ROOF_SIZES] = {1 << 20, 8 << 20, 64 << 20, 512 << 20};
    TRY(measure_flops(ocl, roof, err));
    for (int i = 0; i < ROOF_SIZES; i++) {
        struct error full = {0};
        roof->set[i] = sets[i];
        if (measure_copy(ocl, sets[i], &roof->bandwidth[i], &full))
            continue;
        if (!i || full.code != ERROR_LIMIT) {
            *err = full;
            return false;
        }
        roof->bandwidth[i] = roof->bandwidth[i - 1]; /* too large beside the network */
    }
    return true;
}

double roof_bandwidth(const struct roof *roof, double bytes)
{
    int i = 0;
    while (i + 1 < ROOF_SIZES && bytes > roof->set[i])
        i++;
    return roof->bandwidth[i];
}

double roof_seconds(const struct roof *roof, double flops, double bytes)
{
    double compute = flops / roof->flops, memory = bytes / roof_bandwidth(roof, bytes);
    return compute > memory ? compute : memory;
}
