/* SPDX-License-Identifier: MIT */
#include "tests/tools/opcase.h"
#include "base/half.h"
#include "engine/layout.h"
#include "graph/op.h"
#include "graph/pipeline.h"
#include "tests/tools/opvalues.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- comparison ---- */

static double root_mean_square(const struct tensor *t)
{
    int64_t count = shape_elements(&t->shape, 1);
    double sum = 0;
    for (int64_t i = 0; i < count; i++)
        if (isfinite(t->data[i]))
            sum += (double)t->data[i] * t->data[i];
    return sqrt(sum / (double)count);
}

/* allowed[i] is the bound of element i; NULL: `same` for all. */
static bool compare(const struct tensor *want, const float *got, const double *allowed, double same,
                    double *worst, struct error *err)
{
    int64_t count = shape_elements(&want->shape, 1), bad = 0, first = -1;
    for (int64_t i = 0; i < count; i++) {
        double w = want->data[i], g = got[i], limit = allowed ? allowed[i] : same;
        double error = fabs(w - g);
        if (w == g || (isnan(w) && isnan(g)))
            continue;
        if (error <= limit) {
            if (error > *worst * limit)
                *worst = error / limit;
            continue;
        }
        if (!bad++)
            first = i;
    }
    if (!bad)
        return true;
    return fail(err, ERROR_BUILD, "%lld of %lld differ, first [%lld]: %.9g, wanted %.9g +- %.3g",
                (long long)bad, (long long)count, (long long)first, got[first], want->data[first],
                allowed ? allowed[first] : same);
}

/* Whether a Winograd convolution helps to make value id: those have a bound of their own. */
static bool uses_winograd(const struct plan *plan, node_id id)
{
    const struct node *n = &plan->graph->nodes[id];
    for (int p = 0; p < plan->part_count; p++)
        for (int i = 0; i < plan->parts[p].step_count; i++)
            if (plan->parts[p].steps[i].node == id &&
                strstr(plan->parts[p].steps[i].algorithm, "winograd"))
                return true;
    for (int k = 0; k < n->in_count; k++)
        if (n->in[k] != NODE_NONE && uses_winograd(plan, n->in[k]))
            return true;
    return false;
}

/* (n+8) 2^-24 sum |x*w| for every element of every output, and a float's rounding of what an
 * activation makes of it: the graph with |inputs|, |weights| and no activations gives the sums, its
 * multiply-adds n. */
static double **sum_bounds(const struct opcase *c, struct error *err)
{
    struct graph *g = graph_copy(c->graph);
    struct values_source s = {c, true};
    struct tensor *values = values_new(g);
    double **bounds = calloc((size_t)g->output_count, sizeof *bounds);
    for (int i = 0; i < g->count; i++)
        attr_set_enum(&g->nodes[i], "act", "none");
    bool ok = values && bounds && values_evaluate_all(g, values, &s, err);
    for (int k = 0; ok && k < g->output_count; k++) {
        const struct node *n = &g->nodes[g->outputs[k]];
        int64_t count = shape_elements(&values[g->outputs[k]].shape, 1);
        struct cost cost = {0};
        if (n->op->cost)
            n->op->cost(g, n, &cost);
        double terms = cost.multiply_adds / (double)shape_elements(&n->shape, 1);
        bounds[k] = calloc((size_t)count, sizeof(double));
        for (int64_t i = 0; i < count; i++)
            bounds[k][i] = (terms + 8) * 0x1p-24 * values[g->outputs[k]].data[i] + 1e-6;
    }
    values_free(g, values);
    graph_free(&g);
    return ok ? bounds : NULL;
}

/* ---- on the device ---- */

/* Everything a kernel must not rely on is NaN: first a run with nothing but NaN (x NULL), then the
 * inputs with NaN in the padding of their rows. */
static bool feed(struct session *s, const struct plan *plan, node_id id, const float *x,
                 int windows, struct error *err, struct ocl *ocl)
{
    const struct graph *g = plan->graph;
    const struct node *n = &g->nodes[id];
    bool u8 = n->shape.dtype == DTYPE_U8;
    size_t count = n->shape.dim[0] == DIM_N ? (size_t)windows : (size_t)n->shape.dim[0];
    size_t channels = (size_t)n->shape.dim[1], row = (size_t)layout_row(n->shape.dim[1]);
    size_t pixels = (size_t)shape_elements(&n->shape, windows) / (count * channels);
    size_t size = count * pixels * (u8 ? channels : row * sizeof(float));
    unsigned char *data = malloc(size);
    if (!data)
        return fail(err, ERROR_LIMIT, "out of memory");
    memset(data, 0xff, size);
    for (size_t w = 0; x && u8 && w < count; w++)
        for (size_t p = 0; p < pixels; p++)
            for (size_t k = 0; k < channels; k++)
                data[(w * pixels + p) * channels + k] =
                    (unsigned char)x[(w * channels + k) * pixels + p];
    if (x && !u8)
        layout_to_rows((float *)(void *)data, x, count, channels, pixels, row);
    if (plan_is_half(plan, id))
        size = layout_to_half((float *)(void *)data, size / sizeof(float));
    bool ok = ocl_write(ocl, session_input(s, id), 0, data, size, err);
    free(data);
    return ok;
}

static bool feed_part(struct session *s, struct ocl *ocl, const struct opcase *c, int variant,
                      int part, const struct tensor *reference, struct error *err)
{
    const struct graph *g = c->compiled[variant];
    for (int i = 0; i < g->count; i++) {
        const struct node *n = &g->nodes[i];
        if (!values_is_input(n) || n->clip != c->plan[variant]->parts[part].clip)
            continue;
        const float *x = reference ? reference[graph_find(c->graph, n->name)].data : NULL;
        TRY(feed(s, c->plan[variant], i, x, c->windows, err, ocl));
    }
    return true;
}

/* What the host or the comparison reads of a part. */
static bool fetch_part(struct session *s, const struct opcase *c, int variant, int part,
                       struct tensor *values, struct error *err)
{
    const struct graph *g = c->compiled[variant];
    for (int i = 0; i < g->count; i++) {
        const struct node *n = &g->nodes[i];
        bool read = values_is_output(g, i);
        for (int k = i + 1; k < g->count; k++)
            read = read || ((g->nodes[k].op->traits & OP_WINDOWS) && g->nodes[k].in[0] == i);
        if (!read || n->part != PART_WINDOW || n->clip != c->plan[variant]->parts[part].clip)
            continue;
        TRY(values_alloc(g, i, c->windows, &values[i], err) &&
            session_fetch(s, i, values[i].data, c->windows, err));
    }
    return true;
}

static bool run_session(struct session *s, struct ocl *ocl, const struct opcase *c, int variant,
                        const struct tensor *reference, struct tensor *values, struct error *err)
{
    struct values_source source = {c, false};
    for (int p = 0; p < c->plan[variant]->part_count; p++) {
        TRY(feed_part(s, ocl, c, variant, p, NULL, err) && session_run(s, p, err));
        TRY(feed_part(s, ocl, c, variant, p, reference, err) && session_run(s, p, err));
        TRY(fetch_part(s, c, variant, p, values, err));
    }
    return values_evaluate(c->compiled[variant], values, &source, err);
}

/* ---- half storage ---- */

/* Whether a step reads a weight as half: as the w of a convolution or a linear layer, whatever form
 * of it the step has. */
static bool is_half_weight(const struct graph *g, node_id id)
{
    for (int i = id + 1; i < g->count; i++) {
        int w = op_slot(g->nodes[i].op, "w");
        if (g->nodes[i].part == PART_WINDOW && w >= 0 && g->nodes[i].in[w] == id)
            return true;
    }
    return false;
}

/* The references of a compiled graph with every value rounded as it is stored. What is left to
 * differ is the order of sums. *stored: how many results are rounded. */
static bool half_reference(const struct opcase *c, int variant, struct tensor *values, int *stored,
                           struct error *err)
{
    const struct graph *g = c->compiled[variant];
    struct values_source source = {c, false};
    struct weight_source weights = {values_weight, &source};
    bool *one = calloc((size_t)g->count + 1, sizeof *one);
    bool ok = one && values_fill_inputs(g, values, &source, err);
    for (int i = 0; ok && i < g->count; i++) {
        const struct node *n = &g->nodes[i];
        one[i] = true;
        ok = eval_nodes(g, values, one, &weights, err);
        one[i] = false;
        bool value = plan_is_half(c->plan[variant], i);
        if (!ok || !(value || (n->part == PART_WEIGHT && is_half_weight(g, i))))
            continue;
        *stored += value && !(n->op->traits & (OP_SOURCE | OP_VIEW));
        for (int64_t k = 0; k < shape_elements(&values[i].shape, 1); k++)
            values[i].data[k] = half_round(values[i].data[k]);
    }
    free(one);
    return ok;
}

/* Sums in another order may be rounded to another half, 2^-10 beside, each time they are stored. */
static double *half_bounds(const struct tensor *want, const double *bounds, double same, int stored)
{
    int64_t count = shape_elements(&want->shape, 1);
    double *allowed = calloc((size_t)count + 1, sizeof *allowed), rms = root_mean_square(want);
    for (int64_t i = 0; allowed && i < count; i++)
        allowed[i] = (bounds ? bounds[i] : same) +
                     stored * 0x1p-10 * fmax(fabs((double)want->data[i]), rms);
    return allowed;
}

/* Of a result's root mean square: points of F(4,3) stored as half are off by 1.5e-3 of it, 1e-2 at
 * most of 30,000 numbers. */
#define WINOGRAD_HALF 0.02

static bool compare_half(const struct opcase *c, int variant, const struct tensor *values,
                         double **bounds, double *worst, struct error *err)
{
    const struct graph *g = c->compiled[variant];
    struct tensor *reference = values_new(g);
    int stored = 0;
    bool ok = reference && half_reference(c, variant, reference, &stored, err);
    for (int k = 0; ok && k < g->output_count; k++) {
        const struct tensor *want = &reference[g->outputs[k]];
        double same = fmax(c->tolerance, 0) * root_mean_square(want);
        bool winograd = uses_winograd(c->plan[variant], g->outputs[k]);
        if (winograd)
            same = WINOGRAD_HALF * root_mean_square(want);
        double *allowed = c->tolerance == 0 && !winograd
                              ? NULL
                              : half_bounds(want, bounds && !winograd ? bounds[k] : NULL, same,
                                            stored);
        ok = compare(want, values[g->outputs[k]].data, allowed, same, worst, err) ||
             fail_more(err, "%%%s", g->nodes[g->outputs[k]].name);
        free(allowed);
    }
    values_free(g, reference);
    return ok;
}

static bool check_variant(const struct opcase *c, struct ocl *ocl, int variant,
                          const struct tensor *reference, double **bounds, double *worst,
                          struct error *err)
{
    static const char *const variant_name[] = {"fused", "kept"};
    const struct graph *g = c->compiled[variant];
    struct values_source source = {c, false};
    struct weight_source weights = {values_weight, &source};
    struct tensor *values = values_new(g);
    struct session *s = session_make(c->plan[variant], ocl, &weights, NULL, NULL, NULL, err);
    bool ok = s && values && run_session(s, ocl, c, variant, reference, values, err);
    if (ok && c->half)
        ok = compare_half(c, variant, values, bounds, worst, err) ||
             fail_more(err, "%s, half", variant_name[variant]);
    for (int k = 0; ok && !c->half && k < g->output_count; k++) {
        const struct tensor *want = &reference[c->graph->outputs[k]];
        double rms = root_mean_square(want), same = c->tolerance * rms;
        const double *allowed = bounds ? bounds[k] : NULL;
        if (uses_winograd(c->plan[variant], g->outputs[k])) {
            allowed = NULL;
            same = fmax(same, 2e-5 * rms);
        }
        ok = compare(want, values[g->outputs[k]].data, allowed, same, worst, err) ||
             fail_more(err, "%s: %%%s", variant_name[variant], g->nodes[g->outputs[k]].name);
    }
    session_free(&s);
    values_free(g, values);
    return ok;
}

static bool check_torch(const struct opcase *c, const struct tensor *reference, double *worst,
                        struct error *err)
{
    const struct node *n = &c->graph->nodes[c->graph->outputs[0]];
    const struct tensor *got = &reference[c->graph->outputs[0]];
    struct tensor want = {got->shape, NULL};
    size_t count = (size_t)shape_elements(&got->shape, 1);
    if (!(want.data = calloc(count, sizeof(float))))
        return fail(err, ERROR_LIMIT, "out of memory");
    bool ok = values_torch(c, n, count, want.data, err);
    /* Both have double sums, but not in the same order. */
    double part = c->tolerance == TOLERANCE_SUM ? 1e-6 : c->tolerance;
    double same = ok ? part * root_mean_square(&want) : 0;
    ok = ok && (compare(&want, got->data, NULL, same, worst, err) ||
                fail_more(err, "reference against PyTorch: %%%s", n->name));
    free(want.data);
    return ok;
}

bool opcase_check(const struct opcase *c, struct ocl *ocl, double *worst, struct error *err)
{
    struct values_source source = {c, false};
    struct tensor *reference = values_new(c->graph);
    double **bounds = c->tolerance == TOLERANCE_SUM ? sum_bounds(c, err) : NULL;
    *worst = 0;
    bool ok = reference && (bounds || c->tolerance != TOLERANCE_SUM) &&
              values_evaluate_all(c->graph, reference, &source, err);
    if (ok && c->torch)
        ok = check_torch(c, reference, worst, err);
    for (int v = 0; ok && v < VARIANTS; v++)
        ok = check_variant(c, ocl, v, reference, bounds, worst, err);
    for (int k = 0; bounds && k < c->graph->output_count; k++)
        free(bounds[k]);
    free(bounds);
    values_free(c->graph, reference);
    return ok;
}

/* ---- opening and building ---- */

bool opcase_caps(struct caps *caps, const char *width)
{
    long long v;
    if (!strcmp(width, "gpu")) {
        caps->gpu = true; /* as unknown ones are described */
        caps->wave_width = 32;
        caps->registers = 128;
        return true;
    }
    if (!text_to_int(width, &v) || (v != 16 && v != 8 && v != 4))
        return false;
    caps->gpu = false;
    caps->vector_width = (int)v;
    return true;
}

/* Says of every convolution of a graph that the choice is best for it. */
static bool force_choice(struct opcase *c, const struct graph *g, struct error *err)
{
    struct text text = {0};
    char spec[CONV_SPEC_SIZE];
    text_printf(&text, "[all]\n");
    for (int i = 0; i < g->count; i++)
        if (conv_spec(g, &g->nodes[i], 0, spec, sizeof spec) && conv_spec_check(spec, NULL))
            text_printf(&text, "%s %s\n", spec, c->choice);
    bool ok = tuning_parse(&c->tuning, text.s, text.len, "choice", "all", err);
    text_free(&text);
    return ok;
}

bool opcase_open(struct opcase *c, const char *text, const struct caps *caps, struct error *err)
{
    struct text whole = {0};
    int batch[16];
    text_printf(&whole, "clact 1\n%s", text);
    c->graph = graph_parse(whole.s, whole.len, c->name, err);
    text_free(&whole);
    if (!c->graph)
        return false;
    TRY(!c->choice || force_choice(c, c->graph, err));
    for (int i = 0; i < 16; i++)
        batch[i] = c->windows;
    for (int v = 0; v < VARIANTS; v++) {
        struct graph *g = c->compiled[v] = graph_copy(c->graph);
        g->strict = c->strict;
        g->half = c->half;
        g->tuning = &c->tuning;
        for (int i = 0; v == VARIANT_KEPT && i < g->count; i++)
            g->nodes[i].keep = g->nodes[i].part != PART_WEIGHT;
        TRY(graph_compile(g, NULL, err));
        TRY((c->plan[v] = plan_make(g, caps, batch, c->half, 0, err)) != NULL);
    }
    return true;
}

void opcase_close(struct opcase *c)
{
    for (int v = 0; v < VARIANTS; v++) {
        plan_free(&c->plan[v]);
        graph_free(&c->compiled[v]);
    }
    graph_free(&c->graph);
    tuning_free(&c->tuning);
    safetensors_close(&c->torch);
}

bool opcase_build(const struct opcase *cases, size_t count, struct ocl *ocl, struct error *err)
{
    struct ocl_kernel_request *r = NULL;
    size_t n = 0, cap = 0;
    for (size_t i = 0; i < count * VARIANTS; i++) {
        const struct plan *plan = cases[i / VARIANTS].plan[i % VARIANTS];
        for (int p = 0; plan && p < plan->part_count; p++)
            for (int k = 0; k < plan->parts[p].step_count; k++) {
                const struct step *st = &plan->parts[p].steps[k];
                if (st->kind != STEP_LAUNCH)
                    continue;
                if (n == cap && !(r = realloc(r, sizeof *r * (cap = cap * 2 + 64))))
                    return fail(err, ERROR_LIMIT, "out of memory");
                r[n] = (struct ocl_kernel_request){
                    .source = st->source, .kernel = st->kernel, .defines = st->defines};
                memcpy(r[n].local, st->local, sizeof st->local);
                memcpy(r[n++].global, st->global, sizeof st->global);
            }
    }
    ocl_kernel *kernels = calloc(n + 1, sizeof *kernels);
    bool ok = kernels && ocl_build(ocl, r, n, kernels, NULL, NULL, NULL, err);
    free(kernels);
    free(r);
    return ok;
}
