/* SPDX-License-Identifier: MIT */
/* A plan at work: weights up, programs built, batches run. */
#include "engine/session.h"
#include "base/checked.h"
#include "engine/layout.h"
#include "engine/load.h"

#include <stdlib.h>
#include <string.h>

struct session {
    const struct plan *plan;
    struct ocl *ocl;
    ocl_buffer arena;
    ocl_buffer *weight[2]; /* by node id, weights that device steps read as float, as half */
    ocl_buffer **value;    /* by part and value index: parts of the arena                     */
    ocl_kernel **kernel;   /* by part and step                                                */
    struct tensor *host;   /* by node id, weights that the video part reads                   */
    double weight_seconds;
};

static void *zeroed(size_t n, size_t size)
{
    return calloc(n ? n : 1, size);
}

void session_free(struct session **sp)
{
    struct session *s = *sp;
    if (!s)
        return;
    for (int p = 0; p < s->plan->part_count; p++) {
        const struct plan_part *part = &s->plan->parts[p];
        for (int i = 0; s->value && s->value[p] && i < part->value_count; i++)
            ocl_release(&s->value[p][i]);
        if (s->value)
            free(s->value[p]);
        if (s->kernel)
            free(s->kernel[p]);
    }
    for (int i = 0; i < s->plan->graph->count; i++) {
        for (int half = 0; half < 2; half++)
            if (s->weight[half])
                ocl_release(&s->weight[half][i]);
        if (s->host)
            free(s->host[i].data);
    }
    ocl_release(&s->arena);
    free(s->weight[0]);
    free(s->weight[1]);
    free(s->value);
    free(s->kernel);
    free(s->host);
    free(s);
    *sp = NULL;
}

/* ---- memory ---- */

static bool make_buffers(struct session *s, struct error *err)
{
    if (!(s->arena = ocl_alloc(s->ocl, s->plan->activation_bytes, err)))
        return false;
    for (int p = 0; p < s->plan->part_count; p++) {
        const struct plan_part *part = &s->plan->parts[p];
        s->value[p] = zeroed((size_t)part->value_count, sizeof(ocl_buffer));
        if (!s->value[p])
            return fail(err, ERROR_LIMIT, "out of memory");
        for (int i = 0; i < part->value_count; i++) {
            const struct value *v = &part->values[i];
            if (!(s->value[p][i] = ocl_part(s->ocl, s->arena, v->offset, v->bytes, err)))
                return false;
        }
    }
    return true;
}

/* ---- programs ---- */

static bool build_programs(struct session *s, struct ocl_build_report *report,
                           void (*progress)(void *, size_t, size_t), void *context,
                           struct error *err)
{
    size_t count = 0, at = 0;
    for (int p = 0; p < s->plan->part_count; p++)
        count += (size_t)s->plan->parts[p].step_count;
    struct ocl_kernel_request *r = zeroed(count, sizeof *r);
    ocl_kernel *k = zeroed(count, sizeof *k);
    bool ok = r && k;
    if (!ok)
        fail(err, ERROR_LIMIT, "out of memory");
    for (int p = 0; ok && p < s->plan->part_count; p++)
        for (int i = 0; i < s->plan->parts[p].step_count; i++) {
            const struct step *st = &s->plan->parts[p].steps[i];
            if (st->kind != STEP_LAUNCH)
                continue;
            r[at] = (struct ocl_kernel_request){
                .source = st->source, .kernel = st->kernel, .defines = st->defines,
                .plain = st->plain};
            memcpy(r[at].local, st->local, sizeof st->local);
            memcpy(r[at].global, st->global, sizeof st->global);
            at++;
        }
    ok = ok && ocl_build(s->ocl, r, at, k, report, progress, context, err);
    at = 0;
    for (int p = 0; ok && p < s->plan->part_count; p++) {
        s->kernel[p] = zeroed((size_t)s->plan->parts[p].step_count, sizeof(ocl_kernel));
        if (!s->kernel[p])
            ok = fail(err, ERROR_LIMIT, "out of memory");
        for (int i = 0; ok && i < s->plan->parts[p].step_count; i++)
            if (s->plan->parts[p].steps[i].kind == STEP_LAUNCH)
                s->kernel[p][i] = k[at++];
    }
    free(r);
    free(k);
    return ok;
}

struct session *session_make(const struct plan *plan, struct ocl *ocl,
                             const struct weight_source *weights, struct ocl_build_report *report,
                             void (*progress)(void *, size_t, size_t), void *context,
                             struct error *err)
{
    struct session *s = calloc(1, sizeof *s);
    size_t parts = (size_t)plan->part_count, nodes = (size_t)plan->graph->count;
    if (!s) {
        fail(err, ERROR_LIMIT, "out of memory");
        return NULL;
    }
    s->plan = plan;
    s->ocl = ocl;
    for (int half = 0; half < 2; half++)
        s->weight[half] = zeroed(nodes, sizeof(ocl_buffer));
    s->value = zeroed(parts, sizeof *s->value);
    s->kernel = zeroed(parts, sizeof *s->kernel);
    s->host = zeroed(nodes, sizeof *s->host);
    bool ok = s->weight[0] && s->weight[1] && s->value && s->kernel && s->host;
    if (!ok)
        fail(err, ERROR_LIMIT, "out of memory");
    ocl_expect(ocl, plan_slow_seconds(plan));
    double start = ocl_seconds();
    ok = ok && load_weights(plan, ocl, weights, s->weight, s->host, err);
    s->weight_seconds = ocl_seconds() - start;
    if (!ok || !make_buffers(s, err) || !build_programs(s, report, progress, context, err))
        session_free(&s);
    return s;
}

double session_weight_seconds(const struct session *s)
{
    return s->weight_seconds;
}

const struct tensor *session_weights(const struct session *s)
{
    return s->host;
}

/* ---- running ---- */

static ocl_buffer buffer_of(const struct session *s, node_id id)
{
    if (!plan_is_workspace(s->plan, id))
        id = plan_storage(s->plan, id, NULL);
    for (int p = 0; p < s->plan->part_count; p++) {
        int i = plan_value(&s->plan->parts[p], id);
        if (i >= 0)
            return s->value[p][i];
    }
    return NULL;
}

static ocl_buffer buffer_of_arg(const struct session *s, const struct step *st, int a)
{
    if (plan_is_weight(s->plan, st->args[a]))
        return s->weight[st->half_weight[a]][st->args[a]];
    return buffer_of(s, st->args[a]);
}

ocl_buffer session_input(struct session *s, node_id input)
{
    return buffer_of(s, input);
}

ocl_buffer session_arena(struct session *s)
{
    return s->arena;
}

static bool run_gemm(struct session *s, const struct step *st, struct error *err)
{
    struct ocl_gemm gemm = {.n = st->n,
                            .k = st->k,
                            .lda = st->lda,
                            .ldb = st->ldb,
                            .ldc = st->ldc,
                            .a = buffer_of_arg(s, st, 0),
                            .b = buffer_of_arg(s, st, 1),
                            .c = buffer_of_arg(s, st, 2)};
    size_t piece = st->piece ? st->piece : st->m;
    for (size_t row = 0; row < st->m; row += piece) {
        gemm.m = st->m - row < piece ? st->m - row : piece;
        gemm.offset_a = st->offset_a + row * st->lda;
        gemm.offset_c = st->offset_c + row * st->ldc;
        gemm.more = row > 0;
        TRY(ocl_gemm_clblast(s->ocl, &gemm, err));
        if (st->piece)
            TRY(ocl_flush(s->ocl, err));
    }
    return true;
}

bool session_run_step(struct session *s, int part, int i, struct error *err)
{
    const struct step *st = &s->plan->parts[part].steps[i];
    if (st->kind == STEP_GEMM)
        return run_gemm(s, st, err);
    struct ocl_arg args[STEP_ARGS];
    for (int a = 0; a < st->arg_count; a++)
        args[a] = (struct ocl_arg){.buffer = buffer_of_arg(s, st, a)};
    return ocl_launch_split(s->ocl, s->kernel[part][i], st->global, st->local, st->split, st->piece,
                            args, st->arg_count, err);
}

bool session_start(struct session *s, int part, struct error *err)
{
    for (int i = 0; i < s->plan->parts[part].step_count; i++)
        if (!session_run_step(s, part, i, err))
            return fail_more(err, "step %d (%%%s)", i,
                             s->plan->graph->nodes[s->plan->parts[part].steps[i].node].name);
    return ocl_flush(s->ocl, err);
}

bool session_run(struct session *s, int part, struct error *err)
{
    return session_start(s, part, err) && ocl_finish(s->ocl, err);
}

/* ---- host data in and out ---- */

/* N C pixels of a node for `windows` windows. */
static void extent(const struct node *n, int windows, size_t *count, size_t *channels,
                   size_t *pixels)
{
    *count = n->shape.rank && n->shape.dim[0] == DIM_N ? (size_t)windows : (size_t)n->shape.dim[0];
    *channels = n->shape.rank > 1 ? (size_t)n->shape.dim[1] : 1;
    *pixels = 1;
    for (int i = 2; i < n->shape.rank; i++)
        *pixels *= (size_t)n->shape.dim[i];
}

/* Pictures are RGB; a network that reads BGR says so in its clip. */
static bool feed_swapped(struct session *s, ocl_buffer to, const unsigned char *rgb, size_t pixels,
                         struct error *err)
{
    unsigned char *bgr = malloc(pixels * 3);
    if (!bgr)
        return fail(err, ERROR_LIMIT, "no memory for %zu pixels", pixels);
    for (size_t i = 0; i < pixels * 3; i++)
        bgr[i] = rgb[i - i % 3 + (2 - i % 3)];
    bool ok = ocl_write(s->ocl, to, 0, bgr, pixels * 3, err);
    free(bgr);
    return ok;
}

bool session_feed(struct session *s, node_id input, const void *data, int windows,
                  struct error *err)
{
    const struct node *n = &s->plan->graph->nodes[input];
    ocl_buffer to = buffer_of(s, input);
    size_t count, c, pixels;
    extent(n, windows, &count, &c, &pixels);
    if (!to)
        return fail(err, ERROR_BUG, "%%%s has no device memory", n->name);
    bool bgr = n->clip >= 0 && s->plan->graph->clips[n->clip].order == ORDER_BGR;
    if (n->shape.dtype == DTYPE_U8 && bgr && c == 3)
        return feed_swapped(s, to, data, count * pixels, err);
    if (n->shape.dtype == DTYPE_U8)
        return ocl_write(s->ocl, to, 0, data, count * c * pixels, err);
    size_t row = (size_t)layout_row((int64_t)c), bytes = count * pixels * row * sizeof(float);
    float *rows = calloc(1, bytes ? bytes : 1);
    if (!rows)
        return fail(err, ERROR_LIMIT, "no memory for %%%s", n->name);
    layout_to_rows(rows, data, count, c, pixels, row);
    if (plan_is_half(s->plan, input))
        bytes = layout_to_half(rows, bytes / sizeof *rows);
    bool ok = ocl_write(s->ocl, to, 0, rows, bytes, err);
    free(rows);
    return ok;
}

bool session_fetch(struct session *s, node_id node, float *out, int windows, struct error *err)
{
    const struct node *n = &s->plan->graph->nodes[node];
    ocl_buffer from = buffer_of(s, node);
    size_t count, c, pixels;
    extent(n, windows, &count, &c, &pixels);
    if (!from)
        return fail(err, ERROR_BUG, "%%%s has no device memory", n->name);
    if (s->plan->slices[node].into != NODE_NONE)
        return fail(err, ERROR_BUG, "%%%s stands inside another value", n->name);
    if (n->shape.dtype == DTYPE_U8) {
        unsigned char *bytes = malloc(count * c * pixels);
        if (!bytes)
            return fail(err, ERROR_LIMIT, "no memory for %%%s", n->name);
        bool ok = ocl_read(s->ocl, bytes, from, 0, count * c * pixels, err);
        for (size_t i = 0; ok && i < count; i++)
            for (size_t p = 0; p < pixels; p++)
                for (size_t k = 0; k < c; k++)
                    out[(i * c + k) * pixels + p] = bytes[(i * pixels + p) * c + k];
        free(bytes);
        return ok;
    }
    size_t row = (size_t)layout_row((int64_t)c), size = count * pixels * row * sizeof(float);
    float *rows = malloc(size);
    if (!rows)
        return fail(err, ERROR_LIMIT, "no memory for %%%s", n->name);
    bool half = plan_is_half(s->plan, node);
    bool ok = ocl_read(s->ocl, rows, from, 0, half ? size / 2 : size, err);
    if (ok && half)
        layout_from_half(rows, size / sizeof *rows);
    if (ok)
        layout_from_rows(out, rows, count, c, pixels, row);
    free(rows);
    return ok;
}
