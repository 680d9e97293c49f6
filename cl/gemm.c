/* SPDX-License-Identifier: MIT */
/* Matrix products through CLBlast, which compiles its own kernels on first use and keeps them for
 * the process, in a list of its own. */
#include "base/log.h"
#include "cl/internal.h"

#include <clblast_c.h>
#include <string.h>

struct gemm_shape {
    size_t m, n, k;
    struct gemm_shape *next;
};

/* CLBlast passes OpenCL's codes through and has some of its own. */
static bool gemm_fail(struct error *err, CLBlastStatusCode status, const struct ocl_gemm *g)
{
    const char *what = ocl_error_name((cl_int)status);
    switch ((int)status) {
    case CLBlastInvalidDimension:
        what = "a dimension is zero";
        break;
    case CLBlastInvalidLeadDimA:
    case CLBlastInvalidLeadDimB:
    case CLBlastInvalidLeadDimC:
        what = "a leading dimension is smaller than a row";
        break;
    case CLBlastInsufficientMemoryA:
    case CLBlastInsufficientMemoryB:
    case CLBlastInsufficientMemoryC:
        what = "a buffer is smaller than its matrix";
        break;
    case CLBlastInvalidLocalMemUsage:
        what = "not enough local memory";
        break;
    case CLBlastDatabaseError:
        what = "no tuning entry for this device";
        break;
    }
    enum error_code class = status == CLBlastTempBufferAllocFailure ? ERROR_LIMIT : ERROR_RUN;
    return fail(err, class, "CLBlastSgemm of %zux%zux%zu: %s (status %d)", g->m, g->n, g->k,
                what ? what : "failed", (int)status);
}

static bool is_new(const struct ocl *ocl, const struct ocl_gemm *g)
{
    for (const struct gemm_shape *s = ocl->gemms; s; s = s->next)
        if (s->m == g->m && s->n == g->n && s->k == g->k)
            return false;
    return true;
}

bool ocl_gemm_clblast(struct ocl *ocl, const struct ocl_gemm *g, struct error *err)
{
    bool first = is_new(ocl, g);
    double start = ocl_seconds();
    cl_event event = NULL;
    CLBlastStatusCode status = CLBlastSgemm(
        CLBlastLayoutRowMajor, CLBlastTransposeNo, CLBlastTransposeNo, g->m, g->n, g->k, 1.0f,
        g->a->mem, g->offset_a, g->lda, g->b->mem, 0, g->ldb, 0.0f, g->c->mem, g->offset_c, g->ldc,
        &ocl->queue, &event);
    if (status != CLBlastSuccess)
        return gemm_fail(err, status, g);
    profile_note(ocl, event, g->more);
    launch_note(ocl, event);
    if (!first)
        return true;
    /* Which shapes share kernels is CLBlast's affair: each shape's first call is timed, to its end,
     * because a driver may compile only when it runs. */
    struct gemm_shape *shape = ARENA_NEW(&ocl->arena, struct gemm_shape);
    *shape = (struct gemm_shape){.m = g->m, .n = g->n, .k = g->k, .next = ocl->gemms};
    ocl->gemms = shape;
    TRY(line_finish(ocl, true, err));
    log_line("build", "clblast: first GEMM of %zux%zux%zu took %.2f s", g->m, g->n, g->k,
             ocl_seconds() - start);
    return true;
}

void ocl_gemm_key(const struct ocl *ocl, size_t m, size_t n, size_t k, char key[33])
{
    const struct program none = {.source = ""};
    struct text text = {0};
    text_printf(&text, "clblast gemm %zu %zu %zu", m, n, k);
    memcpy(key, cache_key(&ocl->caps, &none, &text).name, 33);
    text_free(&text);
}

void gemm_close(struct ocl *ocl)
{
    /* Its list is keyed by the context's address, which a later context may get again. */
    if (ocl->gemms && !ocl_hung())
        CLBlastClearCache();
}
