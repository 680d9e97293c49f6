/* SPDX-License-Identifier: MIT */
/* A picture to draw on: packed RGB, 8 bits. Whatever lies outside of it is not drawn. */
#ifndef IO_CANVAS_H
#define IO_CANVAS_H
#include "base/error.h"
#include <stdint.h>

enum { CANVAS_SIDE_MOST = 32768 };

struct canvas {
    int w, h;
    uint8_t *rgb; /* w * h * 3 */
};
struct rgb {
    uint8_t r, g, b;
};

/* Black. ERROR_LIMIT for a side of more than CANVAS_SIDE_MOST, or without memory. */
bool canvas_make(struct canvas *c, int w, int h, struct error *err);
void canvas_free(struct canvas *c); /* harmless on zeros */

/* A rectangle of a colour; opacity 0 to 1. */
void canvas_fill(struct canvas *c, int x, int y, int w, int h, struct rgb color, double opacity);

/* Another picture with its top left corner at x, y. */
void canvas_blit(struct canvas *c, int x, int y, const struct canvas *from);

/* The other picture resized to w x h: the mean of the pixels below each, or the nearest one. */
void canvas_blit_sized(struct canvas *c, int x, int y, int w, int h, const struct canvas *from);

/* A line of text in letters of `scale` times io/font.h, its top left corner at x, y; returns the
 * x behind it. A character that is not ASCII is one '?'. */
int canvas_text(struct canvas *c, int x, int y, int scale, struct rgb color, const char *text);
/* How wide that is. */
int canvas_text_width(int scale, const char *text);

#endif
