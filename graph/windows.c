/* SPDX-License-Identifier: MIT */
/* The arithmetic is that of the public test code of each family, rounding included; see
 * tests/graph/windows.c. */
#include "graph/windows.h"

#include <assert.h>

bool windows_need_length(const struct recipe *r)
{
    return r->windows != WINDOWS_SLIDE && r->windows != WINDOWS_ALL;
}

int64_t windows_span(const struct recipe *r)
{
    return r->span ? r->span : (int64_t)(r->frames - 1) * r->stride + 1;
}

int64_t windows_offset(const struct recipe *r, int t)
{
    return r->span ? windows_spread(r->span, r->frames, t) : (int64_t)t * r->stride;
}

int64_t windows_step(const struct recipe *r)
{
    if (r->windows == WINDOWS_ALL)
        return 1;
    if (r->windows != WINDOWS_SLIDE)
        return 0;
    if (r->windows_arg)
        return r->windows_arg;
    return r->span ? r->span : (int64_t)r->frames * r->stride;
}

/* The last start of a whole window, or 0. */
static int64_t last_start(const struct recipe *r, int64_t n)
{
    int64_t span = windows_span(r);
    return n > span ? n - span : 0;
}

int64_t windows_overlap(const struct recipe *r)
{
    int64_t step = windows_step(r);
    return step ? (windows_span(r) + step - 1) / step : 1;
}

int64_t windows_count(const struct recipe *r, int64_t n)
{
    assert(n >= 1);
    int64_t whole, begun;
    switch (r->windows) {
    case WINDOWS_SLIDE: /* up to and including the first that runs past the end */
        whole = n < windows_span(r) ? 0 : last_start(r, n) / windows_step(r) + 1;
        begun = (n - 1) / windows_step(r) + 1;
        return begun > whole ? whole + 1 : whole;
    case WINDOWS_ALL:
        return last_start(r, n) + 1;
    case WINDOWS_EVEN:
    case WINDOWS_UNIFORM:
    case WINDOWS_TSN:
    case WINDOWS_TSN_CAFFE:
        return r->windows_arg;
    default:
        return 1;
    }
}

/* numpy.linspace(size / 2, n - 1 - size / 2, k)[j] - size / 2. */
static int64_t even_start(int64_t n, int64_t span, int64_t k, int64_t j)
{
    double half = (double)span / 2.0, from = half, to = (double)(n - 1) - half;
    double step = k > 1 ? (to - from) / (double)(k - 1) : 0.0;
    double at = j > 0 && j == k - 1 ? to : (double)j * step + from;
    return (int64_t)(at - half);
}

/* The middle of the j-th of k equal parts. */
static int64_t tsn_start(int64_t n, int64_t span, int64_t k, int64_t j)
{
    double tick = (double)(n - span + 1) / (double)k;
    return (int64_t)(tick / 2.0 + tick * (double)j);
}

static int64_t tsn_caffe_start(int64_t n, int64_t span, int64_t k, int64_t j)
{
    int64_t rest = n - (span - 1);
    return rest > 0 ? rest / (k - 1) * j : 0;
}

static int64_t uniform_start(int64_t last, int64_t k, int64_t j)
{
    return k > 1 ? (int64_t)((double)(j * last) / (double)(k - 1) + 0.5) : last / 2;
}

int64_t windows_start(const struct recipe *r, int64_t n, int64_t j)
{
    int64_t k = r->windows_arg, span = windows_span(r), start;
    switch (r->windows) {
    case WINDOWS_EVEN:
        start = even_start(n, span, k, j);
        break;
    case WINDOWS_UNIFORM:
        start = uniform_start(last_start(r, n), k, j);
        break;
    case WINDOWS_TSN:
        start = tsn_start(n, span, k, j);
        break;
    case WINDOWS_TSN_CAFFE:
        start = tsn_caffe_start(n, span, k, j);
        break;
    case WINDOWS_CENTER:
        start = n / 2 - span / 2;
        break;
    case WINDOWS_SUBSAMPLE:
        return 0;
    default:
        return j * windows_step(r);
    }
    /* The published rules assume videos longer than a window; shorter ones start at 0. */
    int64_t last = last_start(r, n);
    return start < 0 ? 0 : start > last ? last : start;
}

/* Slots of a window that starts at frame `start` whose frames exist, at least 1. */
static int slots_inside(const struct recipe *r, int64_t n, int64_t start)
{
    int slots = 1;
    for (int most = r->frames; slots < most;) {
        int middle = (slots + most + 1) / 2;
        if (start + windows_offset(r, middle - 1) < n)
            slots = middle;
        else
            most = middle - 1;
    }
    return slots;
}

int windows_source(const struct recipe *r, int64_t n, int64_t j, int t)
{
    if (r->windows == WINDOWS_SUBSAMPLE)
        return t;
    int have = slots_inside(r, n, windows_start(r, n, j));
    if (t < have)
        return t;
    return r->pad == PAD_LAST ? have - 1 : t % have;
}

int64_t windows_spread(int64_t n, int k, int t)
{
    if (k == 1)
        return 0;
    float end = (float)(n - 1), step = end / (float)(k - 1);
    float at = t < k / 2 ? step * (float)t : end - step * (float)(k - 1 - t);
    int64_t i = (int64_t)at;
    return i < 0 ? 0 : i > n - 1 ? n - 1 : i;
}

int64_t windows_frame(const struct recipe *r, int64_t n, int64_t j, int t)
{
    if (r->windows == WINDOWS_SUBSAMPLE)
        return windows_spread(n, r->frames, t);
    return windows_start(r, n, j) + windows_offset(r, windows_source(r, n, j, t));
}
