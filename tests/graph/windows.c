/* SPDX-License-Identifier: MIT */
/* Windows against the lists that the public test code of each family makes (sampling.json), and
 * what must hold for every rule and length. */
#include "graph/windows.h"

#include <check.h>
#include <jansson.h>
#include <string.h>

static struct recipe recipe(const char *windows, int frames, int stride, const char *pad)
{
    struct recipe r;
    struct error err;
    recipe_defaults(&r, "c");
    ck_assert(recipe_set(&r, "windows", windows, &err) && recipe_set(&r, "pad", pad, &err));
    r.frames = frames;
    r.stride = stride;
    return r;
}

static void expect(json_t *want, int64_t got, const char *key, int64_t n)
{
    ck_assert_msg(json_integer_value(want) == got, "%s, %lld frames: %lld instead of %lld", key,
                  (long long)n, (long long)got, (long long)json_integer_value(want));
}

/* A list of windows, each a list of frames. */
static void check_frames(json_t *line, const char *key, const char *rule)
{
    struct recipe r = recipe(rule, 16, 1, "loop");
    int64_t n = json_integer_value(json_object_get(line, "n"));
    json_t *want = json_object_get(line, key);
    ck_assert_int_eq(windows_count(&r, n), (int64_t)json_array_size(want));
    for (int64_t j = 0; j < windows_count(&r, n); j++)
        for (int t = 0; t < r.frames; t++)
            expect(json_array_get(json_array_get(want, (size_t)j), (size_t)t),
                   windows_frame(&r, n, j, t), key, n);
}

/* A list of starts. */
static void check_starts(json_t *line, const char *key, const char *rule, int frames)
{
    struct recipe r = recipe(rule, frames, 1, "loop");
    int64_t n = json_integer_value(json_object_get(line, "n"));
    json_t *want = json_object_get(line, key);
    if (!want)
        return;
    ck_assert_int_eq(windows_count(&r, n), (int64_t)json_array_size(want));
    for (int64_t j = 0; j < windows_count(&r, n); j++)
        expect(json_array_get(want, (size_t)j), windows_start(&r, n, j), key, n);
}

static void check_subsample(json_t *line, const char *key, int frames)
{
    struct recipe r = recipe("subsample", frames, 1, "loop");
    int64_t n = json_integer_value(json_object_get(line, "n"));
    for (int t = 0; t < frames; t++)
        expect(json_array_get(json_object_get(line, key), (size_t)t), windows_frame(&r, n, 0, t),
               key, n);
}

/* A list of first and last frames. */
static void check_ends(json_t *line, const char *key, const char *rule, int frames)
{
    struct recipe r = recipe(rule, frames, 1, "last");
    int64_t n = json_integer_value(json_object_get(line, "n"));
    json_t *want = json_object_get(line, key);
    for (int64_t j = 0; j < windows_count(&r, n); j++) {
        json_t *pair = json_array_get(want, (size_t)j);
        expect(json_array_get(pair, 0), windows_frame(&r, n, j, 0), key, n);
        expect(json_array_get(pair, 1), windows_frame(&r, n, j, frames - 1), key, n);
    }
}

START_TEST(published_lists)
{
    json_error_t e;
    json_t *all = json_load_file(SOURCE_DIR "/tests/data/sampling.json", 0, &e);
    ck_assert_msg(all != NULL, "%s", e.text);
    ck_assert_uint_eq(json_array_size(all), 14);
    for (size_t i = 0; i < json_array_size(all); i++) {
        json_t *line = json_array_get(all, i);
        check_frames(line, "hara_sliding", "slide");
        check_starts(line, "iic_uniform_10", "even:10", 16);
        check_starts(line, "tsn_test_25", "tsn:25", 1);
        check_starts(line, "tsn_test_3x8", "tsn:3", 8);
        check_starts(line, "tsn_caffe_25", "tsn_caffe:25", 1);
        check_subsample(line, "uniform_subsample_8", 8);
        check_subsample(line, "uniform_subsample_32", 32);
        check_ends(line, "uniform_clips_10x33", "uniform:10", 33);
    }
    json_decref(all);
}
END_TEST

/* kenshohara's TemporalCenterCrop: lines "clip_center total N n FRAMES : i i i ...". */
START_TEST(published_center)
{
    char line[4096];
    int lines = 0;
    FILE *f = fopen(SOURCE_DIR "/tests/data/preproc_golden.txt", "r");
    ck_assert_ptr_nonnull(f);
    while (fgets(line, sizeof line, f)) {
        int total, frames, used, frame, more;
        if (sscanf(line, "clip_center total %d n %d :%n", &total, &frames, &used) != 2)
            continue;
        struct recipe r = recipe("center", frames, 1, "loop");
        ck_assert_int_eq(windows_count(&r, total), 1);
        for (int t = 0; t < frames; t++, used += more) {
            ck_assert_int_eq(sscanf(line + used, "%d%n", &frame, &more), 1);
            ck_assert_int_eq(windows_frame(&r, total, 0, t), frame);
        }
        lines++;
    }
    fclose(f);
    ck_assert_int_eq(lines, 8);
}
END_TEST

START_TEST(residual_windows_advance_by_16)
{
    struct recipe r = recipe("slide:16", 17, 1, "loop");
    ck_assert_int_eq(windows_count(&r, 17), 2); /* as the published rule: a rest of one frame */
    ck_assert_int_eq(windows_frame(&r, 17, 1, 16), 16);
    ck_assert_int_eq(windows_count(&r, 40), 3);
    ck_assert_int_eq(windows_frame(&r, 40, 2, 7), 39);
    ck_assert_int_eq(windows_frame(&r, 40, 2, 8), 32);
    ck_assert_int_eq(windows_source(&r, 40, 2, 8), 0);
}
END_TEST

START_TEST(stride_and_padding)
{
    struct recipe loop = recipe("slide", 4, 3, "loop"), last = recipe("slide", 4, 3, "last");
    ck_assert_int_eq(windows_span(&loop), 10);
    ck_assert_int_eq(windows_start(&loop, 0, 2), 24);
    static const int want_loop[] = {12, 15, 12, 15}, want_last[] = {12, 15, 15, 15};
    ck_assert_int_eq(windows_count(&loop, 17), 2);
    for (int t = 0; t < 4; t++) {
        ck_assert_int_eq(windows_frame(&loop, 17, 1, t), want_loop[t]);
        ck_assert_int_eq(windows_frame(&last, 17, 1, t), want_last[t]);
    }
    struct recipe all = recipe("all", 4, 3, "loop");
    ck_assert_int_eq(windows_count(&all, 12), 3);
    ck_assert_int_eq(windows_count(&all, 9), 1);
    struct recipe one = recipe("even:1", 1, 1, "loop");
    ck_assert_int_eq(windows_start(&one, 100, 0), 0);
}
END_TEST

/* What torch.linspace(0, span - 1, frames).long() gives. */
static const struct {
    int frames, span, at[32];
} SPREAD[] = {
    {1, 7, {0}},
    {4, 48, {0, 15, 31, 47}},
    {5, 3, {0, 0, 1, 1, 2}},
    {8, 64, {0, 9, 18, 27, 36, 45, 54, 63}},
    {13, 78, {0, 6, 12, 19, 25, 32, 38, 44, 51, 57, 64, 70, 77}},
    {16, 80, {0, 5, 10, 15, 21, 26, 31, 36, 42, 47, 52, 57, 63, 68, 73, 79}},
    {32, 64, {0,  2,  4,  6,  8,  10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30,
              32, 34, 36, 38, 40, 42, 44, 46, 48, 50, 52, 54, 56, 58, 60, 63}},
};

static struct recipe spread(const char *windows, int frames, int span, const char *pad)
{
    struct recipe r = recipe(windows, frames, 1, pad);
    r.span = span;
    return r;
}

START_TEST(span_spreads_frames)
{
    for (size_t i = 0; i < sizeof SPREAD / sizeof *SPREAD; i++) {
        struct recipe r = spread("slide", SPREAD[i].frames, SPREAD[i].span, "loop");
        ck_assert_int_eq(windows_span(&r), r.span);
        ck_assert_int_eq(windows_step(&r), r.span);
        for (int t = 0; t < r.frames; t++) {
            ck_assert_int_eq(windows_offset(&r, t), SPREAD[i].at[t]);
            ck_assert_int_eq(windows_frame(&r, 3 * r.span, 2, t), 2 * r.span + SPREAD[i].at[t]);
        }
    }
}
END_TEST

/* A window of 64 that begins at 64 of a video of 100 has 4 of its 8 frames: 64 73 82 91. */
START_TEST(span_is_padded)
{
    struct recipe loop = spread("slide", 8, 64, "loop"), last = spread("slide", 8, 64, "last");
    ck_assert_int_eq(windows_count(&loop, 100), 2);
    for (int t = 0; t < 8; t++) {
        ck_assert_int_eq(windows_frame(&loop, 100, 1, t), 64 + 9 * (t % 4));
        ck_assert_int_eq(windows_frame(&last, 100, 1, t), 64 + 9 * (t < 4 ? t : 3));
    }
    struct recipe uniform = spread("uniform:3", 8, 64, "loop"), all = spread("all", 8, 64, "loop");
    ck_assert_int_eq(windows_start(&uniform, 100, 2), 36);
    ck_assert_int_eq(windows_frame(&uniform, 100, 2, 7), 99);
    ck_assert_int_eq(windows_count(&all, 100), 37);
    struct recipe center = spread("center", 8, 64, "loop");
    ck_assert_int_eq(windows_start(&center, 100, 0), 18);
}
END_TEST

/* Frames exist, starts never go back, windows need no padding where there is room. */
static bool is_sound(const struct recipe *r, int64_t n)
{
    int64_t count = windows_count(r, n), before = 0;
    for (int64_t j = 0; j < count; j++) {
        int64_t start = windows_start(r, n, j);
        TRY(start >= before && start < n);
        before = start;
        for (int t = 0; t < r->frames; t++) {
            int64_t f = windows_frame(r, n, j, t);
            TRY(f >= 0 && f < n && windows_source(r, n, j, t) <= t);
        }
        if (windows_need_length(r) && n >= windows_span(r))
            TRY(windows_source(r, n, j, r->frames - 1) == r->frames - 1);
    }
    return count >= 1;
}

START_TEST(invariants)
{
    static const char *const rules[] = {"slide", "slide:3", "slide:50", "even:1", "even:10",
                                        "uniform:1", "uniform:7", "tsn:1", "tsn:25",
                                        "tsn_caffe:2", "tsn_caffe:25", "subsample", "center",
                                        "all"};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        for (int frames = 1; frames <= 33; frames += frames < 3 ? 1 : 15)
            for (int stride = 1; stride <= 5; stride += 2)
                for (int64_t n = 1; n <= 120; n++) {
                    struct recipe r = recipe(rules[i], frames, stride, n % 2 ? "loop" : "last");
                    ck_assert_msg(is_sound(&r, n), "%s frames=%d stride=%d of %lld", rules[i],
                                  frames, stride, (long long)n);
                    r.stride = 1;
                    r.span = strcmp(rules[i], "subsample") ? 7 * stride : 0;
                    ck_assert_msg(is_sound(&r, n), "%s frames=%d span=%d of %lld", rules[i],
                                  frames, r.span, (long long)n);
                }
}
END_TEST

/* Streaming: at any length, all but the last window of slide are whole, and none is missing. */
START_TEST(slide_covers_the_video)
{
    for (int step = 1; step <= 20; step++)
        for (int64_t n = 1; n <= 100; n++) {
            struct recipe r = recipe("slide", 16, 1, "loop");
            r.windows_arg = step;
            int64_t count = windows_count(&r, n);
            for (int64_t j = 0; j + 1 < count; j++)
                ck_assert(j * step + 16 <= n);
            ck_assert((count - 1) * step + 16 > n || count * step >= n);
        }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("windows");
    TCase *t = tcase_create("windows");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, published_lists);
    tcase_add_test(t, published_center);
    tcase_add_test(t, residual_windows_advance_by_16);
    tcase_add_test(t, stride_and_padding);
    tcase_add_test(t, span_spreads_frames);
    tcase_add_test(t, span_is_padded);
    tcase_add_test(t, invariants);
    tcase_add_test(t, slide_covers_the_video);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
