/* SPDX-License-Identifier: MIT */
/* Class names: a text file, one class a line in the order of the scores.
 *
 * The numbered form of UCF101's classInd.txt ("1 ApplyEyeMakeup") is understood: when every line
 * begins with an integer, counting up by one from 0 or 1, the integers are dropped.
 */
#ifndef IO_LABELS_H
#define IO_LABELS_H
#include "base/error.h"

struct labels {
    char *text; /* owns the names */
    char **name;
    int count;
};

enum { LABELS_BYTES_MOST = 4 << 20 };

/* NULL on error (of class `code`). How many there must be is the caller's to check. */
struct labels *labels_read(const char *path, enum error_code code, struct error *err);
void labels_free(struct labels **l);

#endif
