/* SPDX-License-Identifier: MIT */
/* Networks that other training code names otherwise: their tensors' names in the words of the
 * builders. */
#ifndef MODELS_NAMINGS_H
#define MODELS_NAMINGS_H
#include <stdbool.h>
#include <stddef.h>

enum { NAMING_BYTES = 256 };

struct naming {
    const char *about; /* "MMAction2" */
    /* The names of two tensors, after a common prefix, that a file with this naming has; the third
     * it has not; NULL: no such. */
    const char *first, *second, *without;
    int rank;   /* of the first */
    int frames; /* its kernel's, 0: any */
    /* The builders' word for a name without the prefix; false: it keeps its name. */
    bool (*translate)(const char *name, char out[NAMING_BYTES]);
};

/* Ended by a NULL about. */
extern const struct naming namings[];

#endif
