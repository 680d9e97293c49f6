/* SPDX-License-Identifier: MIT */
/* Static memory planning: exact offsets of small examples, and the rules on thousands of random
 * sets. */
#include "graph/memplan.h"
#include "base/checked.h"
#include "base/random.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct example {
    int count;
    struct interval v[6]; /* first, last, bytes, expected offset */
    uint64_t align, total, live;
};
static const struct example examples[] = {
    {0, {{0}}, 64, 0, 0},
    {1, {{0, 3, 100, 0}}, 64, 128, 128},
    {1, {{5, 5, 64, 0}}, 64, 64, 64},
    {1, {{0, 0, 1, 0}}, 1, 1, 1},
    /* a chain: two at a time, the third takes the first's place */
    {3, {{0, 1, 64, 0}, {1, 2, 64, 64}, {2, 3, 64, 0}}, 64, 128, 128},
    /* nobody meets anybody */
    {3, {{0, 0, 64, 0}, {1, 1, 128, 0}, {2, 2, 192, 0}}, 64, 192, 192},
    /* all together, largest first */
    {3, {{0, 9, 64, 320}, {0, 9, 128, 192}, {0, 9, 192, 0}}, 64, 384, 384},
    /* a residual block: the shortcut lives across two convolutions */
    {4, {{0, 2, 256, 0}, {1, 2, 256, 256}, {2, 3, 256, 512}, {3, 4, 256, 0}}, 256, 768, 768},
    /* a hole between two long-lived ones is used */
    {4, {{0, 9, 256, 0}, {0, 1, 192, 256}, {0, 9, 128, 448}, {2, 9, 64, 256}}, 64, 576, 576},
    /* sizes are rounded up before they are compared */
    {2, {{0, 1, 65, 0}, {0, 1, 1, 128}}, 64, 192, 192},
};

START_TEST(exact)
{
    const struct example *e = &examples[_i];
    struct interval v[6];
    memcpy(v, e->v, sizeof v);
    for (int i = 0; i < 6; i++)
        v[i].offset = 12345;
    uint64_t total = memplan_place(v, e->count, e->align);
    ck_assert_uint_eq(total, e->total);
    ck_assert_uint_eq(memplan_live(v, e->count, e->align), e->live);
    for (int i = 0; i < e->count; i++)
        ck_assert_msg(v[i].offset == e->v[i].offset, "interval %d: at %llu, expected %llu", i,
                      (unsigned long long)v[i].offset, (unsigned long long)e->v[i].offset);
}
END_TEST

static bool meet(const struct interval *a, const struct interval *b)
{
    return a->first <= b->last && b->first <= a->last;
}

/* By definition: the largest sum over every step there is. */
static uint64_t live_by_steps(const struct interval *v, int count, int steps, uint64_t align)
{
    uint64_t most = 0;
    for (int s = 0; s < steps; s++) {
        uint64_t sum = 0;
        for (int i = 0; i < count; i++)
            if (v[i].first <= s && s <= v[i].last)
                sum += round_up(v[i].bytes, align);
        most = sum > most ? sum : most;
    }
    return most;
}

static double check_plan(struct interval *v, int count, int steps, uint64_t align)
{
    uint64_t total = memplan_place(v, count, align), live = memplan_live(v, count, align), end = 0;
    ck_assert_uint_eq(live, live_by_steps(v, count, steps, align));
    ck_assert_uint_ge(total, live);
    ck_assert_uint_eq(total % align, 0);
    for (int i = 0; i < count; i++) {
        uint64_t bytes = round_up(v[i].bytes, align);
        ck_assert_uint_eq(v[i].offset % align, 0);
        end = v[i].offset + bytes > end ? v[i].offset + bytes : end;
        for (int k = 0; k < i; k++)
            ck_assert_msg(!meet(&v[i], &v[k]) || v[i].offset >= v[k].offset + v[k].bytes ||
                              v[k].offset >= v[i].offset + v[i].bytes,
                          "%d and %d overlap", i, k);
    }
    ck_assert_uint_eq(end, total);
    return live ? (double)total / (double)live : 1;
}

START_TEST(random_sets)
{
    static const uint64_t aligns[] = {1, 3, 64, 128, 4096};
    struct random r = {(uint64_t)_i + 1};
    double worst = 1;
    for (int round = 0; round < 1000; round++) {
        struct interval v[40];
        int count = random_int(&r, 0, 40), steps = random_int(&r, 1, 30);
        for (int i = 0; i < count; i++) {
            int first = random_int(&r, 0, steps - 1);
            int last = first + random_int(&r, 0, random_int(&r, 0, 4) ? 3 : steps);
            v[i] = (struct interval){first, last < steps ? last : steps - 1,
                                     (uint64_t)random_int(&r, 1, 1 << random_int(&r, 1, 20)), 0};
        }
        double ratio = check_plan(v, count, steps, aligns[random_int(&r, 0, 4)]);
        worst = ratio > worst ? ratio : worst;
    }
    printf("random sets %d: worst ratio to the live set %.3f\n", _i, worst);
}
END_TEST

/* What networks look like: each value is read by the next step, some by a later join. */
START_TEST(networks)
{
    struct random r = {99};
    for (int round = 0; round < 500; round++) {
        struct interval v[60];
        int count = random_int(&r, 2, 60);
        uint64_t bytes = 1u << random_int(&r, 8, 22);
        for (int i = 0; i < count; i++) {
            if (random_int(&r, 0, 5) == 0 && bytes > 256)
                bytes /= 2;
            v[i] = (struct interval){i, i + (random_int(&r, 0, 2) ? 1 : 3), bytes, 0};
        }
        check_plan(v, count, count + 3, 128);
    }
}
END_TEST

/* Sizes near the largest that a graph may have do not wrap around. */
START_TEST(huge)
{
    struct interval v[8];
    for (int i = 0; i < 8; i++)
        v[i] = (struct interval){0, 3, (UINT64_C(1) << 56) - (uint64_t)i, 0};
    ck_assert_uint_eq(memplan_place(v, 8, 4096), UINT64_C(1) << 59);
    check_plan(v, 8, 4, 4096);
}
END_TEST

/* The same input gives the same plan. */
START_TEST(deterministic)
{
    struct interval a[30], b[30];
    struct random r = {5};
    for (int i = 0; i < 30; i++)
        a[i] = b[i] = (struct interval){i / 2, i / 2 + random_int(&r, 0, 6),
                                        (uint64_t)random_int(&r, 1, 5000), 0};
    memplan_place(a, 30, 64);
    memplan_place(b, 30, 64);
    for (int i = 0; i < 30; i++)
        ck_assert_uint_eq(a[i].offset, b[i].offset);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("memplan");
    TCase *c = tcase_create("memplan");
    tcase_set_timeout(c, 120);
    tcase_add_loop_test(c, exact, 0, sizeof examples / sizeof *examples);
    tcase_add_loop_test(c, random_sets, 0, 5);
    tcase_add_test(c, networks);
    tcase_add_test(c, huge);
    tcase_add_test(c, deterministic);
    suite_add_tcase(s, c);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
