/* SPDX-License-Identifier: MIT */
#include "engine/tensor_run.h"
#include "base/checked.h"
#include "engine/window_mean.h"
#include "graph/pipeline.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FEEDS = 16, NAMES = 256 };

static const char *const usual[] = {"logits", "probs"}; /* saved always */

struct feed {
    char node[256];
    const struct safetensor *tensor;
    node_id id;      /* in the compiled graph */
    int64_t windows; /* of the tensor          */
};

struct tensor_runner {
    const struct tensor_run_options *o;
    struct safetensors *in;
    struct feed feed[FEEDS];
    int feeds;
    struct network_feed network_feed[FEEDS];
    const char *keep[NAMES];
    int keeps;
    struct arena arena;
    struct network *m;
    struct window_mean *mean;
    struct tensor *values; /* by node id: what is saved, and what the video part needs */
    bool *wanted;
};

/* ---- what goes in ---- */

/* The logical shape of a stored tensor: u8 frames are T H W C, everything else is N C ...
 * already. */
static bool logical_shape(const struct safetensor *t, struct shape *s, struct error *err)
{
    char text[112];
    *s = (struct shape){.dtype = DTYPE_F32, .rank = t->rank};
    for (int i = 0; i < t->rank; i++)
        s->dim[i] = t->dim[i];
    if (t->type == SAFETENSOR_U8 && (t->rank == 4 || t->rank == 5)) {
        const int64_t *d = t->dim + (t->rank - 4);
        *s = (struct shape){.dtype = DTYPE_U8,
                            .rank = 5,
                            .dim = {t->rank == 5 ? t->dim[0] : 1, d[3], d[0], d[1], d[2]}};
    } else if (safetensor_is_float(t->type) && t->rank == 4) { /* N C H W: single frames */
        *s = (struct shape){
            .dtype = DTYPE_F32, .rank = 5, .dim = {t->dim[0], t->dim[1], 1, t->dim[2], t->dim[3]}};
    } else if (!safetensor_is_float(t->type) || t->rank < 2 || t->rank == 3 || t->rank > 5) {
        return fail(err, ERROR_INPUT,
                    "tensor '%s' is %s: u8 T H W C, u8 N T H W C, or floats N C "
                    "T H W, N C H W or N C are needed",
                    t->name, safetensor_text(t, text));
    }
    if (!shape_check(s))
        return fail(err, ERROR_INPUT, "tensor '%s' is %s: empty or too large", t->name,
                    safetensor_text(t, text));
    return true;
}

static bool add_feed(struct tensor_runner *r, const char *node, const char *tensor,
                     struct error *err)
{
    if (r->feeds == FEEDS)
        return fail(err, ERROR_USAGE, "more than %d tensors to feed", FEEDS);
    struct feed *f = &r->feed[r->feeds];
    snprintf(f->node, sizeof f->node, "%s", node);
    f->tensor = safetensors_find(r->in, tensor);
    if (!f->tensor)
        return fail(err, ERROR_INPUT, "%s: no tensor '%.80s'", safetensors_path(r->in), tensor);
    struct network_feed *mf = &r->network_feed[r->feeds];
    mf->node = f->node;
    if (!logical_shape(f->tensor, &mf->shape, err))
        return fail_more(err, "%s", safetensors_path(r->in));
    f->windows = mf->shape.dim[0];
    r->feeds++;
    return true;
}

static bool listed_feeds(struct tensor_runner *r, struct error *err)
{
    char pair[512];
    for (const char *s = r->o->feed; *s;) {
        size_t n = strcspn(s, ",");
        snprintf(pair, sizeof pair, "%.*s", (int)n, s);
        char *eq = strchr(pair, '=');
        if (!eq)
            return fail(err, ERROR_USAGE, "--feed %.80s: NODE=TENSOR is needed", pair);
        *eq = 0;
        TRY(add_feed(r, pair, eq + 1, err));
        s += n + (s[n] == ',');
    }
    return true;
}

static bool default_feeds(struct tensor_runner *r, const struct graph *g, struct error *err)
{
    for (int i = 0; i < g->count; i++)
        if ((g->nodes[i].op->traits & OP_SOURCE) && g->nodes[i].part == PART_WINDOW &&
            safetensors_find(r->in, g->nodes[i].name))
            TRY(add_feed(r, g->nodes[i].name, g->nodes[i].name, err));
    if (r->feeds)
        return true;
    if (!safetensors_find(r->in, "input"))
        return fail(err, ERROR_INPUT, "%s: has no tensor named like an input of %s, nor 'input'",
                    safetensors_path(r->in), g->file);
    return add_feed(r, "input", "input", err);
}

/* ---- what comes out ---- */

static bool is_kept(const struct tensor_runner *r, const char *name)
{
    for (int i = 0; i < r->keeps; i++)
        if (!strcmp(r->keep[i], name))
            return true;
    return false;
}

static bool add_keep(struct tensor_runner *r, const char *name, struct error *err)
{
    if (is_kept(r, name))
        return true;
    if (r->keeps == NAMES)
        return fail(err, ERROR_USAGE, "more than %d taps; 'all' takes every node", NAMES);
    r->keep[r->keeps++] = name;
    return true;
}

/* g: the graph after feeding, which may have cut the usual outputs away. */
static bool list_keeps(struct tensor_runner *r, const struct graph *g, struct error *err)
{
    for (const char *s = r->o->taps ? r->o->taps : ""; *s;) {
        size_t n = strcspn(s, ",");
        TRY(add_keep(r, arena_dup_n(&r->arena, s, n), err));
        s += n + (s[n] == ',');
    }
    for (int i = 0; i < 2; i++)
        if (graph_find(g, usual[i]) != NODE_NONE)
            TRY(add_keep(r, usual[i], err));
    return true;
}

static struct graph *read_model(const struct tensor_runner *r, const char *model,
                                struct error *err)
{
    return r->o->graph ? r->o->graph(r->o->context, err) : graph_read(model, err);
}

static struct network *open_network(struct tensor_runner *r, const char *model,
                                    const struct network_options *o, struct error *err)
{
    if (!r->o->graph)
        return network_open(model, o, err);
    struct graph *g = read_model(r, model, err);
    return g ? network_make(g, &r->o->source, o, err) : NULL;
}

static bool open_model(struct tensor_runner *r, const char *model, struct error *err)
{
    struct graph *g = read_model(r, model, err);
    bool ok = g && (r->o->feed ? listed_feeds(r, err) : default_feeds(r, g, err));
    for (int i = 0; ok && i < r->feeds; i++)
        ok = graph_feed(g, r->network_feed[i].node, &r->network_feed[i].shape, err);
    ok = ok && list_keeps(r, g, err);
    graph_free(&g);
    if (!ok)
        return false;
    struct network_options o = {.device = r->o->device,
                                .batch = r->o->batch,
                                .half = r->o->half,
                                .max_memory = r->o->max_memory,
                                .strict = r->o->strict,
                                .no_video = true,
                                .keep = r->keep,
                                .keep_count = r->keeps,
                                .feeds = r->network_feed,
                                .feed_count = r->feeds};
    TRY(r->m = open_network(r, model, &o, err));
    g = r->m->graph;
    for (int i = 0; i < r->feeds; i++)
        r->feed[i].id = graph_find(g, r->feed[i].node);
    r->values = calloc((size_t)g->count, sizeof *r->values);
    r->wanted = calloc((size_t)g->count, sizeof *r->wanted);
    if (!r->values || !r->wanted)
        return fail(err, ERROR_LIMIT, "out of memory");
    for (int i = 0; i < g->count; i++)
        r->wanted[i] = g->nodes[i].part != PART_WEIGHT && is_kept(r, "all");
    for (int i = 0; i < r->keeps; i++)
        if (graph_find(g, r->keep[i]) != NODE_NONE)
            r->wanted[graph_find(g, r->keep[i])] = true;
    return true;
}

/* ---- running ---- */

static bool feed_batch(struct tensor_runner *r, const struct feed *f, int64_t first, int count,
                       struct error *err)
{
    uint64_t one = f->tensor->elements / (uint64_t)f->windows, n = one * (uint64_t)count;
    bool u8 = f->tensor->type == SAFETENSOR_U8;
    void *data = malloc(n * (u8 ? 1 : sizeof(float)));
    if (!data)
        return fail(err, ERROR_LIMIT, "no memory for tensor '%s'", f->tensor->name);
    uint64_t at = one * (uint64_t)first;
    bool ok = (u8 ? safetensors_read_raw(r->in, f->tensor, at, n, data, err)
                  : safetensors_read(r->in, f->tensor, at, n, data, err)) &&
              session_feed(r->m->session, f->id, data, count, err);
    free(data);
    return ok;
}

static bool save_window_values(struct tensor_runner *r, int clip, int64_t first, int64_t all,
                               int count, struct error *err)
{
    const struct graph *g = r->m->graph;
    for (int i = 0; i < g->count; i++) {
        struct tensor *v = &r->values[i];
        if (!r->wanted[i] || g->nodes[i].part != PART_WINDOW || g->nodes[i].clip != clip)
            continue;
        size_t one = (size_t)shape_elements(&g->nodes[i].shape, 1);
        if (!v->data) {
            v->shape = g->nodes[i].shape;
            v->shape.dtype = DTYPE_F32;
            v->shape.dim[0] = all;
            if (!shape_check(&v->shape) || !(v->data = malloc((size_t)all * one * sizeof(float))))
                return fail(err, ERROR_LIMIT, "no memory for %%%s", g->nodes[i].name);
        }
        TRY(session_fetch(r->m->session, i, v->data + (size_t)first * one, count, err));
    }
    return true;
}

static bool run_part(struct tensor_runner *r, int part, struct error *err)
{
    const struct plan_part *p = &r->m->plan->parts[part];
    const struct graph *g = r->m->graph;
    const struct feed *lead = NULL;
    for (int i = 0; i < g->count; i++) {
        const struct node *n = &g->nodes[i];
        const struct feed *f = NULL;
        if (!(n->op->traits & OP_SOURCE) || n->part != PART_WINDOW || n->clip != p->clip)
            continue;
        for (int k = 0; k < r->feeds; k++)
            f = r->feed[k].id == i ? &r->feed[k] : f;
        if (!f)
            return fail(err, ERROR_INPUT, "%s: nothing is fed to %%%s", safetensors_path(r->in),
                        n->name);
        if (lead && f->windows != lead->windows)
            return fail(err, ERROR_INPUT, "%s: tensor '%s' has %lld windows, '%s' has %lld",
                        safetensors_path(r->in), f->tensor->name, (long long)f->windows,
                        lead->tensor->name, (long long)lead->windows);
        lead = f;
    }
    for (int64_t at = 0; lead && at < lead->windows; at += p->batch) {
        int count = lead->windows - at < p->batch ? (int)(lead->windows - at) : p->batch;
        for (int k = 0; k < r->feeds; k++)
            if (g->nodes[r->feed[k].id].clip == p->clip)
                TRY(feed_batch(r, &r->feed[k], at, count, err));
        TRY(session_run(r->m->session, part, err));
        TRY(window_mean_add(r->mean, r->m->session, p->clip, count, err));
        TRY(save_window_values(r, p->clip, at, lead->windows, count, err));
    }
    return true;
}

static bool write_values(struct tensor_runner *r, const char *out, struct error *err)
{
    const struct graph *g = r->m->graph;
    struct safetensor *list = ARENA_ARRAY(&r->arena, struct safetensor, g->count);
    int count = 0;
    for (int i = 0; i < g->count; i++) {
        const struct shape *s = &r->values[i].shape;
        if (!r->wanted[i] || !r->values[i].data)
            continue;
        struct safetensor *t = &list[count++];
        *t = (struct safetensor){.name = g->nodes[i].name, .type = SAFETENSOR_F32, .rank = s->rank};
        for (int k = 0; k < s->rank; k++)
            t->dim[k] = s->dim[k];
        t->elements = (uint64_t)shape_elements(s, 1);
        t->bytes = t->elements * sizeof(float);
    }
    struct safetensors_writer *w = safetensors_create(out, list, count, err);
    bool ok = w != NULL;
    for (int i = 0; i < g->count && ok; i++)
        if (r->wanted[i] && r->values[i].data)
            ok = safetensors_put(w, r->values[i].data,
                                 (size_t)shape_elements(&r->values[i].shape, 1) * sizeof(float),
                                 err);
    if (!ok) {
        safetensors_abandon(&w);
        return false;
    }
    return safetensors_commit(&w, err);
}

/* What is saved may say why scores are not finite; the run has failed all the same. */
static bool scores_are_finite(const struct tensor_runner *r, const char *out, struct error *err)
{
    for (int i = 0; i < 2; i++) {
        node_id id = graph_find(r->m->graph, usual[i]);
        const struct tensor *v = id == NODE_NONE ? NULL : &r->values[id];
        int64_t n = v && v->data ? shape_elements(&v->shape, 1) : 0;
        for (int64_t k = 0; k < n; k++)
            if (!isfinite(v->data[k]))
                return fail(err, ERROR_MODEL, "%s: value %lld of %%%s is not finite", out,
                            (long long)k, usual[i]);
    }
    return true;
}

bool tensor_run(const char *model, const char *in, const char *out,
                const struct tensor_run_options *options, struct error *err)
{
    struct tensor_runner r = {.o = options};
    bool ok = (r.in = safetensors_open(in, ERROR_INPUT, err)) != NULL &&
              open_model(&r, model, err) && (r.mean = window_mean_open(r.m, err)) != NULL;
    for (int p = 0; ok && p < r.m->plan->part_count; p++)
        ok = run_part(&r, p, err);
    ok = ok && window_mean_eval(r.mean, r.m, r.wanted, r.values, err) &&
         write_values(&r, out, err) && scores_are_finite(&r, out, err);
    for (int i = 0; r.values && i < r.m->graph->count; i++)
        free(r.values[i].data);
    free(r.values);
    free(r.wanted);
    window_mean_close(&r.mean);
    network_close(&r.m);
    safetensors_close(&r.in);
    arena_free(&r.arena);
    return ok;
}
