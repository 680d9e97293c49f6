/* SPDX-License-Identifier: MIT */
#include "engine/frames_reference.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static bool make(struct picture *p, int w, int h, struct error *err)
{
    *p = (struct picture){w, h, calloc((size_t)w * (size_t)h * 3, sizeof(double))};
    return p->data || fail(err, ERROR_LIMIT, "out of memory: picture of %dx%d", w, h);
}

void picture_free(struct picture *p)
{
    free(p->data);
    *p = (struct picture){0};
}

static double *at(const struct picture *p, int x, int y)
{
    return p->data + ((size_t)y * (size_t)p->w + (size_t)x) * 3;
}

static int clamp(int v, int most)
{
    return v < 0 ? 0 : v > most ? most : v;
}

/* ---- colour ---- */

static double sample(const struct frame *f, int plane, int x, int y, int step, int first)
{
    const uint8_t *row = f->plane[plane] + (size_t)y * f->stride[plane];
    if (f->bits == 8)
        return row[x * step + first];
    uint16_t v;
    memcpy(&v, row + (size_t)(x * step + first) * 2, sizeof v);
    return v >> f->shift;
}

static double chroma_sample(const struct frame *f, int which, int x, int y)
{
    if (f->layout == FRAME_NV12)
        return sample(f, 1, x, y, 2, which - 1);
    return sample(f, which, x, y, 1, 0);
}

/* Chroma at luma position x, y: nearest, or linear between samples sited left or centred. */
static double chroma(const struct frame *f, enum chroma_rule rule, int which, int x, int y)
{
    int sx = 1 << f->chroma_w, sy = 1 << f->chroma_h;
    int w = (f->width + sx - 1) / sx, h = (f->height + sy - 1) / sy;
    if (rule == CHROMA_NEAREST)
        return chroma_sample(f, which, x / sx, y / sy);
    double fx = rule == CHROMA_LEFT ? (double)x / sx : (x + 0.5) / sx - 0.5;
    double fy = (y + 0.5) / sy - 0.5;
    int x0 = (int)floor(fx), y0 = (int)floor(fy);
    double ax = fx - x0, ay = fy - y0;
    int x1 = clamp(x0 + 1, w - 1), y1 = clamp(y0 + 1, h - 1);
    x0 = clamp(x0, w - 1), y0 = clamp(y0, h - 1);
    double top = (1 - ax) * chroma_sample(f, which, x0, y0) + ax * chroma_sample(f, which, x1, y0);
    double end = (1 - ax) * chroma_sample(f, which, x0, y1) + ax * chroma_sample(f, which, x1, y1);
    return (1 - ay) * top + ay * end;
}

static void yuv_pixel(double rgb[3], const struct recipe *r, const struct frame *f, int x, int y)
{
    bool gray = f->layout == FRAME_GRAY, full = r->range == USE_RANGE_FULL;
    if (r->range == USE_RANGE_AUTO)
        full = f->range == RANGE_FULL || (gray && f->range == RANGE_UNKNOWN);
    bool is709 = r->matrix == USE_MATRIX_709, is2020 = r->matrix == USE_MATRIX_2020;
    if (r->matrix == USE_MATRIX_AUTO)
        is709 = f->matrix == MATRIX_BT709, is2020 = f->matrix == MATRIX_BT2020;
    double kr = is709 ? 0.2126 : is2020 ? 0.2627 : 0.299;
    double kb = is709 ? 0.0722 : is2020 ? 0.0593 : 0.114, kg = 1 - kr - kb;
    double unit = (double)(1 << (f->bits - 8)), most = (double)((1 << f->bits) - 1);
    double mid = 128 * unit, u = 0, v = 0;
    double luma = sample(f, 0, x, y, 1, 0);
    luma = full ? luma / most : (luma - 16 * unit) / (219 * unit);
    if (!gray) {
        u = (chroma(f, r->chroma, 1, x, y) - mid) / (full ? most : 224 * unit);
        v = (chroma(f, r->chroma, 2, x, y) - mid) / (full ? most : 224 * unit);
    }
    rgb[0] = luma + 2 * (1 - kr) * v;
    rgb[1] = luma - 2 * kb * (1 - kb) / kg * u - 2 * kr * (1 - kr) / kg * v;
    rgb[2] = luma + 2 * (1 - kb) * u;
}

static void pixel(double rgb[3], const struct recipe *r, const struct frame *f, int x, int y)
{
    double most = (double)((1 << f->bits) - 1);
    if (f->layout == FRAME_RGB) {
        int step = f->pixel_bytes / (f->bits == 8 ? 1 : 2);
        for (int c = 0; c < 3; c++)
            rgb[c] = sample(f, 0, x, y, step, f->rgba[c]) / most;
    } else if (f->layout == FRAME_GBR) {
        for (int c = 0; c < 3; c++)
            rgb[c] = sample(f, (c + 2) % 3, x, y, 1, 0) / most;
    } else {
        yuv_pixel(rgb, r, f, x, y);
    }
}

bool reference_rgb(struct picture *out, const struct recipe *r, const struct frame *f,
                   struct error *err)
{
    int w = f->transpose ? f->height : f->width, h = f->transpose ? f->width : f->height;
    TRY(make(out, w, h, err));
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            int sx = f->flip_x ? w - 1 - x : x, sy = f->flip_y ? h - 1 - y : y;
            double rgb[3];
            pixel(rgb, r, f, f->transpose ? sy : sx, f->transpose ? sx : sy);
            for (int c = 0; c < 3; c++) {
                double v = rgb[r->order == ORDER_BGR ? 2 - c : c] * 255;
                at(out, x, y)[c] = v < 0 ? 0 : v > 255 ? 255 : v;
            }
        }
    return true;
}

/* ---- resize ---- */

/* One axis of a resize: out[i] is the sum of weight[t] * in[first + t], t < count. */
struct weights {
    int first, count;
    double *weight;
};

static void bilinear_weights(struct weights *k, int in, int out, int i)
{
    double s = fmax((i + 0.5) * ((double)in / out) - 0.5, 0);
    int x = (int)fmin(s, in - 1);
    double a = fmin(s - x, 1);
    k->first = x;
    k->count = x < in - 1 ? 2 : 1;
    k->weight[0] = k->count == 2 ? 1 - a : 1;
    k->weight[1] = a;
}

static void triangle_weights(struct weights *k, int in, int out, int i)
{
    double scale = (double)in / out, fs = fmax(scale, 1), c = (i + 0.5) * scale, sum = 0;
    int lo = (int)(c - fs + 0.5), hi = (int)(c + fs + 0.5);
    lo = lo < 0 ? 0 : lo;
    hi = hi > in ? in : hi;
    for (int x = lo; x < hi; x++)
        sum += k->weight[x - lo] = fmax(0, 1 - fabs((x - c + 0.5) / fs));
    for (int t = 0; t < hi - lo; t++)
        k->weight[t] /= sum;
    k->first = lo;
    k->count = hi - lo;
}

/* One pass: `down` resizes the rows' count, else the columns'. Pillow rounds after each. */
static bool pass(struct picture *out, enum filter_rule filter, const struct picture *in, int size,
                 bool down, struct error *err)
{
    int from = down ? in->h : in->w;
    TRY(make(out, down ? in->w : size, down ? size : in->h, err));
    struct weights k = {.weight = malloc(sizeof(double) * (size_t)(from + 2))};
    if (!k.weight)
        return fail(err, ERROR_LIMIT, "out of memory");
    for (int i = 0; i < size; i++) {
        if (filter == FILTER_BILINEAR)
            bilinear_weights(&k, from, size, i);
        else
            triangle_weights(&k, from, size, i);
        for (int t = 0; t < k.count && filter == FILTER_PIL; t++)
            k.weight[t] = floor(0.5 + k.weight[t] * 0x1p22) / 0x1p22;
        for (int j = 0; j < (down ? in->w : in->h); j++)
            for (int c = 0; c < 3; c++) {
                double s = 0;
                for (int t = 0; t < k.count; t++)
                    s += k.weight[t] * (down ? at(in, j, k.first + t) : at(in, k.first + t, j))[c];
                if (filter == FILTER_PIL) /* exact: whole numbers of 2^-22 */
                    s = fmin(floor(s + 0.5), 255);
                (down ? at(out, j, i) : at(out, i, j))[c] = s;
            }
    }
    free(k.weight);
    return true;
}

static int cv_weight(float f)
{
    return (int)rint((double)f * 2048.0);
}

/* OpenCV's portable code for 8 bits. */
static void cv_pixel(double *out, const struct picture *in, float fx, float fy)
{
    int x = (int)floorf(fx), y = (int)floorf(fy);
    fx -= (float)x;
    fy -= (float)y;
    if (x < 0)
        fx = 0, x = 0;
    if (x >= in->w - 1)
        fx = 0, x = in->w - 1;
    int x1 = clamp(x + 1, in->w - 1), y0 = clamp(y, in->h - 1), y1 = clamp(y + 1, in->h - 1);
    int a0 = cv_weight(1.0f - fx), a1 = cv_weight(fx);
    int b0 = cv_weight(1.0f - fy), b1 = cv_weight(fy);
    for (int c = 0; c < 3; c++) {
        int s0 = (int)at(in, x, y0)[c] * a0 + (int)at(in, x1, y0)[c] * a1;
        int s1 = (int)at(in, x, y1)[c] * a0 + (int)at(in, x1, y1)[c] * a1;
        int v = (((b0 * (s0 >> 4)) >> 16) + ((b1 * (s1 >> 4)) >> 16) + 2) >> 2;
        out[c] = clamp(v, 255);
    }
}

bool reference_resize(struct picture *out, const struct recipe *r, const struct picture *in, int w,
                      int h, struct error *err)
{
    if (r->filter == FILTER_CV) {
        TRY(make(out, w, h, err));
        double sx = (double)in->w / w, sy = (double)in->h / h;
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++)
                cv_pixel(at(out, x, y), in, (float)((x + 0.5) * sx - 0.5),
                         (float)((y + 0.5) * sy - 0.5));
        return true;
    }
    struct picture across = {0};
    bool ok = pass(&across, r->filter, in, w, false, err) &&
              pass(out, r->filter, &across, h, true, err);
    picture_free(&across);
    for (size_t i = 0; ok && r->round == ROUND_U8 && i < (size_t)w * (size_t)h * 3; i++)
        out->data[i] = rint(out->data[i]);
    return ok;
}

/* ---- all steps ---- */

/* Python: int(round((size - crop) / 2.0)) or (size - crop) // 2; padding as torchvision. */
static int centre(enum crop_rule rule, int size, int crop)
{
    double half = (size - crop) / 2.0;
    if (half < 0)
        return (int)ceil(half);
    return (int)(rule == CROP_EVEN ? rint(half) : floor(half));
}

static void place(const struct recipe *r, int crop, int rest_w, int rest_h, int *x, int *y)
{
    if (r->crops == CROPS_THREE && rest_w >= rest_h && rest_w > 0)
        *x = rest_w / 2 * crop;
    else if (r->crops == CROPS_THREE && rest_h > rest_w && rest_h > 0)
        *y = rest_h / 2 * crop;
    if (r->crops != CROPS_TEN || crop % 5 == 4)
        return;
    *x = rest_w < 0 ? *x : crop % 5 % 2 ? rest_w : 0;
    *y = rest_h < 0 ? *y : crop % 5 / 2 ? rest_h : 0;
}

static bool crop_step(struct picture *out, const struct picture *in, int x, int y, int w, int h,
                      struct error *err)
{
    TRY(make(out, w, h, err));
    for (int j = 0; j < h; j++)
        for (int i = 0; i < w; i++)
            if (x + i >= 0 && x + i < in->w && y + j >= 0 && y + j < in->h)
                memcpy(at(out, i, j), at(in, x + i, y + j), 3 * sizeof(double));
    return true;
}

static bool one_step(struct picture *out, const struct recipe *r, const struct picture *in,
                     int index, int crop, struct error *err)
{
    const struct space_step *s = &r->space[index];
    if (s->kind == SPACE_CROP) {
        int x = centre(r->cropround, in->w, s->w), y = centre(r->cropround, in->h, s->h);
        if (index == r->space_count - 1)
            place(r, crop, in->w - s->w, in->h - s->h, &x, &y);
        return crop_step(out, in, x, y, s->w, s->h, err);
    }
    int w = s->w, h = s->h;
    if (s->kind == SPACE_SHORT) {
        double shorter = in->w < in->h ? in->w : in->h, longer = in->w < in->h ? in->h : in->w;
        int other = r->longside == LONG_TRUNC ? (int)(s->w * longer / shorter)
                                              : (int)(longer * (s->w / shorter) + 0.5);
        w = in->w <= in->h ? s->w : other;
        h = in->w <= in->h ? other : s->w;
    }
    return reference_resize(out, r, in, w, h, err);
}

static void mirror(struct picture *p)
{
    for (int y = 0; y < p->h; y++)
        for (int x = 0; x < p->w / 2; x++)
            for (int c = 0; c < 3; c++) {
                double *a = at(p, x, y) + c, *b = at(p, p->w - 1 - x, y) + c, v = *a;
                *a = *b;
                *b = v;
            }
}

bool reference_frame(struct picture *out, const struct recipe *r, const struct frame *f, int crop,
                     struct error *err)
{
    TRY(reference_rgb(out, r, f, err));
    for (size_t i = 0; i < (size_t)out->w * (size_t)out->h * 3; i++)
        out->data[i] = floor(out->data[i] + 0.5);
    bool ok = true;
    for (int i = 0; i < r->space_count && ok; i++) {
        struct picture in = *out;
        *out = (struct picture){0};
        ok = one_step(out, r, &in, i, crop, err);
        picture_free(&in);
    }
    if (ok && r->crops == CROPS_TEN && crop >= 5)
        mirror(out);
    if (!ok)
        picture_free(out);
    return ok;
}
