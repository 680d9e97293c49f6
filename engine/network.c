/* SPDX-License-Identifier: MIT */
#include "engine/network.h"
#include "engine/checker.h"
#include "base/file.h"
#include "graph/pipeline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void network_close(struct network **mp)
{
    struct network *m = *mp;
    if (!m)
        return;
    session_free(&m->session);
    plan_free(&m->plan);
    if (m->feed)
        ocl_close(&m->feed);
    ocl_close(&m->ocl);
    labels_free(&m->labels);
    safetensors_close(&m->weights);
    graph_free(&m->graph);
    tuning_close(&m->tuning);
    text_free(&m->replaced);
    free(m);
    *mp = NULL;
}

int network_classes(const struct graph *g)
{
    const struct shape *s = &g->nodes[g->outputs[0]].shape;
    return s->rank == 2 ? (int)s->dim[1] : 0;
}

const char *network_label(const struct network *m, int i, char buf[32])
{
    if (m->labels && i < m->labels->count)
        return m->labels->name[i];
    snprintf(buf, 32, "class %d", i);
    return buf;
}

static bool open_weights(struct network *m, struct error *err)
{
    if (!m->graph->weights)
        return true; /* a graph without weights is fine until one is wanted */
    char *path = file_beside(m->graph->file, m->graph->weights);
    if (!path)
        return fail(err, ERROR_LIMIT, "out of memory");
    m->weights = safetensors_open(path, ERROR_MODEL, err);
    free(path);
    return m->weights && weights_check(m->graph, m->weights, err);
}

bool network_set_labels(struct network *m, const char *path, struct error *err)
{
    int classes = network_classes(m->graph);
    labels_free(&m->labels);
    m->labels = labels_read(path, ERROR_MODEL, err);
    if (m->labels && m->labels->count != classes) {
        fail(err, ERROR_MODEL, "%s: %d labels, the model has %d classes", path, m->labels->count,
             classes);
        labels_free(&m->labels);
    }
    return m->labels != NULL;
}

static bool open_labels(struct network *m, struct error *err)
{
    if (!m->graph->labels)
        return true;
    char *path = file_beside(m->graph->file, m->graph->labels);
    if (!path)
        return fail(err, ERROR_LIMIT, "out of memory");
    bool ok = network_set_labels(m, path, err);
    free(path);
    return ok;
}

static bool prepare_graph(struct network *m, struct error *err)
{
    const struct network_options *o = &m->options;
    for (int i = 0; i < o->feed_count; i++)
        TRY(graph_feed(m->graph, o->feeds[i].node, &o->feeds[i].shape, err));
    for (int i = 0; i < o->keep_count; i++)
        TRY(graph_keep(m->graph, o->keep[i], err));
    return true;
}

/* Until all kernels of the plan are known to be right, or nothing can be found out any more. */
static bool check_plan(struct network *m, struct trust *t, struct verdicts *v, struct error *err)
{
    const struct network_options *o = &m->options;
    const struct checker c = {.program = o->checker,
                              .device = o->device,
                              .batch = t->batch[0],
                              .max_memory = o->max_memory,
                              .progress = o->progress,
                              .context = o->context};
    bool possible = o->checker && ocl_cache_directory();
    TRY(trust_plan(t, err));
    for (int found = 1; possible && t->unknown && found;)
        TRY(checker_run(&c, t, v, &found, err) && trust_plan(t, err));
    return true;
}

/* For the device: what was measured and what was found wrong on it is asked. */
static bool compile(struct network *m, const int *batch, struct error *err)
{
    struct verdicts *v = verdicts_open();
    m->tuning = tuning_open(ocl_caps(m->ocl), &m->tuning_doubt);
    if (!m->tuning)
        m->tuning = calloc(1, sizeof *m->tuning);
    m->graph->strict = m->options.strict;
    m->graph->half = m->options.half;
    struct trust t = {.prepared = m->graph,
                      .ocl = m->ocl,
                      .batch = batch,
                      .max_memory = m->options.max_memory,
                      .tuning = m->tuning,
                      .verdicts = v,
                      .video = !m->options.no_video};
    bool ok = v && m->tuning ? check_plan(m, &t, v, err) : fail(err, ERROR_LIMIT, "out of memory");
    graph_free(&m->graph);
    m->graph = t.graph;
    m->plan = t.plan;
    m->replaced = t.changes;
    m->plain_frames = t.plain_frames;
    verdicts_close(&v);
    return ok;
}

static bool start(struct network *m, const struct weight_source *weights, struct error *err)
{
    int batch[GRAPH_CLIPS_MOST];
    for (int i = 0; i < GRAPH_CLIPS_MOST; i++)
        batch[i] = m->options.batch > 0 ? m->options.batch : 1;
    TRY(m->ocl = ocl_open(m->options.device, err));
    TRY(compile(m, batch, err));
    TRY(m->session = session_make(m->plan, m->ocl, weights, &m->build, m->options.progress,
                                  m->options.context, err));
    m->weight_seconds = session_weight_seconds(m->session);
    return true;
}

static struct network *make(struct graph *graph, const struct network_options *options,
                            struct error *err)
{
    struct network *m = calloc(1, sizeof *m);
    if (!m) {
        graph_free(&graph);
        fail(err, ERROR_LIMIT, "out of memory");
        return NULL;
    }
    m->graph = graph;
    m->options = *options;
    return m;
}

struct network *network_make(struct graph *graph, const struct weight_source *weights,
                             const struct network_options *options, struct error *err)
{
    struct network *m = make(graph, options, err);
    if (m && (!prepare_graph(m, err) || !start(m, weights, err)))
        network_close(&m);
    return m;
}

struct network *network_open(const char *path, const struct network_options *options,
                             struct error *err)
{
    double begin = ocl_seconds();
    struct graph *graph = graph_read(path, err);
    struct network *m = graph ? make(graph, options, err) : NULL;
    if (!m)
        return NULL;
    bool ok = open_weights(m, err) && open_labels(m, err) && prepare_graph(m, err);
    const struct weight_source weights = {weights_load, m->weights};
    if (ok && start(m, &weights, err))
        m->open_seconds = ocl_seconds() - begin;
    else
        network_close(&m);
    return m;
}
