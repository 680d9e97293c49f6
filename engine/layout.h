/* SPDX-License-Identifier: MIT */
/* Between the logical order N C (T H W) of files and references and the device's rows of
 * channels. */
#ifndef ENGINE_LAYOUT_H
#define ENGINE_LAYOUT_H
#include "base/half.h"
#include <stddef.h>

/* rows[(n*pixels + p)*row + c] = x[(n*channels + c)*pixels + p]; the rest of a row is untouched. */
static inline void layout_to_rows(float *rows, const float *x, size_t n, size_t channels,
                                  size_t pixels, size_t row)
{
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < channels; c++)
            for (size_t p = 0; p < pixels; p++)
                rows[(i * pixels + p) * row + c] = x[(i * channels + c) * pixels + p];
}

static inline void layout_from_rows(float *x, const float *rows, size_t n, size_t channels,
                                    size_t pixels, size_t row)
{
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < channels; c++)
            for (size_t p = 0; p < pixels; p++)
                x[(i * channels + c) * pixels + p] = rows[(i * pixels + p) * row + c];
}

/* Rows as half, in their own memory; returns their bytes then. */
static inline size_t layout_to_half(float *rows, size_t count)
{
    unsigned char *to = (unsigned char *)rows;
    for (size_t i = 0; i < count; i++) {
        uint16_t h = half_from_float(rows[i]);
        memcpy(to + i * sizeof h, &h, sizeof h);
    }
    return count * sizeof(uint16_t);
}

/* And back: from the last one on, since floats take more room. */
static inline void layout_from_half(float *rows, size_t count)
{
    const unsigned char *from = (const unsigned char *)rows;
    for (size_t i = count; i-- > 0;) {
        uint16_t h;
        memcpy(&h, from + i * sizeof h, sizeof h);
        rows[i] = half_to_float(h);
    }
}

#endif
