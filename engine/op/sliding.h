/* SPDX-License-Identifier: MIT */
/* Window geometry of convolutions and pooling: one set of rules, one set of attributes.
 *
 * Axes are T H W. Output position o reads inputs o*stride - begin + k*dilation, k in [0, kernel).
 * mode=floor and ceil pad by `pad` on both sides; same is TensorFlow's SAME and ignores `pad`.
 */
#ifndef ENGINE_OP_SLIDING_H
#define ENGINE_OP_SLIDING_H
#include "graph/op.h"
#include <stddef.h>

enum sliding_mode { SLIDING_FLOOR, SLIDING_SAME, SLIDING_CEIL };
#define SLIDING_MODES "floor|same|ceil" /* operators without ceil give "floor|same" */

/* Part of an operator's attribute struct. */
struct sliding {
    int kernel[3], stride[3], pad[3], dilation[3];
    int mode;
};

/* Rows of an attribute table; `member` is the struct sliding in `type`. Convolutions have no kernel
 * row: their weight says it. */
#define SLIDING_MOST 65535
#define SLIDING_EXTENT_MOST (1 << 30) /* kernels place taps with int */
#define SLIDING_KERNEL(type, member)                                                               \
    {"kernel", ATTR_INT3, offsetof(type, member.kernel), NULL, 1, SLIDING_MOST, NULL,              \
     "window size T,H,W"}
#define SLIDING_STRIDE(type, member)                                                               \
    {"stride", ATTR_INT3, offsetof(type, member.stride), "1", 1, SLIDING_MOST, NULL,               \
     "distance of windows T,H,W"}
#define SLIDING_PAD(type, member)                                                                  \
    {"pad", ATTR_INT3, offsetof(type, member.pad), "0", 0, SLIDING_MOST, NULL,                     \
     "padding on both sides T,H,W"}
#define SLIDING_DILATION(type, member)                                                             \
    {"dilation", ATTR_INT3, offsetof(type, member.dilation), "1", 1, SLIDING_MOST, NULL,           \
     "distance of taps T,H,W"}
#define SLIDING_MODE(type, member, modes)                                                          \
    {"mode", ATTR_ENUM, offsetof(type, member.mode), "floor", 0, 0, modes,                         \
     "rounding of the output size; same: TensorFlow's padding"}

/* Inputs that one window spans. */
static inline int64_t sliding_extent(const struct sliding *s, int axis)
{
    return (int64_t)s->dilation[axis] * (s->kernel[axis] - 1) + 1;
}

/* Output positions over n inputs; 0 when no window fits. */
static inline int64_t sliding_size(const struct sliding *s, int axis, int64_t n)
{
    int64_t stride = s->stride[axis], pad = s->pad[axis];
    if (s->mode == SLIDING_SAME)
        return (n + stride - 1) / stride;
    int64_t room = n + 2 * pad - sliding_extent(s, axis);
    if (room < 0)
        return 0;
    if (s->mode == SLIDING_FLOOR)
        return room / stride + 1;
    int64_t out = (room + stride - 1) / stride + 1;
    return (out - 1) * stride >= n + pad ? out - 1 : out; /* no window in the end padding alone */
}

/* Padding in front of n inputs. */
static inline int64_t sliding_begin(const struct sliding *s, int axis, int64_t n)
{
    if (s->mode != SLIDING_SAME)
        return s->pad[axis];
    int64_t total = (sliding_size(s, axis, n) - 1) * s->stride[axis] + sliding_extent(s, axis) - n;
    return total > 0 ? total / 2 : 0;
}

/* Pairs of an output position and a tap that reads inside. */
static inline int64_t sliding_pairs(const struct sliding *s, int axis, int64_t n)
{
    int64_t pairs = 0, begin = sliding_begin(s, axis, n), out = sliding_size(s, axis, n);
    for (int k = 0; k < s->kernel[axis]; k++) {
        int64_t offset = (int64_t)k * s->dilation[axis] - begin; /* o*stride + offset in [0, n) */
        int64_t from = offset < 0 ? (-offset + s->stride[axis] - 1) / s->stride[axis] : 0;
        int64_t to = offset < n ? (n - 1 - offset) / s->stride[axis] + 1 : 0;
        to = to < out ? to : out;
        pairs += to > from ? to - from : 0;
    }
    return pairs;
}

/* Replaces dims 2, 3, 4 (T H W) of n->shape, which holds the input's, by the output's. */
static inline bool sliding_infer(const struct graph *g, struct node *n, const struct sliding *s,
                                 struct error *err)
{
    static const char axis_name[] = "THW";
    for (int i = 0; i < 3; i++) {
        int64_t in = n->shape.dim[2 + i], out = sliding_size(s, i, in);
        if (sliding_extent(s, i) > SLIDING_EXTENT_MOST)
            return graph_fail(g, n, err, "axis %c: a window of %lld is wider than %d",
                              axis_name[i], (long long)sliding_extent(s, i), SLIDING_EXTENT_MOST);
        if (out < 1)
            return graph_fail(g, n, err, "axis %c has %lld inputs and padding %d, too few for a "
                              "window of %lld", axis_name[i], (long long)in, s->pad[i],
                              (long long)sliding_extent(s, i));
        n->shape.dim[2 + i] = out;
    }
    return true;
}

#endif
