/* SPDX-License-Identifier: MIT */
/* A picture as a PNG file, which appears whole or not at all. */
#ifndef IO_PICTURE_WRITE_H
#define IO_PICTURE_WRITE_H
#include "io/canvas.h"

bool picture_write(const char *path, const struct canvas *c, struct error *err);

#endif
