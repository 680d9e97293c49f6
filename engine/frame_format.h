/* SPDX-License-Identifier: MIT */
/* A decoded frame as kernel frame_rgb reads it: three sample sources and a matrix. All layouts of
 * io/video.h differ in nothing else.
 */
#ifndef ENGINE_FRAME_FORMAT_H
#define ENGINE_FRAME_FORMAT_H
#include "graph/recipe.h"
#include "io/video.h"

/* Words of `words`: where the three sources begin, their distance from row to row and from sample
 * to sample, all in bytes; then whether samples have 16 bits, their right shift, and whether shown
 * columns run down the stored picture. */
enum { FORMAT_AT = 0, FORMAT_STRIDE = 3, FORMAT_STEP = 6, FORMAT_WIDE = 9, FORMAT_SHIFT = 10,
       FORMAT_TRANSPOSED = 11, FORMAT_WORDS = 12 };

struct frame_format {
    int32_t words[FORMAT_WORDS];
    /* colour = m[0] * a + m[1] * b + m[2] * c + m[3]. The kernel's b and c are 256 times the
     * sample and so have a 256th of the factor here. */
    float matrix[4][3];
    int plane_count;
    uint64_t plane_at[3], plane_bytes[3], bytes; /* the planes in one buffer */
};

/* Defaults of `auto`: the frame's tag; without one BT.601, limited range for YUV as every decoder
 * and training pipeline assumes, full range for gray. RGB is always full range. ERROR_INPUT when
 * the frame's description makes no sense. */
bool frame_format_make(struct frame_format *format, const struct recipe *r,
                       const struct frame *frame, struct error *err);

#endif
