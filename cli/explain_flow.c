/* SPDX-License-Identifier: MIT */
/* clact explain --flow: what a network's matching of frames sees. */
#include "cli/captions.h"
#include "cli/explain.h"
#include "cli/flow_pictures.h"
#include "cli/sheet.h"
#include "engine/collector.h"
#include "graph/op.h"
#include "io/font.h"
#include "io/picture_write.h"
#include "io/video_write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct flow {
    const struct explain_request *r;
    struct network *m;
    char map[256], frames[256]; /* names of the displacement and of the clip's input */
    node_id map_node, frames_node;
    /* Of a sheet: pairs at equal distances; where there is no room, every second one goes. */
    struct flow_pair pair[2 * EXPLAIN_COLUMNS_MOST];
    int pairs;
    int64_t seen, every;
    /* Of a video: */
    struct video_writer *out;
    struct canvas page, part;
    double full;  /* the length of the full colour, in pixels of the frames */
    float *saved; /* maps of all windows */
    int64_t saved_windows, saved_cap;
};

/* ---- the network ---- */

static bool find_nodes(struct flow *f, struct error *err)
{
    struct graph *g = graph_read(f->r->model, err);
    const struct node *map = NULL, *frames = NULL;
    if (!g)
        return false;
    for (int i = 0; i < g->count && !map; i++)
        if (!strcmp(g->nodes[i].op->name, "displacement") && g->nodes[i].part == PART_WINDOW)
            map = &g->nodes[i];
    for (int i = 0; map && i < g->count && !frames; i++)
        if (!strcmp(g->nodes[i].op->name, "input") && g->nodes[i].clip == map->clip)
            frames = &g->nodes[i];
    bool ok = map && frames;
    if (!ok)
        fail(err, ERROR_MODEL, "%s: has no 'displacement': it does not match frames", g->file);
    else if (frames->shape.rank != 5 || frames->shape.dim[1] != 3 ||
             frames->shape.dim[2] != map->shape.dim[2] + 1)
        ok = graph_fail(g, map, err, "its pairs are not those of neighbouring frames of %%%s",
                        frames->name);
    if (ok) {
        snprintf(f->map, sizeof f->map, "%s", map->name);
        snprintf(f->frames, sizeof f->frames, "%s", frames->name);
    }
    graph_free(&g);
    return ok;
}

/* ---- pairs ---- */

static void copy_frame(const float *frames, int64_t t, int64_t frame_count, bool bgr,
                       struct canvas *c)
{
    size_t pixels = (size_t)c->w * (size_t)c->h;
    for (int k = 0; k < 3; k++) {
        const float *from =
            frames + ((size_t)(bgr ? 2 - k : k) * (size_t)frame_count + (size_t)t) * pixels;
        for (size_t i = 0; i < pixels; i++) {
            float v = from[i] + 0.5f;
            c->rgb[3 * i + (size_t)k] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
        }
    }
}

static bool make_pair(const struct flow *f, const float *frames, const float *map, int64_t t,
                      struct flow_pair *p, struct error *err)
{
    const struct node *n = &f->m->graph->nodes[f->frames_node];
    const int64_t *d = n->shape.dim, *v = f->m->graph->nodes[f->map_node].shape.dim;
    size_t area = (size_t)(v[3] * v[4]);
    bool bgr = f->m->graph->clips[n->clip].order == ORDER_BGR;
    TRY(flow_pair_make(p, (int)d[4], (int)d[3], (int)v[4], (int)v[3], err));
    copy_frame(frames, t, d[2], bgr, &p->now);
    copy_frame(frames, t + 1, d[2], bgr, &p->next);
    memcpy(p->down, map + (size_t)t * area, area * sizeof(float));
    memcpy(p->right, map + (size_t)(v[2] + t) * area, area * sizeof(float));
    return true;
}

/* One of a sheet's pairs, unless it falls between those that are kept. */
static void keep_pair(struct flow *f, struct flow_pair *p)
{
    int most = 2 * f->r->columns;
    int64_t index = f->seen++;
    if (f->pairs == most && index % f->every == 0) {
        for (int i = 0; i < most; i++)
            if (i % 2)
                flow_pair_free(&f->pair[i]);
            else
                f->pair[i / 2] = f->pair[i];
        f->pairs /= 2;
        f->every *= 2;
    }
    if (index % f->every == 0)
        f->pair[f->pairs++] = *p;
    else
        flow_pair_free(p);
}

static bool widen(struct flow *f, const struct flow_pair *p, struct error *err)
{
    double length = flow_pair_length(p, err);
    f->full = length > f->full ? length : f->full;
    return length >= 0;
}

/* A frame of a video: the four pictures in two rows. */
static bool film_pair(struct flow *f, const struct flow_pair *p, struct error *err)
{
    static const struct rgb white = {255, 255, 255}, black = {0, 0, 0};
    int w = p->now.w, h = p->now.h, scale = caption_scale(w, h);
    if (!f->out) {
        TRY(canvas_make(&f->page, 2 * w, 2 * h, err) && canvas_make(&f->part, w, h, err));
        TRY(f->out = video_writer_open(f->r->out, 2 * w, 2 * h, err));
    }
    TRY(widen(f, p, err));
    for (int i = 0; i < FLOW_PICTURES; i++) {
        flow_pair_draw(p, (enum flow_picture)i, f->full, &f->part);
        canvas_fill(&f->part, 0, 0, w, (FONT_LINE + 1) * scale, black, 0.5);
        canvas_text(&f->part, 3 * scale, 2 * scale, scale, white, flow_titles[i]);
        canvas_blit(&f->page, i % 2 * w, i / 2 * h, &f->part);
    }
    return video_writer_put(f->out, &f->page, p->time, err);
}

static bool save_map(struct flow *f, const float *map, size_t one, struct error *err)
{
    if (f->saved_windows == f->saved_cap) {
        f->saved_cap = f->saved_cap ? 2 * f->saved_cap : 1;
        float *more = realloc(f->saved, (size_t)f->saved_cap * one * sizeof *more);
        if (!more)
            return fail(err, ERROR_LIMIT, "no memory for %lld windows of %%%s",
                        (long long)f->saved_cap, f->map);
        f->saved = more;
    }
    memcpy(f->saved + (size_t)f->saved_windows++ * one, map, one * sizeof *map);
    return true;
}

static bool take_window(struct flow *f, const struct window *w, const float *frames,
                        const float *map, struct error *err)
{
    const struct node *n = &f->m->graph->nodes[f->map_node];
    int64_t pairs = n->shape.dim[2];
    if (f->r->save)
        TRY(save_map(f, map, (size_t)shape_elements(&n->shape, 1), err));
    for (int64_t t = 0; t < pairs && w->crop == 0; t++) {
        struct flow_pair p;
        bool ok = make_pair(f, frames, map, t, &p, err);
        p.time = w->start + (w->end - w->start) * (double)t / (double)(pairs + 1);
        ok = ok && (!f->r->film || film_pair(f, &p, err));
        if (ok && !f->r->film)
            keep_pair(f, &p);
        else
            flow_pair_free(&p);
        TRY(ok);
    }
    return true;
}

static void forget(struct flow *f)
{
    for (int i = 0; i < f->pairs; i++)
        flow_pair_free(&f->pair[i]);
    video_writer_abandon(&f->out);
    canvas_free(&f->page);
    canvas_free(&f->part);
    f->pairs = 0;
    f->seen = f->saved_windows = 0;
    f->every = 1;
    f->full = 1;
}

static bool take_batch(void *context, int clip, const struct window *ran, int windows,
                       struct error *err)
{
    struct flow *f = context;
    const struct graph *g = f->m->graph;
    if (!windows)
        forget(f);
    if (!windows || clip != g->nodes[f->map_node].clip)
        return true;
    size_t frame_count = (size_t)shape_elements(&g->nodes[f->frames_node].shape, 1);
    size_t map_count = (size_t)shape_elements(&g->nodes[f->map_node].shape, 1);
    float *frames = malloc((size_t)windows * frame_count * sizeof *frames);
    float *map = malloc((size_t)windows * map_count * sizeof *map);
    bool ok = frames && map;
    if (!ok)
        fail(err, ERROR_LIMIT, "no memory for %%%s", f->map);
    ok = ok && session_fetch(f->m->session, f->frames_node, frames, windows, err) &&
         session_fetch(f->m->session, f->map_node, map, windows, err);
    for (int i = 0; ok && i < windows; i++)
        ok = take_window(f, &ran[i], frames + (size_t)i * frame_count, map + (size_t)i * map_count,
                         err);
    free(frames);
    free(map);
    return ok;
}

/* ---- the sheet ---- */

/* A pair is a row, its pictures are side by side. */
static bool draw_row(struct flow *f, struct sheet *s, int k, struct error *err)
{
    const struct flow_pair *p = &f->pair[k * f->pairs / s->rows];
    struct canvas part;
    char text[32];
    TRY(canvas_make(&part, p->now.w, p->now.h, err));
    for (int i = 0; i < FLOW_PICTURES; i++) {
        flow_pair_draw(p, (enum flow_picture)i, f->full, &part);
        sheet_put(s, i, k, &part);
    }
    snprintf(text, sizeof text, "%.2f s", p->time);
    sheet_row(s, k, text);
    canvas_free(&part);
    return true;
}

static bool write_sheet(struct flow *f, struct error *err)
{
    struct sheet s;
    char text[200];
    const char *slash = strrchr(f->r->clip, '/');
    const struct graph *g = f->m->graph;
    int rows = f->pairs < f->r->columns ? f->pairs : f->r->columns;
    if (!f->pairs)
        return fail(err, ERROR_INPUT, "%s: no pair of frames", f->r->clip);
    for (int i = 0; i < f->pairs; i++)
        TRY(widen(f, &f->pair[i], err));
    TRY(sheet_make(&s, FLOW_PICTURES, rows, f->pair[0].now.w, f->pair[0].now.h, err));
    bool ok = true;
    for (int k = 0; ok && k < rows; k++)
        ok = draw_row(f, &s, k, err);
    sheet_title(&s, 0, slash ? slash + 1 : f->r->clip);
    snprintf(text, sizeof text, "%.60s of %.100s; full colour: %.1f pixels", f->map,
             g->model ? g->model : g->file, f->full);
    sheet_title(&s, 1, text);
    for (int i = 0; i < FLOW_PICTURES; i++)
        sheet_column(&s, i, flow_titles[i]);
    ok = ok && picture_write(f->r->out, &s.picture, err);
    sheet_free(&s);
    return ok;
}

static bool save(const struct flow *f, struct error *err)
{
    const int64_t *d = f->m->graph->nodes[f->map_node].shape.dim;
    const struct explain_tensor t = {.name = f->map,
                                     .dim = {f->saved_windows, d[1], d[2], d[3], d[4]},
                                     .rank = 5,
                                     .data = f->saved};
    return explain_save(f->r->save, &t, 1, err);
}

static bool explain(struct flow *f, struct error *err)
{
    const char *const keep[] = {f->map, f->frames};
    struct video_run_options o = {.video = f->r->video, .batch = take_batch, .batch_context = f};
    struct video_result v;
    TRY(find_nodes(f, err));
    TRY(f->m = explain_open(f->r, keep, 2, err));
    f->map_node = graph_find(f->m->graph, f->map);
    f->frames_node = graph_find(f->m->graph, f->frames);
    explain_progress(f->r, &o);
    TRY(video_run(f->m, f->r->clip, &o, &v, err));
    video_result_free(&v);
    cli_progress_clear();
    if (f->r->save)
        TRY(save(f, err));
    if (!f->r->film)
        return write_sheet(f, err);
    return f->out ? video_writer_commit(&f->out, err)
                  : fail(err, ERROR_INPUT, "%s: no pair of frames", f->r->clip);
}

bool explain_flow(const struct explain_request *r, struct error *err)
{
    struct flow f = {.r = r, .every = 1, .full = 1};
    bool ok = explain(&f, err);
    forget(&f);
    free(f.saved);
    network_close(&f.m);
    return ok;
}
