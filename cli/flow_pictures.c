/* SPDX-License-Identifier: MIT */
#include "cli/flow_pictures.h"
#include "cli/flow_wheel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { GAIN = 3 }; /* of differences, which are small */

const char *const flow_titles[FLOW_PICTURES] = {"frame", "displacement", "difference, x 3",
                                                "warped, x 3"};

bool flow_pair_make(struct flow_pair *p, int frame_w, int frame_h, int w, int h, struct error *err)
{
    size_t bytes = (size_t)w * (size_t)h * sizeof(float);
    *p = (struct flow_pair){.w = w, .h = h};
    if (!canvas_make(&p->now, frame_w, frame_h, err) ||
        !canvas_make(&p->next, frame_w, frame_h, err))
        return false;
    p->down = malloc(bytes);
    p->right = malloc(bytes);
    return (p->down && p->right) || fail(err, ERROR_LIMIT, "no memory for a map of %dx%d", w, h);
}

void flow_pair_free(struct flow_pair *p)
{
    canvas_free(&p->now);
    canvas_free(&p->next);
    free(p->down);
    free(p->right);
    *p = (struct flow_pair){0};
}

static int compare(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

double flow_pair_length(const struct flow_pair *p, struct error *err)
{
    size_t n = (size_t)p->w * (size_t)p->h;
    double sx = (double)p->now.w / p->w, sy = (double)p->now.h / p->h;
    float *length = malloc(n * sizeof *length);
    if (!length) {
        fail(err, ERROR_LIMIT, "no memory for a map of %dx%d", p->w, p->h);
        return -1;
    }
    for (size_t i = 0; i < n; i++)
        length[i] = (float)hypot(p->right[i] * sx, p->down[i] * sy);
    qsort(length, n, sizeof *length, compare);
    double result = length[n * 95 / 100];
    free(length);
    return result;
}

/* ---- reading between pixels; what lies outside is as the edge ---- */

static double mix(double a, double b, double part)
{
    return a + (b - a) * part;
}

static int inside(int i, int size)
{
    return i < 0 ? 0 : i >= size ? size - 1 : i;
}

static double map_at(const float *map, int w, int h, double x, double y)
{
    int left = (int)floor(x), top = (int)floor(y);
    int x0 = inside(left, w), x1 = inside(left + 1, w), y0 = inside(top, h),
        y1 = inside(top + 1, h);
    const float *a = map + (size_t)y0 * (size_t)w, *b = map + (size_t)y1 * (size_t)w;
    return mix(mix(a[x0], a[x1], x - left), mix(b[x0], b[x1], x - left), y - top);
}

static double frame_at(const struct canvas *c, double x, double y, int k)
{
    int left = (int)floor(x), top = (int)floor(y);
    int x0 = inside(left, c->w), x1 = inside(left + 1, c->w);
    const uint8_t *a = c->rgb + (size_t)inside(top, c->h) * (size_t)c->w * 3 + k;
    const uint8_t *b = c->rgb + (size_t)inside(top + 1, c->h) * (size_t)c->w * 3 + k;
    return mix(mix(a[3 * x0], a[3 * x1], x - left), mix(b[3 * x0], b[3 * x1], x - left), y - top);
}

/* The displacement of a pixel of the frame, in its pixels. */
static void motion(const struct flow_pair *p, int x, int y, double *right, double *down)
{
    double sx = (double)p->now.w / p->w, sy = (double)p->now.h / p->h;
    double u = (x + 0.5) / sx - 0.5, v = (y + 0.5) / sy - 0.5;
    *right = map_at(p->right, p->w, p->h, u, v) * sx;
    *down = map_at(p->down, p->w, p->h, u, v) * sy;
}

/* ---- pictures ---- */

static void draw_pixel(const struct flow_pair *p, enum flow_picture which, double full, int x,
                       int y, uint8_t *out)
{
    double right = 0, down = 0;
    if (which != FLOW_DIFFERENCE)
        motion(p, x, y, &right, &down);
    if (which == FLOW_COLORS) {
        struct rgb c = flow_color(right / full, down / full);
        out[0] = c.r, out[1] = c.g, out[2] = c.b;
        return;
    }
    for (int k = 0; k < 3; k++) {
        double d = frame_at(&p->next, x, y, k) - frame_at(&p->now, x - right, y - down, k);
        out[k] = (uint8_t)fmin(255, fabs(d) * GAIN + 0.5);
    }
}

void flow_pair_draw(const struct flow_pair *p, enum flow_picture which, double full,
                    struct canvas *out)
{
    int w = p->now.w, h = p->now.h, key = (w < h ? w : h) / 6;
    if (which == FLOW_FRAME)
        memcpy(out->rgb, p->now.rgb, (size_t)w * (size_t)h * 3);
    for (int y = 0; y < h && which != FLOW_FRAME; y++)
        for (int x = 0; x < w; x++)
            draw_pixel(p, which, full, x, y, out->rgb + ((size_t)y * (size_t)w + (size_t)x) * 3);
    if (which == FLOW_COLORS)
        flow_key(out, w - key - 3, h - key - 3, key);
}
