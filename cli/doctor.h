/* SPDX-License-Identifier: MIT */
/* What the checks of clact doctor share; each prints its lines. */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H
#include "base/error.h"
#include "cl/ocl.h"

enum { DOCTOR_DEVICES = 16 };

/* In memory that is shared with the processes that touch drivers. */
struct doctor {
    bool all;         /* --all  */
    const char *root; /* --root */
    int problems;
    int usable; /* devices that compute right */
    int devices;
    struct ocl_device device[DOCTOR_DEVICES];
};

void doctor_ok(const char *fmt, ...) PRINTF_LIKE(1, 2);
void doctor_problem(struct doctor *d, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Runs work in a process of its own; false after saying so when that crashed or never ended. */
bool doctor_child(struct doctor *d, const char *what, void (*work)(struct doctor *, const void *),
                  const void *context);

void doctor_drivers(struct doctor *d);  /* doctor_drivers.c: the loader's list of drivers        */
void doctor_folders(struct doctor *d);  /* doctor_system.c: folders that must be writable        */
void doctor_hardware(struct doctor *d); /* the same: graphics cards, permissions, watchdogs      */
void doctor_watchdogs(struct doctor *d); /* doctor_watchdog.c: how long a GPU may work at a time */
void doctor_device(struct doctor *d, const struct ocl_device *device); /* doctor_device.c        */

#endif
