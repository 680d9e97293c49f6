/* SPDX-License-Identifier: MIT */
/* clact doctor: drivers of Linux that end work of a GPU which takes too long. A launch that they
 * end is an error, or a lost device. */
#include "cli/doctor.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A launch takes no longer than so many milliseconds, by a guess that may be off by some times. */
enum { LAUNCH_MS = 200, LEAST_MS = 5 * LAUNCH_MS };

static bool read_first(const char *path, char *to, size_t size)
{
    FILE *f = fopen(path, "r");
    bool ok = f && fgets(to, (int)size, f);
    if (f)
        fclose(f);
    return ok;
}

/* The shortest of the times in a file, "10000" or "10000,60000,10000": 0 and less are none. */
static long shortest(const char *path)
{
    char text[256], *rest = NULL;
    long least = 0;
    if (!read_first(path, text, sizeof text))
        return 0;
    for (char *word = strtok_r(text, ", \n", &rest); word; word = strtok_r(NULL, ", \n", &rest)) {
        long ms = strtol(word, NULL, 10);
        if (ms > 0 && (!least || ms < least))
            least = ms;
    }
    return least;
}

static void check_limit(struct doctor *d, const char *path, const char *advice)
{
    long ms = shortest(path);
    if (ms >= LEAST_MS)
        doctor_ok("%s: the driver ends work of a GPU after %ld ms; clact splits what may take "
                  "longer than %d ms",
                  path, ms, LAUNCH_MS);
    else if (ms)
        doctor_problem(d,
                       "%s: the driver ends work of a GPU after %ld ms, and a slow one may need "
                       "%d for a launch; %s",
                       path, ms, LEAST_MS, advice);
}

void doctor_watchdogs(struct doctor *d)
{
    static const struct {
        const char *files, *advice;
    } limits[] = {
        {"/sys/class/drm/card*/engine/*/preempt_timeout_ms", "as root, write 7500 into that file"},
        {"/sys/module/amdgpu/parameters/lockup_timeout",
         "start Linux with amdgpu.lockup_timeout=10000"},
        {"/sys/module/radeon/parameters/lockup_timeout",
         "start Linux with radeon.lockup_timeout=10000"},
    };
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        char pattern[4096];
        glob_t found;
        snprintf(pattern, sizeof pattern, "%s%s", d->root, limits[i].files);
        if (glob(pattern, 0, NULL, &found) != 0)
            continue;
        for (size_t k = 0; k < found.gl_pathc; k++)
            check_limit(d, found.gl_pathv[k], limits[i].advice);
        globfree(&found);
    }
}
