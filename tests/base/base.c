/* SPDX-License-Identifier: MIT */
/* Checked arithmetic, errors, the arena, threads and the log switch. */
#include "base/arena.h"
#include "base/checked.h"
#include "base/error.h"
#include "base/log.h"
#include "base/parallel.h"
#include "base/random.h"

#include <check.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#undef fail /* Check has a macro of this name */

START_TEST(arithmetic)
{
    static const uint64_t v[] = {0, 1, 2, 3, UINT32_MAX, 1ull << 32, (1ull << 32) + 1,
                                 UINT64_MAX / 2, UINT64_MAX / 2 + 1, UINT64_MAX - 1, UINT64_MAX};
    enum { COUNT = sizeof v / sizeof *v };
    for (int i = 0; i < COUNT; i++)
        for (int k = 0; k < COUNT; k++) {
            uint64_t r = 0;
            ck_assert_int_eq(add_ok(v[i], v[k], &r), v[i] <= UINT64_MAX - v[k]);
            if (add_ok(v[i], v[k], &r))
                ck_assert_uint_eq(r, v[i] + v[k]);
            ck_assert_int_eq(mul_ok(v[i], v[k], &r), !v[k] || v[i] <= UINT64_MAX / v[k]);
            if (mul_ok(v[i], v[k], &r))
                ck_assert_uint_eq(r, v[i] * v[k]);
        }
    for (uint64_t a = 0; a < 200; a++)
        for (uint64_t to = 1; to < 40; to++) {
            uint64_t up = round_up(a, to);
            ck_assert(up >= a && up < a + to && up % to == 0);
        }
    for (int64_t a = -50; a < 50; a++)
        for (int64_t b = 1; b < 12; b++) {
            int64_t q = ceil_div(a, b);
            ck_assert(q * b >= a && (q - 1) * b < a);
        }
}
END_TEST

START_TEST(error_text)
{
    struct error err = {0};
    char big[2000];
    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = 0;
    ck_assert(!fail(&err, ERROR_MODEL, "%s: line %d", "a.graph", 7));
    ck_assert_int_eq(err.code, ERROR_MODEL);
    ck_assert_str_eq(err.text, "a.graph: line 7");
    ck_assert(!fail_more(&err, "pass %s", "p"));
    ck_assert_str_eq(err.text, "pass p: a.graph: line 7");
    ck_assert_int_eq(err.code, ERROR_MODEL);

    fail(&err, ERROR_INPUT, "a\nb\tc\x1b[31m\x7f\r");
    ck_assert_str_eq(err.text, "a?b?c?[31m??");

    fail(&err, ERROR_INPUT, "%s", big);
    ck_assert_uint_eq(strlen(err.text), sizeof err.text - 1);
    fail_more(&err, "front");
    ck_assert_uint_eq(strlen(err.text), sizeof err.text - 1);
    ck_assert_int_eq(strncmp(err.text, "front: xxx", 10), 0);
    fail_more(&err, "%s", big + 1000);
    ck_assert_uint_eq(strlen(err.text), sizeof err.text - 1);

    ck_assert(!fail(NULL, ERROR_BUG, "nobody listens"));
    ck_assert(!fail_more(NULL, "nobody listens"));
}
END_TEST

static bool all_are(const unsigned char *p, size_t n, int value)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] != value)
            return false;
    return true;
}

START_TEST(arena)
{
    struct arena a = {0};
    struct random r = {3};
    enum { PIECES = 4000 };
    static unsigned char *piece[PIECES];
    static size_t size[PIECES];
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < PIECES; i++) {
            size[i] = i % 100 == 99 ? (size_t)random_int(&r, 60000, 300000)
                                    : (size_t)random_int(&r, 0, 300);
            piece[i] = arena_alloc(&a, size[i]);
            ck_assert_uint_eq((uintptr_t)piece[i] % 16, 0);
            ck_assert(all_are(piece[i], size[i], 0));
            memset(piece[i], i & 0xff, size[i]);
        }
        for (int i = 0; i < PIECES; i++)
            ck_assert(all_are(piece[i], size[i], i & 0xff));
        arena_free(&a);
        ck_assert_ptr_null(a.head);
    }
    ck_assert_str_eq(arena_dup(&a, "word"), "word");
    ck_assert_str_eq(arena_dup_n(&a, "word", 2), "wo");
    ck_assert_str_eq(arena_printf(&a, "%s.%d", "n", 12), "n.12");
    arena_free(&a);
}
END_TEST

static atomic_int calls[5000];
static void count_call(void *context, size_t i)
{
    atomic_fetch_add((atomic_int *)context, 1);
    atomic_fetch_add(&calls[i], 1);
}

START_TEST(parallel)
{
    static const size_t sizes[] = {0, 1, 2, 63, 64, 65, 5000};
    static const int threads[] = {0, 1, 2, 7, 64, 1000};
    ck_assert_int_ge(parallel_threads(), 1);
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
            atomic_int all = 0;
            memset((void *)calls, 0, sizeof calls);
            parallel_for(sizes[s], threads[t], count_call, &all);
            ck_assert_int_eq(atomic_load(&all), (int)sizes[s]);
            bool once = true;
            for (size_t i = 0; i < sizes[s]; i++)
                once = once && atomic_load(&calls[i]) == 1;
            ck_assert(once);
        }
}
END_TEST

START_TEST(log_topics)
{
    unsetenv("CLACT_LOG");
    ck_assert(!log_wants("build"));
    setenv("CLACT_LOG", "", 1);
    ck_assert(!log_wants("build"));
    setenv("CLACT_LOG", "video,build", 1);
    ck_assert(log_wants("build") && log_wants("video") && !log_wants("plan") && !log_wants("bui"));
    setenv("CLACT_LOG", ",,builds,", 1);
    ck_assert(!log_wants("build"));
    setenv("CLACT_LOG", "all", 1);
    ck_assert(log_wants("build") && log_wants("anything"));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("base");
    TCase *c = tcase_create("base");
    tcase_set_timeout(c, 120);
    tcase_add_test(c, arithmetic);
    tcase_add_test(c, error_text);
    tcase_add_test(c, arena);
    tcase_add_test(c, parallel);
    tcase_add_test(c, log_topics);
    suite_add_tcase(s, c);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
