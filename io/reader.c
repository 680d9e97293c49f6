/* SPDX-License-Identifier: MIT */
#include "io/reader.h"
#include "io/frame_map.h"
#include "io/images.h"
#include "io/track.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    char *name;
    struct video_info info;
    struct input input; /* the file, or the picture that is open now */
    struct track_spec spec;
    struct track track;
    int64_t decoded, handed_out;
    /* Pictures only: */
    bool is_images;
    struct images images;
    double fps;
    size_t next_image;
    int64_t bad_images;
    struct error bad_image; /* the first of them */
};

static bool open_images(struct reader *r, const char *path, double fps, struct error *err)
{
    struct error first = {0};
    r->is_images = true;
    r->fps = fps > 0 ? fps : 25;
    r->spec.threads = 1;
    TRY(images_list(&r->images, path, err));
    /* The facts of the clip are those of its first picture that can be opened. */
    for (size_t i = 0; i < r->images.count && !r->info.codec; i++) {
        struct error *e = i ? NULL : &first;
        r->spec.name = r->images.path[i];
        if (!input_open(&r->input, r->spec.name, e))
            continue;
        if (track_open(&r->track, &r->spec, e))
            track_info(&r->track, &r->info);
        track_close(&r->track);
        input_close(&r->input);
    }
    if (!r->info.codec)
        return fail(err, first.code, "%s", first.text);
    r->info.container = "pictures";
    r->info.fps = r->fps;
    r->info.duration = (double)r->images.count / r->fps;
    return true;
}

static bool open_file(struct reader *r, const char *path, struct error *err)
{
    r->spec.name = r->name;
    TRY(input_open(&r->input, path, err));
    TRY(track_open(&r->track, &r->spec, err));
    track_info(&r->track, &r->info);
    return true;
}

struct reader *reader_open(const char *path, const struct video_options *o, struct error *err)
{
    struct reader *r = calloc(1, sizeof *r);
    if (!r || !(r->name = strdup(strcmp(path, "-") ? path : "standard input"))) {
        fail(err, ERROR_LIMIT, "%s: out of memory", path);
        free(r);
        return NULL;
    }
    r->input.fd = -1;
    atomic_init(&r->input.stop, false);
    r->spec = (struct track_spec){.input = &r->input,
                                  .from = o->from,
                                  .to = o->to,
                                  .stream = o->stream,
                                  .threads = o->threads,
                                  .max_pixels = o->max_pixels ? o->max_pixels : VIDEO_MAX_PIXELS};
    bool pictures = strcmp(path, "-") && images_are_at(path);
    if (pictures ? open_images(r, path, o->image_fps, err) : open_file(r, path, err))
        return r;
    reader_close(r);
    return NULL;
}

void reader_close(struct reader *r)
{
    if (!r)
        return;
    track_close(&r->track);
    input_close(&r->input);
    images_free(&r->images);
    free(r->name);
    free(r);
}

void reader_stop(struct reader *r)
{
    atomic_store(&r->input.stop, true);
}

const struct video_info *reader_info(const struct reader *r)
{
    return &r->info;
}

/* A picture's frame as decoder_next(); 0: it holds none. */
static int read_image(struct reader *r, AVFrame *av, struct error *err)
{
    double time;
    if (!input_open(&r->input, r->spec.name, err))
        return -1;
    int got =
        track_open(&r->track, &r->spec, err) ? decoder_next(&r->track.decoder, av, &time, err) : -1;
    if (got == 0)
        fail(err, ERROR_INPUT, "%s: cannot be decoded", r->spec.name);
    if (got > 0 && r->track.decoder.errors)
        r->bad_images++;
    return got;
}

static bool in_range(const struct track_spec *s, double time)
{
    return time >= s->from && (s->to <= 0 || time < s->to);
}

/* The next picture of the range that can be decoded; the others are counted. */
static int next_image(struct reader *r, AVFrame *av, double *time, struct error *err)
{
    while (r->next_image < r->images.count && !atomic_load(&r->input.stop)) {
        struct error e = {0};
        size_t i = r->next_image++;
        *time = (double)i / r->fps;
        if (!in_range(&r->spec, *time))
            continue;
        r->spec.name = r->images.path[i];
        track_close(&r->track);
        input_close(&r->input);
        if (read_image(r, av, &e) > 0)
            return 1;
        if (e.code == ERROR_LIMIT) {
            *err = e;
            return -1;
        }
        if (!r->bad_images++)
            r->bad_image = e;
    }
    return 0;
}

static bool fail_empty(const struct reader *r, struct error *err)
{
    const struct track *t = &r->track;
    if (r->is_images)
        return fail(err, r->bad_image.code, "%s", r->bad_image.text);
    if (!t->demux.packets)
        return fail(err, ERROR_INPUT, "%s: no frame: %s", r->name,
                    demux_ended_early(&t->demux) ? "the file ends before the first one"
                                                 : "the video stream is empty");
    return fail(err, ERROR_INPUT, "%s: no frame could be decoded (codec %s, packets: %lld)",
                r->name, r->info.codec, (long long)t->demux.packets);
}

/* The clip is over. That is an error when there was something to decode and nothing came out. */
static int end(const struct reader *r, struct error *err)
{
    bool empty = r->is_images ? !r->decoded && r->bad_images : !r->track.decoder.frames;
    if (!empty || atomic_load(&r->input.stop))
        return 0;
    fail_empty(r, err);
    return -1;
}

int reader_next(struct reader *r, AVFrame *av, struct frame *frame, struct error *err)
{
    double time = 0;
    int got = r->is_images ? next_image(r, av, &time, err) : track_next(&r->track, av, &time, err);
    if (got <= 0)
        return got < 0 ? got : end(r, err);
    AVRational base = r->track.demux.stream->time_base;
    const int32_t *matrix = track_matrix(&r->track, av);
    frame_orient(frame, matrix);
    if (!frame_map(av, frame, err)) {
        fail_more(err, "%s", r->spec.name);
        return -1;
    }
    r->decoded++;
    frame->time = time;
    frame->tick = r->is_images ? 1 / r->fps : (double)base.num / base.den;
    frame->index = r->handed_out++;
    return 1;
}

bool reader_rewind(struct reader *r, struct error *err)
{
    atomic_store(&r->input.stop, false);
    track_close(&r->track);
    r->handed_out = r->decoded = 0;
    r->next_image = 0;
    r->bad_images = 0;
    return r->is_images || track_open(&r->track, &r->spec, err);
}

bool reader_measure(struct reader *r, struct video_extent *extent, struct error *err)
{
    if (!r->is_images)
        return track_measure(&r->spec, extent, err);
    *extent = (struct video_extent){0};
    for (size_t i = 0; i < r->images.count; i++) {
        double time = (double)i / r->fps;
        if (!in_range(&r->spec, time))
            continue;
        extent->frames++;
        extent->last_time = time;
    }
    return true;
}

void reader_damage(const struct reader *r, struct video_damage *damage)
{
    const struct track *t = &r->track;
    *damage = (struct video_damage){0};
    if (r->is_images) {
        damage->errors = r->bad_images;
        if (r->bad_images)
            snprintf(damage->text, sizeof damage->text, "%lld of %zu pictures are damaged",
                     (long long)r->bad_images, r->images.count);
        return;
    }
    if (!t->open)
        return;
    if (!t->left_range && t->decoder.draining)
        track_ended_early(&t->demux, damage);
    damage->errors = t->decoder.errors;
    size_t n = strlen(damage->text);
    if (damage->errors)
        snprintf(damage->text + n, sizeof damage->text - n, "%sdamaged packets or frames: %lld",
                 n ? "; " : "", (long long)damage->errors);
}
