/* SPDX-License-Identifier: MIT */
#include "cli/overlay.h"
#include "cli/captions.h"
#include "engine/clact.h"
#include "io/font.h"
#include "io/frame_rgb.h"
#include "io/video_write.h"

#include <stdio.h>
#include <stdlib.h>

enum { LINES = 3 };

struct overlay {
    const struct network *m;
    const struct video_result *v;
    const struct score_tracks *t;
    float *scores; /* at the time of a frame */
    struct canvas picture;
    struct video_writer *out;
};

static const struct rgb white = {255, 255, 255}, black = {0, 0, 0}, accent = {255, 176, 59},
                        soft = {150, 190, 230};

/* The best classes at the bottom, each behind a bar as long as its score, on a shade. */
static void draw_labels(struct overlay *o, int scale)
{
    struct canvas *c = &o->picture;
    int best[LINES], n = clact_top(o->scores, o->t->classes, LINES, best);
    int line = (FONT_LINE + 1) * scale, x = 4 * scale, bar = 40 * scale;
    int y = c->h - n * line - 6 * scale;
    char text[160], label[32], fit[160];
    canvas_fill(c, 0, y - 3 * scale, c->w, c->h - y + 3 * scale, black, 0.55);
    for (int i = 0; i < n; i++, y += line) {
        float score = o->scores[best[i]], part = score < 0 ? 0 : score > 1 ? 1 : score;
        canvas_fill(c, x, y, bar, 8 * scale, white, 0.18);
        canvas_fill(c, x, y, (int)(part * (float)bar + 0.5f), 8 * scale, i ? soft : accent, 1);
        snprintf(text, sizeof text, "%.2f %.150s", (double)score,
                 network_label(o->m, best[i], label));
        caption_fit(text, c->w - bar - 3 * x, scale, fit, sizeof fit);
        canvas_text(c, x + bar + x, y, scale, i ? white : accent, fit);
    }
}

/* How far the clip is: a line along the lower edge. */
static void draw_time(struct overlay *o, int scale, double time)
{
    struct canvas *c = &o->picture;
    double part = o->v->duration > 0 ? time / o->v->duration : 1;
    canvas_fill(c, 0, c->h - 2 * scale, c->w, 2 * scale, white, 0.25);
    canvas_fill(c, 0, c->h - 2 * scale, (int)(part * c->w + 0.5), 2 * scale, accent, 1);
}

static bool draw_frame(struct overlay *o, const struct frame *f, const char *out, struct error *err)
{
    int w = o->picture.w, h = o->picture.h;
    TRY(frame_rgb(&o->picture, f, err));
    if (!o->out)
        TRY(o->out = video_writer_open(out, o->picture.w, o->picture.h, err));
    else if (o->picture.w != w || o->picture.h != h)
        return fail(err, ERROR_INPUT, "%s: frames of %dx%d and %dx%d cannot be in one video", out,
                    w, h, o->picture.w, o->picture.h);
    int scale = caption_scale(o->picture.w, o->picture.h);
    score_tracks_at(o->t, f->time, o->scores);
    draw_labels(o, scale);
    draw_time(o, scale, f->time);
    return video_writer_put(o->out, &o->picture, f->time, err);
}

bool overlay_write(const struct network *m, const char *path, const struct video_options *options,
                   const struct video_result *v, const struct score_tracks *t, const char *out,
                   void (*progress)(void *context, double fraction), void *context,
                   struct error *err)
{
    struct overlay o = {.m = m, .v = v, .t = t};
    struct video *video = video_open(path, options, err);
    struct frame f;
    bool ok = video != NULL;
    int got = 0;
    if (ok && !(o.scores = calloc((size_t)t->classes, sizeof *o.scores)))
        ok = fail(err, ERROR_LIMIT, "out of memory");
    while (ok && (got = video_next(video, &f, err)) > 0) {
        ok = draw_frame(&o, &f, out, err);
        if (progress && v->duration > 0)
            progress(context, f.time / v->duration);
    }
    ok = ok && got == 0;
    if (ok && !o.out)
        ok = fail(err, ERROR_INPUT, "%s: has no frame any more", path);
    if (ok)
        ok = video_writer_commit(&o.out, err);
    video_writer_abandon(&o.out);
    video_close(&video);
    canvas_free(&o.picture);
    free(o.scores);
    return ok;
}
