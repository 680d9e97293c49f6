/* SPDX-License-Identifier: MIT */
#include "engine/frames_check.h"
#include "base/half.h"
#include "base/random.h"
#include "engine/frames_reference.h"
#include "engine/frame_tables.h"
#include "engine/layout.h"
#include "engine/plan.h"
#include "graph/space.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PICTURES = 4, MOST = 1280, FENCE = 64 };

/* Of a picture's random samples. */
struct samples {
    uint8_t *bytes;
    size_t count;
};

static int at_most(int v, int most)
{
    return v < most ? v : most;
}

/* Whether the first column of the picture that is read is the second of its chroma sample. */
static int first_column(const struct recipe *r, const struct frame *f)
{
    const struct frame_geometry g = {
        .width = f->width, .height = f->height, .chroma_w = f->chroma_w, .chroma_h = f->chroma_h};
    struct frame_tables t = {.count = 0};
    struct error none = {0};
    int odd = frame_tables_make(&t, r, &g, 0, &none) ? t.words[t.columns_at] & 1 : 0;
    frame_tables_free(&t);
    return odd;
}

/* Of the width that makes it so, if there is one: the kernel has code for both. */
static struct frame subsampled(const struct recipe *r, int bits, int odd)
{
    struct frame f = {
        .layout = FRAME_YUV, .height = 38, .bits = bits, .chroma_w = 1, .chroma_h = 1};
    for (f.width = 54; f.width < 94; f.width++)
        if (first_column(r, &f) == odd)
            break;
    return f;
}

/* Smaller than what is wanted: two samples a pixel are read. The last picture is larger, so that
 * many are; it is RGB, which is not rounded before. */
static struct frame describe(const struct recipe *r, int i)
{
    const struct space_step *s = &r->space[0];
    int w = s->w, h = s->kind == SPACE_SHORT ? s->w : s->h;
    switch (i) {
    case 0:
        return subsampled(r, 8, 0);
    case 1:
        return subsampled(r, 10, 1);
    case 2:
        return (struct frame){.layout = FRAME_NV12,
                              .width = 37,
                              .height = 46,
                              .bits = 10,
                              .shift = 6,
                              .chroma_w = 1,
                              .transpose = true,
                              .flip_x = true};
    default:
        return (struct frame){.layout = FRAME_RGB,
                              .width = at_most(w * 5 + 1, MOST),
                              .height = at_most(h * 9 / 2 + 3, MOST),
                              .bits = 8,
                              .pixel_bytes = 3,
                              .rgba = {0, 1, 2},
                              .flip_y = true};
    }
}

/* Where its planes stand in the samples; how many bytes they take. */
static size_t place_planes(struct frame *f, uint8_t *bytes)
{
    int planes = f->layout == FRAME_YUV ? 3 : f->layout == FRAME_NV12 ? 2 : 1;
    size_t at = 0;
    for (int i = 0; i < planes; i++) {
        int w = i ? (f->width + (1 << f->chroma_w) - 1) >> f->chroma_w : f->width;
        int h = i ? (f->height + (1 << f->chroma_h) - 1) >> f->chroma_h : f->height;
        size_t each = f->layout == FRAME_RGB ? 3 : i && f->layout == FRAME_NV12 ? 2 : 1;
        f->stride[i] = (size_t)w * each * (f->bits > 8 ? 2 : 1) + 6;
        f->plane[i] = bytes ? bytes + at : NULL;
        at += f->stride[i] * (size_t)h;
    }
    return at;
}

static bool make_picture(struct frame *f, const struct recipe *r, int i, struct samples *s,
                         struct error *err)
{
    struct random random = {(uint64_t)i + 1};
    *f = describe(r, i);
    s->count = place_planes(f, NULL);
    s->bytes = malloc(s->count);
    if (!s->bytes)
        return fail(err, ERROR_LIMIT, "out of memory");
    for (size_t k = 0; k < s->count; k++)
        s->bytes[k] = (uint8_t)random_u64(&random);
    for (size_t k = 0; f->bits > 8 && k + 1 < s->count; k += 2) {
        uint16_t v = (uint16_t)((random_u64(&random) & ((1u << f->bits) - 1)) << f->shift);
        memcpy(s->bytes + k, &v, sizeof v);
    }
    place_planes(f, s->bytes);
    return true;
}

/* One finished frame on the device, between bytes that must stay. */
struct slot {
    ocl_buffer buffer;
    uint8_t *bytes;
    size_t size;
};

static bool open_slot(struct slot *s, struct ocl *ocl, const struct recipe *r, bool half,
                      struct error *err)
{
    s->size = (size_t)frames_slot_bytes(r, half);
    s->bytes = malloc(s->size + 2 * FENCE);
    return (s->bytes || fail(err, ERROR_LIMIT, "out of memory")) &&
           (s->buffer = ocl_alloc(ocl, s->size + 2 * FENCE, err)) != NULL;
}

static bool run_slot(struct slot *s, struct ocl *ocl, struct frame_stage *stage,
                     const struct frame *f, int crop, struct error *err)
{
    memset(s->bytes, 0xff, s->size + 2 * FENCE);
    return ocl_write(ocl, s->buffer, 0, s->bytes, s->size + 2 * FENCE, err) &&
           frames_load(stage, f, err) && frames_store(stage, crop, s->buffer, FENCE, err) &&
           ocl_read(ocl, s->bytes, s->buffer, 0, s->size + 2 * FENCE, err);
}

static double value_of(const struct slot *s, const struct recipe *r, bool half, size_t i)
{
    size_t row = (size_t)layout_row(3), at = i / 3 * row + i % 3;
    float v;
    uint16_t h;
    if (r->round != ROUND_NONE)
        return s->bytes[FENCE + i];
    if (half) {
        memcpy(&h, s->bytes + FENCE + at * sizeof h, sizeof h);
        return half_to_float(h);
    }
    memcpy(&v, s->bytes + FENCE + at * sizeof v, sizeof v);
    return v;
}

static bool fence_holds(const struct slot *s)
{
    for (size_t i = 0; i < FENCE; i++)
        if (s->bytes[i] != 0xff || s->bytes[FENCE + s->size + i] != 0xff)
            return false;
    return true;
}

/* A sample that lies between two bytes may become either, and a result that reads it may follow: by
 * a step or two, and seldom; of a small picture it may be some by chance. */
static void compare(const struct slot *s, const struct recipe *r, bool half,
                    const struct picture *want, char why[VERDICT_WHY])
{
    size_t count = (size_t)want->w * (size_t)want->h * 3, others = 0;
    double most = 0;
    for (size_t i = 0; i < count; i++) {
        double w = want->data[i], d = fabs(value_of(s, r, half, i) - w);
        most = d <= most ? most : isfinite(d) ? d : INFINITY;
        others += !(d <= 1e-3 + (half && r->round == ROUND_NONE ? w * 0x1p-10 : 0));
    }
    if (!fence_holds(s))
        snprintf(why, VERDICT_WHY, "it writes where its result is not");
    else if (!(most <= 2.2) || others * 50 > count + 300)
        snprintf(why, VERDICT_WHY, "%zu of %zu values of a picture are off, by %.3g at most",
                 others, count, most);
}

static bool check_crop(struct slot *s, struct ocl *ocl, struct frame_stage *stage,
                       const struct recipe *r, bool half, const struct frame *f, int crop,
                       char why[VERDICT_WHY], struct error *err)
{
    struct picture want = {0};
    struct error ran = {0};
    TRY(reference_frame(&want, r, f, crop, err));
    if (run_slot(s, ocl, stage, f, crop, &ran))
        compare(s, r, half, &want, why);
    else
        snprintf(why, VERDICT_WHY, "%.150s", ran.text);
    picture_free(&want);
    if (ran.code != ERROR_LIMIT)
        return true;
    *err = ran; /* says nothing of the kernels */
    return false;
}

static bool check_picture(struct slot *s, struct ocl *ocl, struct frame_stage *stage,
                          const struct recipe *r, bool half, int i, char why[VERDICT_WHY],
                          struct error *err)
{
    struct samples samples = {0};
    struct frame f;
    int last = space_crops(r) - 1;
    bool ok = make_picture(&f, r, i, &samples, err) &&
              check_crop(s, ocl, stage, r, half, &f, 0, why, err) &&
              (!last || *why || check_crop(s, ocl, stage, r, half, &f, last, why, err));
    free(samples.bytes);
    return ok;
}

bool frames_check(struct ocl *ocl, const struct recipe *r, bool half, bool plain,
                  char why[VERDICT_WHY], struct error *err)
{
    struct error built = {0};
    struct slot slot = {0};
    struct frame_stage *stage = frames_open(ocl, r, half, plain, &built);
    *why = 0;
    if (!stage && built.code != ERROR_BUILD) {
        *err = built;
        return false;
    }
    if (!stage) {
        snprintf(why, VERDICT_WHY, "%.150s", built.text);
        return true;
    }
    bool ok = open_slot(&slot, ocl, r, half, err);
    for (int i = 0; ok && !*why && i < PICTURES; i++)
        ok = check_picture(&slot, ocl, stage, r, half, i, why, err);
    ocl_release(&slot.buffer);
    free(slot.bytes);
    frames_close(&stage);
    return ok;
}
