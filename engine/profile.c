/* SPDX-License-Identifier: MIT */
#include "engine/profile.h"
#include "base/random.h"

#include <stdlib.h>
#include <string.h>

enum { WARM_UP = 2 };

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static struct stats stats_of(double *samples, int n)
{
    qsort(samples, (size_t)n, sizeof *samples, compare);
    return (struct stats){samples[0], samples[n / 2], samples[(int)(0.95 * (n - 1) + 0.5)]};
}

/* Noise: bytes in frames, numbers about 0 elsewhere. */
static bool fill_input(struct network *m, node_id id, int batch, struct error *err)
{
    const struct node *n = &m->graph->nodes[id];
    size_t count = (size_t)shape_elements(&n->shape, batch);
    bool bytes = n->shape.dtype == DTYPE_U8;
    struct random r = {1};
    void *data = malloc(count * (bytes ? 1 : sizeof(float)));
    if (!data)
        return fail(err, ERROR_LIMIT, "no memory for %%%s", n->name);
    for (size_t i = 0; i < count; i++) {
        double x = random_unit(&r);
        if (bytes)
            ((unsigned char *)data)[i] = (unsigned char)(x * 255.99);
        else
            ((float *)data)[i] = (float)(2 * x - 1);
    }
    bool ok = session_feed(m->session, id, data, batch, err);
    free(data);
    return ok;
}

static bool fill_inputs(struct network *m, struct error *err)
{
    for (int p = 0; p < m->plan->part_count; p++)
        for (int i = 0; i < m->graph->count; i++) {
            const struct node *n = &m->graph->nodes[i];
            if ((n->op->traits & OP_SOURCE) && n->part == PART_WINDOW &&
                n->clip == m->plan->parts[p].clip)
                TRY(fill_input(m, i, m->plan->parts[p].batch, err));
        }
    return true;
}

static bool time_runs(struct network *m, struct profile *p, double *samples, struct error *err)
{
    for (int part = 0; part < m->plan->part_count; part++) {
        for (int i = -WARM_UP; i < p->repeats; i++) {
            double start = ocl_seconds();
            TRY(session_run(m->session, part, err));
            if (i >= 0)
                samples[i] = ocl_seconds() - start;
        }
        p->run[part] = stats_of(samples, p->repeats);
    }
    return true;
}

/* One run of a part with the times of its steps. A GEMM is several launches of a library, so a plan
 * with one is timed step by step. */
static bool time_steps(struct network *m, int part, bool *by_events, struct ocl_time *times,
                       struct error *err)
{
    int count = m->plan->parts[part].step_count;
    if (*by_events) {
        for (int i = 0; i < count; i++)
            TRY(session_run_step(m->session, part, i, err));
        TRY(ocl_profile_take(m->ocl, times, (size_t)count, by_events, err));
        if (*by_events)
            return true;
    }
    for (int i = 0; i < count; i++) {
        times[i].start = ocl_seconds();
        TRY(session_run_step(m->session, part, i, err));
        TRY(ocl_finish(m->ocl, err));
        times[i].end = ocl_seconds();
    }
    return true;
}

static bool has_gemm(const struct plan *plan)
{
    for (int p = 0; p < plan->part_count; p++)
        for (int i = 0; i < plan->parts[p].step_count; i++)
            if (plan->parts[p].steps[i].kind == STEP_GEMM)
                return true;
    return false;
}

/* samples: repeats for each step, step by step. */
static bool time_part(struct network *m, struct profile *p, int part, int at, double *samples,
                      struct ocl_time *times, struct error *err)
{
    int count = m->plan->parts[part].step_count;
    for (int r = 0; r < p->repeats; r++) {
        TRY(time_steps(m, part, &p->by_events, times, err));
        for (int i = 0; i < count; i++)
            samples[(size_t)i * (size_t)p->repeats + (size_t)r] = times[i].end - times[i].start;
    }
    for (int i = 0; i < count; i++)
        p->steps[at + i] = (struct step_profile){
            .part = part,
            .step = &m->plan->parts[part].steps[i],
            .seconds = stats_of(samples + (size_t)i * (size_t)p->repeats, p->repeats),
            .last = {times[i].start - times[0].start, times[i].end - times[0].start},
        };
    return true;
}

bool profile_network(struct network *m, int repeats, struct profile *p, struct error *err)
{
    size_t most = 1;
    *p = (struct profile){.repeats = repeats, .by_events = !has_gemm(m->plan)};
    for (int i = 0; i < m->plan->part_count; i++) {
        p->count += m->plan->parts[i].step_count;
        if ((size_t)m->plan->parts[i].step_count > most)
            most = (size_t)m->plan->parts[i].step_count;
    }
    p->steps = calloc((size_t)p->count + 1, sizeof *p->steps);
    double *samples = calloc(most * (size_t)repeats, sizeof *samples);
    struct ocl_time *times = calloc(most, sizeof *times);
    bool ok = p->steps && samples && times;
    if (!ok)
        fail(err, ERROR_LIMIT, "out of memory");
    ok = ok && fill_inputs(m, err) && time_runs(m, p, samples, err) &&
         ocl_profile_start(m->ocl, err);
    for (int part = 0, at = 0; ok && part < m->plan->part_count; part++) {
        ok = time_part(m, p, part, at, samples, times, err);
        at += m->plan->parts[part].step_count;
    }
    ocl_profile_stop(m->ocl);
    free(samples);
    free(times);
    if (!ok)
        profile_free(p);
    return ok;
}

void profile_free(struct profile *p)
{
    free(p->steps);
    p->steps = NULL;
    p->count = 0;
}
