/* SPDX-License-Identifier: MIT */
/* What maximum and average pooling share: attributes, geometry, launch. */
#ifndef ENGINE_OP_POOL_H
#define ENGINE_OP_POOL_H
#include "engine/op/sliding.h"
#include "engine/op/values.h"

struct pool {
    struct sliding window; /* as written: stride 0 means kernel; read it through pool_window() */
    int border;            /* maxpool3d: padding takes part as 0 */
    int count_include_pad; /* avgpool3d                          */
};

#define POOL_ATTRS                                                                                 \
    SLIDING_KERNEL(struct pool, window),                                                           \
    {"stride", ATTR_INT3, offsetof(struct pool, window.stride), "0", 0, SLIDING_MOST, NULL,        \
     "distance of windows T,H,W; 0: the window's size"},                                           \
    SLIDING_PAD(struct pool, window), SLIDING_MODE(struct pool, window, SLIDING_MODES)

static inline struct sliding pool_window(const struct pool *a)
{
    struct sliding s = a->window;
    for (int i = 0; i < 3; i++) {
        s.dilation[i] = 1;
        if (!s.stride[i])
            s.stride[i] = s.kernel[i];
    }
    return s;
}

static inline bool pool_infer(const struct graph *g, struct node *n, struct error *err)
{
    struct sliding s = pool_window(n->attrs);
    TRY(want_value(g, n, 0, 5, err));
    for (int i = 0; i < 3; i++)
        if (s.mode != SLIDING_SAME && s.pad[i] >= s.kernel[i])
            return graph_fail(g, n, err, "pad=%d is not less than kernel=%d: a window could hold "
                              "padding alone", s.pad[i], s.kernel[i]);
    n->shape = *input_shape(g, n, 0);
    return sliding_infer(g, n, &s, err);
}

static inline void pool_cost(const struct graph *g, const struct node *n, struct cost *c)
{
    (void)g;
    struct sliding s = pool_window(n->attrs);
    c->flops = (double)shape_elements(&n->shape, 1) * s.kernel[0] * s.kernel[1] * s.kernel[2];
}

/* One axis of one window: inputs first .. last-1, and `counted` positions inside input and padding.
 * A window of ceil mode may reach beyond the padding; what lies there does not exist. */
struct pool_span {
    int64_t first, last, counted;
};

static inline struct pool_span pool_span(const struct sliding *s, int axis, int64_t out, int64_t n)
{
    int64_t begin = out * s->stride[axis] - sliding_begin(s, axis, n);
    int64_t end = begin + s->kernel[axis], padded = n + s->pad[axis];
    if (s->mode != SLIDING_SAME && end > padded)
        end = padded;
    return (struct pool_span){
        .first = begin > 0 ? begin : 0,
        .last = end < n ? end : n,
        .counted = end - begin,
    };
}

/* Outputs of a work-item: on a GPU several neighbours along W, where their windows overlap. */
static inline int pool_tile(const struct caps *caps, const struct sliding *s, int outputs)
{
    enum { TILE_MOST = 4, SPAN_MOST = 16 };
    if (!caps->gpu || s->kernel[2] <= s->stride[2] ||
        (int64_t)(TILE_MOST - 1) * s->stride[2] + s->kernel[2] > SPAN_MOST)
        return 1;
    return (int)ceil_div(outputs, ceil_div(outputs, TILE_MOST));
}

/* A launch with the geometry as defines and x, y as arguments. */
static inline struct step *pool_launch(const struct node *n, struct lower *lo, const char *source)
{
    static const char *const axis_name[] = {"T", "H", "W"};
    struct sliding window = pool_window(n->attrs);
    struct operand x = lower_operand(lo, n->in[0]), y = lower_output(lo, n);
    const int in[] = {x.t, x.h, x.w};
    int tile = pool_tile(lower_caps(lo), &window, y.w), tiles = (int)ceil_div(y.w, tile);
    char algorithm[32];
    snprintf(algorithm, sizeof algorithm, tile > 1 ? "direct %dx1" : "direct", tile);
    struct step *s = lower_launch(lo, n, source, source, algorithm);
    launch_pixels(lo, s, &y);
    lower_size(s, s->global[0], (size_t)y.t * (size_t)y.h * (size_t)tiles, s->global[2]);
    lower_define(lo, "TILE_W", tile);
    lower_define_operand(lo, "X", &x);
    lower_define_operand(lo, "Y", &y);
    for (int i = 0; i < 3; i++) {
        char name[16];
        bool same = window.mode == SLIDING_SAME;
        snprintf(name, sizeof name, "K_%s", axis_name[i]);
        lower_define(lo, name, window.kernel[i]);
        snprintf(name, sizeof name, "STRIDE_%s", axis_name[i]);
        lower_define(lo, name, window.stride[i]);
        snprintf(name, sizeof name, "BEGIN_%s", axis_name[i]);
        lower_define(lo, name, sliding_begin(&window, i, in[i]));
        snprintf(name, sizeof name, "PADDED_%s", axis_name[i]);
        lower_define(lo, name, same ? in[i] + window.kernel[i] : in[i] + window.pad[i]);
    }
    lower_arg(lo, s, x.node);
    lower_arg_output(lo, s, n);
    return s;
}

#endif
