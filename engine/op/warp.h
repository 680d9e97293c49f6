/* SPDX-License-Identifier: MIT */
/* Frames moved along a map of displacements, shared by warp and warp_difference. */
#ifndef ENGINE_OP_WARP_H
#define ENGINE_OP_WARP_H
#include "engine/op/values.h"
#include <math.h>

enum warp_sign { WARP_MINUS, WARP_PLUS };
enum warp_outside { WARP_TAPS, WARP_HARD };

struct warp {
    int sign, outside;
};

static const struct attr warp_attrs[] = {
    {"sign", ATTR_ENUM, offsetof(struct warp, sign), "minus", 0, 0, "minus|plus",
     "place p of the result shows x at p - v(p) or p + v(p)"},
    {"outside", ATTR_ENUM, offsetof(struct warp, outside), "taps", 0, 0, "taps|hard",
     "0 is each of the four pixels that lies outside, or all of a value whose place does"},
    {0},
};

/* The result has the frames of v; x has `more` frames than that, or still more. */
static inline bool warp_infer(const struct graph *g, struct node *n, int more, struct error *err)
{
    TRY(want_value(g, n, 0, 5, err) && want_value(g, n, 1, 5, err));
    const struct shape *x = input_shape(g, n, 0), *v = input_shape(g, n, 1);
    char left[96], right[96];
    if (v->dim[1] != 2)
        return graph_fail(g, n, err, "v has %lld channels, wanted 2: rows, columns",
                          (long long)v->dim[1]);
    if (x->dim[0] != v->dim[0] || x->dim[3] != v->dim[3] || x->dim[4] != v->dim[4])
        return graph_fail(g, n, err, "x is %s, v is %s: not maps of one size", shape_text(x, left),
                          shape_text(v, right));
    if (x->dim[2] < v->dim[2] + more)
        return graph_fail(g, n, err, "x has %lld frames, v has %lld: wanted at least %lld in x",
                          (long long)x->dim[2], (long long)v->dim[2], (long long)v->dim[2] + more);
    n->shape = *x;
    n->shape.dim[2] = v->dim[2];
    return true;
}

/* Four multiply-adds a value, as the published counts have it. */
static inline void warp_cost(const struct graph *g, const struct node *n, struct cost *c)
{
    (void)g;
    c->multiply_adds = 4 * (double)shape_elements(&n->shape, 1);
    c->flops = 2 * c->multiply_adds;
}

/* Where a displacement leads from pixel i of `size`: to the pixels at, at + 1, the second with
 * weight `part`. A place far outside, or none (NaN), is at -2. */
struct warp_place {
    int64_t at;
    double part;
    bool inside;
};

static inline struct warp_place warp_place(int64_t i, int64_t size, double move)
{
    double whole = floor(move), place = (double)i + whole;
    bool near = place >= -1 && place < (double)size;
    bool inside = (float)i + (float)move >= 0 && (float)i + (float)move <= (float)(size - 1);
    return (struct warp_place){near ? (int64_t)place : -2, move - whole, inside};
}

static inline double warp_tap(const float *map, struct axes x, int64_t row, int64_t col)
{
    return row >= 0 && row < x.h && col >= 0 && col < x.w ? map[row * x.w + col] : 0;
}

/* Pixel i of one channel's map. */
static inline double warp_value(const struct warp *a, const float *map, struct axes x, int64_t i,
                                double down, double right)
{
    int sign = a->sign == WARP_PLUS ? 1 : -1;
    struct warp_place r = warp_place(i / x.w, x.h, sign * down);
    struct warp_place c = warp_place(i % x.w, x.w, sign * right);
    double upper =
        (1 - c.part) * warp_tap(map, x, r.at, c.at) + c.part * warp_tap(map, x, r.at, c.at + 1);
    double lower = (1 - c.part) * warp_tap(map, x, r.at + 1, c.at) +
                   c.part * warp_tap(map, x, r.at + 1, c.at + 1);
    if (a->outside == WARP_HARD && !(r.inside && c.inside))
        return 0;
    return (1 - r.part) * upper + r.part * lower;
}

/* difference: x[t+1] - result instead of the result. */
static inline void warp_reference(const struct node *n, const struct tensor *in, struct tensor *out,
                                  bool difference)
{
    const struct warp *a = n->attrs;
    struct axes x = axes_of(&in[0].shape), y = axes_of(&out->shape);
    int64_t frame = x.h * x.w;
    for (int64_t m = 0; m < y.n * y.c * y.t; m++) {
        int64_t t = m % y.t, w = m / (y.c * y.t);
        const float *map = in[0].data + (m / y.t * x.t + t) * frame;
        const float *down = in[1].data + (w * 2 * y.t + t) * frame;
        const float *right = down + y.t * frame;
        for (int64_t i = 0; i < frame; i++) {
            double v = warp_value(a, map, x, i, down[i], right[i]);
            out->data[m * frame + i] = (float)(difference ? map[frame + i] - v : v);
        }
    }
}

static inline bool warp_lower(const struct node *n, struct lower *lo, bool difference)
{
    const struct warp *a = n->attrs;
    struct operand x = lower_operand(lo, n->in[0]), v = lower_operand(lo, n->in[1]);
    struct operand y = lower_output(lo, n);
    bool gpu = lower_caps(lo)->gpu;
    struct step *s = lower_launch(lo, n, "warp", "warp", "bilinear");
    /* A CPU work-item does all channels of a pixel: their place is found once. */
    launch_pixels(lo, s, &y);
    if (!gpu)
        s->global[0] = 1;
    lower_define_operand(lo, "X", &x);
    lower_define(lo, "V_ROW", v.row);
    lower_define_half(lo, "V", &v);
    lower_define_half(lo, "Y", &y);
    lower_define(lo, "Y_T", y.t);
    lower_define_text(lo, "SIGN", a->sign == WARP_PLUS ? "+" : "-");
    lower_define(lo, "HARD", a->outside == WARP_HARD);
    lower_define(lo, "DIFFERENCE", difference);
    lower_arg(lo, s, x.node);
    lower_arg(lo, s, v.node);
    lower_arg_output(lo, s, n);
    return true;
}

#endif
