/* SPDX-License-Identifier: MIT */
/* clact doctor: lets a device compute, and compares with plain C. */
#include "base/half.h"
#include "cli/doctor.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#ifndef CLBLAST_VERSION
#define CLBLAST_VERSION "?"
#endif

enum { ROW = 64, ROWS = 8, COUNT = ROW * ROWS };

/* Small whole numbers: exact as half, and so are their sums. */
static float number(int i, int seed)
{
    return (float)((i * 7 + seed * 13) % 31 - 15);
}

static bool check_add(struct ocl *ocl, bool half, struct error *err)
{
    static const char defines[] =
        "#define VEC 4\n#define ACT 0\n#define X_ROW 64\n#define X_OFFSET 0\n#define Y_ROW 64\n"
        "#define Y_OFFSET 0\n#define Z_ROW 64\n#define Z_OFFSET 0\n#define Z_OWN 64\n";
    static const char as_half[] = "#define HALF 1\n";
    const size_t global[3] = {ROW / 4, ROWS, 1}, local[3] = {4, 1, 1};
    char text[sizeof defines + sizeof as_half];
    float in[2][COUNT], out[COUNT];
    uint16_t half_in[2][COUNT], half_out[COUNT];
    uint64_t bytes = COUNT * (half ? sizeof(uint16_t) : sizeof(float));
    ocl_buffer b[3] = {NULL};
    ocl_kernel kernel;
    snprintf(text, sizeof text, "%s%s", half ? as_half : "", defines);
    struct ocl_kernel_request r = {.source = "add", .kernel = "add", .defines = text};
    memcpy(r.local, local, sizeof r.local);
    memcpy(r.global, global, sizeof r.global);
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < COUNT; i++)
            half_in[k][i] = half_from_float(in[k][i] = number(i, k));
    bool ok = ocl_build(ocl, &r, 1, &kernel, NULL, NULL, NULL, err);
    for (int k = 0; ok && k < 3; k++)
        ok = (b[k] = ocl_alloc(ocl, bytes, err)) != NULL;
    for (int k = 0; ok && k < 2; k++)
        ok = ocl_write(ocl, b[k], 0, half ? (void *)half_in[k] : (void *)in[k], bytes, err);
    const struct ocl_arg args[] = {{.buffer = b[0]}, {.buffer = b[1]}, {.buffer = b[2]}};
    ok = ok && ocl_launch(ocl, kernel, global, local, args, 3, err) &&
         ocl_read(ocl, half ? (void *)half_out : (void *)out, b[2], 0, bytes, err);
    for (int i = 0; ok && i < COUNT; i++) {
        float got = half ? half_to_float(half_out[i]) : out[i], wanted = in[0][i] + in[1][i];
        ok = got == wanted || fail(err, ERROR_BUILD, "%g + %g gave %g", (double)in[0][i],
                                   (double)in[1][i], (double)got);
    }
    for (int k = 0; k < 3; k++)
        ocl_release(&b[k]);
    return ok;
}

/* Wrong products of some shapes on some devices were reported of 1.5.x. */
static bool is_old_clblast(void)
{
    int major = 0, minor = 0;
    return sscanf(CLBLAST_VERSION, "%d.%d", &major, &minor) == 2 &&
           (major < 1 || (major == 1 && minor < 6));
}

enum { M = 96, N = 80, K = 72 }; /* no multiples of common tiles */

static bool check_gemm(struct ocl *ocl, struct error *err)
{
    static float a[M * K], b[K * N], c[M * N];
    for (int i = 0; i < M * K; i++)
        a[i] = number(i, 1);
    for (int i = 0; i < K * N; i++)
        b[i] = number(i, 2);
    struct ocl_gemm g = {.m = M, .n = N, .k = K, .lda = K, .ldb = N, .ldc = N};
    bool ok = (g.a = ocl_alloc_with(ocl, sizeof a, a, sizeof a, err)) &&
              (g.b = ocl_alloc_with(ocl, sizeof b, b, sizeof b, err)) &&
              (g.c = ocl_alloc(ocl, sizeof c, err)) && ocl_gemm_clblast(ocl, &g, err) &&
              ocl_read(ocl, c, g.c, 0, sizeof c, err);
    for (int i = 0; ok && i < M * N; i++) {
        float sum = 0; /* exact */
        for (int k = 0; k < K; k++)
            sum += a[i / N * K + k] * b[k * N + i % N];
        ok = c[i] == sum || fail(err, ERROR_BUILD, "element %d,%d is %g, not %g", i / N, i % N,
                                 (double)c[i], (double)sum);
    }
    ocl_release(&g.a);
    ocl_release(&g.b);
    ocl_release(&g.c);
    return ok;
}

static void compute(struct doctor *d, const void *context)
{
    const struct ocl_device *device = context;
    struct error err = {0};
    char spec[32];
    snprintf(spec, sizeof spec, "%d:%d", device->platform, device->index);
    struct ocl *ocl = ocl_open(spec, &err);
    if (!ocl || !check_add(ocl, false, &err)) {
        doctor_problem(d,
                       "device %s \"%s\": %s; update its driver, or choose another device with "
                       "-d",
                       spec, device->caps.name, err.text);
        ocl_close(&ocl);
        return;
    }
    d->usable++;
    doctor_ok("device %s \"%s\": compiles and computes right%s", spec, device->caps.name,
              device->caps.fp16 ? "" : "; no fp16 arithmetic, which is not needed");
    if (check_add(ocl, true, &err))
        doctor_ok("device %s: stores half, so --fp16 works", spec);
    else
        doctor_problem(d, "device %s: half storage: %s; do not use --fp16", spec, err.text);
    if (!device->caps.gpu && !d->all)
        doctor_ok("device %s: CLBlast " CLBLAST_VERSION " is hardly used on processors, and was "
                  "not tried (--all)",
                  spec);
    else if (check_gemm(ocl, &err))
        doctor_ok("device %s: CLBlast " CLBLAST_VERSION " multiplies right%s", spec,
                  is_old_clblast()
                      ? "; older than 1.6, it is known to be wrong on some devices, so "
                        "each of its products is checked before the first use"
                      : "");
    else
        doctor_problem(
            d,
            "device %s: CLBlast " CLBLAST_VERSION " multiplies wrong: %s; %sclact uses its "
            "own kernels instead, which are slower for some layers; update libclblast1",
            spec, err.text, is_old_clblast() ? "versions before 1.6 are known for it; " : "");
    ocl_close(&ocl);
}

void doctor_device(struct doctor *d, const struct ocl_device *device)
{
    doctor_child(d, device->caps.name, compute, device);
}
