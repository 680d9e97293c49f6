/* SPDX-License-Identifier: MIT */
/* Which frames of a video a recipe sees: all of them, or those of a fixed rate.
 *
 * At a rate, output k shows the last decoded frame whose time is at most k/fps plus half a tick of
 * the file's clock. So how often a frame is shown (once, several times, never) is known only when
 * its successor has come: after a push, resampler_next() lists the outputs of the frame pushed
 * before. Without a rate it lists the frame just pushed, once.
 *
 * Times count from `from`, the beginning of the wanted range. The last output is not later than the
 * last frame, whose time may be rounded down by half a millisecond, the coarsest clock in use.
 */
#ifndef ENGINE_RESAMPLE_H
#define ENGINE_RESAMPLE_H
#include <stdbool.h>
#include <stdint.h>

struct resampler {
    double fps;      /* 0: every frame                      */
    double from;     /* output 0 is shown at this time      */
    double duration; /* of one frame, seconds               */
    int64_t next;    /* output                              */
    int64_t pushed;
    double last;       /* time of the frame pushed last     */
    double limit;      /* outputs before this time are due  */
    int64_t end;       /* no output from here; -1: not yet known */
};
struct resampled {
    int64_t index;
    double time, duration; /* seconds */
};

void resampler_begin(struct resampler *r, double fps, double native_fps, double from);
void resampler_push(struct resampler *r, double time, double tick);
void resampler_finish(struct resampler *r); /* the last frame's outputs become due */
bool resampler_next(struct resampler *r, struct resampled *s);

/* How many outputs a video has that has `frames` frames from `from` on, the last at last_time. */
int64_t resampler_length(double fps, int64_t frames, double from, double last_time);

#endif
