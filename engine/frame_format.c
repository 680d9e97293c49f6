/* SPDX-License-Identifier: MIT */
#include "engine/frame_format.h"

#include "base/checked.h"

#include <string.h>

static enum matrix_rule matrix_of(const struct recipe *r, const struct frame *f)
{
    if (r->matrix != USE_MATRIX_AUTO)
        return r->matrix;
    return f->matrix == MATRIX_BT709    ? USE_MATRIX_709
           : f->matrix == MATRIX_BT2020 ? USE_MATRIX_2020
                                        : USE_MATRIX_601;
}

static bool is_full(const struct recipe *r, const struct frame *f)
{
    if (f->layout == FRAME_RGB || f->layout == FRAME_GBR)
        return true;
    if (r->range != USE_RANGE_AUTO)
        return r->range == USE_RANGE_FULL;
    return f->range == RANGE_FULL || (f->range == RANGE_UNKNOWN && f->layout == FRAME_GRAY);
}

static void yuv_matrix(double m[3][4], enum matrix_rule rule, double mid, double cscale)
{
    double kr = rule == USE_MATRIX_709 ? 0.2126 : rule == USE_MATRIX_2020 ? 0.2627 : 0.299;
    double kb = rule == USE_MATRIX_709 ? 0.0722 : rule == USE_MATRIX_2020 ? 0.0593 : 0.114;
    double kg = 1.0 - kr - kb;
    m[0][2] = 2.0 * (1.0 - kr) * cscale;
    m[1][1] = -2.0 * kb * (1.0 - kb) / kg * cscale;
    m[1][2] = -2.0 * kr * (1.0 - kr) / kg * cscale;
    m[2][1] = 2.0 * (1.0 - kb) * cscale;
    for (int i = 0; i < 3; i++)
        m[i][3] -= (m[i][1] + m[i][2]) * mid;
}

/* Colour rows (R, G, B) of factors for plain samples a, b, c and an offset. */
static void make_matrix(double m[3][4], const struct recipe *r, const struct frame *f)
{
    double unit = (double)(1 << (f->bits - 8)), most = (double)((1 << f->bits) - 1);
    bool full = is_full(r, f);
    double scale = 255.0 / (full ? most : 219.0 * unit);
    memset(m, 0, sizeof(double[3][4]));
    if (f->layout == FRAME_RGB || f->layout == FRAME_GBR) {
        for (int i = 0; i < 3; i++)
            m[i][f->layout == FRAME_RGB ? i : (i + 2) % 3] = scale; /* sources R, G, B or G, B, R */
        return;
    }
    for (int i = 0; i < 3; i++) {
        m[i][0] = scale;
        m[i][3] = full ? 0 : -16.0 * unit * scale;
    }
    if (f->layout != FRAME_GRAY)
        yuv_matrix(m, matrix_of(r, f), (double)(1 << (f->bits - 1)),
                   255.0 / (full ? most : 224.0 * unit));
}

/* Bytes of a plane: whole rows but for the last, of which only samples are sure to exist. */
static uint64_t plane_bytes(const struct frame *f, int plane, uint64_t row_bytes, int rows)
{
    return (uint64_t)f->stride[plane] * (uint64_t)(rows - 1) + row_bytes;
}

static bool is_sane(const struct frame *f)
{
    bool wide = f->bits > 8;
    int sample = wide ? 2 : 1;
    TRY(f->width > 0 && f->height > 0 && f->bits >= 8 && f->bits <= 16);
    TRY(f->shift >= 0 && f->shift + f->bits <= 8 * sample);
    TRY(f->chroma_w >= 0 && f->chroma_w <= 3 && f->chroma_h >= 0 && f->chroma_h <= 3);
    for (int i = 0; f->layout == FRAME_RGB && i < 3; i++)
        TRY(f->rgba[i] >= 0 && (f->rgba[i] + 1) * sample <= f->pixel_bytes);
    return true;
}

/* Where each source begins inside its plane, and its step. */
static void place_sources(struct frame_format *format, const struct frame *f, int sample)
{
    int32_t *words = format->words;
    for (int i = 0; i < 3; i++) {
        int plane = i;
        words[FORMAT_STEP + i] = sample;
        if (f->layout == FRAME_RGB) {
            plane = 0;
            words[FORMAT_AT + i] = f->rgba[i] * sample;
            words[FORMAT_STEP + i] = f->pixel_bytes;
        } else if (f->layout == FRAME_NV12 && i) {
            plane = 1;
            words[FORMAT_AT + i] = (i - 1) * sample;
            words[FORMAT_STEP + i] = 2 * sample;
        } else if (f->layout == FRAME_GRAY) {
            plane = 0;
        }
        words[FORMAT_AT + i] += (int32_t)format->plane_at[plane];
        words[FORMAT_STRIDE + i] = (int32_t)f->stride[plane];
    }
}

bool frame_format_make(struct frame_format *format, const struct recipe *r, const struct frame *f,
                       struct error *err)
{
    static const int planes[] = {[FRAME_YUV] = 3, [FRAME_NV12] = 2, [FRAME_GRAY] = 1,
                                 [FRAME_RGB] = 1, [FRAME_GBR] = 3};
    if (!is_sane(f))
        return fail(err, ERROR_INPUT, "frame of %dx%d, %d bits: not a layout that clact knows",
                    f->width, f->height, f->bits);
    *format = (struct frame_format){.plane_count = planes[f->layout]};
    int sample = f->bits > 8 ? 2 : 1;
    bool yuv = f->layout == FRAME_YUV || f->layout == FRAME_NV12;
    for (int i = 0; i < format->plane_count; i++) {
        bool chroma = yuv && i;
        int w = chroma ? -(-f->width >> f->chroma_w) : f->width;
        int h = chroma ? -(-f->height >> f->chroma_h) : f->height;
        int step = f->layout == FRAME_RGB ? f->pixel_bytes : chroma && f->layout == FRAME_NV12
                   ? 2 * sample : sample;
        format->plane_at[i] = round_up(format->bytes, 64);
        format->plane_bytes[i] = plane_bytes(f, i, (uint64_t)w * (uint64_t)step, h);
        format->bytes = format->plane_at[i] + format->plane_bytes[i];
        if (f->stride[i] > INT32_MAX || (sample == 2 && f->stride[i] % 2))
            return fail(err, ERROR_INPUT, "frame of %dx%d: rows of %zu bytes", f->width, f->height,
                        f->stride[i]);
    }
    if (format->bytes > INT32_MAX)
        return fail(err, ERROR_LIMIT, "frame of %dx%d: more than 2 GiB", f->width, f->height);
    place_sources(format, f, sample);
    format->words[FORMAT_WIDE] = sample == 2;
    format->words[FORMAT_SHIFT] = f->shift;
    format->words[FORMAT_TRANSPOSED] = f->transpose;
    double m[3][4];
    make_matrix(m, r, f);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 4; j++)
            format->matrix[j][r->order == ORDER_BGR ? 2 - i : i] =
                (float)(j == 1 || j == 2 ? m[i][j] / 256 : m[i][j]);
    return true;
}
