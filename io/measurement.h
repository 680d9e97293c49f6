/* SPDX-License-Identifier: MIT */
/* What `clact bench --format json` wrote, read again for a comparison. */
#ifndef IO_MEASUREMENT_H
#define IO_MEASUREMENT_H
#include "base/arena.h"
#include "base/error.h"

struct measured_step {
    const char *node;
    double ms;
};
struct measurement {
    struct arena arena;
    const char *model, *device; /* "" when the file does not say */
    int batch;                  /* 0: likewise                   */
    double ms;
    struct measured_step *steps;
    int count;
};

/* NULL with ERROR_INPUT when it is no such file. */
struct measurement *measurement_read(const char *path, struct error *err);
void measurement_free(struct measurement **m);

#endif
