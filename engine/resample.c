/* SPDX-License-Identifier: MIT */
#include "engine/resample.h"

#include <math.h>

/* Keeps k/fps and a time written with the same rate from missing each other by rounding. */
#define SLACK            1e-6
#define HALF_MILLISECOND 0.5e-3
#define LENGTH_MOST      0x1p53

void resampler_begin(struct resampler *r, double fps, double native_fps, double from)
{
    double rate = fps > 0 ? fps : native_fps;
    *r = (struct resampler){
        .fps = fps, .from = from, .duration = rate > 0 ? 1 / rate : 0, .end = -1};
}

void resampler_push(struct resampler *r, double time, double tick)
{
    /* k/fps + tick/2 < time: the frame before is shown. Before the first there is none. */
    r->limit = r->pushed ? time - tick / 2 - SLACK : r->from;
    r->last = time;
    r->pushed++;
}

void resampler_finish(struct resampler *r)
{
    r->end = resampler_length(r->fps, r->pushed, r->from, r->last);
}

bool resampler_next(struct resampler *r, struct resampled *s)
{
    if (r->fps <= 0) {
        if (r->next >= r->pushed)
            return false;
        *s = (struct resampled){r->next++, r->last, r->duration};
        return true;
    }
    double time = r->from + (double)r->next / r->fps;
    if (!r->pushed || (r->end >= 0 ? r->next >= r->end : time >= r->limit))
        return false;
    *s = (struct resampled){r->next++, time, r->duration};
    return true;
}

int64_t resampler_length(double fps, int64_t frames, double from, double last_time)
{
    if (fps <= 0 || frames < 1)
        return frames;
    double length = floor((last_time - from + HALF_MILLISECOND + SLACK) * fps) + 1;
    return length < LENGTH_MOST ? (int64_t)length : (int64_t)LENGTH_MOST; /* stamps may be absurd */
}
