/* SPDX-License-Identifier: MIT */
/* What convolutions share that append their own residual: a result of C channels f and C channels
 * |f(t+1) - f(t)|, of as many frames. */
#ifndef ENGINE_OP_DIFFERENCE_H
#define ENGINE_OP_DIFFERENCE_H
#include "engine/op/values.h"
#include <math.h>
#include <stdlib.h>

/* With what the last frame, which has no next one, is compared: residual's attribute `last`. */
enum difference {
    DIFFERENCE_NONE,
    DIFFERENCE_REPLICATE, /* itself        */
    DIFFERENCE_ZERO,      /* 0             */
    DIFFERENCE_CIRCULAR   /* the first one */
};
#define DIFFERENCE_CHOICES "replicate|zero|circular"

static inline float difference_next(const float *f, int64_t t, int64_t frames, int64_t frame,
                                    enum difference difference)
{
    if (t + 1 < frames)
        return f[frame];
    if (difference == DIFFERENCE_ZERO)
        return 0;
    return difference == DIFFERENCE_CIRCULAR ? f[-t * frame] : f[0];
}

/* Of which elements of f those are made that out is asked for; NULL: of all. */
static inline unsigned char *difference_wanted(const struct tensor *out)
{
    struct axes y = axes_of(&out->shape);
    int64_t frame = y.h * y.w, window = y.c / 2 * y.t * frame;
    unsigned char *wanted = out->wanted ? calloc((size_t)(y.n * window) + 1, 1) : NULL;
    for (int64_t i = 0; wanted && i < 2 * y.n * window; i++) {
        int64_t n = i / window / 2, at = i % window, t = at / frame % y.t;
        if (!out->wanted[i])
            continue;
        wanted[n * window + at] = 1;
        wanted[n * window + (t + 1 < y.t ? at + frame : at - t * frame)] = 1;
    }
    return wanted;
}

/* out begins with f, all windows of it, where it has room for both: moves every window to its place
 * and appends its difference. Backwards, as places only move up. */
static inline void difference_reference(struct tensor *out, enum difference difference)
{
    struct axes y = axes_of(&out->shape);
    int64_t frame = y.h * y.w, window = y.c / 2 * y.t * frame;
    for (int64_t n = y.n - 1; n >= 0; n--) {
        float *f = out->data + 2 * n * window;
        memmove(f, out->data + n * window, sizeof *f * (size_t)window);
        for (int64_t i = 0; i < window; i++) {
            float next = difference_next(f + i, i / frame % y.t, y.t, frame, difference);
            f[window + i] = fabsf(next - f[i]);
        }
    }
}

/* The first half of a result, which a convolution writes. */
static inline struct operand difference_first(const struct operand *y)
{
    struct operand f = *y;
    f.c = f.own = y->c / 2;
    return f;
}

/* The second half as a launch of its own, from the first. */
static inline void difference_launch(struct lower *lo, const struct node *n,
                                     const struct operand *y, enum difference difference)
{
    struct operand f = difference_first(y), d = f;
    d.offset += f.c;
    d.own = y->own - f.c;
    struct step *s = lower_launch(lo, n, "residual", "residual", "pointwise");
    launch_pixels(lo, s, &d);
    lower_define(lo, "X_T", f.t);
    lower_define_row(lo, "X", &f);
    lower_define(lo, "Y_T", d.t);
    lower_define_row(lo, "Y", &d);
    lower_define(lo, "FRAME", (int64_t)f.h * f.w);
    lower_define(lo, "MODE", 0);
    lower_define(lo, "STEP", 1);
    lower_define(lo, "LAST", difference);
    lower_arg_output(lo, s, n);
    lower_arg_output(lo, s, n);
}

#endif
