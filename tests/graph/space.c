/* SPDX-License-Identifier: MIT */
/* Sizes, crops and filter tables. */
#include "graph/space.h"
#include "graph/taps.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static struct error err;
static struct space_stage stages[SPACE_STEPS];
static int count;
static bool mirror;

static struct recipe recipe(const char *space)
{
    struct recipe r;
    recipe_defaults(&r, "c");
    ck_assert_msg(recipe_set(&r, "space", space, &err), "%s", err.text);
    r.frames = 1;
    return r;
}

static void make(const struct recipe *r, int w, int h, int crop)
{
    ck_assert_msg(space_stages(r, w, h, crop, stages, &count, &mirror, &err), "%s", err.text);
}

/* Lines "short_side WxH -> N : w h  crop offset x y". */
START_TEST(published_sizes)
{
    char line[4096];
    int lines = 0;
    FILE *f = fopen(SOURCE_DIR "/tests/data/preproc_golden.txt", "r");
    ck_assert_ptr_nonnull(f);
    while (fgets(line, sizeof line, f)) {
        int w, h, n, ow, oh, x, y;
        if (sscanf(line, "short_side %dx%d -> %d : %d %d crop offset %d %d", &w, &h, &n, &ow, &oh,
                   &x, &y) != 7)
            continue;
        char space[40];
        snprintf(space, sizeof space, "short:%d,crop:%d", n, n);
        struct recipe r = recipe(space);
        make(&r, w, h, 0);
        ck_assert_int_eq(count, 1);
        ck_assert(stages[0].out_w == ow && stages[0].out_h == oh);
        ck_assert(stages[0].x == x && stages[0].y == y);
        ck_assert(stages[0].w == n && stages[0].h == n);
        lines++;
    }
    fclose(f);
    ck_assert_int_eq(lines, 9);
}
END_TEST

START_TEST(rounding_rules)
{
    struct recipe r = recipe("short:256,crop:224");
    make(&r, 320, 180, 0);
    ck_assert_int_eq(stages[0].out_w, 455); /* 455.1 */
    make(&r, 322, 180, 0);
    ck_assert_int_eq(stages[0].out_w, 457); /* 457.96 */
    r.longside = LONG_ROUND;
    make(&r, 322, 180, 0);
    ck_assert_int_eq(stages[0].out_w, 458);
    make(&r, 180, 322, 0);
    ck_assert(stages[0].out_h == 458 && stages[0].out_w == 256);
    /* rest 59 and 37: 29.5 and 18.5 */
    struct recipe even = recipe("size:171x149,crop:112"), floor_ = even;
    floor_.cropround = CROP_FLOOR;
    make(&even, 10, 10, 0);
    ck_assert(stages[0].x == 30 && stages[0].y == 18);
    make(&floor_, 10, 10, 0);
    ck_assert(stages[0].x == 29 && stages[0].y == 18);
}
END_TEST

START_TEST(several_steps)
{
    struct recipe r = recipe("short:256,crop:256,size:112x112");
    make(&r, 124, 90, 0);
    ck_assert_int_eq(count, 2);
    ck_assert(stages[0].out_w == 352 && stages[0].w == 256 && stages[0].x == 48);
    ck_assert(stages[1].in_w == 256 && stages[1].out_w == 112 && stages[1].w == 112);
    r = recipe("crop:50,crop:100");
    make(&r, 80, 60, 0);
    ck_assert_int_eq(count, 2);
    ck_assert(stages[0].x == 15 && stages[0].out_w == 80 && stages[1].in_w == 50);
    ck_assert(stages[1].x == -25 && stages[1].w == 100);
}
END_TEST

START_TEST(padding_is_torchvisions)
{
    static const int sizes[] = {1, 2, 3, 4, 5, 6, 7}, left[] = {3, 3, 2, 2, 1, 1, 0};
    struct recipe r = recipe("crop:8");
    for (int i = 0; i < 7; i++) {
        make(&r, sizes[i], 8, 0);
        ck_assert_int_eq(stages[0].x, -left[i]);
        ck_assert_int_eq(stages[0].y, 0);
    }
}
END_TEST

START_TEST(extra_crops)
{
    struct recipe r = recipe("short:256,crop:256");
    r.crops = CROPS_THREE;
    ck_assert_int_eq(space_crops(&r), 3);
    for (int i = 0; i < 3; i++) {
        make(&r, 340, 256, i);
        ck_assert(stages[0].x == 42 * i && stages[0].y == 0 && !mirror);
        make(&r, 256, 341, i);
        ck_assert(stages[0].y == 42 * i && stages[0].x == 0);
    }
    r = recipe("size:20x15,crop:10");
    r.crops = CROPS_TEN;
    ck_assert_int_eq(space_crops(&r), 10);
    static const int x[] = {0, 10, 0, 10, 5}, y[] = {0, 0, 5, 5, 2};
    for (int i = 0; i < 10; i++) {
        make(&r, 3, 3, i);
        ck_assert(stages[0].x == x[i % 5] && stages[0].y == y[i % 5] && mirror == (i >= 5));
    }
    r = recipe("crop:10");
    r.crops = CROPS_TEN;
    make(&r, 4, 20, 1);
    ck_assert(stages[0].x == -3 && stages[0].y == 0);
}
END_TEST

START_TEST(only_what_the_crop_needs)
{
    struct recipe r = recipe("short:112,crop:112");
    make(&r, 16, 2048, 0);
    ck_assert_int_eq(stages[0].out_h, 14336);
    int32_t wanted[112];
    for (int i = 0; i < 112; i++)
        wanted[i] = stages[0].y + i;
    struct taps taps;
    ck_assert(taps_make(&taps, FILTER_PIL, true, 2048, 14336, wanted, 112, &err));
    ck_assert_int_le(taps.used_count, 18);
    ck_assert_int_ge(taps.used[0], 1014);
    taps_free(&taps);
    r = recipe("short:8192,crop:1");
    ck_assert(space_stages(&r, 1, 65535, 0, stages, &count, &mirror, &err));
    ck_assert(!space_stages(&r, 1, 1 << 30, 0, stages, &count, &mirror, &err));
    ck_assert_int_eq(err.code, ERROR_LIMIT);
}
END_TEST

/* Weights sum to one, indices are inside, positions beyond the ends (here the first and the last)
 * weigh nothing. What has weight lies side by side but for cv's doubled rows. */
static bool is_sound(const struct taps *t, int in, int out, double unit)
{
    for (int i = 0; i < t->count; i++) {
        const int32_t *index = t->index + i * t->each;
        const double *weight = t->weight + i * t->each;
        double sum = 0;
        for (int k = 0; k < t->each; k++) {
            TRY(index[k] >= 0 && index[k] < t->used_count);
            TRY(weight[k] <= 0 || index[k] == index[0] + k || (unit > 2000 && t->each == 2));
            sum += weight[k];
        }
        bool inside = i > 0 && i <= out;
        TRY(fabs(sum / unit - inside) < (inside ? 1e-5 : 1e-30));
    }
    for (int i = 0; i < t->used_count; i++)
        TRY(t->used[i] < in && t->used[i] > (i ? t->used[i - 1] : -1));
    return true;
}

START_TEST(tables)
{
    static const double unit[] = {1, 0x1p22, 0x1p11, 1};
    for (int filter = FILTER_BILINEAR; filter <= FILTER_TRIANGLE; filter++)
        for (int in = 1; in < 40; in++)
            for (int out = 1; out < 40; out++) {
                int32_t wanted[42];
                for (int i = 0; i < out + 2; i++)
                    wanted[i] = i - 1;
                struct taps t;
                ck_assert(taps_make(&t, filter, in % 2, in, out, wanted, out + 2, &err));
                ck_assert_msg(is_sound(&t, in, out, unit[filter]), "filter %d, %d to %d", filter,
                              in, out);
                taps_free(&t);
            }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("space");
    TCase *t = tcase_create("space");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, published_sizes);
    tcase_add_test(t, rounding_rules);
    tcase_add_test(t, several_steps);
    tcase_add_test(t, padding_is_torchvisions);
    tcase_add_test(t, extra_crops);
    tcase_add_test(t, only_what_the_crop_needs);
    tcase_add_test(t, tables);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
