/* SPDX-License-Identifier: MIT */
/* The letters that are drawn into pictures: ASCII, 5 pixels wide, 7 above the base line and 2 below
 * it. */
#ifndef IO_FONT_H
#define IO_FONT_H
#include <stdint.h>

enum { FONT_ROWS = 9, FONT_COLUMNS = 5, FONT_ADVANCE = 6, FONT_LINE = 11 };

/* FONT_ROWS rows of 5 bits, 16 is the leftmost pixel. What is no printable ASCII is a '?'. */
const uint8_t *font_glyph(unsigned char c);

#endif
