/* SPDX-License-Identifier: MIT */
/* Files: limits, what is refused, and the old file or the new one, never a mixture. */
#include "base/file.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[32];
static char *in_dir(const char *name)
{
    static char path[4][512];
    static int turn;
    turn = (turn + 1) % 4;
    snprintf(path[turn], sizeof path[turn], "%s/%s", dir, name);
    return path[turn];
}

static void setup(void)
{
    strcpy(dir, "/tmp/clact-file-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void teardown(void)
{
    char command[160];
    snprintf(command, sizeof command, "chmod -R u+rwx '%s' && rm -rf '%s'", dir, dir);
    ck_assert_int_eq(system(command), 0);
}

static int entries(void)
{
    int n = 0;
    DIR *d = opendir(dir);
    ck_assert_ptr_nonnull(d);
    for (struct dirent *e; (e = readdir(d));)
        n += e->d_name[0] != '.' || strlen(e->d_name) > 2;
    closedir(d);
    return n;
}

static void expect_text(const char *path, const char *want)
{
    struct error err = {0};
    size_t len = 99;
    char *s = file_read(path, 1000, ERROR_INPUT, &len, &err);
    ck_assert_msg(s != NULL, "%s", err.text);
    ck_assert_str_eq(s, want);
    ck_assert_uint_eq(len, strlen(want));
    free(s);
}

START_TEST(write_and_read)
{
    struct error err = {0};
    struct stat st;
    char *path = in_dir("a");
    umask(022);
    ck_assert(file_write(path, "one", 3, &err));
    expect_text(path, "one");
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 0777, 0644);
    ck_assert(file_write(path, "second", 6, &err));
    expect_text(path, "second");
    ck_assert(file_write(path, "", 0, &err));
    expect_text(path, "");
    ck_assert_int_eq(entries(), 1);
    ck_assert(file_write("/dev/null", "x", 1, &err));
}
END_TEST

/* Until the commit the old file stands there; abandoned writes leave nothing. */
START_TEST(atomic_write)
{
    struct error err = {0};
    char *path = in_dir("a");
    ck_assert(file_write(path, "old", 3, &err));
    struct file_writer *w = file_writer_open(path, &err);
    ck_assert_ptr_nonnull(w);
    ck_assert(file_writer_put(w, "new", 3, &err));
    expect_text(path, "old");
    ck_assert_int_eq(entries(), 2);
    file_writer_abandon(&w);
    ck_assert_ptr_null(w);
    expect_text(path, "old");
    ck_assert_int_eq(entries(), 1);
    file_writer_abandon(&w);

    w = file_writer_open(path, &err);
    ck_assert(file_writer_put(w, "new", 3, &err));
    ck_assert(file_writer_commit(&w, &err));
    ck_assert_ptr_null(w);
    expect_text(path, "new");
    ck_assert_int_eq(entries(), 1);
}
END_TEST

START_TEST(cannot_write)
{
    struct error err = {0};
    ck_assert(!file_write(in_dir("none/a"), "x", 1, &err));
    ck_assert_int_eq(err.code, ERROR_OUTPUT);
    ck_assert_ptr_nonnull(strstr(err.text, "none/a: cannot be written: No such file"));
    ck_assert(!file_write(dir, "x", 1, &err));
    ck_assert_int_eq(err.code, ERROR_OUTPUT);
    ck_assert(!file_write("", "x", 1, &err));
    ck_assert_int_eq(err.code, ERROR_OUTPUT);
    ck_assert(!file_write("/dev/full", "x", 1, &err));
    ck_assert_int_eq(err.code, ERROR_OUTPUT);
    ck_assert_ptr_nonnull(strstr(err.text, "/dev/full: cannot be written: No space left"));
    if (geteuid() != 0) { /* root may write everywhere */
        ck_assert_int_eq(chmod(dir, 0500), 0);
        ck_assert(!file_write(in_dir("a"), "x", 1, &err));
        ck_assert_int_eq(err.code, ERROR_OUTPUT);
        ck_assert_ptr_nonnull(strstr(err.text, "Permission denied"));
    }
}
END_TEST

/* The directory goes away between the write and the commit. */
START_TEST(lost_directory)
{
    struct error err = {0};
    ck_assert_int_eq(mkdir(in_dir("sub"), 0700), 0);
    struct file_writer *w = file_writer_open(in_dir("sub/a"), &err);
    ck_assert_ptr_nonnull(w);
    ck_assert(file_writer_put(w, "x", 1, &err));
    char command[200];
    snprintf(command, sizeof command, "rm -rf '%s/sub'", dir);
    ck_assert_int_eq(system(command), 0);
    ck_assert(!file_writer_commit(&w, &err));
    ck_assert_ptr_null(w);
    ck_assert_int_eq(err.code, ERROR_OUTPUT);
}
END_TEST

START_TEST(refused_for_reading)
{
    struct error err = {0};
    uint64_t size;
    ck_assert_ptr_null(file_read(in_dir("none"), 10, ERROR_INPUT, NULL, &err));
    ck_assert_int_eq(err.code, ERROR_INPUT);
    ck_assert_ptr_nonnull(strstr(err.text, "No such file"));
    ck_assert_ptr_null(file_read(dir, 10, ERROR_MODEL, NULL, &err));
    ck_assert_int_eq(err.code, ERROR_MODEL);
    ck_assert_ptr_nonnull(strstr(err.text, "is a directory"));
    ck_assert_int_eq(mkfifo(in_dir("fifo"), 0600), 0);
    ck_assert_int_eq(file_open(in_dir("fifo"), ERROR_INPUT, &size, &err), -1); /* does not wait */
    ck_assert_ptr_nonnull(strstr(err.text, "not a regular file"));
    ck_assert_int_eq(file_open("/dev/zero", ERROR_INPUT, &size, &err), -1);
    ck_assert_int_eq(symlink("loop", in_dir("loop")), 0);
    ck_assert_int_eq(file_open(in_dir("loop"), ERROR_INPUT, &size, &err), -1);
    ck_assert(file_write(in_dir("big"), "0123456789a", 11, &err));
    ck_assert_ptr_null(file_read(in_dir("big"), 10, ERROR_MODEL, NULL, &err));
    ck_assert_int_eq(err.code, ERROR_MODEL);
    ck_assert_ptr_nonnull(strstr(err.text, "11 bytes, at most 10"));
}
END_TEST

START_TEST(directories)
{
    struct error err = {0};
    struct stat st;
    ck_assert(file_make_directory(in_dir("a/b//c"), &err));
    ck_assert_int_eq(stat(in_dir("a/b/c"), &st), 0);
    ck_assert_uint_eq(st.st_mode & 0777, 0700);
    ck_assert(file_make_directory(in_dir("a/b/c/"), &err)); /* again */
    ck_assert(!file_make_directory("", &err));
    ck_assert_int_eq(err.code, ERROR_OUTPUT);
    ck_assert(file_make_directory("/", &err));
    ck_assert(file_write(in_dir("file"), "x", 1, &err));
    ck_assert(!file_make_directory(in_dir("file/sub"), &err));
    ck_assert(!file_make_directory(in_dir("file"), &err));
    ck_assert_int_eq(err.code, ERROR_OUTPUT);
}
END_TEST

START_TEST(names)
{
    static const char *const wrong[] = {"", ".", "..", "/", "a/b", "/a", "../a", "a/", "a\nb",
                                        "\x1f"};
    static const char *const right[] = {"a", "...", ".a", "a b", "\xc3\xa9", "a\\b"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        ck_assert_msg(!file_is_plain_name(wrong[i]), "%s", wrong[i]);
    for (size_t i = 0; i < sizeof right / sizeof *right; i++)
        ck_assert_msg(file_is_plain_name(right[i]), "%s", right[i]);
    static const char *const beside[][2] = {{"m.graph", "w"}, {"d/m.graph", "d/w"},
                                            {"/m.graph", "/w"}, {"a/b/m", "a/b/w"}};
    for (size_t i = 0; i < sizeof beside / sizeof *beside; i++) {
        char *s = file_beside(beside[i][0], "w");
        ck_assert_str_eq(s, beside[i][1]);
        free(s);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("file");
    TCase *c = tcase_create("file");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, write_and_read);
    tcase_add_test(c, atomic_write);
    tcase_add_test(c, cannot_write);
    tcase_add_test(c, lost_directory);
    tcase_add_test(c, refused_for_reading);
    tcase_add_test(c, directories);
    tcase_add_test(c, names);
    suite_add_tcase(s, c);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
