/* SPDX-License-Identifier: MIT */
#include "io/frame_rgb.h"

#include <math.h>
#include <string.h>

/* y, u, v of 0 to 1 (u, v around 0) to red, green and blue. */
struct matrix {
    float y_scale, y_zero, c_scale; /* of samples */
    float red_v, green_u, green_v, blue_u;
};

static struct matrix matrix_of(const struct frame *f)
{
    double kr = 0.299, kb = 0.114;
    if (f->matrix == MATRIX_BT709)
        kr = 0.2126, kb = 0.0722;
    if (f->matrix == MATRIX_BT2020)
        kr = 0.2627, kb = 0.0593;
    bool full = f->range == RANGE_FULL || (f->layout == FRAME_GRAY && f->range == RANGE_UNKNOWN);
    double one = (double)(1 << (f->bits - 8)), most = (double)((1 << f->bits) - 1);
    struct matrix m = {
        .y_scale = (float)(1 / (full ? most : 219 * one)),
        .y_zero = (float)(full ? 0 : 16 * one),
        .c_scale = (float)(1 / (full ? most : 224 * one)),
        .red_v = (float)(2 * (1 - kr)),
        .green_u = (float)(-2 * (1 - kb) * kb / (1 - kr - kb)),
        .green_v = (float)(-2 * (1 - kr) * kr / (1 - kr - kb)),
        .blue_u = (float)(2 * (1 - kb)),
    };
    return m;
}

/* Sample i of a row of a plane. */
static int sample(const struct frame *f, const uint8_t *row, int i)
{
    uint16_t v;
    if (f->bits == 8)
        return row[i];
    memcpy(&v, row + 2 * (size_t)i, 2);
    return v >> f->shift;
}

static uint8_t byte_of(float v)
{
    return (uint8_t)(v <= 0 ? 0 : v >= 1 ? 255 : (int)(v * 255 + 0.5f));
}

static void convert_yuv(const struct frame *f, const struct matrix *m, int x, int y, uint8_t *rgb)
{
    float u = 0, v = 0;
    float l =
        ((float)sample(f, f->plane[0] + (size_t)y * f->stride[0], x) - m->y_zero) * m->y_scale;
    if (f->layout != FRAME_GRAY) {
        bool nv12 = f->layout == FRAME_NV12;
        size_t row = (size_t)(y >> f->chroma_h);
        int column = x >> f->chroma_w, half = 1 << (f->bits - 1);
        const uint8_t *a = f->plane[1] + row * f->stride[1];
        const uint8_t *b = nv12 ? a : f->plane[2] + row * f->stride[2];
        u = (float)(sample(f, a, nv12 ? 2 * column : column) - half) * m->c_scale;
        v = (float)(sample(f, b, nv12 ? 2 * column + 1 : column) - half) * m->c_scale;
    }
    rgb[0] = byte_of(l + m->red_v * v);
    rgb[1] = byte_of(l + m->green_u * u + m->green_v * v);
    rgb[2] = byte_of(l + m->blue_u * u);
}

static void convert_rgb(const struct frame *f, int x, int y, uint8_t *rgb)
{
    static const int plane[3] = {2, 0, 1}; /* of R, G, B where planes are G, B, R */
    for (int k = 0; k < 3; k++) {
        bool planar = f->layout == FRAME_GBR;
        int p = planar ? plane[k] : 0;
        int samples = f->pixel_bytes / (f->bits > 8 ? 2 : 1);
        const uint8_t *row = f->plane[p] + (size_t)y * f->stride[p];
        int v = sample(f, row, planar ? x : x * samples + f->rgba[k]);
        rgb[k] = (uint8_t)(f->bits > 8 ? v >> (f->bits - 8) : v);
    }
}

bool frame_rgb(struct canvas *c, const struct frame *f, struct error *err)
{
    int w = f->transpose ? f->height : f->width, h = f->transpose ? f->width : f->height;
    struct matrix m = matrix_of(f);
    if (c->w != w || c->h != h) {
        canvas_free(c);
        TRY(canvas_make(c, w, h, err));
    }
    for (int i = 0; i < h; i++)
        for (int k = 0; k < w; k++) {
            int y = f->flip_y ? h - 1 - i : i, x = f->flip_x ? w - 1 - k : k;
            uint8_t *rgb = c->rgb + ((size_t)i * (size_t)w + (size_t)k) * 3;
            int from_x = f->transpose ? y : x, from_y = f->transpose ? x : y;
            if (f->layout == FRAME_RGB || f->layout == FRAME_GBR)
                convert_rgb(f, from_x, from_y, rgb);
            else
                convert_yuv(f, &m, from_x, from_y, rgb);
        }
    return true;
}
