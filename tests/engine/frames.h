/* SPDX-License-Identifier: MIT */
/* What the tests of engine/frames.h share: recipes from text, frames from memory, both results. */
#ifndef TESTS_ENGINE_FRAMES_H
#define TESTS_ENGINE_FRAMES_H
#include "engine/frames.h"
#include "engine/frames_reference.h"
#include "engine/plan.h"
#include "graph/space.h"
#include "tests/engine/device.h"

#include <math.h>
#include <string.h>

static struct ocl *ocl;
static struct error err;

#define OK(e) ck_assert_msg((e), "%s", err.text)

static inline void setup(void)
{
    ocl = ocl_open(NULL, &err);
    OK(ocl);
}

static inline void teardown(void)
{
    ocl_close(&ocl);
}

/* "space=crop:112 filter=pil" */
static inline struct recipe recipe(const char *line)
{
    struct recipe r;
    char copy[400], *rest;
    recipe_defaults(&r, "c");
    r.frames = 1;
    snprintf(copy, sizeof copy, "%s", line);
    for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        char *value = strchr(word, '=');
        *value++ = 0;
        OK(recipe_set(&r, word, value, &err));
    }
    OK(recipe_check(&r, &err));
    return r;
}

/* Packed RGB bytes. */
static inline struct frame rgb_frame(const uint8_t *data, int w, int h)
{
    return (struct frame){.layout = FRAME_RGB, .width = w, .height = h, .bits = 8,
                          .pixel_bytes = 3, .rgba = {0, 1, 2}, .plane = {data},
                          .stride = {(size_t)w * 3}};
}

/* W x H x 3 values of one crop from the device, written at a place that is not the beginning. */
static inline double *device_frame(struct frame_stage *s, const struct recipe *r,
                                   const struct frame *f, int crop)
{
    int w, h;
    recipe_size(r, &w, &h);
    bool floats = r->round == ROUND_NONE;
    size_t bytes = frames_slot_bytes(r, false), pixels = (size_t)w * (size_t)h;
    size_t row = floats ? (size_t)layout_row(3) : 3, offset = 68;
    ocl_buffer to = ocl_alloc(ocl, offset + bytes + 4, &err);
    OK(to);
    OK(frames_load(s, f, &err));
    OK(frames_store(s, crop, to, offset, &err));
    uint8_t *raw = malloc(offset + bytes + 4);
    OK(ocl_read(ocl, raw, to, 0, offset + bytes + 4, &err));
    for (size_t i = 0; i < offset; i++)
        ck_assert_int_eq(raw[i], 0);
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(raw[offset + bytes + i], 0);
    double *out = malloc(pixels * 3 * sizeof *out);
    for (size_t i = 0; i < pixels * 3; i++) {
        float v;
        memcpy(&v, raw + offset + (i / 3 * row + i % 3) * 4 * floats, sizeof v);
        out[i] = floats ? (double)v : raw[offset + i];
    }
    free(raw);
    ocl_release(&to);
    return out;
}

/* Largest difference, and how many values differ by more than 1e-3. */
struct difference {
    double worst;
    int count;
};

static inline struct difference compare(const double *a, const double *b, size_t n)
{
    struct difference d = {0, 0};
    for (size_t i = 0; i < n; i++) {
        double e = fabs(a[i] - b[i]);
        d.worst = fmax(d.worst, e);
        d.count += e > 1e-3;
    }
    return d;
}

/* Device against reference for one frame and crop. */
static inline struct difference run(struct frame_stage *s, const struct recipe *r,
                                    const struct frame *f, int crop)
{
    struct picture want;
    OK(reference_frame(&want, r, f, crop, &err));
    double *got = device_frame(s, r, f, crop);
    struct difference d = compare(got, want.data, (size_t)want.w * (size_t)want.h * 3);
    free(got);
    picture_free(&want);
    return d;
}

static inline struct difference run_once(const struct recipe *r, const struct frame *f, int crop)
{
    struct frame_stage *s = frames_open(ocl, r, false, false, &err);
    OK(s);
    struct difference d = run(s, r, f, crop);
    frames_close(&s);
    return d;
}

#endif
