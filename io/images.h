/* SPDX-License-Identifier: MIT */
/* The files of a clip that is stored as pictures. */
#ifndef IO_IMAGES_H
#define IO_IMAGES_H
#include "base/error.h"
#include <stddef.h>

struct images {
    char **path; /* in the order of the frames */
    size_t count, cap;
};

/* True when `path` is a directory, or no file of that name exists and its last part contains one
 * %d or %0Nd. */
bool images_are_at(const char *path);

/* Folder: every picture in it (by the ending of its name), sorted by name with numbers compared by
 * value (2.png before 10.png). Pattern: every file that matches, sorted by number. */
bool images_list(struct images *list, const char *path, struct error *err);
void images_free(struct images *list);

#endif
