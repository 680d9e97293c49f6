/* SPDX-License-Identifier: MIT */
#include "cli/captions.h"
#include "io/canvas.h"

#include <stdio.h>
#include <string.h>

int caption_scale(int w, int h)
{
    int scale = h / 200 < w / 280 ? h / 200 : w / 280;
    return scale < 1 ? 1 : scale;
}

void caption_fit(const char *text, int width, int scale, char *buf, size_t size)
{
    size_t keep = strlen(text);
    bool all = canvas_text_width(scale, text) <= width && keep < size;
    snprintf(buf, size, "%s", text);
    while (!all && keep > 0) {
        keep = keep > size - 3 ? size - 3 : keep - 1;
        memcpy(buf, text, keep);
        memcpy(buf + keep, "..", 3);
        all = canvas_text_width(scale, buf) <= width;
    }
}
