/* SPDX-License-Identifier: MIT */
/* Letters in pictures: how large, and how much of a text fits. */
#ifndef CLI_CAPTIONS_H
#define CLI_CAPTIONS_H
#include <stddef.h>

/* The size of letters (io/canvas.h) that reads well in pictures of w x h. */
int caption_scale(int w, int h);

/* text in buf, cut off with ".." where it is wider than `width` pixels or longer than size (4 or
 * more) bytes. */
void caption_fit(const char *text, int width, int scale, char *buf, size_t size);

#endif
