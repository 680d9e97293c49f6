/* SPDX-License-Identifier: MIT */
/* clact doctor: folders, graphics cards that no driver serves, permissions, watchdogs. */
#include "cli/doctor.h"

#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- folders --------------------------------------------------------------------------------- */

/* The folder, or what it would be made in. */
static void check_writable(struct doctor *d, const char *what, const char *folder,
                           const char *advice)
{
    char path[4096];
    struct stat st;
    snprintf(path, sizeof path, "%s", folder);
    while (stat(path, &st) != 0 && errno == ENOENT && strrchr(path, '/') > path)
        *strrchr(path, '/') = 0;
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode) && access(path, W_OK | X_OK) == 0)
        doctor_ok("%s: %s can be written", what, folder);
    else
        doctor_problem(d, "%s: %s cannot be written; %s", what, folder, advice);
}

static void pocl_cache(char *path, size_t size)
{
    const char *own = getenv("POCL_CACHE_DIR"), *xdg = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");
    if (own && *own)
        snprintf(path, size, "%s", own);
    else if (xdg && *xdg)
        snprintf(path, size, "%s/pocl", xdg);
    else
        snprintf(path, size, "%s/.cache/pocl", home && *home ? home : "/tmp");
}

void doctor_folders(struct doctor *d)
{
    char pocl[4096];
    const char *own = ocl_cache_directory();
    if (own)
        check_writable(d, "compiled kernels", own,
                       "every run compiles them again; set CLACT_CACHE_DIR to a folder of yours");
    else
        doctor_problem(d, "compiled kernels: they are kept nowhere, every run compiles them again; "
                          "set CLACT_CACHE_DIR or HOME");
    pocl_cache(pocl, sizeof pocl);
    check_writable(d, "what PoCL compiles", pocl,
                   "PoCL then has no device; set POCL_CACHE_DIR to a folder of yours");
}

/* ---- graphics cards -------------------------------------------------------------------------- */

static const struct vendor {
    unsigned id;
    const char *name, *word; /* word: in the vendor's or the platform's name */
    const char *advice;
} vendors[] = {
    {0x1002, "AMD", "AMD",
     "install ROCm's OpenCL from AMD, or mesa-opencl-icd and set RUSTICL_ENABLE=radeonsi"},
    {0x8086, "Intel", "Intel", "install intel-opencl-icd"},
    {0x10de, "NVIDIA", "NVIDIA", "install nvidia-opencl-icd (non-free), with its kernel driver"},
};

/* The first line of a file under the root, "" without it. */
static void read_line(const struct doctor *d, char *to, size_t size, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
static void read_line(const struct doctor *d, char *to, size_t size, const char *fmt, ...)
{
    char path[4096];
    int n = snprintf(path, sizeof path, "%s", d->root);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(path + n, sizeof path - (size_t)n, fmt, ap);
    va_end(ap);
    FILE *f = fopen(path, "r");
    *to = 0;
    if (f && !fgets(to, (int)size, f))
        *to = 0;
    if (f)
        fclose(f);
    to[strcspn(to, "\n")] = 0;
}

static bool is_served(const struct doctor *d, const struct vendor *v)
{
    for (int i = 0; i < d->devices; i++) {
        const struct caps *c = &d->device[i].caps;
        if (c->gpu && (strstr(c->vendor, v->word) || strstr(c->name, v->word) ||
                       strstr(c->platform, v->word) ||
                       (v->id == 0x1002 && strstr(c->vendor, "Advanced Micro Devices"))))
            return true;
    }
    return false;
}

static void check_card(struct doctor *d, const char *address)
{
    char class[32], id[32], screen[8];
    read_line(d, class, sizeof class, "/sys/bus/pci/devices/%s/class", address);
    read_line(d, id, sizeof id, "/sys/bus/pci/devices/%s/vendor", address);
    read_line(d, screen, sizeof screen, "/sys/bus/pci/devices/%s/boot_vga", address);
    if (strncmp(class, "0x03", 4) != 0)
        return;
    for (size_t i = 0; i < sizeof vendors / sizeof *vendors; i++) {
        const struct vendor *v = &vendors[i];
        if (strtoul(id, NULL, 16) != v->id)
            continue;
        if (is_served(d, v))
            doctor_ok("graphics card %s (%s): has an OpenCL driver%s", address, v->name,
                      *screen == '1' ? "; it also draws the screen, so its driver ends work of "
                                       "seconds: clact splits what may take longer than 200 ms"
                                     : "");
        else
            doctor_problem(d, "graphics card %s (%s): no OpenCL driver shows it; %s", address,
                           v->name, v->advice);
    }
}

/* ---- permissions ----------------------------------------------------------------------------- */

static void check_node(struct doctor *d, const char *path)
{
    struct stat st;
    if (access(path, R_OK | W_OK) == 0) {
        doctor_ok("%s: may be used", path);
        return;
    }
    const char *why = strerror(errno);
    bool there = stat(path, &st) == 0;
    struct group *g = there ? getgrgid(st.st_gid) : NULL;
    if (there && (st.st_gid == 0 || (st.st_mode & 060) != 060))
        doctor_problem(
            d,
            "%s: %s; no group may use it: sudo chgrp render %s, sudo chmod 660 %s, then "
            "add yourself to the group render (sudo usermod -aG render $USER) and log in "
            "again",
            path, why, path, path);
    else
        doctor_problem(d,
                       "%s: %s; add yourself to the group %s (sudo usermod -aG %s $USER) and log "
                       "in again",
                       path, why, g ? g->gr_name : "render", g ? g->gr_name : "render,video");
}

void doctor_hardware(struct doctor *d)
{
    struct dirent **list;
    char path[4096];
    snprintf(path, sizeof path, "%s/dev/dri", d->root);
    int n = scandir(path, &list, NULL, alphasort), nodes = 0;
    for (int i = 0; i < n; i++) {
        snprintf(path, sizeof path, "%s/dev/dri/%s", d->root, list[i]->d_name);
        if (!strncmp(list[i]->d_name, "renderD", 7)) {
            check_node(d, path);
            nodes++;
        }
        free(list[i]);
    }
    if (n >= 0)
        free(list);
    snprintf(path, sizeof path, "%s/dev/kfd", d->root); /* of ROCm */
    if (access(path, F_OK) == 0)
        check_node(d, path);
    snprintf(path, sizeof path, "%s/sys/bus/pci/devices", d->root);
    n = scandir(path, &list, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        if (list[i]->d_name[0] != '.')
            check_card(d, list[i]->d_name);
        free(list[i]);
    }
    if (n >= 0)
        free(list);
    if (!nodes)
        doctor_ok("no render nodes (/dev/dri/renderD*): no graphics card that a driver of Linux "
                  "serves");
}
