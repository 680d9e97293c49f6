/* SPDX-License-Identifier: MIT */
#include "engine/video_run.h"
#include "base/checked.h"
#include "engine/batch.h"
#include "engine/resample.h"
#include "engine/window_mean.h"
#include "graph/windows.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Seconds that one frame may be shown at a recipe's rate: a damaged clip may say centuries. */
#define GAP_MOST 3600.0

/* One clip of the graph at work: gathers windows, runs its part when a batch is full. */
struct clip_run {
    struct video_runner *v;
    int clip;
    struct collector *collector;
    struct resampler resampler;
    struct batch batch;
    bool done; /* needs no more frames */
};

struct video_runner {
    struct network *m;
    const char *path;
    const struct video_run_options *o;
    struct video_result *r;
    struct window_mean *mean;
    struct clip_run clip[GRAPH_CLIPS_MOST];
    int clips;
    struct clip_run *running;   /* whose batch the network is at work on; NULL: it is idle */
    ocl_mark shown[VIDEO_KEPT]; /* in turns: where the feed line is done with a frame */
    int64_t feature_cap;
    struct video_damage end; /* what counting the frames found at the end of the file */
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- after a batch ---- */

static bool keep_scores(struct clip_run *c, int windows, struct error *err)
{
    struct video_runner *v = c->v;
    int classes;
    const float *x = window_mean_batch(v->mean, c->clip, &classes);
    for (int i = 0; x && i < windows; i++) {
        const struct window *w = &c->batch.ran[i];
        const struct window_score s = {.clip = c->clip, .crop = w->crop, .index = w->index,
                                       .start = w->start, .end = w->end, .classes = classes};
        TRY(video_result_add(v->r, &s, x + (size_t)i * (size_t)classes, err));
    }
    return true;
}

static bool keep_features(struct clip_run *c, int windows, struct error *err)
{
    struct video_runner *v = c->v;
    struct video_result *r = v->r;
    const struct graph *g = v->m->graph;
    node_id id = graph_find(g, v->o->features);
    if (id == NODE_NONE || g->nodes[id].part != PART_WINDOW)
        return fail(err, ERROR_USAGE, "%s: %%%.80s is no value of a window", g->file,
                    v->o->features);
    if (g->nodes[id].clip != c->clip)
        return true;
    size_t one = (size_t)shape_elements(&g->nodes[id].shape, 1);
    int64_t have = r->features ? r->feature_shape.dim[0] : 0;
    if (have + windows > v->feature_cap) {
        int64_t cap = (have + windows) * 2;
        uint64_t bytes;
        float *more =
            mul_ok((uint64_t)cap * sizeof(float), one, &bytes) ? realloc(r->features, bytes) : NULL;
        if (!more)
            return fail(err, ERROR_LIMIT, "no memory for %lld windows of %%%s", (long long)cap,
                        v->o->features);
        r->features = more;
        v->feature_cap = cap;
    }
    r->feature_shape = g->nodes[id].shape;
    r->feature_shape.dim[0] = have + windows;
    return session_fetch(v->m->session, id, r->features + (size_t)have * one, windows, err);
}

/* Waits for the batch that is at work, and keeps what it gave. */
static bool settle(struct video_runner *v, struct error *err)
{
    struct clip_run *c = v->running;
    if (!c)
        return true;
    int windows = c->batch.running;
    double start = now();
    v->running = NULL;
    TRY(ocl_finish(v->m->ocl, err));
    TRY(window_mean_add(v->mean, v->m->session, c->clip, windows, err));
    if (v->o->windows)
        TRY(keep_scores(c, windows, err));
    if (v->o->features)
        TRY(keep_features(c, windows, err));
    if (v->o->batch)
        TRY(v->o->batch(v->o->batch_context, c->clip, c->batch.ran, windows, err));
    v->r->network_seconds += now() - start;
    v->r->windows += windows;
    return true;
}

/* Returns while the network is at work. */
static bool run_batch(struct clip_run *c, struct error *err)
{
    struct video_runner *v = c->v;
    if (!c->batch.waiting)
        return true;
    TRY(settle(v, err));
    double start = now();
    TRY(batch_start(&c->batch, err));
    v->r->network_seconds += now() - start;
    v->running = c;
    return true;
}

static bool take_window(void *context, const struct window *w, struct error *err)
{
    struct clip_run *c = context;
    TRY(batch_add(&c->batch, w, err));
    return !batch_full(&c->batch) || run_batch(c, err);
}

/* ---- one pass over the video ---- */

static bool show(struct clip_run *c, const struct frame *f, struct error *err)
{
    struct resampled s;
    while (!c->done && resampler_next(&c->resampler, &s))
        TRY(collector_frame(c->collector, f, s.index, s.time, s.duration, take_window, c, &c->done,
                            err));
    return true;
}

static bool offer(struct clip_run *c, const struct frame *f, struct error *err)
{
    double start = now(), network = c->v->r->network_seconds;
    bool rated = c->resampler.fps > 0;
    if (rated && c->resampler.pushed && f->time - c->resampler.last > GAP_MOST)
        return fail(err, ERROR_INPUT,
                    "%s: %.0f s between two frames, at most %.0f s can be filled at fps=%g",
                    c->v->path, f->time - c->resampler.last, GAP_MOST, c->resampler.fps);
    resampler_push(&c->resampler, f->time, f->tick);
    TRY(show(c, rated ? NULL : f, err));
    if (rated && !c->done)
        TRY(collector_load(c->collector, f, err));
    c->v->r->prepare_seconds += now() - start - (c->v->r->network_seconds - network);
    return true;
}

static bool all_done(const struct video_runner *v)
{
    for (int i = 0; i < v->clips; i++)
        if (!v->clip[i].done)
            return false;
    return true;
}

static void note_frame(struct video_result *r, const struct frame *f)
{
    if (!r->frames) {
        r->width = f->transpose ? f->height : f->width;
        r->height = f->transpose ? f->width : f->height;
    }
    r->frames = f->index + 1;
    r->duration = f->time;
}

/* Decodes the video once. length[i]: what clip i believes of the video's length; *again is set, and
 * length[i] mended, when the video turned out to be another. */
static bool pass(struct video_runner *v, struct video *video, int64_t *length, double total,
                 bool *again, struct error *err)
{
    struct frame f;
    int got;
    *again = false;
    v->r->frames = v->r->windows = 0;
    for (int i = 0; i < v->clips; i++) {
        struct clip_run *c = &v->clip[i];
        c->done = false;
        c->batch.waiting = 0;
        resampler_begin(&c->resampler, v->m->graph->clips[c->clip].fps, video_info(video)->fps,
                        v->o->video.from);
        TRY(collector_begin(c->collector, length[i], err));
    }
    for (int turn = 0;; turn = (turn + 1) % VIDEO_KEPT) {
        double start = now();
        /* The next frame takes that one's memory. */
        TRY(ocl_wait(v->m->feed, &v->shown[turn], err));
        v->r->prepare_seconds += now() - start;
        start = now();
        got = video_next(video, &f, err);
        v->r->decode_seconds += now() - start;
        if (got <= 0)
            break;
        note_frame(v->r, &f);
        for (int i = 0; i < v->clips; i++)
            if (!v->clip[i].done)
                TRY(offer(&v->clip[i], &f, err));
        v->shown[turn] = ocl_mark_here(v->m->feed);
        if (v->o->progress && total > 0)
            v->o->progress(v->o->context, f.time / total);
        if (all_done(v))
            return true;
    }
    if (got < 0)
        return false;
    for (int i = 0; i < v->clips; i++) {
        struct clip_run *c = &v->clip[i];
        resampler_finish(&c->resampler);
        if (v->r->frames)
            TRY(show(c, NULL, err));
        int64_t n = c->resampler.next;
        if (c->done || !n || !windows_need_length(&v->m->graph->clips[c->clip]) || n == length[i])
            continue;
        length[i] = n;
        *again = true;
    }
    return true;
}

static bool finish(struct video_runner *v, struct error *err)
{
    for (int i = 0; i < v->clips; i++) {
        struct clip_run *c = &v->clip[i];
        int64_t n = c->resampler.next;
        if (!c->done)
            TRY(collector_end(c->collector, n, take_window, c, err));
        if (n < windows_span(&v->m->graph->clips[c->clip]))
            v->r->padded = true;
        TRY(run_batch(c, err));
    }
    return settle(v, err);
}

static bool measure(struct video_runner *v, struct video *video, int64_t *length, double *total,
                    struct error *err)
{
    bool need = false;
    struct video_extent e = {0};
    for (int i = 0; i < v->clips; i++)
        need = need || windows_need_length(&v->m->graph->clips[v->clip[i].clip]);
    *total = video_info(video)->duration;
    if (!need)
        return true;
    TRY(video_measure(video, &e, err));
    for (int i = 0; i < v->clips; i++) {
        double fps = v->m->graph->clips[v->clip[i].clip].fps;
        length[i] = resampler_length(fps, e.frames, v->o->video.from, e.last_time);
        if (length[i] < 1)
            length[i] = 1;
    }
    *total = e.last_time;
    v->end = e.end;
    return true;
}

static bool run_video(struct video_runner *v, struct video *video, const char *path,
                      struct error *err)
{
    int64_t length[GRAPH_CLIPS_MOST] = {0};
    double total = 0;
    bool again = false;
    snprintf(v->r->codec, sizeof v->r->codec, "%s", video_info(video)->codec);
    TRY(measure(v, video, length, &total, err));
    TRY(pass(v, video, length, total, &again, err));
    if (again && v->r->frames) { /* fewer or more frames than its packets promised */
        TRY(settle(v, err) && ocl_finish(v->m->feed, err));
        for (int64_t i = 0; i < v->r->window_count; i++)
            free(v->r->window[i].scores);
        v->r->window_count = 0;
        free(v->r->features);
        v->r->features = NULL;
        v->feature_cap = 0;
        window_mean_reset(v->mean);
        if (v->o->batch)
            TRY(v->o->batch(v->o->batch_context, 0, NULL, 0, err));
        TRY(video_rewind(video, err));
        TRY(pass(v, video, length, total, &again, err));
    }
    if (!v->r->frames)
        return fail(err, ERROR_INPUT, "%s: no frame in the wanted range", path);
    TRY(finish(v, err));
    v->r->damage = *video_damage(video);
    if (v->end.truncated && !v->r->damage.truncated) { /* past the last frame that was needed */
        const char *more = video_damage(video)->text;
        v->r->damage.truncated = true;
        snprintf(v->r->damage.text, sizeof v->r->damage.text, "%.99s%s%.98s", v->end.text,
                 *more ? "; " : "", more);
    }
    v->r->scores = window_mean_finish(v->mean, v->m, &v->r->classes, err);
    if (!v->r->scores)
        return false;
    for (int i = 0; i < v->r->classes; i++)
        if (!isfinite(v->r->scores[i]))
            return fail(err, ERROR_MODEL, "%s: score %d of %s is not finite: no result", path, i,
                        v->m->graph->model ? v->m->graph->model : v->m->graph->file);
    return true;
}

/* The windows that a clip's recipe makes are what the input is made for. */
static bool check_input(const struct graph *g, const struct node *n, struct error *err)
{
    const struct recipe *r = &g->clips[n->clip];
    const int64_t *d = n->shape.dim;
    bool u8 = r->round == ROUND_U8;
    char text[96];
    int w, h;
    recipe_size(r, &w, &h);
    if (n->shape.rank == 5 && (n->shape.dtype == DTYPE_U8) == u8 && d[1] == 3 &&
        d[2] == r->frames && d[3] == h && d[4] == w)
        return true;
    return graph_fail(g, n, err, "is %s, clip %s makes %s[N,3,%d,%d,%d]",
                      shape_text(&n->shape, text), r->name, u8 ? "u8" : "f32", r->frames, h, w);
}

static bool open_clips(struct video_runner *v, struct error *err)
{
    for (int p = 0; p < v->m->plan->part_count; p++) {
        struct clip_run *c = &v->clip[v->clips];
        c->v = v;
        c->clip = v->m->plan->parts[p].clip;
        const struct recipe *r = &v->m->graph->clips[c->clip];
        if (!r->space_count)
            return fail(err, ERROR_MODEL, "%s: clip %s has no 'space': it cannot read a video",
                        v->m->graph->file, r->name);
        for (int i = 0; i < v->m->graph->count; i++) {
            const struct node *n = &v->m->graph->nodes[i];
            if ((n->op->traits & OP_SOURCE) && n->part == PART_WINDOW && n->clip == c->clip)
                TRY(check_input(v->m->graph, n, err));
        }
        v->clips++;
        TRY(batch_open(&c->batch, v->m, p, err));
        TRY(c->collector =
                collector_open(v->m->feed, r, v->m->plan->half, v->m->plain_frames, err));
    }
    return true;
}

bool video_run(struct network *m, const char *path, const struct video_run_options *options,
               struct video_result *result, struct error *err)
{
    struct video_runner v = {.m = m, .path = path, .o = options, .r = result};
    *result = (struct video_result){0};
    struct video *video = NULL;
    double start = now();
    if (!m->feed)
        m->feed = ocl_beside(m->ocl, err);
    bool ok = m->feed && open_clips(&v, err) && (v.mean = window_mean_open(m, err)) != NULL &&
              (video = video_open(path, &options->video, err)) != NULL &&
              run_video(&v, video, path, err);
    for (int i = 0; i < VIDEO_KEPT; i++)
        ocl_wait(m->feed, &v.shown[i], NULL);
    if (m->feed) /* nothing may be at work on what goes away */
        ocl_finish(m->feed, NULL);
    ocl_finish(m->ocl, NULL);
    video_close(&video);
    window_mean_close(&v.mean);
    result->total_seconds = now() - start;
    for (int i = 0; i < v.clips; i++) {
        collector_close(&v.clip[i].collector);
        batch_close(&v.clip[i].batch);
    }
    if (!ok)
        video_result_free(result);
    return ok;
}
