/* SPDX-License-Identifier: MIT */
/* clact doctor: the drivers that the OpenCL loader is told of, and whether they can be loaded. */
#include "cli/doctor.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MOST = 64 };

struct driver {
    const char *from;  /* the .icd file, or OCL_ICD_VENDORS */
    char library[4096]; /* a path, or a name for the dynamic linker */
};

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n >= m && !strcmp(s + n - m, end);
}

static void load(struct doctor *d, const void *context)
{
    const struct driver *driver = context;
    if (dlopen(driver->library, RTLD_NOW | RTLD_LOCAL)) {
        doctor_ok("driver %s: %s", driver->from, driver->library);
        return;
    }
    const char *why = dlerror();
    doctor_problem(d, "driver %s: %s; install the package it belongs to again, or remove the file",
                   driver->from, why ? why : "cannot be loaded");
}

static void check_file(struct doctor *d, const char *path)
{
    struct driver driver = {.from = path};
    FILE *f = fopen(path, "r");
    if (!f) {
        doctor_problem(d, "driver %s: %s; make it readable", path, strerror(errno));
        return;
    }
    bool any = fgets(driver.library, sizeof driver.library, f) != NULL;
    fclose(f);
    driver.library[strcspn(driver.library, "\r\n")] = 0;
    if (!any || !*driver.library)
        doctor_problem(d, "driver %s: names no library; install its package again, or remove it",
                       path);
    else
        doctor_child(d, path, load, &driver);
}

static int check_folder(struct doctor *d, const char *folder)
{
    struct dirent **list;
    int found = 0, n = scandir(folder, &list, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        char path[4096 + 256];
        snprintf(path, sizeof path, "%s/%s", folder, list[i]->d_name);
        if (ends_with(path, ".icd") && found < MOST) {
            check_file(d, path);
            found++;
        }
        free(list[i]);
    }
    if (n >= 0)
        free(list);
    return found;
}

void doctor_drivers(struct doctor *d)
{
    const char *own = getenv("OCL_ICD_VENDORS");
    char folder[4096];
    struct stat st;
    /* Its symbols were found when the program started, so it is there. */
    doctor_ok("the OpenCL loader is there");
    snprintf(folder, sizeof folder, "%s/etc/OpenCL/vendors", d->root);
    const char *from = own && *own ? own : folder;
    bool there = stat(from, &st) == 0;
    if (there && !S_ISDIR(st.st_mode)) {
        if (ends_with(from, ".icd")) {
            check_file(d, from);
        } else {
            struct driver driver = {.from = "OCL_ICD_VENDORS"};
            snprintf(driver.library, sizeof driver.library, "%s", from);
            doctor_child(d, from, load, &driver);
        }
    } else if (!there || !check_folder(d, from)) {
        doctor_problem(d,
                       "%s: no driver (*.icd); install one: pocl-opencl-icd for the processor, "
                       "for a graphics card see below",
                       from);
    }
}
