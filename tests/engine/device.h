/* SPDX-License-Identifier: MIT */
/* What device tests of engine/ share: one device for the process, or exit code 77. */
#ifndef TESTS_ENGINE_DEVICE_H
#define TESTS_ENGINE_DEVICE_H
#include "cl/ocl.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

/* Runs the suite in this process (OpenCL does not survive fork): tests open with ocl_open(NULL). */
static inline int run_on_device(TCase *tests, const char *name)
{
    struct ocl_device *list;
    size_t n;
    struct error err;
    if (!ocl_devices(&list, &n, &err)) {
        printf("skipped: %s\n", err.text);
        return 77;
    }
    free(list);
    Suite *suite = suite_create(name);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

#endif
