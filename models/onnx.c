/* SPDX-License-Identifier: MIT */
#include "models/onnx.h"
#include "io/safetensors.h"
#include "models/onnx_ends.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct onnx_model {
    struct onnx_file *file;
    struct import_state state; /* its graph is gone once the model is open */
    struct graph *graph;
};

bool onnx_is_file(const char *path)
{
    size_t n = strlen(path);
    return n > 5 && !strcasecmp(path + n - 5, ".onnx");
}

static void state_free(struct import_state *s)
{
    graph_free(&s->g);
    text_free(&s->kinds);
    arena_free(&s->arena);
}

void onnx_model_close(struct onnx_model **mp)
{
    struct onnx_model *m = *mp;
    if (!m)
        return;
    state_free(&m->state);
    graph_free(&m->graph);
    onnx_close(&m->file);
    free(m);
    *mp = NULL;
}

/* "3 nodes are not supported: Foo (2), Bar (1)" */
static bool say_misfits(const struct import_state *s, struct error *err)
{
    struct text list = {0};
    for (const char *at = s->kinds.s; *at; at += strcspn(at, "\n") + 1) {
        size_t n = strcspn(at, "\n") + 1;
        int count = 0;
        bool first = true;
        for (const char *k = s->kinds.s; *k; k += strcspn(k, "\n") + 1) {
            bool same = !strncmp(k, at, n);
            first = first && !(same && k < at);
            count += same;
        }
        if (first)
            text_printf(&list, "%s%.*s (%d)", list.len ? ", " : "", (int)n - 1, at, count);
    }
    fail(err, ERROR_MODEL, "%s: %d nodes are not supported: %s", s->f->path, s->misfits, list.s);
    text_free(&list);
    return false;
}

/* The graph as text and back: what runs is what a file would say. */
static struct graph *reread(const struct import_state *s, struct error *err)
{
    struct text t = {0};
    graph_print(s->g, &t);
    struct graph *g = graph_parse(t.s, t.len, s->f->path, err);
    text_free(&t);
    return g;
}

static bool attempt(struct onnx_model *m, const char *recipe, const struct model_files *files,
                    bool joint, struct import_report *report, struct error *err)
{
    struct import_state *s = &m->state;
    *s = (struct import_state){.f = m->file, .joint = joint, .current = "input"};
    if (report) {
        text_free(&report->misfit);
        s->misfit = &report->misfit;
    }
    TRY(import_inputs(s, recipe, files, err));
    TRY(import_nodes(s, err));
    if (s->misfits)
        return say_misfits(s, err);
    TRY(import_outputs(s, report ? &report->notes : NULL, err));
    TRY(graph_infer(s->g, err));
    return (m->graph = reread(s, err)) != NULL;
}

static struct onnx_model *translate(struct onnx_file *f, const char *recipe,
                                    const struct model_files *files, struct import_report *report,
                                    struct error *err)
{
    struct onnx_model *m = f ? calloc(1, sizeof *m) : NULL;
    if (!m) {
        onnx_close(&f);
        return NULL;
    }
    m->file = f;
    struct error why = {0};
    bool ok = attempt(m, recipe, files, false, report, &why);
    if (!ok && m->state.mixed) { /* its inputs meet: they are windows of one clip */
        state_free(&m->state);
        why = (struct error){0};
        ok = attempt(m, recipe, files, true, report, &why);
    }
    if (!ok && err)
        *err = why;
    if (!ok) {
        onnx_model_close(&m);
        return NULL;
    }
    graph_free(&m->state.g);
    if (report && m->graph->model)
        snprintf(report->model, sizeof report->model, "%s", m->graph->model);
    return m;
}

struct onnx_model *onnx_model_open(const char *path, const char *recipe,
                                   const struct model_files *files, struct import_report *report,
                                   struct error *err)
{
    return translate(onnx_open(path, err), recipe, files, report, err);
}

struct onnx_model *onnx_model_read(const void *data, size_t len, const char *name,
                                   const char *recipe, struct import_report *report,
                                   struct error *err)
{
    return translate(onnx_open_memory(data, len, name, err), recipe, NULL, report, err);
}

struct graph *onnx_model_graph(struct onnx_model *m)
{
    struct graph *g = m->graph;
    m->graph = NULL;
    return g;
}

const struct graph *onnx_model_peek(const struct onnx_model *m)
{
    return m->graph;
}

bool onnx_model_load(void *context, const struct graph *g, const struct node *n, float *out,
                     struct error *err)
{
    struct onnx_model *m = context;
    const struct onnx_weight *w = NULL;
    for (int i = 0; !w && i < m->state.weight_count; i++)
        if (!strcmp(m->state.weights[i].key, weight_key(n)))
            w = &m->state.weights[i];
    if (!w)
        return graph_fail(g, n, err, "the ONNX file has no such weight");
    TRY(constant_floats(m->file, w->c, out, err));
    for (uint64_t i = 0; i < w->c->count; i++)
        if (!isfinite(out[i]))
            return fail(err, ERROR_MODEL, "%s: weight '%s': element %llu is not finite",
                        m->file->path, w->key, (unsigned long long)i);
    return true;
}

static bool put_weight(struct onnx_model *m, const struct graph *g, const struct node *n,
                       struct safetensors_writer *w, struct error *err)
{
    size_t count = (size_t)shape_elements(&n->shape, 1);
    float *data = malloc(count * sizeof *data);
    if (!data)
        return fail(err, ERROR_LIMIT, "no memory for weight '%s'", n->name);
    bool ok =
        onnx_model_load(m, g, n, data, err) && safetensors_put(w, data, count * sizeof *data, err);
    free(data);
    return ok;
}

bool onnx_model_write(struct onnx_model *m, const struct graph *g, const char *path,
                      struct error *err)
{
    struct arena arena = {0};
    struct safetensor *list = ARENA_ARRAY(&arena, struct safetensor, g->count);
    int count = 0;
    for (int i = 0; i < g->count; i++) {
        const struct shape *s = &g->nodes[i].shape;
        if (!weight_key(&g->nodes[i]))
            continue;
        list[count] = (struct safetensor){
            .name = weight_key(&g->nodes[i]), .type = SAFETENSOR_F32, .rank = s->rank};
        memcpy(list[count].dim, s->dim, sizeof list[count].dim);
        list[count++].elements = (uint64_t)shape_elements(s, 1);
    }
    struct safetensors_writer *w = safetensors_create(path, list, count, err);
    bool ok = w != NULL;
    for (int i = 0; ok && i < g->count; i++)
        if (weight_key(&g->nodes[i]))
            ok = put_weight(m, g, &g->nodes[i], w, err);
    if (ok)
        ok = safetensors_commit(&w, err);
    safetensors_abandon(&w);
    arena_free(&arena);
    return ok;
}
