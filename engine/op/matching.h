/* SPDX-License-Identifier: MIT */
/* Matching of neighbouring frames, in two steps (cost_volume, displacement) or one (match_frames):
 * the window, its similarities and what is made of them. */
#ifndef ENGINE_OP_MATCHING_H
#define ENGINE_OP_MATCHING_H
#include "engine/op/values.h"
#include <math.h>

enum matching_assign { ASSIGN_SOFT, ASSIGN_WTA };
enum matching_border { MATCH_ZERO, MATCH_MASK };
enum {
    MATCHING_MOST = 64, /* the largest radius */
    MATCHING_PLACES_MOST = (2 * MATCHING_MOST + 1) * (2 * MATCHING_MOST + 1)
};

struct matching {
    int radius, radius_w, assign, border;
    float eps, tau;
};

/* clang-format off */
#define MATCHING_WINDOW                                                                    \
    {"radius", ATTR_INT, offsetof(struct matching, radius), "7", 1, MATCHING_MOST, NULL,   \
     "rows up and down that are compared"},                                                \
        {"radius_w", ATTR_INT, offsetof(struct matching, radius_w), "0", 0, MATCHING_MOST, \
         NULL, "columns left and right; 0: as radius"}
#define MATCHING_EPS                                                                       \
    {"eps", ATTR_FLOAT, offsetof(struct matching, eps), "1e-06", 1e-30, 1, NULL,           \
     "added to the sum of squares"}
#define MATCHING_ASSIGN                                                                    \
    {"tau", ATTR_FLOAT, offsetof(struct matching, tau), "0.01", 1e-6, 1e6, NULL,           \
     "temperature of the softmax"},                                                        \
        {"assign", ATTR_ENUM, offsetof(struct matching, assign), "soft", 0, 0, "soft|wta", \
         "mean place under the softmax, or the best place, of equal ones the first"},      \
        {"border", ATTR_ENUM, offsetof(struct matching, border), "zero", 0, 0,             \
         "zero|mask", "places outside the frame: similarity 0, or left out"}
/* clang-format on */

static inline int matching_columns(const struct matching *a)
{
    return a->radius_w ? a->radius_w : a->radius;
}

/* Places of the window. */
static inline int64_t matching_places(const struct matching *a)
{
    return (int64_t)(2 * a->radius + 1) * (2 * matching_columns(a) + 1);
}

/* Pairs of neighbouring frames. */
static inline bool matching_infer_pairs(const struct graph *g, struct node *n, int64_t channels,
                                        struct error *err)
{
    TRY(want_value(g, n, 0, 5, err));
    n->shape = *input_shape(g, n, 0);
    if (n->shape.dim[2] < 2)
        return graph_fail(g, n, err, "input has 1 frame, wanted at least 2");
    n->shape.dim[1] = channels;
    n->shape.dim[2]--;
    return true;
}

/* Of the similarities: as many as in the volume, whether it stands in memory or not. */
static inline void matching_cost(const struct graph *g, const struct node *n, struct cost *c)
{
    const struct shape *x = input_shape(g, n, 0);
    double places = (double)matching_places(n->attrs);
    double pixels = (double)shape_elements(&n->shape, 1) / (double)n->shape.dim[1];
    c->multiply_adds = places * pixels * (double)x->dim[1];
    c->flops = 2 * c->multiply_adds;
}

/* Pixel (i,j) of one frame against (y,x) of another; both begin at channel 0, channels are `next`
 * apart. */
static inline double matching_cosine(const float *a, const float *b, int64_t channels, int64_t next,
                                     double eps)
{
    double product = 0, aa = eps, bb = eps;
    for (int64_t c = 0; c < channels * next; c += next) {
        product += (double)a[c] * b[c];
        aa += (double)a[c] * a[c];
        bb += (double)b[c] * b[c];
    }
    return product / (sqrt(aa) * sqrt(bb));
}

/* The similarities of pixel (i,j) of frame t of window w, `step` apart in the order of the volume's
 * channels. */
static inline void matching_similarities(const struct matching *a, const float *x, struct axes s,
                                         int64_t w, int64_t t, int64_t i, int64_t j, float *out,
                                         int64_t step)
{
    int rows = a->radius, cols = matching_columns(a);
    const float *now = x + (w * s.c * s.t + t) * s.h * s.w, *next = now + s.h * s.w;
    for (int64_t y = i - rows; y <= i + rows; y++)
        for (int64_t z = j - cols; z <= j + cols; z++, out += step)
            *out = y < 0 || y >= s.h || z < 0 || z >= s.w
                       ? 0
                       : (float)matching_cosine(now + i * s.w + j, next + y * s.w + z, s.c,
                                                s.t * s.h * s.w, a->eps);
}

/* Places of the window that lie in a frame of h x w: rows and columns from..to of it. */
struct matching_range {
    int from, to;
};

static inline struct matching_range matching_range(const struct matching *a, int64_t i,
                                                   int64_t size, int radius)
{
    if (a->border == MATCH_ZERO)
        return (struct matching_range){-radius, radius};
    return (struct matching_range){i < radius ? (int)-i : -radius,
                                   size - 1 - i < radius ? (int)(size - 1 - i) : radius};
}

/* out: rows and columns from pixel (i,j) of a frame of h x w to what it matches; place k of the
 * window has the similarity c[k*next]. A NaN among them is no match. */
static inline void matching_assign(const struct matching *a, const float *c, int64_t next,
                                   int64_t i, int64_t j, struct axes s, double out[2])
{
    int cols = matching_columns(a);
    struct matching_range y = matching_range(a, i, s.h, a->radius);
    struct matching_range x = matching_range(a, j, s.w, cols);
    double best = -INFINITY, sum = 0, down = 0, right = 0;
    out[0] = out[1] = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int dy = y.from; dy <= y.to; dy++)
            for (int dx = x.from; dx <= x.to; dx++) {
                double v = c[((dy + a->radius) * (2 * cols + 1) + dx + cols) * next];
                if (pass) {
                    double p = exp((v - best) / a->tau);
                    sum += p;
                    down += p * dy;
                    right += p * dx;
                } else if (!(v <= best) && !isnan(best)) {
                    best = v;
                    out[0] = dy;
                    out[1] = dx;
                }
            }
    if (a->assign == ASSIGN_SOFT || isnan(best)) {
        out[0] = down / sum;
        out[1] = right / sum;
    }
}

#endif
