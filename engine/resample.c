/* SPDX-License-Identifier: MIT */
#include "engine/resample.h"

#include <math.h>

/* Keeps k/fps and a time written with the same rate from missing each other by rounding. */
#define SLACK 1e-6

void resampler_begin(struct resampler *r, double fps, double native_fps)
{
    double rate = fps > 0 ? fps : native_fps;
    *r = (struct resampler){.fps = fps, .duration = rate > 0 ? 1 / rate : 0};
}

void resampler_push(struct resampler *r, double time, double tick)
{
    r->limit = time - r->tick / 2 - SLACK; /* k/fps + tick/2 < time: the frame before is shown */
    r->last = time;
    r->tick = tick;
    r->pushed++;
}

void resampler_finish(struct resampler *r)
{
    r->limit = r->last + 2 * SLACK;
}

bool resampler_next(struct resampler *r, struct resampled *s)
{
    if (r->fps <= 0) {
        if (r->next >= r->pushed)
            return false;
        *s = (struct resampled){r->next++, r->last, r->duration};
        return true;
    }
    double time = (double)r->next / r->fps;
    if (!r->pushed || time >= r->limit)
        return false;
    *s = (struct resampled){r->next++, time, r->duration};
    return true;
}

int64_t resampler_length(double fps, int64_t frames, double last_time)
{
    if (fps <= 0 || frames < 1)
        return frames;
    return (int64_t)floor((last_time + SLACK) * fps) + 1;
}
