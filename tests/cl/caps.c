/* SPDX-License-Identifier: MIT */
/* The text form of a device's description: needs no device. */
#include "base/file.h"
#include "base/text.h"
#include "cl/caps.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[64];

static void write_text(const char *s, size_t n)
{
    ck_assert(file_write(path, s, n, NULL));
}

static bool read_back(const char *s, struct caps *caps, struct error *err)
{
    write_text(s, strlen(s));
    return caps_read(path, caps, err);
}

START_TEST(round_trip)
{
    struct caps a = caps_default, b;
    struct error err = {0};
    struct text t = {0}, u = {0};
    a.gpu = true;
    a.vector_width = 4;
    a.global_memory = UINT64_C(9000000000000000000);
    strcpy(a.name, "A  device, with blanks");
    a.vendor[0] = 0;
    caps_print(&a, &t);
    ck_assert_msg(read_back(t.s, &b, &err), "%s", err.text);
    caps_print(&b, &u);
    ck_assert_str_eq(t.s, u.s);
    ck_assert(b.gpu && b.vector_width == 4 && b.global_memory == a.global_memory);
    ck_assert_str_eq(b.name, a.name);
    ck_assert_str_eq(b.vendor, "");

    struct text commented = {0};
    text_printf(&commented, "# a comment\n\n%s", t.s);
    commented.s[commented.len - 1] = 0; /* no newline at the end */
    ck_assert_msg(read_back(commented.s, &b, &err), "%s", err.text);
    text_free(&t);
    text_free(&u);
    text_free(&commented);
}
END_TEST

/* The default description with `key`'s line replaced. */
static void with_line(struct text *t, const char *key, const char *line)
{
    struct text all = {0};
    caps_print(&caps_default, &all);
    for (char *s = all.s, *end; *s; s = end) {
        end = strchr(s, '\n') + 1;
        if (!strncmp(s, key, strlen(key)) && s[strlen(key)] == ' ')
            text_printf(t, "%s", line);
        else
            text_append(t, s, (size_t)(end - s));
    }
    text_free(&all);
}

START_TEST(may_leave_out)
{
    static const char *const keys[] = {"unified", "fp16", "sub_groups", "clock", "launch_limit"};
    struct caps a = caps_default, b;
    struct error err = {0};
    struct text all = {0}, few = {0};
    a.unified = a.fp16 = a.sub_groups = true;
    a.clock = 1500;
    a.launch_limit = 50;
    caps_print(&a, &all);
    ck_assert_msg(read_back(all.s, &b, &err), "%s", err.text);
    ck_assert(b.unified && b.fp16 && b.sub_groups && b.clock == 1500 && b.launch_limit == 50);
    for (char *s = all.s, *end; *s; s = end) {
        bool left_out = false;
        end = strchr(s, '\n') + 1;
        for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
            left_out |= !strncmp(s, keys[i], strlen(keys[i]));
        if (!left_out)
            text_append(&few, s, (size_t)(end - s));
    }
    ck_assert_msg(read_back(few.s, &b, &err), "%s", err.text);
    ck_assert(!b.unified && !b.fp16 && !b.sub_groups && b.clock == 0 && b.launch_limit == 200);
    text_free(&all);
    text_free(&few);
}
END_TEST

START_TEST(refuses)
{
    static const struct {
        const char *key, *line, *says;
    } bad[] = {
        {"gpu", "gpu 2\n", ":5: gpu"},
        {"gpu", "gpu yes\n", ":5: gpu"},
        {"gpu", "gpu\n", ":5: gpu"},
        {"gpu", "gpu  1\n", ":5: gpu"},
        {"gpu", "gpu 1 \n", ":5: gpu"},
        {"gpu", "gpu 1\r\n", ":5: gpu"},
        {"gpu", "gpu 1\ngpu 1\n", ":6: gpu is given twice"},
        {"gpu", "", "no line for gpu"},
        {"gpu", "gpu 1\nwatts 300\n", ":6: unknown key \"watts\""},
        {"gpu", " gpu 1\n", ":5: unknown key"},
        {"vector_width", "vector_width 3\n", "power of two"},
        {"vector_width", "vector_width 32\n", "from 1 to 16"},
        {"compute_units", "compute_units 0\n", "compute_units"},
        {"compute_units", "compute_units 99999999999\n", "compute_units"},
        {"global_memory", "global_memory -1\n", "global_memory"},
        {"global_memory", "global_memory 1e9\n", "global_memory"},
        {"global_memory", "global_memory 99999999999999999999\n", "global_memory"},
        {"base_alignment", "base_alignment 96\n", "power of two"},
        {"fp16", "fp16 2\n", "from 0 to 1"},
        {"clock", "clock -1\n", "clock"},
        {"vendor", "vendor 1234567890123456789012345678901234567890123456789012345678901234\n",
         "longer than 63"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct caps caps = caps_default;
        struct error err = {0};
        struct text t = {0};
        with_line(&t, bad[i].key, bad[i].line);
        ck_assert_msg(!read_back(t.s, &caps, &err), "%s", bad[i].line);
        ck_assert_int_eq(err.code, ERROR_INPUT);
        ck_assert_msg(strstr(err.text, bad[i].says) && strstr(err.text, path), "%s: %s",
                      bad[i].line, err.text);
        ck_assert_int_eq(memcmp(&caps, &caps_default, sizeof caps), 0); /* left alone */
        text_free(&t);
    }
}
END_TEST

START_TEST(refuses_files_that_are_no_text)
{
    struct caps caps;
    struct error err = {0};
    ck_assert(!caps_read("/nonexistent/caps", &caps, &err));
    ck_assert_int_eq(err.code, ERROR_INPUT);
    ck_assert(!caps_read("/tmp", &caps, &err));
    ck_assert(!read_back("", &caps, &err));
    write_text("gpu 1\0\n", 7);
    ck_assert(!caps_read(path, &caps, &err));
    char *large = malloc(70000);
    memset(large, '\n', 70000);
    write_text(large, 70000);
    ck_assert(!caps_read(path, &caps, &err));
    free(large);
}
END_TEST

int main(void)
{
    strcpy(path, "/tmp/clact-caps-XXXXXX");
    int fd = mkstemp(path);
    if (fd < 0)
        return 1;
    close(fd);
    TCase *t = tcase_create("caps");
    tcase_add_test(t, round_trip);
    tcase_add_test(t, may_leave_out);
    tcase_add_test(t, refuses);
    tcase_add_test(t, refuses_files_that_are_no_text);
    Suite *suite = suite_create("caps");
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    unlink(path);
    return failed != 0;
}
