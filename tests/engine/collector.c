/* SPDX-License-Identifier: MIT */
/* The windows that reach the device, slot by slot: every rule on videos of many lengths, whose
 * frame i is a flat picture of value i. */
#include "engine/collector.h"
#include "engine/frames.h"
#include "graph/space.h"
#include "graph/windows.h"
#include "tests/engine/device.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 8 };

static struct ocl *ocl;

static void setup(void)
{
    struct error err;
    ocl = ocl_open(NULL, &err);
    ck_assert_msg(ocl != NULL, "%s", err.text);
}

static void teardown(void)
{
    ocl_close(&ocl);
}

struct seen {
    const struct recipe *r;
    int64_t length, windows; /* of the video; handed out so far, crops counted */
    int crops;
};

static struct recipe recipe(const char *rule, int frames, int stride, const char *pad,
                            const char *crops)
{
    static char size[] = "size:8x8";
    char number[16];
    struct recipe r;
    struct error err;
    recipe_defaults(&r, "test");
    snprintf(number, sizeof number, "%d", frames);
    ck_assert(recipe_set(&r, "frames", number, &err));
    snprintf(number, sizeof number, "%d", stride);
    ck_assert(recipe_set(&r, "stride", number, &err));
    ck_assert_msg(recipe_set(&r, "windows", rule, &err), "%s", err.text);
    ck_assert(recipe_set(&r, "pad", pad, &err));
    ck_assert(recipe_set(&r, "space", strcmp(crops, "center") ? "size:8x8,crop:4" : size, &err));
    ck_assert(recipe_set(&r, "crops", crops, &err));
    return r;
}

static bool look(void *context, const struct window *w, struct error *err)
{
    struct seen *s = context;
    unsigned char *bytes = malloc(w->bytes);
    size_t one = w->bytes / (size_t)s->r->frames;
    ck_assert_int_eq(w->index, s->windows / s->crops);
    ck_assert_int_eq(w->crop, s->windows % s->crops);
    ck_assert(ocl_read(ocl, bytes, w->buffer, w->offset, w->bytes, err));
    for (int t = 0; t < s->r->frames; t++) {
        int64_t want = windows_frame(s->r, s->length, w->index, t);
        for (size_t i = 0; i < one; i++)
            ck_assert_msg(bytes[(size_t)t * one + i] == want,
                          "length %d window %d slot %d: frame %d, wanted %d", (int)s->length,
                          (int)w->index, t, bytes[(size_t)t * one + i], (int)want);
    }
    double start = (double)windows_frame(s->r, s->length, w->index, 0) / 10;
    ck_assert_double_eq_tol(w->start, start, 1e-9);
    ck_assert(w->end > w->start);
    s->windows++;
    free(bytes);
    return true;
}

static void run(const struct recipe *r, int64_t length)
{
    struct error err = {0};
    struct collector *c = collector_open(ocl, r, false, false, &err);
    ck_assert_msg(c != NULL, "%s", err.text);
    struct seen s = {r, length, 0, space_crops(r)};
    unsigned char pixels[SIDE * SIDE * 3];
    bool done = false;
    for (int pass = 0; pass < 2; pass++) { /* the second video must not see the first */
        s.windows = 0;
        ck_assert(collector_begin(c, windows_need_length(r) ? length : -1, &err));
        for (int64_t i = 0; i < length; i++) {
            memset(pixels, (int)i, sizeof pixels);
            struct frame f = {.layout = FRAME_RGB,
                              .width = SIDE,
                              .height = SIDE,
                              .bits = 8,
                              .pixel_bytes = 3,
                              .rgba = {0, 1, 2},
                              .plane = {pixels},
                              .stride = {SIDE * 3},
                              .range = RANGE_FULL,
                              .index = i};
            ck_assert_msg(collector_frame(c, &f, i, (double)i / 10, 0.1, look, &s, &done, &err),
                          "%s", err.text);
            ck_assert(ocl_finish(ocl, &err)); /* the pixels change now */
        }
        ck_assert_msg(collector_end(c, length, look, &s, &err), "%s", err.text);
        ck_assert_int_eq(s.windows, windows_count(r, length) * s.crops);
    }
    collector_close(&c);
}

START_TEST(every_rule)
{
    static const char *const rules[] = {"slide", "slide:3",     "slide:7",   "even:4", "uniform:5",
                                        "tsn:3", "tsn_caffe:3", "subsample", "center", "all"};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        for (int64_t length = 1; length <= 24; length++) {
            struct recipe r = recipe(rules[i], 5, 1, length % 2 ? "loop" : "last", "center");
            run(&r, length);
        }
}
END_TEST

START_TEST(strides_and_crops)
{
    static const int64_t lengths[] = {1, 6, 9, 10, 31};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct recipe a = recipe("slide:2", 4, 3, "loop", "center");
        struct recipe b = recipe("uniform:3", 4, 2, "last", "three");
        struct recipe c = recipe("slide", 4, 1, "loop", "ten");
        run(&a, lengths[i]);
        run(&b, lengths[i]);
        run(&c, lengths[i]);
    }
}
END_TEST

START_TEST(spans)
{
    for (int64_t length = 1; length <= 24; length++) {
        struct recipe wide = recipe("slide", 4, 1, "loop", "center");
        struct recipe narrow = recipe("uniform:3", 5, 1, "last", "center");
        wide.span = 11;
        narrow.span = 3; /* some frames twice */
        run(&wide, length);
        run(&narrow, length);
    }
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("collector");
    tcase_add_unchecked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 300);
    tcase_add_test(t, every_rule);
    tcase_add_test(t, strides_and_crops);
    tcase_add_test(t, spans);
    return run_on_device(t, "collector");
}
