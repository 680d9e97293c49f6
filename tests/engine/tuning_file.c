/* SPDX-License-Identifier: MIT */
/* The files of tunings: classes, saving, several processes at once, damage. No device is needed. */
#include "engine/tuning_file.h"
#include "base/file.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[] = "/tmp/clact-tuning-XXXXXX";

static void use_directory(void)
{
    ck_assert_ptr_nonnull(mkdtemp(dir));
    setenv("CLACT_CACHE_DIR", dir, 1);
    unsetenv("CLACT_TUNING");
}

static void remove_directory(void)
{
    char command[80];
    snprintf(command, sizeof command, "rm -r %s", dir);
    ck_assert_int_eq(system(command), 0);
}

static struct tuned entry(int width)
{
    struct tuned e = {.choice = {.algorithm = ALGORITHM_DIRECT, .tile = 5}, .ms = 1, .rule_ms = 2};
    snprintf(e.spec, sizeof e.spec, "c1t1h1w%dk1x1x1x1", width);
    return e;
}

START_TEST(classes)
{
    static const struct {
        bool gpu;
        int width;
        const char *vendor, *class;
    } cases[] = {
        {false, 16, "GenuineIntel", "cpu-16"},
        {false, 8, "AMD", "cpu-8"},
        {false, 1, "ARM", "cpu-4"},
        {true, 1, "NVIDIA Corporation", "gpu-nvidia"},
        {true, 1, "Mesa", "gpu"},
        {true, 1, "Advanced Micro Devices, Inc.", "gpu-amd"},
        {true, 1, "Intel(R)", "gpu-intel"},
        {true, 4, "ARM", "gpu-arm"},
        {true, 1, "QUALCOMM", "gpu-qualcomm"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct caps caps = caps_default;
        struct error doubt = {0};
        caps.gpu = cases[i].gpu;
        caps.vector_width = cases[i].width;
        snprintf(caps.vendor, sizeof caps.vendor, "%s", cases[i].vendor);
        ck_assert_str_eq(tuning_class(&caps), cases[i].class);
        struct tuning *t = tuning_open(&caps, &doubt);
        ck_assert(t != NULL && doubt.code == 0);
        tuning_close(&t);
    }
}
END_TEST

START_TEST(saved)
{
    struct caps caps = caps_default, other = caps_default;
    struct error err = {0};
    struct tuned e = entry(7);
    ck_assert_msg(tuning_save(&caps, &e, &err), "%s", err.text);
    struct tuning *t = tuning_open(&caps, &err);
    const struct tuned *found = tuning_find(t, e.spec);
    ck_assert(found && found->choice.tile == 5 && found->rule_ms == 2);
    tuning_close(&t);
    setenv("CLACT_TUNING", "off", 1);
    ck_assert_ptr_null(tuning_open(&caps, &err));
    unsetenv("CLACT_TUNING");
    /* Another driver is another device. */
    strcpy(other.driver, "2");
    t = tuning_open(&other, &err);
    ck_assert_ptr_null(tuning_find(t, e.spec));
    tuning_close(&t);
    setenv("CLACT_CACHE_DIR", "", 1);
    ck_assert(!tuning_save(&caps, &e, &err) && err.code == ERROR_OUTPUT);
    setenv("CLACT_CACHE_DIR", "/dev/null/none", 1);
    ck_assert(!tuning_save(&caps, &e, &err) && err.code == ERROR_OUTPUT);
    err.code = 0;
    t = tuning_open(&caps, &err);
    ck_assert(t && err.code == 0);
    tuning_close(&t);
}
END_TEST

START_TEST(together)
{
    enum { PROCESSES = 4, EACH = 25 };
    struct caps caps = caps_default;
    struct error err = {0};
    for (int p = 0; p < PROCESSES; p++)
        if (fork() == 0) {
            bool ok = true;
            for (int i = 0; i < EACH && ok; i++) {
                struct tuned e = entry(1 + p * EACH + i);
                ok = tuning_save(&caps, &e, &err);
            }
            _exit(!ok);
        }
    for (int p = 0; p < PROCESSES; p++) {
        int status;
        wait(&status);
        ck_assert_int_eq(status, 0);
    }
    struct tuning own = {0};
    ck_assert(tuning_read(&caps, &own, &err));
    ck_assert_int_eq(own.count, PROCESSES * EACH);
    tuning_free(&own);
}
END_TEST

START_TEST(damage)
{
    struct caps caps = caps_default;
    struct error err = {0};
    struct tuned e = entry(7);
    char *path = tuning_path(&caps);
    static const char bad[] = "[here]\nc1h1w1k1x1x1x1 magic\n";
    ck_assert(file_write(path, bad, strlen(bad), &err));
    struct tuning *t = tuning_open(&caps, &err);
    ck_assert_ptr_nonnull(t);
    ck_assert_msg(strstr(err.text, ".tuning:2: 'magic' is no algorithm") != NULL, "%s", err.text);
    tuning_close(&t);
    err = (struct error){0};
    ck_assert(tuning_save(&caps, &e, &err));
    t = tuning_open(&caps, &err);
    ck_assert(err.code == 0 && tuning_find(t, e.spec));
    tuning_close(&t);
    /* A folder, or a pipe nobody writes to: in doubt, and no hanging. */
    ck_assert(unlink(path) == 0 && file_make_directory(path, &err));
    t = tuning_open(&caps, &err);
    ck_assert(t && err.code);
    tuning_close(&t);
    free(path);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("tuning_file");
    TCase *c = tcase_create("tuning_file");
    tcase_add_checked_fixture(c, use_directory, remove_directory);
    tcase_add_test(c, classes);
    tcase_add_test(c, saved);
    tcase_add_test(c, together);
    tcase_add_test(c, damage);
    suite_add_tcase(s, c);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
