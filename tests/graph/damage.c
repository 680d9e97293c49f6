/* SPDX-License-Identifier: MIT */
/* Graph text that is no graph: limits, files, every truncation, thousands of seeded mutations. */
#include "base/file.h"
#include "base/random.h"
#include "tests/graph/texts.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static void expect_error(const char *text, size_t n, const char *want)
{
    struct error err = {0};
    struct graph *g = graph_parse(text, n, "f.graph", &err);
    ck_assert_ptr_null(g);
    ck_assert_int_eq(err.code, ERROR_MODEL);
    ck_assert_msg(strstr(err.text, want) != NULL, "%s", err.text);
}

START_TEST(not_text)
{
    char line[9000];
    expect_error("clact 1\0\n", 9, "f.graph: not a text file");
    expect_error("clact 1\n%x = inp\0ut f32[N,4]\n", 30, "not a text file");
    memset(line, 'a', sizeof line);
    expect_error(line, sizeof line, "f.graph:1:1: line of 9000 bytes, at most 8191");
    memcpy(line, "clact 1\n#", 9);
    expect_error(line, sizeof line, "f.graph:2:1: line of 8992 bytes");
    for (size_t i = 8; i < 8 + 2 * 600; i++)
        line[i] = i % 2 ? ' ' : 'a';
    expect_error(line, 8 + 2 * 600, "f.graph:2:1025: more than 512 words");
}
END_TEST

/* Limits of counts: reached without complaint, passed with one. */
START_TEST(counts)
{
    struct text t = {0};
    struct error err = {0};
    text_printf(&t, "clact 1\n");
    for (int i = 0; i < 16; i++)
        text_printf(&t, "clip c%d frames=1\n", i);
    size_t clips = t.len;
    text_printf(&t, "clip more frames=1\n%%x = input f32[N,4]\noutput %%x\n");
    expect_error(t.s, t.len, "f.graph:18:1: more than 16 clips");
    t.len = clips;
    text_printf(&t, "%%x = input f32[N,4] clip=c15\n");
    for (int i = 0; i < 64; i++)
        text_printf(&t, "output %%x\n");
    struct graph *g = graph_parse(t.s, t.len, "f.graph", &err);
    ck_assert_msg(g != NULL, "%s", err.text);
    graph_free(&g);
    text_printf(&t, "output %%x\n");
    expect_error(t.s, t.len, "more than 64 outputs");
    text_free(&t);

    text_printf(&t, "clact 1\n%%n0 = input f32[N,4]\n");
    for (int i = 1; i < GRAPH_NODES_MOST; i++)
        text_printf(&t, "%%n%d = relu %%n%d\n", i, i - 1);
    size_t nodes = t.len;
    text_printf(&t, "output %%n%d\n", GRAPH_NODES_MOST - 1);
    g = graph_parse(t.s, t.len, "f.graph", &err);
    ck_assert_msg(g != NULL, "%s", err.text);
    graph_free(&g);
    t.len = nodes;
    text_printf(&t, "%%more = relu %%n0\noutput %%more\n");
    expect_error(t.s, t.len, "more than 20000 nodes");
    text_free(&t);
}
END_TEST

/* Only what the compiler makes may read prepared weights. */
START_TEST(files)
{
    static const char *const cases[][2] = {
        {"%w = weight f32[2,4,3,3,3]\n%p = weight f32[1,3,3,3,4,8]\n"
         "%y = conv3d %x %w pad=1 packed=%p\n", "only the compiler fills the input 'packed'"},
        {"%w = weight f32[2,4,3,3,3]\n%p = pack_conv %w tile=16\n",
         "only the compiler makes this operator"},
    };
    char path[] = "/tmp/clact-parse-XXXXXX";
    struct error err = {0};
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text t = {0};
        text_printf(&t, "clact 1\n%%x = input f32[N,4,2,8,8]\n%soutput %%x\n",
                    cases[i][0]);
        ck_assert(file_write(path, t.s, t.len, &err));
        text_free(&t);
        ck_assert_ptr_null(graph_read(path, &err));
        ck_assert_int_eq(err.code, ERROR_MODEL);
        ck_assert_msg(strstr(err.text, cases[i][1]) != NULL, "%s", err.text);
    }
    ck_assert(file_write(path, two_paths, strlen(two_paths), &err));
    struct graph *g = graph_read(path, &err);
    ck_assert_msg(g != NULL, "%s", err.text);
    graph_free(&g);
    remove(path);
    ck_assert_ptr_null(graph_read(path, &err));
    ck_assert_ptr_null(graph_read("/tmp", &err));
    ck_assert_int_eq(err.code, ERROR_MODEL);
}
END_TEST

/* A graph, or one line of text and the class of a model error; a graph prints and reads again. */
static bool check_clean(const char *text, size_t n)
{
    struct error err = {0};
    char *copy = malloc(n ? n : 1); /* exactly as long: reads past the end are seen */
    memcpy(copy, text, n);
    struct graph *g = graph_parse(copy, n, "f.graph", &err);
    free(copy);
    if (!g) {
        ck_assert_int_eq(err.code, ERROR_MODEL);
        ck_assert_int_eq(strncmp(err.text, "f.graph:", 8), 0);
        ck_assert_ptr_null(strchr(err.text, '\n'));
        return false;
    }
    char *once = print(g), *twice;
    graph_free(&g);
    g = parse(once, &err);
    ck_assert_msg(g != NULL, "printed but not read: %s", err.text);
    twice = print(g);
    ck_assert_str_eq(once, twice);
    free(once);
    free(twice);
    graph_free(&g);
    return true;
}

START_TEST(truncated)
{
    int good = 0;
    for (int i = 0; i < 2; i++)
        for (size_t n = 0; n <= strlen(whole[i]); n++)
            good += check_clean(whole[i], n);
    /* whole, without the last newline, and where a first output line ends */
    ck_assert_int_ge(good, 6);
}
END_TEST

START_TEST(mutated)
{
    static const char bytes[] = "%=:,.[]N#\n \t\r0123456789-+einfux\x01\x7f\xff\xc3";
    struct random r = {(uint64_t)_i + 1};
    int good = 0;
    for (int round = 0; round < 5000; round++) {
        char text[4096];
        const char *from = whole[random_int(&r, 0, 1)];
        size_t n = strlen(from);
        memcpy(text, from, n);
        for (int k = random_int(&r, 1, 4); k > 0; k--) {
            size_t at = random_u64(&r) % n, to = random_u64(&r) % n;
            size_t len = (size_t)random_int(&r, 1, 12);
            switch (random_int(&r, 0, 4)) {
            case 0:
                text[at] = (char)random_int(&r, 0, 255);
                break;
            case 1:
                text[at] = bytes[random_int(&r, 0, (int)sizeof bytes - 1)];
                break;
            case 2: /* a piece moves over another */
                if (at + len < n && to + len < n)
                    memmove(text + to, text + at, len);
                break;
            case 3: /* a piece is lost */
                if (at + len < n) {
                    memmove(text + at, text + at + len, n - at - len);
                    n -= len;
                }
                break;
            default: /* a piece is doubled */
                if (at + len < n && n + len < sizeof text) {
                    memmove(text + at + len, text + at, n - at);
                    n += len;
                }
            }
        }
        good += check_clean(text, n);
    }
    ck_assert_int_gt(good, 20); /* not all damage is seen: the checks behind are reached too */
    ck_assert_int_lt(good, 4000);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("damage");
    TCase *c = tcase_create("damage");
    tcase_set_timeout(c, 300);
    tcase_add_test(c, not_text);
    tcase_add_test(c, counts);
    tcase_add_test(c, files);
    tcase_add_test(c, truncated);
    tcase_add_loop_test(c, mutated, 0, 4);
    suite_add_tcase(s, c);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
