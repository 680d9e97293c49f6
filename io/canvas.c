/* SPDX-License-Identifier: MIT */
#include "io/canvas.h"
#include "io/font.h"

#include <stdlib.h>
#include <string.h>

bool canvas_make(struct canvas *c, int w, int h, struct error *err)
{
    *c = (struct canvas){.w = w, .h = h};
    if (w < 1 || h < 1 || w > CANVAS_SIDE_MOST || h > CANVAS_SIDE_MOST)
        return fail(err, ERROR_LIMIT, "a picture of %dx%d, its sides may have 1 to %d pixels", w, h,
                    CANVAS_SIDE_MOST);
    c->rgb = calloc((size_t)w * (size_t)h, 3);
    return c->rgb || fail(err, ERROR_LIMIT, "no memory for a picture of %dx%d", w, h);
}

void canvas_free(struct canvas *c)
{
    free(c->rgb);
    *c = (struct canvas){0};
}

/* The part of from..from+size that lies in 0..most. */
static void clip(int *from, int *size, int most)
{
    int64_t end = (int64_t)*from + *size;
    end = end > most ? most : end;
    *from = *from < 0 ? 0 : *from;
    *size = end > *from ? (int)(end - *from) : 0;
}

static uint8_t *pixel(const struct canvas *c, int x, int y)
{
    return c->rgb + ((size_t)y * (size_t)c->w + (size_t)x) * 3;
}

void canvas_fill(struct canvas *c, int x, int y, int w, int h, struct rgb color, double opacity)
{
    const uint8_t rgb[3] = {color.r, color.g, color.b};
    int part = (int)(opacity * 256 + 0.5);
    clip(&x, &w, c->w);
    clip(&y, &h, c->h);
    for (int i = y; i < y + h; i++) {
        uint8_t *p = pixel(c, x, i);
        for (int k = 0; k < w * 3; k++, p++)
            *p = (uint8_t)((*p * (256 - part) + rgb[k % 3] * part + 128) >> 8);
    }
}

void canvas_blit(struct canvas *c, int x, int y, const struct canvas *from)
{
    int left = x, top = y, w = from->w, h = from->h;
    clip(&x, &w, c->w);
    clip(&y, &h, c->h);
    for (int i = 0; i < h; i++)
        memcpy(pixel(c, x, y + i), pixel(from, x - left, y - top + i), (size_t)w * 3);
}

/* Pixels from..to of `in` that pixel i of `out` shows; at least one. */
static void below(int in, int out, int i, int *from, int *to)
{
    *from = (int)((int64_t)i * in / out);
    *to = (int)(((int64_t)i + 1) * in / out);
    if (*to <= *from)
        *to = *from + 1;
}

void canvas_blit_sized(struct canvas *c, int x, int y, int w, int h, const struct canvas *from)
{
    int left = x, top = y, all_w = w, all_h = h, x1, x2, y1, y2;
    clip(&x, &w, c->w);
    clip(&y, &h, c->h);
    for (int i = y; i < y + h; i++) {
        below(from->h, all_h, i - top, &y1, &y2);
        for (int k = x; k < x + w; k++) {
            int64_t sum[3] = {0}, count = (int64_t)(y2 - y1);
            below(from->w, all_w, k - left, &x1, &x2);
            for (int a = y1; a < y2; a++)
                for (int b = x1; b < x2; b++)
                    for (int j = 0; j < 3; j++)
                        sum[j] += pixel(from, b, a)[j];
            count *= x2 - x1;
            for (int j = 0; j < 3; j++)
                pixel(c, k, i)[j] = (uint8_t)((sum[j] + count / 2) / count);
        }
    }
}

static void draw_glyph(struct canvas *c, int x, int y, int scale, struct rgb color,
                       const uint8_t *rows)
{
    for (int i = 0; i < FONT_ROWS; i++)
        for (int k = 0; k < FONT_COLUMNS; k++)
            if (rows[i] >> (FONT_COLUMNS - 1 - k) & 1)
                canvas_fill(c, x + k * scale, y + i * scale, scale, scale, color, 1);
}

/* The bytes of UTF-8 behind the first of a character. */
static bool continues(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

int canvas_text(struct canvas *c, int x, int y, int scale, struct rgb color, const char *text)
{
    for (const char *s = text; *s; s++) {
        if (continues(*s))
            continue;
        draw_glyph(c, x, y, scale, color, font_glyph((unsigned char)*s));
        x += FONT_ADVANCE * scale;
    }
    return x;
}

int canvas_text_width(int scale, const char *text)
{
    int n = 0;
    for (const char *s = text; *s; s++)
        n += !continues(*s);
    return n * FONT_ADVANCE * scale;
}
