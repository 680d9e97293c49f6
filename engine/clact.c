/* SPDX-License-Identifier: MIT */
/* The public API: checks what callers give, and translates to and from the engine's own types. */
#include "engine/clact_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert((int)CLACT_BUG == (int)ERROR_BUG && (int)CLACT_RUN == (int)ERROR_RUN &&
                   (int)CLACT_INPUT == (int)ERROR_INPUT && (int)CLACT_LIMIT == (int)ERROR_LIMIT,
               "the public codes are the internal ones");
_Static_assert(sizeof(((clact_error *)0)->text) >= sizeof(((struct error *)0)->text),
               "every message fits");

enum { BATCH_MOST = 1024 };

const char *clact_version(void)
{
    return CLACT_VERSION;
}

void clact_report(clact_error *err, const struct error *from)
{
    if (!err)
        return;
    err->code = from->code ? (enum clact_code)from->code : CLACT_BUG;
    snprintf(err->text, sizeof err->text, "%s", from->text);
}

/* ---- models ---------------------------------------------------------------------------------- */

static void show_input(struct clact_model *m, node_id id)
{
    const struct graph *g = m->network->graph;
    const struct node *n = &g->nodes[id];
    clact_input *in = &m->input[m->inputs];
    *in = (clact_input){.name = n->name, .clip = g->clips[n->clip].name, .rank = n->shape.rank,
                        .type = n->shape.dtype == DTYPE_U8 ? CLACT_U8 : CLACT_F32};
    for (int i = 1; i < n->shape.rank; i++)
        in->dim[i] = n->shape.dim[i];
    in->window_bytes =
        (size_t)shape_elements(&n->shape, 1) * (in->type == CLACT_U8 ? 1 : sizeof(float));
    m->node[m->inputs++] = id;
}

static bool list_inputs(struct clact_model *m, struct error *err)
{
    const struct graph *g = m->network->graph;
    for (int i = 0; i < g->count; i++) {
        if (!(g->nodes[i].op->traits & OP_SOURCE) || g->nodes[i].part != PART_WINDOW)
            continue;
        if (m->inputs == INPUTS_MOST)
            return fail(err, ERROR_MODEL, "%s: more than %d inputs", g->file, INPUTS_MOST);
        show_input(m, i);
    }
    return true;
}

static void building(void *context, size_t done, size_t all)
{
    struct clact_model *m = context;
    m->progress(m->context, all ? (double)done / (double)all : 1.0);
}

/* A fed node becomes an input of the shape that it has in the graph. */
static bool find_feeds(const char *path, char *names, struct network_feed *feeds, int *count,
                       struct error *err)
{
    struct graph *g = graph_read(path, err);
    bool ok = g != NULL;
    for (char *s = names; ok && *s;) {
        size_t n = strcspn(s, ",");
        char *next = s + n + (s[n] == ',');
        s[n] = 0;
        node_id id = graph_find(g, s);
        if (*count == INPUTS_MOST)
            ok = fail(err, ERROR_USAGE, "feed: more than %d nodes", INPUTS_MOST);
        else if (id == NODE_NONE)
            ok = fail(err, ERROR_USAGE, "feed: %s has no node %%%.80s", path, s);
        else
            feeds[(*count)++] = (struct network_feed){s, g->nodes[id].shape};
        s = next;
    }
    graph_free(&g);
    return ok;
}

static bool open_network(struct clact_model *m, const char *path, const clact_model_options *o,
                         struct error *err)
{
    struct network_feed feeds[INPUTS_MOST];
    struct network_options options = {.device = o->device, .batch = o->batch,
                                      .max_memory = o->max_memory, .strict = o->strict,
                                      .half = o->fp16,
                                      .feeds = feeds};
    if (!path || !*path)
        return fail(err, ERROR_USAGE, "no model is named");
    if (o->struct_size != sizeof *o)
        return fail(err, ERROR_USAGE, "clact_model_options of %zu bytes, %zu are known: start from "
                    "CLACT_MODEL_OPTIONS", o->struct_size, sizeof *o);
    if (o->batch < 1 || o->batch > BATCH_MOST)
        return fail(err, ERROR_USAGE, "batch %d, 1 to %d are allowed", o->batch, BATCH_MOST);
    if (o->progress) {
        m->progress = o->progress;
        m->context = o->context;
        options.progress = building;
        options.context = m;
    }
    char *names = o->feed ? strdup(o->feed) : NULL;
    if (o->feed && !names)
        return fail(err, ERROR_LIMIT, "out of memory");
    if (!names || find_feeds(path, names, feeds, &options.feed_count, err))
        m->network = network_open(path, &options, err);
    m->fed = options.feed_count > 0;
    free(names);
    return m->network != NULL;
}

clact_model *clact_model_open(const char *path, const clact_model_options *options,
                              clact_error *err)
{
    static const clact_model_options defaults = CLACT_MODEL_OPTIONS;
    struct error why = {0};
    struct clact_model *m = calloc(1, sizeof *m);
    if (!m)
        fail(&why, ERROR_LIMIT, "out of memory");
    if (m && open_network(m, path, options ? options : &defaults, &why) && list_inputs(m, &why))
        return m;
    clact_report(err, &why);
    clact_model_close(&m);
    return NULL;
}

void clact_model_close(clact_model **model)
{
    if (!*model)
        return;
    network_close(&(*model)->network);
    free(*model);
    *model = NULL;
}

const char *clact_model_name(const clact_model *m)
{
    return m->network->graph->model ? m->network->graph->model : m->network->graph->file;
}

const char *clact_model_device(const clact_model *m)
{
    return ocl_caps(m->network->ocl)->name;
}

int clact_classes(const clact_model *m)
{
    return network_classes(m->network->graph);
}

const char *clact_label(const clact_model *m, int index)
{
    const struct labels *l = m->network->labels;
    return l && index >= 0 && index < l->count ? l->name[index] : NULL;
}

int clact_input_count(const clact_model *m)
{
    return m->inputs;
}

const clact_input *clact_input_at(const clact_model *m, int index)
{
    return index >= 0 && index < m->inputs ? &m->input[index] : NULL;
}

/* ---- results --------------------------------------------------------------------------------- */

int clact_top(const float *scores, int scores_count, int count, int *classes)
{
    int n = 0;
    for (int i = 0; i < scores_count; i++) {
        int at = n;
        for (; at > 0 && scores[classes[at - 1]] < scores[i]; at--)
            if (at < count)
                classes[at] = classes[at - 1];
        if (at < count) {
            classes[at] = i;
            n += n < count;
        }
    }
    return n;
}

void clact_result_free(clact_result **result)
{
    struct result *r = (struct result *)*result;
    if (!r)
        return;
    free((void *)r->shown.window);
    video_result_free(&r->own);
    free(r);
    *result = NULL;
}

bool clact_show_result(const struct clact_model *m, struct result *r, struct error *err)
{
    const struct video_result *v = &r->own;
    clact_result *s = &r->shown;
    *s = (clact_result){
        .classes = v->classes, .scores = v->scores, .windows = v->windows, .width = v->width,
        .height = v->height, .frames = v->frames, .duration = v->duration, .codec = v->codec,
        .padded = v->padded, .damage = v->damage.text[0] ? v->damage.text : NULL,
        .decode_seconds = v->decode_seconds, .prepare_seconds = v->prepare_seconds,
        .network_seconds = v->network_seconds};
    clact_top(s->scores, s->classes, 1, &s->best);
    if (!v->window_count)
        return true;
    clact_window *w = calloc((size_t)v->window_count, sizeof *w);
    if (!w)
        return fail(err, ERROR_LIMIT, "no memory for %lld windows", (long long)v->window_count);
    for (int64_t i = 0; i < v->window_count; i++) {
        const struct window_score *from = &v->window[i];
        w[i] = (clact_window){m->network->graph->clips[from->clip].name, from->index, from->crop,
                              from->start, from->end, from->classes, from->scores};
    }
    s->window = w;
    s->window_count = v->window_count;
    return true;
}

/* ---- video ----------------------------------------------------------------------------------- */

/* Headers may promise a shorter video than there is. */
static void running(void *context, double fraction)
{
    const clact_video_options *o = context;
    o->progress(o->context, fraction < 0 ? 0 : fraction > 1 ? 1 : fraction);
}

static bool run_video(struct clact_model *m, const char *path, const clact_video_options *o,
                      struct video_result *result, struct error *err)
{
    if (!path || !*path)
        return fail(err, ERROR_USAGE, "no clip is named");
    if (m->fed)
        return fail(err, ERROR_USAGE, "%s was opened to be fed with tensors: it takes no video",
                    clact_model_name(m));
    if (o->struct_size != sizeof *o)
        return fail(err, ERROR_USAGE, "clact_video_options of %zu bytes, %zu are known: start from "
                    "CLACT_VIDEO_OPTIONS", o->struct_size, sizeof *o);
    if (!(o->from >= 0) || !(o->to >= 0) || (o->to > 0 && o->to <= o->from))
        return fail(err, ERROR_USAGE, "from %g to %g seconds: 0 <= from < to is needed, or to 0",
                    o->from, o->to);
    if (o->threads < 0 || o->threads > 64 || o->stream < -1)
        return fail(err, ERROR_USAGE, "%d threads, stream %d: 0 to 64, and -1 or a number, are "
                    "allowed", o->threads, o->stream);
    struct video_run_options v = {
        .video = {.from = o->from, .to = o->to, .threads = o->threads, .stream = o->stream,
                  .max_pixels = o->max_pixels},
        .windows = o->windows, .progress = o->progress ? running : NULL, .context = (void *)o};
    return video_run(m->network, path, &v, result, err);
}

clact_result *clact_run_video(clact_model *m, const char *path, const clact_video_options *options,
                              clact_error *err)
{
    static const clact_video_options defaults = CLACT_VIDEO_OPTIONS;
    struct error why = {0};
    struct result *r = calloc(1, sizeof *r);
    if (!r)
        fail(&why, ERROR_LIMIT, "out of memory");
    if (r && run_video(m, path, options ? options : &defaults, &r->own, &why) &&
        clact_show_result(m, r, &why))
        return &r->shown;
    clact_report(err, &why);
    clact_result *nothing = r ? &r->shown : NULL;
    clact_result_free(&nothing);
    return NULL;
}
