/* SPDX-License-Identifier: MIT */
/* Which frames select_frames takes; shared with what reads frames in its stead. */
#ifndef ENGINE_OP_SELECT_FRAMES_H
#define ENGINE_OP_SELECT_FRAMES_H
#include "graph/windows.h"

/* Spread frames reach a kernel as a list in constant memory, of which 64 KB are certain. */
enum { SELECT_FRAMES_MOST = 8192 };

struct select_frames {
    int begin, stride, count, spread;
};

/* The frame of T = frames that frame t of `count` results shows. */
static inline int select_frame(const struct select_frames *a, int64_t frames, int count, int t)
{
    return a->spread ? (int)windows_spread(frames, count, t) : a->begin + t * a->stride;
}

#endif
