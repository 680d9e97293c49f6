/* SPDX-License-Identifier: MIT */
#include "engine/window_mean.h"

#include <stdlib.h>
#include <string.h>

struct mean {
    node_id node; /* NODE_NONE: not a mean */
    size_t classes;
    double *sum;   /* over windows */
    int64_t count; /* windows      */
    float *batch;  /* the last run's */
};

struct window_mean {
    const struct graph *g;
    struct mean *mean; /* by node id */
};

struct window_mean *window_mean_open(const struct network *m, struct error *err)
{
    const struct graph *g = m->graph;
    struct window_mean *w = calloc(1, sizeof *w);
    if (!w || !(w->mean = calloc((size_t)g->count + 1, sizeof *w->mean))) {
        free(w);
        fail(err, ERROR_LIMIT, "out of memory");
        return NULL;
    }
    w->g = g;
    for (int i = 0; i < g->count; i++) {
        struct mean *x = &w->mean[i];
        x->node = NODE_NONE;
        if (!(g->nodes[i].op->traits & OP_WINDOWS))
            continue;
        int batch = m->options.batch > 0 ? m->options.batch : 1;
        x->node = i;
        x->classes = (size_t)shape_elements(&g->nodes[i].shape, 1);
        x->sum = calloc(x->classes, sizeof *x->sum);
        x->batch = calloc(x->classes * (size_t)batch, sizeof *x->batch);
        if (!x->sum || !x->batch) {
            fail(err, ERROR_LIMIT, "out of memory");
            window_mean_close(&w);
            return NULL;
        }
    }
    return w;
}

void window_mean_close(struct window_mean **wp)
{
    struct window_mean *w = *wp;
    if (!w)
        return;
    for (int i = 0; i < w->g->count; i++) {
        free(w->mean[i].sum);
        free(w->mean[i].batch);
    }
    free(w->mean);
    free(w);
    *wp = NULL;
}

void window_mean_reset(struct window_mean *w)
{
    for (int i = 0; i < w->g->count; i++) {
        struct mean *x = &w->mean[i];
        x->count = 0;
        if (x->sum)
            memset(x->sum, 0, x->classes * sizeof *x->sum);
    }
}

bool window_mean_add(struct window_mean *w, struct session *s, int clip, int windows,
                     struct error *err)
{
    for (int i = 0; i < w->g->count; i++) {
        struct mean *x = &w->mean[i];
        if (x->node == NODE_NONE || w->g->nodes[w->g->nodes[i].in[0]].clip != clip)
            continue;
        TRY(session_fetch(s, w->g->nodes[i].in[0], x->batch, windows, err));
        for (int k = 0; k < windows; k++)
            for (size_t c = 0; c < x->classes; c++)
                x->sum[c] += x->batch[(size_t)k * x->classes + c];
        x->count += windows;
    }
    return true;
}

const float *window_mean_batch(const struct window_mean *w, int clip, int *classes)
{
    for (int i = 0; i < w->g->count; i++) {
        const struct mean *x = &w->mean[i];
        if (x->node == NODE_NONE || w->g->nodes[w->g->nodes[i].in[0]].clip != clip)
            continue;
        *classes = (int)x->classes;
        return x->batch;
    }
    return NULL;
}

bool window_mean_eval(struct window_mean *w, const struct network *m, const bool *wanted,
                      struct tensor *values, struct error *err)
{
    const struct tensor *weights = session_weights(m->session);
    for (int i = 0; i < w->g->count; i++) {
        const struct mean *x = &w->mean[i];
        if (x->node != NODE_NONE) {
            values[i].shape = w->g->nodes[i].shape;
            if (!(values[i].data = calloc(x->classes, sizeof(float))))
                return fail(err, ERROR_LIMIT, "out of memory");
            for (size_t c = 0; x->count && c < x->classes; c++)
                values[i].data[c] = (float)(x->sum[c] / (double)x->count);
        } else if (weights[i].data) {
            size_t n = (size_t)shape_elements(&weights[i].shape, 1);
            values[i] = weights[i];
            if (!(values[i].data = malloc(n * sizeof(float))))
                return fail(err, ERROR_LIMIT, "out of memory");
            memcpy(values[i].data, weights[i].data, n * sizeof(float));
        }
    }
    return eval_nodes(w->g, values, wanted, NULL, err);
}

float *window_mean_finish(struct window_mean *w, const struct network *m, int *classes,
                          struct error *err)
{
    const struct graph *g = m->graph;
    node_id out = g->outputs[0];
    struct tensor *values = calloc((size_t)g->count, sizeof *values);
    bool *wanted = calloc((size_t)g->count, sizeof *wanted);
    float *scores = NULL;
    *classes = network_classes(g);
    if (!values || !wanted) {
        fail(err, ERROR_LIMIT, "out of memory");
    } else if (g->nodes[out].part != PART_VIDEO || !*classes) {
        fail(err, ERROR_MODEL,
             "%s: output %%%s is not one row of scores for the video "
             "(mean_windows makes it so)",
             g->file, g->nodes[out].name);
    } else {
        wanted[out] = true;
        if (window_mean_eval(w, m, wanted, values, err)) {
            scores = values[out].data;
            values[out].data = NULL;
        }
    }
    for (int i = 0; values && i < g->count; i++)
        free(values[i].data);
    free(values);
    free(wanted);
    return scores;
}
