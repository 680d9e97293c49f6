/* SPDX-License-Identifier: MIT */
/* One video stream of one open file, from its beginning or from a given second on. */
#ifndef IO_TRACK_H
#define IO_TRACK_H
#include "io/decode.h"
#include "io/video.h"

struct track_spec {
    struct input *input; /* must outlive the track */
    const char *name;    /* the file in messages */
    int stream, threads;
    uint64_t max_pixels;
    double from, to; /* as in struct video_options */
};

struct track {
    const struct track_spec *spec;
    struct demux demux;
    struct decoder decoder;
    bool open, started;
    bool left_range; /* ended at `to`, not at the end of the file */
};

bool track_open(struct track *t, const struct track_spec *spec, struct error *err);
void track_close(struct track *t);

/* The next frame of the range; 1, 0 or -1 as decoder_next(). */
int track_next(struct track *t, AVFrame *frame, double *time, struct error *err);

/* Whether the file ended before its header says; `damage` is filled if so. */
bool track_ended_early(const struct demux *d, struct video_damage *damage);

/* The display matrix of the frame or of the stream, NULL when there is none. */
const int32_t *track_matrix(const struct track *t, const AVFrame *frame);

void track_info(const struct track *t, struct video_info *info);

/* Frames of the range and the time of the last one; uses a reader of its own. */
bool track_measure(const struct track_spec *spec, struct video_extent *extent, struct error *err);

#endif
