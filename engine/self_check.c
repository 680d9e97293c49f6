/* SPDX-License-Identifier: MIT */
#include "engine/self_check.h"
#include "engine/frames_check.h"
#include "engine/self_check_fence.h"
#include "engine/self_check_value.h"
#include "engine/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INPUTS_MOST = 64 };
/* Of the root mean square of a result: sums are exact, Winograd has its bound; the rest rounds.
 * With half storage Winograd's points are rounded too, and each result to the nearest half. */
static const double BOUND_SUM = 2e-5, BOUND = 5e-4, BOUND_HALF = 2e-2, ROUNDED = 0x1.02p-11;

struct check {
    const struct trust *t;
    const struct self_check_report *report;
    struct graph *graph; /* as t->graph, with made-up weights */
    struct plan *plan;
    struct session *session;
    struct tensor *weights; /* by node: host values of what window nodes read */
    bool *positive;         /* by node: a weight that must be                 */
    char (*done)[VERDICT_KEY]; /* groups that were checked now */
    int done_count;
    int part;
};

/* Variances, and what roots, powers and quotients are made of. */
static bool wants_positive(const struct node *n, int slot)
{
    char word[32];
    const struct attr *fn = attr_find(n->op, "fn");
    if (!strcmp(n->op->name, "batchnorm"))
        return slot == op_slot(n->op, "var");
    if (!fn || fn->type != ATTR_ENUM)
        return false;
    attr_enum_word(n, fn, word);
    return !strcmp(word, "sqrt") || !strcmp(word, "pow") || !strcmp(word, "div");
}

static bool load(void *context, const struct graph *g, const struct node *n, float *out,
                 struct error *err)
{
    const struct check *c = context;
    size_t count = (size_t)shape_elements(&n->shape, 1);
    (void)err;
    value_fill_weight(out, count, (uint64_t)n->line + 1);
    if (c->positive[n - g->nodes])
        value_make_positive(out, count);
    return true;
}

/* Prepared weights: the kernels' order of another weight node, which is what a reference reads. */
static bool is_prepared(const struct graph *g, node_id id)
{
    const char *op = g->nodes[id].op->name;
    return !strcmp(op, "pack_conv") || !strcmp(op, "winograd_weight") ||
           !strcmp(op, "transpose_weight");
}

/* What window nodes read becomes a source, however it was computed: folded norms, tables of bytes.
 * So sums stay exact, and no value is out of a kernel's domain. */
static void make_source(struct graph *g, node_id id)
{
    struct node *n = &g->nodes[id];
    if (n->part != PART_WEIGHT || n->op->traits & OP_SOURCE)
        return;
    if (is_prepared(g, id)) {
        make_source(g, n->in[0]);
        return;
    }
    n->op = op_find("weight");
    n->in_count = 0;
    n->typed = true;
    n->attrs = arena_alloc(&g->arena, n->op->attrs_size);
    attr_defaults(g, n);
}

static bool cut_weights(struct check *c, struct error *err)
{
    struct graph *g = c->graph;
    if (!(c->positive = calloc((size_t)g->count + 1, sizeof *c->positive)))
        return fail(err, ERROR_LIMIT, "out of memory");
    for (int i = 0; i < g->count; i++)
        for (int k = 0; g->nodes[i].part == PART_WINDOW && k < g->nodes[i].in_count; k++) {
            node_id x = g->nodes[i].in[k];
            if (x == NODE_NONE)
                continue;
            make_source(g, x);
            c->positive[x] = c->positive[x] || wants_positive(&g->nodes[i], k);
        }
    return graph_infer(g, err);
}

static bool host_weights(struct check *c, struct error *err)
{
    const struct graph *g = c->graph;
    const struct weight_source source = {load, c};
    bool *wanted = calloc((size_t)g->count + 1, sizeof *wanted);
    c->weights = calloc((size_t)g->count + 1, sizeof *c->weights);
    if (!wanted || !c->weights) {
        free(wanted);
        return fail(err, ERROR_LIMIT, "out of memory");
    }
    for (int i = 0; i < g->count; i++)
        for (int k = 0; g->nodes[i].part == PART_WINDOW && k < g->nodes[i].in_count; k++) {
            node_id x = g->nodes[i].in[k];
            if (x != NODE_NONE && g->nodes[x].part == PART_WEIGHT && !is_prepared(g, x))
                wanted[x] = true;
        }
    bool ok = eval_nodes(g, c->weights, wanted, &source, err);
    free(wanted);
    return ok;
}

/* The same steps as t->plan, which is what their keys say. */
static bool make(struct check *c, struct error *err)
{
    const struct trust *t = c->t;
    const struct weight_source source = {load, c};
    struct ocl_build_report built;
    if (!(c->graph = graph_copy(t->graph)))
        return fail(err, ERROR_LIMIT, "out of memory");
    TRY(cut_weights(c, err));
    TRY((c->plan = plan_make(c->graph, ocl_caps(t->ocl), t->batch, t->graph->half, t->max_memory,
                             err)) != NULL);
    for (int p = 0; p < t->plan->part_count; p++)
        for (int i = 0; i < t->plan->parts[p].step_count; i++)
            c->plan->parts[p].steps[i].plain = t->plan->parts[p].steps[i].plain;
    c->plan->activation_bytes += FENCE_WIDTH; /* behind the last value */
    c->session = session_make(c->plan, t->ocl, &source, &built, c->report->building,
                              c->report->context, err);
    return c->session && host_weights(c, err);
}

static bool is_sum(const struct node *n)
{
    return op_slot(n->op, "packed") >= 0;
}

static bool has_half_points(const struct check *c, int begin, int end)
{
    for (int i = begin; c->graph->half && i < end; i++) {
        const struct step *s = &c->plan->parts[c->part].steps[i];
        if (s->kind == STEP_LAUNCH && !strncmp(s->source, "winograd", 8))
            return true;
    }
    return false;
}

/* *why stays empty when the result of the steps is right. */
static void compare(const struct check *c, int begin, int end, const struct tensor *want,
                    const float *got, char why[VERDICT_WHY])
{
    node_id id = c->plan->parts[c->part].steps[begin].node;
    double allowed = has_half_points(c, begin, end) ? BOUND_HALF
                     : is_sum(&c->graph->nodes[id]) ? BOUND_SUM
                                                    : BOUND;
    double off = value_difference(want, got, plan_is_half(c->plan, id) ? ROUNDED : 0);
    if (!(off <= allowed))
        snprintf(why, VERDICT_WHY, "off by %.2g of the root mean square, %.0e is allowed", off,
                 allowed);
}

/* Inputs of the node: made up, on the device and here. */
static bool feed(struct check *c, const struct node *n, struct tensor *in, struct error *err)
{
    for (int k = 0; k < n->in_count; k++) {
        node_id x = n->in[k];
        in[k] = (struct tensor){.data = NULL};
        if (x == NODE_NONE)
            continue;
        if (c->graph->nodes[x].part != PART_WINDOW) {
            in[k] = c->weights[x];
            continue;
        }
        in[k].shape = value_shape(c->plan, c->part, x);
        size_t count = (size_t)shape_elements(&in[k].shape, 1);
        if (!(in[k].data = malloc(count * sizeof(float))))
            return fail(err, ERROR_LIMIT, "out of memory");
        value_fill(in[k].data, count, in[k].shape.dtype, is_sum(n) ? 64 : 512, (uint64_t)(k + 1));
        if (wants_positive(n, k))
            value_make_positive(in[k].data, count);
        else if (!is_sum(n) && in[k].shape.dtype != DTYPE_U8)
            value_make_signed(&in[k]);
        TRY(value_write(c->session, c->t->ocl, c->plan, x, &in[k], err));
    }
    /* Two may be one value, or one may stand inside another: what is there in the end counts. */
    for (int k = 0; k < n->in_count; k++)
        if (in[k].data && c->graph->nodes[n->in[k]].part == PART_WINDOW)
            TRY(value_read(c->session, c->t->ocl, c->plan, n->in[k], &in[k].shape, in[k].data,
                           err));
    return true;
}

static bool run_group(struct check *c, int begin, int end, struct error *err)
{
    for (int i = begin; i < end; i++)
        TRY(session_run_step(c->session, c->part, i, err));
    return ocl_finish(c->t->ocl, err);
}

/* The node's steps between its inputs and what is around its result. */
static bool run_fenced(struct check *c, const struct node *n, int begin, int end, struct tensor *in,
                       char why[VERDICT_WHY], struct error *err)
{
    struct fence fence;
    struct error ran = {0};
    bool held = true;
    bool ok = fence_poison(&fence, c->session, c->t->ocl, c->plan, c->part, begin, end, err) &&
              feed(c, n, in, err) && fence_raise(&fence, err);
    if (ok && !run_group(c, begin, end, &ran)) {
        ok = ran.code != ERROR_LIMIT; /* which says nothing of the kernel */
        if (!ok)
            *err = ran;
        snprintf(why, VERDICT_WHY, "%.150s", ran.text);
    } else if (ok) {
        ok = fence_check(&fence, &held, err);
        if (!held)
            snprintf(why, VERDICT_WHY, "it writes where its result is not");
    }
    fence_free(&fence);
    return ok;
}

/* One node; *why stays empty when all is right. */
static bool check_node(struct check *c, int begin, int end, char why[VERDICT_WHY],
                       struct error *err)
{
    node_id id = c->plan->parts[c->part].steps[begin].node;
    const struct node *n = &c->graph->nodes[id];
    struct tensor in[INPUTS_MOST], want = {.shape = value_shape(c->plan, c->part, id)};
    if (n->in_count > INPUTS_MOST)
        return fail(err, ERROR_BUG, "%%%s has %d inputs", n->name, n->in_count);
    memset(in, 0, sizeof in);
    size_t count = (size_t)shape_elements(&want.shape, 1);
    unsigned char *wanted = value_sample(&want.shape, count);
    float *got = malloc(count * sizeof *got);
    want.wanted = wanted;
    want.data = calloc(count, sizeof *want.data);
    bool ok = (wanted && got && want.data) || fail(err, ERROR_LIMIT, "out of memory");
    ok = ok && run_fenced(c, n, begin, end, in, why, err);
    if (ok && !*why &&
        (ok = value_read(c->session, c->t->ocl, c->plan, id, &want.shape, got, err))) {
        n->op->reference(n, in, &want);
        compare(c, begin, end, &want, got, why);
    }
    for (int k = 0; k < n->in_count; k++)
        if (n->in[k] != NODE_NONE && c->graph->nodes[n->in[k]].part == PART_WINDOW)
            free(in[k].data);
    free(want.data);
    free(wanted);
    free(got);
    return ok;
}

/* Layers of one shape share their kernels, and are checked once. */
static bool is_done(const struct check *c, const char *key)
{
    for (int i = 0; i < c->done_count; i++)
        if (!strcmp(c->done[i], key))
            return true;
    return false;
}

static bool check_group(struct check *c, int begin, int end, struct error *err)
{
    const struct plan_part *p = &c->plan->parts[c->part];
    char key[VERDICT_KEY], why[VERDICT_WHY] = "";
    TRY(trust_group_key(c->t->ocl, &p->steps[begin], end - begin, key, err));
    if (is_done(c, key))
        return true;
    c->report->trying(c->report->context, key);
    TRY(check_node(c, begin, end, why, err));
    c->report->found(c->report->context, key, *why ? VERDICT_WRONG : VERDICT_RIGHT, why);
    snprintf(c->done[c->done_count++], VERDICT_KEY, "%s", key);
    return true;
}

/* The kernels of frames, which are no steps. */
static bool check_frames(struct check *c, struct error *err)
{
    const struct trust *t = c->t;
    for (int p = 0; p < t->plan->part_count; p++) {
        char key[VERDICT_KEY], why[VERDICT_WHY] = "";
        const struct recipe *r = trust_recipe(t, p);
        if (!r || trust_frames(t, p, NULL, err) != VERDICT_UNKNOWN)
            continue;
        TRY(frames_key(t->ocl, r, t->plan->half, t->plain_frames, key, err));
        c->report->trying(c->report->context, key);
        TRY(frames_check(t->ocl, r, t->plan->half, t->plain_frames, why, err));
        c->report->found(c->report->context, key, *why ? VERDICT_WRONG : VERDICT_RIGHT, why);
    }
    return true;
}

static bool check_all(struct check *c, struct error *err)
{
    size_t most = 1;
    for (int p = 0; p < c->plan->part_count; p++)
        most += (size_t)c->plan->parts[p].step_count;
    if (!(c->done = calloc(most, sizeof *c->done)))
        return fail(err, ERROR_LIMIT, "out of memory");
    for (c->part = 0; c->part < c->plan->part_count; c->part++) {
        const struct plan_part *p = &c->plan->parts[c->part];
        for (int i = 0, end; i < p->step_count; i = end) {
            struct error own = {0};
            end = trust_group(p, i);
            enum verdict is = trust_verdict(c->t->ocl, c->plan, c->t->verdicts, c->part, i, end,
                                            NULL, &own);
            if (own.code) {
                *err = own;
                return false;
            }
            if (is == VERDICT_UNKNOWN)
                TRY(check_group(c, i, end, err));
        }
    }
    return true;
}

/* A compiler that fails is a verdict, one that crashes leaves what was tried last. */
static bool build_one_by_one(const struct check *c, struct error *err)
{
    for (int p = 0; p < c->t->plan->part_count; p++)
        for (int i = 0; i < c->t->plan->parts[p].step_count; i++) {
            const struct step *s = &c->t->plan->parts[p].steps[i];
            char key[VERDICT_KEY];
            ocl_kernel kernel;
            struct error own = {0};
            if (s->kind != STEP_LAUNCH)
                continue;
            TRY(trust_key(c->t->ocl, s, key, err));
            struct ocl_kernel_request r = {
                .source = s->source, .kernel = s->kernel, .defines = s->defines, .plain = s->plain};
            memcpy(r.local, s->local, sizeof r.local);
            memcpy(r.global, s->global, sizeof r.global);
            c->report->trying(c->report->context, key);
            if (!ocl_build(c->t->ocl, &r, 1, &kernel, NULL, NULL, NULL, &own)) {
                if (own.code != ERROR_LIMIT)
                    c->report->found(c->report->context, key, VERDICT_WRONG, own.text);
                *err = own;
                return false;
            }
        }
    return true;
}

bool self_check(const struct trust *t, bool one_by_one, const struct self_check_report *report,
                struct error *err)
{
    struct check c = {.t = t, .report = report};
    bool ok = (!one_by_one || build_one_by_one(&c, err)) && make(&c, err) && check_all(&c, err) &&
              check_frames(&c, err);
    for (int i = 0; c.weights && i < c.graph->count; i++)
        free(c.weights[i].data);
    free(c.weights);
    free(c.positive);
    free(c.done);
    session_free(&c.session);
    plan_free(&c.plan);
    graph_free(&c.graph);
    return ok;
}
