/* SPDX-License-Identifier: MIT */
/* Label files, and the header of .npy files. */
#include "io/labels.h"
#include "base/file.h"
#include "io/npy.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[64];
static struct error err;

static void setup(void)
{
    strcpy(path, "/tmp/clact-labels-XXXXXX");
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    err = (struct error){0};
}

static void teardown(void)
{
    unlink(path);
}

static struct labels *read_text(const char *text, size_t n)
{
    ck_assert(file_write(path, text, n, &err));
    return labels_read(path, ERROR_MODEL, &err);
}

/* Names joined by '|'. */
static const struct {
    const char *text, *names;
} good[] = {
    {"a\nb\n", "a|b"},
    {"a\nb", "a|b"},
    {"a\r\nb\r\n", "a|b"},
    {"a\n\n\n", "a"},
    {" air drumming \n\tb\t\n", "air drumming|b"},
    {"\xef\xbb\xbf" "a\n", "a"},
    {"caf\xc3\xa9\n", "caf\xc3\xa9"},
    {"1 ApplyEyeMakeup\n2 ApplyLipstick\n", "ApplyEyeMakeup|ApplyLipstick"},
    {"0 a\n1 b\n", "a|b"},
    {"1\ta\n2\tb\n", "a|b"},
    /* integers that do not count are part of the name */
    {"1 a\n3 b\n", "1 a|3 b"},
    {"2 a\n3 b\n", "2 a|3 b"},
    {"1 a\nb\n", "1 a|b"},
    {"100 metres\nhigh jump\n", "100 metres|high jump"},
    {"1\n2\n", "1|2"},
};

START_TEST(understood)
{
    char names[256] = "";
    struct labels *l = read_text(good[_i].text, strlen(good[_i].text));
    ck_assert_msg(l != NULL, "%s", err.text);
    for (int i = 0; i < l->count; i++) {
        strcat(names, i ? "|" : "");
        strcat(names, l->name[i]);
    }
    ck_assert_str_eq(names, good[_i].names);
    labels_free(&l);
    ck_assert_ptr_null(l);
}
END_TEST

static const struct {
    const char *text;
    size_t n; /* 0: strlen */
    const char *message;
} bad[] = {
    {"", 0, "no class names"},
    {"\n\n", 0, "no class names"},
    {"a\n\nb\n", 0, ":2: line is empty"},
    {"\na\n", 0, ":1: line is empty"},
    {"a\nb\x1b[31m\n", 0, ":2: not UTF-8 text without control"},
    {"a\n\xff\n", 0, ":2: not UTF-8"},
    {"a\n\xc0\x80\n", 0, ":2: not UTF-8"},
    {"a\0b\n", 4, "zero byte"},
};

START_TEST(refused)
{
    size_t n = bad[_i].n ? bad[_i].n : strlen(bad[_i].text);
    ck_assert_ptr_null(read_text(bad[_i].text, n));
    ck_assert_msg(strstr(err.text, bad[_i].message) != NULL, "%s", err.text);
    ck_assert_int_eq(err.code, ERROR_MODEL);
}
END_TEST

START_TEST(too_large)
{
    size_t n = LABELS_BYTES_MOST + 1;
    char *text = malloc(n);
    memset(text, 'a', n);
    ck_assert_ptr_null(read_text(text, n));
    free(text);
}
END_TEST

START_TEST(npy)
{
    static const float data[6] = {1, -2, 3, 4, 5, 6};
    static const struct {
        int rank;
        int64_t dim[3];
        const char *shape;
    } cases[] = {{2, {2, 3}, "(2, 3)"}, {1, {6}, "(6,)"}, {3, {1, 6, 1}, "(1, 6, 1)"}};
    for (int i = 0; i < 3; i++) {
        size_t n;
        char dict[96];
        ck_assert(npy_write(path, cases[i].rank, cases[i].dim, data, &err));
        char *f = file_read(path, 4096, ERROR_INPUT, &n, &err);
        ck_assert_mem_eq(f, "\x93NUMPY\x01\x00", 8);
        size_t header = (unsigned char)f[8] + 256u * (unsigned char)f[9];
        ck_assert_int_eq((10 + header) % 64, 0);
        ck_assert_int_eq(f[9 + header], '\n');
        snprintf(dict, sizeof dict, "{'descr': '<f4', 'fortran_order': False, 'shape': %s, }",
                 cases[i].shape);
        ck_assert(!strncmp(f + 10, dict, strlen(dict)));
        ck_assert_int_eq(n, 10 + header + sizeof data);
        ck_assert_mem_eq(f + 10 + header, data, sizeof data);
        free(f);
    }
    ck_assert(!npy_write("/nowhere/x.npy", 2, cases[0].dim, data, &err));
    ck_assert_int_eq(err.code, ERROR_OUTPUT);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("io/labels");
    TCase *t = tcase_create("all");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, understood, 0, sizeof good / sizeof *good);
    tcase_add_loop_test(t, refused, 0, sizeof bad / sizeof *bad);
    tcase_add_test(t, too_large);
    tcase_add_test(t, npy);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
