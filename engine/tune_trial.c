/* SPDX-License-Identifier: MIT */
#include "engine/tune_trial.h"
#include "base/random.h"
#include "engine/session.h"
#include "graph/pass/algorithm.h"
#include "graph/pipeline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RUNS_LEAST = 5, RUNS_MOST = 60, LARGEST = 4 };
static const double WINOGRAD_BOUND = 2e-5;

static uint64_t hash(uint64_t h, const void *data, size_t n)
{
    const unsigned char *p = data;
    for (size_t i = 0; i < n; i++)
        h = (h ^ p[i]) * UINT64_C(1099511628211);
    return h;
}

static uint64_t signature_of(const struct plan_part *p)
{
    uint64_t h = UINT64_C(14695981039346656037);
    for (int i = 0; i < p->step_count; i++) {
        const struct step *s = &p->steps[i];
        h = hash(h, &s->kind, sizeof s->kind);
        if (s->kind == STEP_LAUNCH) {
            h = hash(h, s->kernel, strlen(s->kernel));
            h = hash(h, s->defines, strlen(s->defines));
        }
        h = hash(h, s->global, sizeof s->global);
        h = hash(h, s->local, sizeof s->local);
    }
    return h;
}

bool trial_plan(struct trial *t, const struct caps *caps, const char *spec, int batch,
                const struct choice *choice, bool strict, struct error *err)
{
    int one, batches[GRAPH_CLIPS_MOST];
    *t = (struct trial){.best = INFINITY};
    struct tuning *known = tuning_open(caps, &(struct error){0});
    if (known) { /* what its class says of all convolutions holds for every trial */
        t->tuning.accumulators = known->accumulators;
        t->tuning.group = known->group;
    }
    tuning_close(&known);
    if (choice) {
        struct tuned e = {.choice = *choice};
        t->choice = *choice;
        memcpy(e.spec, spec, strlen(spec) + 1);
        TRY(tuning_put(&t->tuning, &e, err));
    }
    for (int i = 0; i < GRAPH_CLIPS_MOST; i++)
        batches[i] = batch;
    TRY((t->graph = conv_graph(spec, &one, err)) != NULL);
    t->graph->tuning = &t->tuning;
    t->graph->strict = strict;
    TRY(graph_compile(t->graph, NULL, err));
    TRY((t->plan = plan_make(t->graph, caps, batches, false, 0, err)) != NULL);
    t->signature = signature_of(&t->plan->parts[0]);
    return true;
}

static void fill(float *to, size_t count, uint64_t seed)
{
    struct random r = {seed};
    for (size_t i = 0; i < count; i++)
        to[i] = (float)random_int(&r, -LARGEST, LARGEST);
}

static bool load(void *context, const struct graph *g, const struct node *n, float *out,
                 struct error *err)
{
    (void)context, (void)g, (void)err;
    fill(out, (size_t)shape_elements(&n->shape, 1), 2);
    return true;
}

static bool feed(struct trial *t, struct error *err)
{
    node_id id = graph_find(t->graph, "x");
    int batch = t->plan->parts[0].batch;
    size_t count = (size_t)shape_elements(&t->graph->nodes[id].shape, batch);
    float *data = malloc(count * sizeof *data);
    if (!data)
        return fail(err, ERROR_LIMIT, "no memory for an input of %zu numbers", count);
    fill(data, count, 1);
    bool ok = session_feed(t->session, id, data, batch, err);
    free(data);
    return ok;
}

bool trial_start(struct trial *t, struct ocl *ocl, struct error *err)
{
    struct ocl_build_report report = {0};
    const struct weight_source weights = {load, NULL};
    t->session = session_make(t->plan, ocl, &weights, &report, NULL, NULL, err);
    t->build = report.seconds;
    return t->session && feed(t, err);
}

void trial_close(struct trial *t)
{
    session_free(&t->session);
    plan_free(&t->plan);
    graph_free(&t->graph);
    tuning_free(&t->tuning);
}

static size_t value_count(const struct trial *t)
{
    return (size_t)shape_elements(&t->graph->nodes[t->graph->outputs[0]].shape,
                                  t->plan->parts[0].batch);
}

float *trial_values(struct trial *t, struct error *err)
{
    float *out = malloc(value_count(t) * sizeof *out);
    if (!out) {
        fail(err, ERROR_LIMIT, "no memory for a result of %zu numbers", value_count(t));
        return NULL;
    }
    if (session_run(t->session, 0, err) &&
        session_fetch(t->session, t->graph->outputs[0], out, t->plan->parts[0].batch, err))
        return out;
    free(out);
    return NULL;
}

bool trial_compare(struct trial *t, const float *want, double *off, struct error *err)
{
    size_t count = value_count(t);
    float *got = trial_values(t, err);
    double squares = 0, most = 0;
    if (!got)
        return false;
    for (size_t i = 0; i < count; i++) {
        double d = fabs((double)got[i] - want[i]);
        squares += (double)want[i] * want[i];
        most = d <= most ? most : isnan(d) ? INFINITY : d;
    }
    free(got);
    *off = most > 0 ? most / sqrt(squares / (double)count) : 0;
    return true;
}

double trial_allowed(const struct trial *t)
{
    const struct graph *g = t->graph;
    return winograd_size(g, &g->nodes[g->outputs[0]]) ? WINOGRAD_BOUND : 0;
}

static double processor_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static bool run(struct trial *t, const struct tune_options *o, bool counts, struct error *err)
{
    double start = o->cpu_time ? processor_seconds() : ocl_seconds();
    TRY(session_run(t->session, 0, err));
    double s = (o->cpu_time ? processor_seconds() : ocl_seconds()) - start;
    if (counts && s < t->best)
        t->best = s;
    return true;
}

bool trial_race(struct trial *a, struct trial *b, double seconds, const struct tune_options *o,
                struct error *err)
{
    double end = ocl_seconds() + seconds;
    a->best = b->best = INFINITY;
    for (int i = -1; i < RUNS_MOST; i++) {
        TRY(run(a, o, i >= 0, err) && run(b, o, i >= 0, err));
        if (i >= 0 && (o->stop(o->context) || (i >= RUNS_LEAST && ocl_seconds() > end)))
            break;
    }
    return true;
}
