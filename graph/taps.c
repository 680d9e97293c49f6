/* SPDX-License-Identifier: MIT */
#include "graph/taps.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TAPS_MOST = 1 << 26 }; /* 1 GiB of tables; 8192 wanted of a 65535 axis need a fraction */

static int clamp(int v, int most)
{
    return v < 0 ? 0 : v > most ? most : v;
}

/* Half-pixel centres, two taps: torch with align_corners=False, antialias=False. */
static void bilinear(int in, int out, int at, int32_t *index, double *weight)
{
    double s = (at + 0.5) * ((double)in / out) - 0.5;
    if (s < 0)
        s = 0;
    int i = clamp((int)s, in - 1);
    index[0] = i;
    index[1] = clamp(i + 1, in - 1);
    weight[1] = index[1] > i ? s - i : 0;
    weight[0] = 1 - weight[1];
}

static double cv_weight(float f)
{
    return rint((double)f * 2048.0);
}

/* OpenCV's INTER_LINEAR for 8 bits: coordinates in float. Rows and columns differ at the ends: a
 * column has one weight there, a row keeps two for the same sample (and rounds twice). */
static void cv(int in, int out, int at, bool row, int32_t *index, double *weight)
{
    float s = (float)((at + 0.5) * ((double)in / out) - 0.5);
    int i = (int)floorf(s);
    s -= (float)i;
    if (!row && (i < 0 || i >= in - 1))
        s = 0;
    index[0] = clamp(i, in - 1);
    index[1] = clamp(row ? i + 1 : index[0] + 1, in - 1);
    weight[0] = cv_weight(1.0f - s);
    weight[1] = cv_weight(s);
}

static int64_t triangle_taps(int in, int out)
{
    double scale = (double)in / out;
    return (int64_t)ceil(scale < 1 ? 1 : scale) * 2 + 1;
}

/* Pillow's BILINEAR and torch's antialias=True: a triangle as wide as an output pixel. */
static void triangle(int in, int out, int at, int each, int32_t *index, double *weight)
{
    double scale = (double)in / out, wide = scale < 1 ? 1 : scale, c = (at + 0.5) * scale, sum = 0;
    int lo = (int)(c - wide + 0.5), hi = (int)(c + wide + 0.5);
    lo = lo < 0 ? 0 : lo;
    hi = hi > in ? in : hi;
    assert(hi - lo <= each);
    for (int x = lo; x < hi; x++) {
        double d = fabs((x - c + 0.5) / wide);
        weight[x - lo] = d < 1 ? 1 - d : 0;
        sum += weight[x - lo];
    }
    for (int t = 0; t < each; t++) {
        index[t] = clamp(lo + t, hi - 1);
        weight[t] = lo + t < hi ? weight[t] / sum : 0;
    }
}

/* Index and weights of one wanted position, in positions of the input. */
static void fill_one(struct taps *taps, enum filter_rule filter, bool row, int in, int out, int at,
                     int i)
{
    int32_t *index = taps->index + (size_t)i * (size_t)taps->each;
    double *weight = taps->weight + (size_t)i * (size_t)taps->each;
    if (at < 0 || at >= out) {
        for (int t = 0; t < taps->each; t++)
            index[t] = -1, weight[t] = 0;
        return;
    }
    switch (filter) {
    case FILTER_BILINEAR:
        bilinear(in, out, at, index, weight);
        break;
    case FILTER_CV:
        cv(in, out, at, row, index, weight);
        break;
    default:
        triangle(in, out, at, taps->each, index, weight);
        for (int t = 0; t < taps->each && filter == FILTER_PIL; t++)
            weight[t] = floor(0.5 + weight[t] * 0x1p22);
    }
}

static void keep_input(struct taps *taps, enum filter_rule filter, const int32_t *wanted, int out)
{
    for (int i = 0; i < taps->count; i++) {
        bool inside = wanted[i] >= 0 && wanted[i] < out;
        taps->index[i] = inside ? wanted[i] : -1;
        taps->weight[i] = !inside ? 0 : filter == FILTER_PIL ? 0x1p22 : filter == FILTER_CV
                          ? 0x1p11 : 1;
    }
}

static int ascending(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

/* Collects the positions read, and turns index into indices of that list; -1 becomes 0. */
static void compact(struct taps *taps)
{
    size_t all = (size_t)taps->count * (size_t)taps->each, n = 0;
    for (size_t i = 0; i < all; i++)
        if (taps->index[i] >= 0)
            taps->used[n++] = taps->index[i];
    if (!n)
        taps->used[n++] = 0;
    qsort(taps->used, n, sizeof *taps->used, ascending);
    size_t kept = 1;
    for (size_t i = 1; i < n; i++)
        if (taps->used[i] != taps->used[kept - 1])
            taps->used[kept++] = taps->used[i];
    taps->used_count = (int)kept;
    for (size_t i = 0; i < all; i++) {
        const int32_t *at = bsearch(&taps->index[i], taps->used, kept, sizeof *at, ascending);
        taps->index[i] = at ? (int32_t)(at - taps->used) : 0;
    }
}

bool taps_make(struct taps *taps, enum filter_rule filter, bool row, int in, int out,
               const int32_t *wanted, int count, struct error *err)
{
    assert(in > 0 && out > 0 && count > 0);
    bool two = filter == FILTER_BILINEAR || filter == FILTER_CV;
    int64_t each = in == out ? 1 : two ? 2 : triangle_taps(in, out);
    if (each * count > TAPS_MOST)
        return fail(err, ERROR_LIMIT, "resize %d to %d: more than %d filter weights", in, out,
                    TAPS_MOST);
    *taps = (struct taps){.count = count, .each = (int)each};
    size_t all = (size_t)count * (size_t)taps->each;
    taps->index = malloc(all * sizeof *taps->index);
    taps->weight = malloc(all * sizeof *taps->weight);
    taps->used = malloc(all * sizeof *taps->used);
    if (!taps->index || !taps->weight || !taps->used) {
        taps_free(taps);
        return fail(err, ERROR_LIMIT, "out of memory: resize %d to %d", in, out);
    }
    if (in == out)
        keep_input(taps, filter, wanted, out);
    else
        for (int i = 0; i < count; i++)
            fill_one(taps, filter, row, in, out, wanted[i], i);
    compact(taps);
    return true;
}

void taps_free(struct taps *taps)
{
    free(taps->index);
    free(taps->weight);
    free(taps->used);
    *taps = (struct taps){0};
}
