/* SPDX-License-Identifier: MIT */
/* What engine/frames.h computes, in plain C and double precision: whole pictures, step by step, as
 * the formulae are written in docs and papers. It shares no table and no geometry with the kernels'
 * host code, and is what they are compared with.
 */
#ifndef ENGINE_FRAMES_REFERENCE_H
#define ENGINE_FRAMES_REFERENCE_H
#include "graph/recipe.h"
#include "io/video.h"

/* Packed RGB, 0 to 255. */
struct picture {
    int w, h;
    double *data;
};

/* The shown picture before rounding: clamped, in doubles. */
bool reference_rgb(struct picture *out, const struct recipe *r, const struct frame *f,
                   struct error *err);

/* One resize by the recipe's filter and rounding; pil and cv need whole numbers. */
bool reference_resize(struct picture *out, const struct recipe *r, const struct picture *in, int w,
                      int h, struct error *err);

/* All of a recipe's steps, for one crop. */
bool reference_frame(struct picture *out, const struct recipe *r, const struct frame *f, int crop,
                     struct error *err);

void picture_free(struct picture *p);

#endif
