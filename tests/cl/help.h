/* SPDX-License-Identifier: MIT */
/* What the tests of cl/ share: a folder of their own, kernels in it, runs in a child process.
 *
 * PoCL reads its environment once, so whatever changes that runs in a process of its own. Check
 * forks for every test; main() must not touch OpenCL itself. */
#ifndef TESTS_CL_HELP_H
#define TESTS_CL_HELP_H
#include "base/file.h"
#include "cl/ocl.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* PoCL 3.1 loses LLVM's pass manager whenever it compiles, so leaks are looked for only where
 * nothing was compiled. */
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
const char *__asan_default_options(void);
__attribute__((visibility("default"))) const char *__asan_default_options(void)
{
    return "leak_check_at_exit=0";
}
#define LEAKS() __lsan_do_recoverable_leak_check()
#else
#define LEAKS() 0
#endif

static char folder[64];

/* folder/name; good until the fourth call after. */
static inline const char *in_folder(const char *name)
{
    static char path[4][512];
    static int next;
    char *p = path[next++ % 4];
    snprintf(p, sizeof path[0], "%s/%s", folder, name);
    return p;
}

static inline void shell(const char *command)
{
    char line[1024];
    snprintf(line, sizeof line, "cd %s && %s", folder, command);
    ck_assert_msg(system(line) == 0, "%s", line);
}

/* A kernel file for CLACT_KERNELS. */
static inline void kernel_file(const char *name, const char *text)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s", in_folder("kernels"), name);
    ck_assert(file_write(path, text, strlen(text), NULL));
}

/* Runs f in a child; memory from shared() is seen by both. True when it returned. */
static inline bool in_child(void (*f)(void *), void *context)
{
    int status;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        f(context);
        fflush(NULL);
        _exit(0);
    }
    return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}

static inline void *shared(size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

static inline void look_for_device(void *found)
{
    struct ocl_device *list;
    size_t n;
    struct error err;
    *(bool *)found = ocl_devices(&list, &n, &err);
    if (!*(bool *)found)
        printf("skipped: %s\n", err.text);
    free(list);
}

/* Opens or fails the test. */
static inline struct ocl *open_device(void)
{
    struct error err = {0};
    struct ocl *ocl = ocl_open(NULL, &err);
    ck_assert_msg(ocl != NULL, "%s", err.text);
    return ocl;
}

static inline bool is_pocl(const struct caps *caps)
{
    return strstr(caps->platform, "Portable Computing Language") != NULL;
}

/* All of main(): 77 without a device, else the number of failures. */
static inline int run_tests(TCase *tests)
{
    strcpy(folder, "/tmp/clact-test-XXXXXX");
    if (!mkdtemp(folder) || mkdir(in_folder("kernels"), 0700) || mkdir(in_folder("pocl"), 0700))
        return 1;
    setenv("POCL_CACHE_DIR", in_folder("pocl"), 1);
    setenv("CLACT_CACHE_DIR", in_folder("cache"), 1);
    setenv("CLACT_KERNELS", in_folder("kernels"), 1);
    bool *found = shared(sizeof *found);
    int result = 77;
    if (in_child(look_for_device, found) && *found) {
        Suite *suite = suite_create("cl");
        suite_add_tcase(suite, tests);
        tcase_set_timeout(tests, 300);
        SRunner *runner = srunner_create(suite);
        srunner_run_all(runner, CK_ENV);
        result = srunner_ntests_failed(runner) != 0;
        srunner_free(runner);
    }
    char clean[192];
    snprintf(clean, sizeof clean, "chmod -R u+w %s && rm -rf %s", folder, folder);
    return system(clean) == 0 ? result : 1;
}

#endif
