/* SPDX-License-Identifier: MIT */
/* The binary cache: a second run compiles nothing, and no state of the cache fails a run. Every run
 * is a process of its own. */
#include "tests/cl/help.h"

static const char text[] =
    "__kernel void add(__global int *to, const int run)\n"
    "{\n"
    "    if (!run)\n"
    "        return;\n"
    "    to[get_global_id(0)] += ADD;\n"
    "}\n";

struct outcome {
    bool pocl, ok;
    int value, leaks;
    struct ocl_build_report report;
    struct error error;
};
static struct outcome *outcome;

/* Builds, launches once, reads. */
static void engine(void *context)
{
    struct outcome *o = context;
    const struct ocl_kernel_request r[] = {
        {.source = "add", .kernel = "add", .defines = "#define ADD 5\n", .local = {1, 1, 1}},
        {.source = "add", .kernel = "add", .defines = "#define ADD 5\n", .local = {4, 1, 1},
         .global = {100000, 1, 1}}};
    const size_t local[3] = {1, 1, 1};
    ocl_kernel k[2];
    struct ocl *ocl = ocl_open(NULL, &o->error);
    ocl_buffer b = ocl ? ocl_alloc(ocl, 4, &o->error) : NULL;
    if (b && ocl_build(ocl, r, 2, k, &o->report, NULL, NULL, &o->error)) {
        struct ocl_arg arg = {.buffer = b};
        o->pocl = is_pocl(ocl_caps(ocl));
        o->ok = ocl_launch(ocl, k[0], local, local, &arg, 1, &o->error) &&
                ocl_read(ocl, &o->value, b, 0, 4, &o->error);
    }
    if (b)
        ocl_release(&b);
    ocl_close(&ocl);
    o->leaks = o->report.cached ? LEAKS() : 0;
}

/* The same, its diagnostics in folder/log. */
static void logged_engine(void *context)
{
    setenv("CLACT_LOG", "build", 1);
    ck_assert_ptr_nonnull(freopen(in_folder("log"), "w", stderr));
    engine(context);
}

/* The same as another user, for whom the modes of files count. */
static void unprivileged_engine(void *context)
{
    if (geteuid() != 0 || setuid(65534) == 0)
        engine(context);
}

static void run(int compiled, const char *what)
{
    memset(outcome, 0, sizeof *outcome);
    ck_assert_msg(in_child(engine, outcome), "%s: died", what);
    ck_assert_msg(outcome->ok, "%s: %s", what, outcome->error.text);
    ck_assert_int_eq(outcome->value, 5);
    ck_assert_int_eq(outcome->report.distinct, 1);
    ck_assert_msg(outcome->report.compiled == compiled, "%s: compiled %d", what,
                  outcome->report.compiled);
    ck_assert_int_eq(outcome->report.cached, 1 - compiled);
    ck_assert_msg(!outcome->leaks, "%s: leaks", what);
}

static void setup(void)
{
    kernel_file("add.cl", text);
    outcome = shared(sizeof *outcome);
    shell("chmod -R u+w . && rm -rf cache && umask 077");
}

START_TEST(second_run_compiles_nothing)
{
    run(1, "first");
    /* Another PoCL cache, empty: all that is compiled must come out of our file. */
    shell("mkdir other");
    setenv("POCL_CACHE_DIR", in_folder("other"), 1);
    run(0, "second");
    ck_assert(in_child(logged_engine, outcome) && outcome->ok);
    shell("grep -q '^clact: build: 2 kernels, 1 programs, 0 compiled, 1 from cache,' log");
    if (outcome->pocl) {
        shell("(cd pocl && find . -name '*.so' -o -name '*.bc') | sort > first.list");
        shell("(cd other && find . -name '*.so' -o -name '*.bc') | sort > second.list");
        shell("cmp first.list second.list && grep -q /add/4-1-1-goffs0/ second.list");
        /* And PoCL's own files are not even written again by a third. */
        shell("find other -name '*.so' -printf '%p %s %T@ %C@\\n' | sort > before.list");
        run(0, "third");
        shell("find other -name '*.so' -printf '%p %s %T@ %C@\\n' | sort > after.list");
        shell("test -s before.list && cmp before.list after.list");
    }
    shell("test $(ls cache | wc -l) = 1");
    shell("test $(stat -c %a cache) = 700");
}
END_TEST

START_TEST(damaged_files_are_replaced)
{
    /* Each command gets the cache file's path as $f. */
    static const char *const damages[] = {
        ": > $f",
        "head -c 7 $f > x && cp x $f",
        "head -c 47 $f > x && cp x $f",
        "head -c 1000 $f > x && cp x $f",
        "head -c -1 $f > x && cp x $f",
        "echo >> $f",
        "printf X | dd of=$f bs=1 seek=0 conv=notrunc status=none",
        "printf '\\377' | dd of=$f bs=1 seek=10 conv=notrunc status=none",
        "printf '\\377' | dd of=$f bs=1 seek=27 conv=notrunc status=none",
        "printf '\\377\\1\\2' | dd of=$f bs=1 seek=2000 conv=notrunc status=none",
        "head -c 3000 /dev/urandom > $f",
        "truncate -s 65M $f",
        "mv $f x && ln -s ../x $f",
        "rm $f && ln -s nowhere $f",
        "rm $f && mkfifo $f",
    };
    run(1, "first");
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        char line[300];
        snprintf(line, sizeof line, "f=$(ls -d $PWD/cache/*.program) && %s", damages[i]);
        shell(line);
        run(1, damages[i]);
        run(0, damages[i]); /* the file is good again */
        shell("test ! -L cache/*.program && test $(ls cache | wc -l) = 1");
    }
}
END_TEST

/* A whole file with a right checksum under another program's name. */
START_TEST(the_key_decides)
{
    run(1, "first");
    shell("mv cache/*.program good");
    kernel_file("add.cl", "__kernel void add(__global int *to, const int run)\n"
                          "{ if (run) to[get_global_id(0)] = ADD; }\n");
    run(1, "other text");
    shell("cp good cache/*.program");
    run(1, "another program's file");
    run(0, "replaced");
}
END_TEST

START_TEST(unusable_places)
{
    run(1, "first");
    shell("f=$(ls cache/*.program) && rm $f && mkdir $f && touch $f/x");
    run(1, "a directory with the file's name");
    shell("rm -rf cache && touch cache");
    run(1, "a file with the directory's name");
    shell("rm cache && ln -s nowhere/at/all cache");
    run(1, "a dangling link");
    setenv("CLACT_CACHE_DIR", "/proc/clact", 1);
    run(1, "no directory can be made");
    setenv("CLACT_CACHE_DIR", "", 1);
    run(1, "switched off");
    setenv("CLACT_CACHE_DIR", in_folder("cache"), 1);
    shell("rm cache && mkdir cache && chmod -R go+rX . && chmod 555 cache && chmod -R 777 pocl");
    for (int i = 0; i < 2; i++) {
        memset(outcome, 0, sizeof *outcome);
        ck_assert(in_child(unprivileged_engine, outcome));
        ck_assert_msg(outcome->ok, "read-only: %s", outcome->error.text);
        ck_assert_int_eq(outcome->report.compiled, 1);
    }
    shell("chmod 755 cache && test $(ls cache | wc -l) = 0");
}
END_TEST

START_TEST(the_directory)
{
    unsetenv("CLACT_CACHE_DIR");
    setenv("XDG_CACHE_HOME", "/x", 1);
    setenv("HOME", "/h", 1);
    ck_assert_str_eq(ocl_cache_directory(), "/x/clact");
    setenv("XDG_CACHE_HOME", "relative", 1);
    ck_assert_str_eq(ocl_cache_directory(), "/h/.cache/clact");
    unsetenv("XDG_CACHE_HOME");
    ck_assert_str_eq(ocl_cache_directory(), "/h/.cache/clact");
    setenv("CLACT_CACHE_DIR", "/c", 1);
    ck_assert_str_eq(ocl_cache_directory(), "/c");
    setenv("CLACT_CACHE_DIR", "", 1);
    ck_assert_ptr_null(ocl_cache_directory());
    unsetenv("CLACT_CACHE_DIR");
    unsetenv("HOME");
    ck_assert_ptr_null(ocl_cache_directory());
    run(1, "no home");
}
END_TEST

START_TEST(two_processes_at_once)
{
    pid_t pid[4];
    for (int i = 0; i < 4; i++) {
        pid[i] = fork();
        if (pid[i] == 0) {
            struct outcome mine = {0};
            engine(&mine);
            _exit(mine.ok && mine.value == 5 ? 0 : 1);
        }
    }
    for (int i = 0; i < 4; i++) {
        int status;
        ck_assert(waitpid(pid[i], &status, 0) == pid[i] && status == 0);
    }
    run(0, "after them");
    shell("test $(ls cache | wc -l) = 1");
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("cache");
    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, second_run_compiles_nothing);
    tcase_add_test(t, damaged_files_are_replaced);
    tcase_add_test(t, the_key_decides);
    tcase_add_test(t, unusable_places);
    tcase_add_test(t, the_directory);
    tcase_add_test(t, two_processes_at_once);
    return run_tests(t);
}
