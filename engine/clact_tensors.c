/* SPDX-License-Identifier: MIT */
/* The public API, tensors in place of a video. */
#include "engine/clact_model.h"
#include "base/checked.h"
#include "engine/window_mean.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct tensor_job {
    struct clact_model *m;
    const clact_tensor *tensor[INPUTS_MOST]; /* by input */
    struct window_mean *mean;
    struct video_result *result;
    bool keep;
};

static bool match_tensors(struct tensor_job *job, const clact_tensor *tensors, int count,
                          struct error *err)
{
    const struct clact_model *m = job->m;
    for (int i = 0; i < count; i++) {
        const clact_tensor *t = &tensors[i];
        int k = 0;
        while (k < m->inputs && (!t->input || strcmp(m->input[k].name, t->input)))
            k++;
        if (k == m->inputs)
            return fail(err, ERROR_USAGE, "tensor %d: %s has no input '%.80s'", i,
                        clact_model_name(m), t->input ? t->input : "(NULL)");
        if (job->tensor[k])
            return fail(err, ERROR_USAGE, "input '%s' is given twice", t->input);
        if (t->type != m->input[k].type)
            return fail(err, ERROR_USAGE, "input '%s' wants %s", t->input,
                        m->input[k].type == CLACT_U8 ? "bytes" : "floats");
        uint64_t bytes;
        if (!t->data || t->windows < 1 ||
            !mul_ok((uint64_t)t->windows, m->input[k].window_bytes, &bytes) || bytes > SIZE_MAX)
            return fail(err, ERROR_USAGE, "input '%s': %lld windows%s", t->input,
                        (long long)t->windows, t->data ? "" : ", and no data");
        job->tensor[k] = t;
    }
    for (int k = 0; k < m->inputs; k++) {
        if (!job->tensor[k])
            return fail(err, ERROR_USAGE, "nothing is given for input '%s'", m->input[k].name);
        for (int j = 0; j < k; j++)
            if (!strcmp(m->input[j].clip, m->input[k].clip) &&
                job->tensor[j]->windows != job->tensor[k]->windows)
                return fail(err, ERROR_USAGE, "inputs '%s' and '%s' of clip %s: %lld and %lld "
                            "windows", m->input[j].name, m->input[k].name, m->input[k].clip,
                            (long long)job->tensor[j]->windows,
                            (long long)job->tensor[k]->windows);
    }
    return true;
}

/* The scores of `count` windows of a clip that have just run, the first of them number `first`. */
static bool keep_scores(struct tensor_job *job, int clip, int64_t first, int count,
                        struct error *err)
{
    int classes;
    const float *x = window_mean_batch(job->mean, clip, &classes);
    for (int i = 0; x && i < count; i++) {
        const struct window_score s = {.clip = clip, .index = first + i, .classes = classes};
        TRY(video_result_add(job->result, &s, x + (size_t)i * (size_t)classes, err));
    }
    return true;
}

static bool run_part(struct tensor_job *job, int part, struct error *err)
{
    struct clact_model *m = job->m;
    struct network *n = m->network;
    int clip = n->plan->parts[part].clip, batch = n->plan->parts[part].batch;
    int64_t windows = 0;
    for (int k = 0; k < m->inputs; k++)
        if (n->graph->nodes[m->node[k]].clip == clip)
            windows = job->tensor[k]->windows;
    for (int64_t at = 0; at < windows; at += batch) {
        int count = windows - at < batch ? (int)(windows - at) : batch;
        for (int k = 0; k < m->inputs; k++)
            if (n->graph->nodes[m->node[k]].clip == clip)
                TRY(session_feed(n->session, m->node[k],
                                 (const char *)job->tensor[k]->data +
                                     (size_t)at * m->input[k].window_bytes,
                                 count, err));
        TRY(session_run(n->session, part, err));
        TRY(window_mean_add(job->mean, n->session, clip, count, err));
        if (job->keep)
            TRY(keep_scores(job, clip, at, count, err));
    }
    job->result->windows += windows;
    return true;
}

static bool run_tensors(struct tensor_job *job, const clact_tensor *tensors, int count,
                        struct error *err)
{
    struct network *n = job->m->network;
    struct video_result *r = job->result;
    TRY(match_tensors(job, tensors, count, err));
    TRY(job->mean = window_mean_open(n, err));
    bool ok = true;
    for (int p = 0; ok && p < n->plan->part_count; p++)
        ok = run_part(job, p, err);
    if (ok)
        r->scores = window_mean_finish(job->mean, n, &r->classes, err);
    window_mean_close(&job->mean);
    for (int i = 0; r->scores && i < r->classes; i++)
        if (!isfinite(r->scores[i]))
            return fail(err, ERROR_MODEL, "score %d of %s is not finite: no result", i,
                        clact_model_name(job->m));
    return r->scores != NULL;
}

clact_result *clact_run_tensors(clact_model *m, const clact_tensor *tensors, int count,
                                bool keep_windows, clact_error *err)
{
    struct error why = {0};
    struct result *r = calloc(1, sizeof *r);
    if (!r) {
        fail(&why, ERROR_LIMIT, "out of memory");
        clact_report(err, &why);
        return NULL;
    }
    struct tensor_job job = {.m = m, .result = &r->own, .keep = keep_windows};
    if (run_tensors(&job, tensors, count, &why) && clact_show_result(m, r, &why))
        return &r->shown;
    clact_report(err, &why);
    clact_result *nothing = &r->shown;
    clact_result_free(&nothing);
    return NULL;
}
