/* SPDX-License-Identifier: MIT */
/* The rule of the key `fps`, against its definition: output k is at time from + k/fps and shows the
 * last frame whose time is at most that plus half a tick of the file's clock. */
#include "base/random.h"
#include "engine/resample.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST = 4000 };
struct shown {
    int frame; /* which was on the device */
    double time;
};
static struct shown out[MOST];

/* As engine/video_run.c drives it: a frame is loaded after the outputs of the one before. */
static int resample(double fps, double from, const double *times, int frames, double tick)
{
    struct resampler r;
    struct resampled s;
    int count = 0, loaded = -1;
    resampler_begin(&r, fps, 25, from);
    for (int i = 0; i <= frames; i++) {
        if (i < frames)
            resampler_push(&r, times[i], tick);
        else
            resampler_finish(&r);
        if (fps <= 0 && i < frames)
            loaded = i;
        while (resampler_next(&r, &s)) {
            ck_assert_msg(loaded >= 0, "an output before the first frame");
            ck_assert_int_lt(count, MOST);
            ck_assert_int_eq(s.index, count);
            ck_assert(fabs(s.duration - 1 / (fps > 0 ? fps : 25)) < 1e-12);
            out[count++] = (struct shown){loaded, s.time};
        }
        loaded = i;
    }
    ck_assert_int_eq(r.next, count);
    ck_assert_int_eq(resampler_length(fps, frames, from, frames ? times[frames - 1] : 0), count);
    return count;
}

static int by_definition(double time, const double *times, int frames, double tick)
{
    int at = 0; /* before the first frame: the first */
    for (int i = 1; i < frames; i++)
        if (times[i] <= time + tick / 2 + 1e-6)
            at = i;
    return at;
}

static void check(double fps, double from, const double *times, int frames, double tick)
{
    int count = resample(fps, from, times, frames, tick);
    ck_assert_int_ge(count, 1);
    for (int k = 0; k < count; k++) {
        double time = from + k / fps;
        ck_assert(fabs(out[k].time - time) < 1e-9);
        ck_assert_msg(out[k].frame == by_definition(time, times, frames, tick),
                      "output %d at %.6f s shows frame %d, not %d", k, time, out[k].frame,
                      by_definition(time, times, frames, tick));
    }
    double last = times[frames - 1];
    ck_assert(out[count - 1].time <= last + 0.6e-3);
    ck_assert(out[count - 1].time + 1 / fps > last);
}

static int constant(double *times, int frames, double fps, double clock)
{
    for (int i = 0; i < frames; i++)
        times[i] = clock > 0 ? floor(i / fps / clock + 0.5) * clock : i / fps;
    return frames;
}

START_TEST(native)
{
    double times[] = {0, 0.04, 0.5, 0.54};
    ck_assert_int_eq(resample(0, 0, times, 4, 1e-3), 4);
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(out[i].frame, i);
        ck_assert(out[i].time == times[i]);
    }
}
END_TEST

/* The file's own rate, on exact and on rounded clocks: every frame once. */
START_TEST(same_rate)
{
    static const double rates[] = {25, 30, 30000.0 / 1001, 24000.0 / 1001, 50, 59.94, 15, 12.5, 7};
    static const double clocks[] = {0, 1e-3, 1.0 / 90000, 1.0 / 15360};
    double times[300];
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++)
        for (size_t k = 0; k < sizeof clocks / sizeof *clocks; k++) {
            constant(times, 300, rates[i], clocks[k]);
            for (int frames = 1; frames <= 300; frames += frames < 20 ? 1 : 35) {
                int count = resample(rates[i], 0, times, frames, clocks[k]);
                ck_assert_msg(count == frames, "%g fps, clock %g: %d of %d", rates[i], clocks[k],
                              count, frames);
                for (int f = 0; f < count; f++)
                    ck_assert_int_eq(out[f].frame, f);
            }
        }
}
END_TEST

START_TEST(lower_rate)
{
    static const int want[] = {0, 1, 3, 5, 6, 8, 10, 11, 13};
    double times[300];
    constant(times, 15, 25, 0);
    ck_assert_int_eq(resample(15, 0, times, 15, 0), 9);
    for (int k = 0; k < 9; k++)
        ck_assert_int_eq(out[k].frame, want[k]);
    constant(times, 300, 30, 1e-3);
    ck_assert_int_eq(resample(15, 0, times, 300, 1e-3), 150);
    for (int k = 0; k < 150; k++)
        ck_assert_int_eq(out[k].frame, 2 * k);
    check(1, 0, times, 300, 1e-3);
    check(0.25, 0, times, 300, 1e-3);
}
END_TEST

START_TEST(higher_rate)
{
    double times[20];
    constant(times, 20, 10, 0);
    ck_assert_int_eq(resample(30, 0, times, 20, 0), 58); /* ends with the last frame's time */
    for (int k = 0; k < 58; k++)
        ck_assert_int_eq(out[k].frame, k / 3);
    check(1000, 0, times, 20, 0);
    check(29.97, 0, times, 20, 1e-3);
}
END_TEST

START_TEST(gap)
{
    double times[40];
    for (int i = 0; i < 40; i++)
        times[i] = i / 25.0 + (i > 20) * 10;
    int count = resample(5, 0, times, 40, 1e-3), held = 0;
    for (int k = 0; k < count; k++)
        held += out[k].frame == 20;
    ck_assert_int_ge(held, 50); /* ten seconds of the frame before the gap */
    check(5, 0, times, 40, 1e-3);
    check(25, 0, times, 40, 1e-3);
}
END_TEST

/* A range that begins late: no flood of outputs for the time before it. */
START_TEST(range)
{
    double times[50];
    for (int i = 0; i < 50; i++)
        times[i] = 3600.04 + i / 25.0;
    check(15, 3600.04, times, 50, 1e-3);
    check(15, 3600.01, times, 50, 1e-3); /* `from` is no frame's time */
    ck_assert_int_eq(resample(25, 3600.04, times, 50, 1e-3), 50);
    ck_assert_int_eq(resample(25, 3600.01, times, 50, 1e-3), 50);
    ck_assert_int_eq(out[0].frame, 0);
}
END_TEST

START_TEST(short_videos)
{
    double times[] = {0, 0};
    ck_assert_int_eq(resample(15, 0, times, 0, 1e-3), 0);
    ck_assert_int_eq(resample(15, 0, times, 1, 1e-3), 1);
    ck_assert_int_eq(resample(15, 0, times, 2, 1e-3), 1); /* two at one time: the later */
    ck_assert_int_eq(out[0].frame, 1);
    ck_assert_int_eq(resample(0, 0, times, 0, 1e-3), 0);
}
END_TEST

START_TEST(variable_rate)
{
    struct random r = {(uint64_t)_i + 1};
    for (int round = 0; round < 300; round++) {
        double times[200], at = 0, clock = random_int(&r, 0, 1) ? 1e-3 : 1.0 / 90000;
        int frames = random_int(&r, 1, 200);
        double fps = random_int(&r, 0, 1) ? random_int(&r, 1, 60) : 1 + 59 * random_unit(&r);
        double from = random_int(&r, 0, 1) ? 0 : 100 * random_unit(&r);
        at = from;
        for (int i = 0; i < frames; i++) {
            times[i] = ceil(at / clock) * clock;
            at += random_unit(&r) * (random_int(&r, 0, 30) ? 0.08 : 0.6);
        }
        if (from == 0)
            times[0] = 0;
        check(fps, from, times, frames, clock);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("resample");
    TCase *c = tcase_create("resample");
    tcase_set_timeout(c, 120);
    tcase_add_test(c, native);
    tcase_add_test(c, same_rate);
    tcase_add_test(c, lower_rate);
    tcase_add_test(c, higher_rate);
    tcase_add_test(c, gap);
    tcase_add_test(c, range);
    tcase_add_test(c, short_videos);
    tcase_add_loop_test(c, variable_rate, 0, 5);
    suite_add_tcase(s, c);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
