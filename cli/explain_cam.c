/* SPDX-License-Identifier: MIT */
/* clact explain: class activation maps over the frames. */
#include "cli/captions.h"
#include "cli/explain.h"
#include "cli/heat.h"
#include "cli/score_tracks.h"
#include "cli/sheet.h"
#include "engine/cam.h"
#include "engine/clact.h"
#include "graph/windows.h"
#include "io/font.h"
#include "io/frame_rgb.h"
#include "io/picture_write.h"
#include "io/video_write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct explanation {
    const struct explain_request *r;
    struct cam *cam;
    struct network *m;
    struct video_result v;
    int class;
    char label[160];
    struct canvas frame, shown; /* a frame of the clip, and with heat */
    float *heat;
    double time[EXPLAIN_COLUMNS_MOST]; /* of the columns of a sheet */
};

/* ---- the class ---- */

static bool find_class(const struct explanation *e, const char *name, int *class, struct error *err)
{
    int classes = network_classes(e->m->graph);
    long long number;
    char label[32];
    for (int pass = 0; pass < 2; pass++) /* as it is written; else in other letters */
        for (int i = 0; i < classes; i++) {
            const char *s = network_label(e->m, i, label);
            *class = i;
            if (pass ? !strcasecmp(s, name) : !strcmp(s, name))
                return true;
        }
    if (text_to_int(name, &number) && number >= 0 && number < classes) {
        *class = (int)number;
        return true;
    }
    return fail(err, ERROR_USAGE, "--class %.80s: not among the %d classes of %s", name, classes,
                e->m->graph->file);
}

static bool watch(struct explanation *e, bool collect, struct error *err)
{
    struct video_run_options o = {.video = e->r->video, .windows = collect};
    if (collect) {
        o.batch = cam_batch;
        o.batch_context = e->cam;
        TRY(cam_begin(e->cam, e->m, e->class, err));
    }
    explain_progress(e->r, &o);
    video_result_free(&e->v);
    bool ok = video_run(e->m, e->r->clip, &o, &e->v, err);
    cli_progress_clear();
    return ok;
}

/* ---- one picture ---- */

/* How long a whole window of a path's clip plays; 0: as long as the window says. */
static double window_seconds(const struct explanation *e, int path)
{
    const struct recipe *r = &e->m->graph->clips[e->cam->path[path].clip];
    double rate = r->fps;
    if (rate <= 0 && e->v.frames > 1 && e->v.duration > 0)
        rate = (double)(e->v.frames - 1) / e->v.duration;
    return rate > 0 && r->windows != WINDOWS_SUBSAMPLE ? (double)windows_span(r) / rate : 0;
}

/* e->shown: the frame with the heat of one path. */
static bool lay(struct explanation *e, int path, double time, struct error *err)
{
    int w = e->frame.w, h = e->frame.h;
    size_t pixels = (size_t)w * (size_t)h;
    if (e->shown.w != w || e->shown.h != h) {
        canvas_free(&e->shown);
        free(e->heat);
        e->heat = NULL;
        TRY(canvas_make(&e->shown, w, h, err));
        if (!(e->heat = malloc(pixels * sizeof *e->heat)))
            return fail(err, ERROR_LIMIT, "no memory for a picture of %dx%d", w, h);
    }
    memcpy(e->shown.rgb, e->frame.rgb, pixels * 3);
    TRY(cam_heat(e->cam, path, time, window_seconds(e, path), w, h, w, h, e->heat, err));
    heat_lay(&e->shown, e->heat);
    return true;
}

/* The class's mean score over the windows of a path's clip, if windows have scores. */
static void path_text(const struct explanation *e, int path, char *buf, size_t size)
{
    const struct cam_path *p = &e->cam->path[path];
    double sum = 0;
    int64_t count = 0;
    for (int64_t i = 0; i < e->v.window_count; i++)
        if (e->v.window[i].clip == p->clip && e->v.window[i].classes == e->v.classes) {
            sum += e->v.window[i].scores[e->class];
            count++;
        }
    int n = snprintf(buf, size, "%.80s %lldx%lldx%lld", p->name, (long long)p->t, (long long)p->h,
                     (long long)p->w);
    if (count && n > 0 && n < (int)size)
        n += snprintf(buf + n, size - (size_t)n, ": %.80s %.4f", e->label, sum / (double)count);
    if (p->highest <= 0 && n > 0 && n < (int)size)
        snprintf(buf + n, size - (size_t)n, " (nothing speaks for it)");
}

/* ---- a contact sheet ---- */

/* Time of column k: columns are spread over the windows of the first path, and inside of them. */
static double column_time(const struct explanation *e, int k)
{
    const struct cam_path *p = &e->cam->path[0];
    int64_t windows = 0, seen = 0;
    for (int64_t i = 0; i < p->count; i++)
        windows += p->window[i].crop == 0;
    double place = (k + 0.5) / e->r->columns * (double)windows;
    for (int64_t i = 0; i < p->count; i++) {
        const struct cam_window *w = &p->window[i];
        if (w->crop == 0 && seen++ == (int64_t)place)
            return w->start + (place - (double)(int64_t)place) * (w->end - w->start);
    }
    return 0;
}

static bool put_column(struct explanation *e, struct sheet *s, int k, struct error *err)
{
    double time = e->time[k];
    char text[32];
    if (!s->picture.rgb)
        TRY(sheet_make(s, e->r->columns, 1 + e->cam->paths, e->frame.w, e->frame.h, err));
    snprintf(text, sizeof text, "%.2f s", time);
    sheet_column(s, k, text);
    sheet_put(s, k, 0, &e->frame);
    for (int i = 0; i < e->cam->paths; i++) {
        TRY(lay(e, i, time, err));
        sheet_put(s, k, 1 + i, &e->shown);
    }
    return true;
}

/* Columns whose time comes before the next frame show the one before it. */
static bool put_columns(struct explanation *e, struct sheet *s, struct video *video,
                        struct error *err)
{
    struct frame now = {0}, next = {0};
    int k = 0, got = video_next(video, &now, err);
    for (int i = 0; i < e->r->columns; i++)
        e->time[i] = column_time(e, i);
    while (got > 0 && k < e->r->columns) {
        got = video_next(video, &next, err);
        if (got < 0)
            return false;
        bool made = false;
        for (; k < e->r->columns && (!got || e->time[k] < next.time); k++) {
            if (!made)
                TRY(frame_rgb(&e->frame, &now, err));
            made = true;
            TRY(put_column(e, s, k, err));
        }
        now = next;
    }
    return got >= 0;
}

static bool write_sheet(struct explanation *e, struct video *video, struct error *err)
{
    struct sheet s = {0};
    char text[400];
    const char *slash = strrchr(e->r->clip, '/');
    const struct graph *g = e->m->graph;
    bool ok = put_columns(e, &s, video, err);
    if (ok && !s.picture.rgb)
        ok = fail(err, ERROR_INPUT, "%s: has no frame any more", e->r->clip);
    if (ok) {
        snprintf(text, sizeof text, "%s  %.4f", e->label, (double)e->v.scores[e->class]);
        sheet_title(&s, 0, text);
        snprintf(text, sizeof text, "%.100s, %.200s", g->model ? g->model : g->file,
                 slash ? slash + 1 : e->r->clip);
        sheet_title(&s, 1, text);
        sheet_row(&s, 0, "frames");
        for (int i = 0; i < e->cam->paths; i++) {
            path_text(e, i, text, sizeof text);
            sheet_row(&s, 1 + i, text);
        }
        ok = picture_write(e->r->out, &s.picture, err);
    }
    sheet_free(&s);
    return ok;
}

/* ---- a video: the paths side by side ---- */

static bool put_frame(struct explanation *e, const struct frame *f, struct canvas *page,
                      struct video_writer **out, struct error *err)
{
    static const struct rgb white = {255, 255, 255}, black = {0, 0, 0};
    char text[300], fit[200];
    TRY(frame_rgb(&e->frame, f, err));
    if (!*out) {
        TRY(canvas_make(page, e->frame.w * e->cam->paths, e->frame.h, err));
        TRY(*out = video_writer_open(e->r->out, page->w, page->h, err));
    }
    int scale = caption_scale(e->frame.w, e->frame.h), line = (FONT_LINE + 3) * scale;
    for (int i = 0; i < e->cam->paths; i++) {
        int left = i * e->frame.w;
        TRY(lay(e, i, f->time, err));
        canvas_blit(page, left, 0, &e->shown);
        path_text(e, i, text, sizeof text);
        caption_fit(text, e->frame.w - 8 * scale, scale, fit, sizeof fit);
        canvas_fill(page, left, 0, e->frame.w, line, black, 0.55);
        canvas_text(page, left + 4 * scale, 3 * scale, scale, white, fit);
    }
    return video_writer_put(*out, page, f->time, err);
}

static bool write_film(struct explanation *e, struct video *video, struct error *err)
{
    struct video_writer *out = NULL;
    struct canvas page = {0};
    struct frame f;
    bool ok = true;
    int got = 0;
    while (ok && (got = video_next(video, &f, err)) > 0) {
        ok = put_frame(e, &f, &page, &out, err);
        if (!e->r->quiet && e->v.duration > 0)
            cli_progress("writing", f.time / e->v.duration);
    }
    ok = ok && got == 0;
    if (ok && !out)
        ok = fail(err, ERROR_INPUT, "%s: has no frame any more", e->r->clip);
    if (ok)
        ok = video_writer_commit(&out, err);
    video_writer_abandon(&out);
    canvas_free(&page);
    return ok;
}

/* ---- values ---- */

static bool save(const struct explanation *e, struct error *err)
{
    struct explain_tensor list[CAM_HEADS_MOST] = {0};
    float *data[CAM_HEADS_MOST] = {0};
    bool ok = true;
    for (int i = 0; ok && i < e->cam->paths; i++) {
        const struct cam_path *p = &e->cam->path[i];
        size_t one = (size_t)(p->t * p->h * p->w);
        data[i] = malloc(((size_t)p->count * one + 1) * sizeof(float));
        if (!data[i])
            ok = fail(err, ERROR_LIMIT, "no memory for the maps of %%%s", p->name);
        for (int64_t k = 0; ok && k < p->count; k++)
            memcpy(data[i] + (size_t)k * one, p->window[k].map, one * sizeof(float));
        list[i] = (struct explain_tensor){
            .name = p->name, .dim = {p->count, p->t, p->h, p->w}, .rank = 4, .data = data[i]};
    }
    ok = ok && explain_save(e->r->save, list, e->cam->paths, err);
    for (int i = 0; i < e->cam->paths; i++)
        free(data[i]);
    return ok;
}

static bool explain(struct explanation *e, struct error *err)
{
    char label[32];
    TRY(e->cam = cam_open(e->r->model, err));
    TRY(e->m = explain_open(e->r, e->cam->keep, e->cam->paths, err));
    if (e->r->class)
        TRY(find_class(e, e->r->class, &e->class, err));
    else {
        TRY(watch(e, false, err));
        clact_top(e->v.scores, e->v.classes, 1, &e->class);
    }
    TRY(watch(e, true, err));
    snprintf(e->label, sizeof e->label, "%.150s", network_label(e->m, e->class, label));
    if (e->r->save)
        TRY(save(e, err));
    struct video *video = video_open(e->r->clip, &e->r->video, err);
    bool ok = video && (e->r->film ? write_film(e, video, err) : write_sheet(e, video, err));
    video_close(&video);
    return ok;
}

bool explain_cam(const struct explain_request *r, struct error *err)
{
    struct explanation e = {.r = r};
    bool ok = explain(&e, err);
    video_result_free(&e.v);
    canvas_free(&e.frame);
    canvas_free(&e.shown);
    free(e.heat);
    network_close(&e.m);
    cam_close(&e.cam);
    return ok;
}
