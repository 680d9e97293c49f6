/* SPDX-License-Identifier: MIT */
/* rusticl has the folder of libclc built in: with LD_PRELOAD=libclc_folder.so, what a program opens
 * in /usr/lib/clc is opened in $LIBCLC_FOLDER. So the driver runs without being installed. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int open(const char *path, int flags, ...)
{
    static const char built_in[] = "/usr/lib/clc/";
    int (*next)(const char *, int, ...) = NULL;
    char moved[PATH_MAX];
    const char *folder = getenv("LIBCLC_FOLDER");
    va_list rest;
    va_start(rest, flags);
    int mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, int) : 0;
    va_end(rest);
    *(void **)&next = dlsym(RTLD_NEXT, "open");
    if (folder && !strncmp(path, built_in, strlen(built_in))) {
        snprintf(moved, sizeof moved, "%s/%s", folder, path + strlen(built_in));
        path = moved;
    }
    return next(path, flags, mode);
}
