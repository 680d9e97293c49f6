/* SPDX-License-Identifier: MIT */
/* Gathers the windows of one clip on the device while a video's frames go by.
 *
 * Frames are offered once each, in order; a frame that no window reads is not even uploaded. Memory
 * is that of the windows that overlap in time, whatever the length of the video.
 */
#ifndef ENGINE_COLLECTOR_H
#define ENGINE_COLLECTOR_H
#include "cl/ocl.h"
#include "graph/recipe.h"
#include "io/video.h"

struct collector;

/* A finished window: bytes of its frames, one after another, and when it played. */
struct window {
    int64_t index; /* of the window in time */
    int crop;      /* 0 .. crops - 1        */
    double start, end; /* seconds; the end is the last own frame's time plus a frame's length */
    ocl_buffer buffer;
    uint64_t offset, bytes;
};
/* Called for each finished window, in order; the memory may be reused after it returns. */
typedef bool window_sink(void *context, const struct window *w, struct error *err);

/* half, plain: see frames_open(). */
struct collector *collector_open(struct ocl *ocl, const struct recipe *r, bool half, bool plain,
                                 struct error *err);
void collector_close(struct collector **c);

/* Begins a video. length: its frames (after resampling), needed when windows_need_length(). */
bool collector_begin(struct collector *c, int64_t length, struct error *err);

/* Uploads a frame that later collector_frame(c, NULL, ...) calls show. For both ways of uploading:
 * the planes stay as they are until the line has come so far (see frames_load). */
bool collector_load(struct collector *c, const struct frame *frame, struct error *err);

/* Frame `index` of the (resampled) video, `time` and `duration` in seconds: `frame`, uploaded
 * only if a window reads it, or with NULL the one loaded last. *done becomes true when no later
 * frame is needed. */
bool collector_frame(struct collector *c, const struct frame *frame, int64_t index, double time,
                     double duration, window_sink *sink, void *context, bool *done,
                     struct error *err);

/* The video has ended after `length` frames: pads and hands out what is left. */
bool collector_end(struct collector *c, int64_t length, window_sink *sink, void *context,
                   struct error *err);

#endif
