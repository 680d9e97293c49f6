/* SPDX-License-Identifier: MIT */
/* A model over one video: the file that joins io/ and the session. */
#ifndef ENGINE_VIDEO_RUN_H
#define ENGINE_VIDEO_RUN_H
#include "engine/network.h"
#include "io/video.h"

struct window;

struct video_run_options {
    struct video_options video;
    bool windows;         /* keep the scores of every window    */
    const char *features; /* NULL, or a kept node to be collected over all windows */
    /* NULL, or called for every batch that has run, when kept nodes can be fetched; `ran` are its
     * windows. 0 windows: what came so far does not count, the video begins anew. */
    bool (*batch)(void *batch_context, int clip, const struct window *ran, int windows,
                  struct error *err);
    void *batch_context;
    void (*progress)(void *context, double fraction); /* may be NULL */
    void *context;
};

/* One window's scores: the values that the mean over windows reads. */
struct window_score {
    int clip, crop;
    int64_t index;
    double start, end; /* seconds */
    int classes;
    float *scores;     /* classes of them  */
};

struct video_result {
    char codec[32];
    int width, height;    /* of the first frame, as shown */
    double duration;      /* seconds, from the frames that were read */
    int64_t frames;       /* decoded */
    int64_t windows;      /* run, of all clips and crops */
    int classes;
    float *scores;        /* the first output: mean scores */
    struct window_score *window; /* with options.windows; window_count of them */
    int64_t window_count;
    struct shape feature_shape; /* dim[0] is the number of windows */
    float *features;            /* N C T H W */
    bool padded;          /* a window was filled up: the clip is shorter than one window */
    struct video_damage damage; /* what went wrong without ending it */
    /* What was waited for, as decoder, frames and network work side by side; and all of it. */
    double decode_seconds, prepare_seconds, network_seconds, total_seconds;
};

/* Runs the whole clip. On false the result is empty; err's class tells a bad clip (ERROR_INPUT,
 * ERROR_LIMIT: go on with the next) from a model that yields no finite numbers (ERROR_MODEL) and a
 * device that failed (ERROR_RUN). */
bool video_run(struct network *m, const char *path, const struct video_run_options *options,
               struct video_result *result, struct error *err);
void video_result_free(struct video_result *result);

/* Appends a window with a copy of its scores; window->scores is not read. */
bool video_result_add(struct video_result *r, const struct window_score *window,
                      const float *scores, struct error *err);

#endif
