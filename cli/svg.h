/* SPDX-License-Identifier: MIT */
/* Pictures as SVG text: one style for all of them, on light and dark pages. Lengths are pixels. */
#ifndef CLI_SVG_H
#define CLI_SVG_H
#include "base/text.h"

/* Hues with a meaning to the reader, light and dark: classes h0 .. h7 fill, s0 .. s7 stroke. */
enum { SVG_HUES = 8 };

/* Begins a picture with its own background; `title` is what a screen reader says. Other classes of
 * its style: t text, b bold, d dim, r text that ends at x, m text around x, g thin lines, e edges
 * with arrow heads, box. */
void svg_open(struct text *out, double width, double height, const char *title);
void svg_close(struct text *out);

/* A line of text at a base line; `class` as above, size in pixels. The text is escaped. */
void svg_text(struct text *out, double x, double y, double size, const char *class,
              const char *text);
void svg_rect(struct text *out, double x, double y, double w, double h, double round,
              const char *class);

/* About how wide a text is at this size. */
double svg_width(const char *text, double size);
/* The text, or as much of its beginning and end as fits; buf has room for `size` bytes. */
const char *svg_fit(const char *text, double width, double font, char *buf, size_t size);

/* A whole HTML page around SVG pictures and tables. */
void html_open(struct text *out, const char *title);
void html_close(struct text *out);

#endif
