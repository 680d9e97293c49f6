/* SPDX-License-Identifier: MIT */
/* Results whose elements each are one element of x, found axis by axis: slices, padding,
 * transpositions, repetitions. They share the kernel gather.cl. */
#ifndef ENGINE_OP_GATHER_H
#define ENGINE_OP_GATHER_H
#include "engine/op/values.h"

/* What lies outside x: nothing does; a number; the nearest element; the mirror image. */
enum gather_border { GATHER_INSIDE, GATHER_CONSTANT, GATHER_EDGE, GATHER_REFLECT };

/* Axes are C T H W. Place i of the result's axis k is place begin[k] + i * step[k] of x's axis
 * order[k]. */
struct gather {
    int order[4];
    int64_t begin[4], step[4];
    enum gather_border border;
    float value;
};

static inline void gather_sizes(const struct shape *s, int64_t size[4])
{
    struct axes a = axes_of(s);
    const int64_t all[] = {a.c, a.t, a.h, a.w};
    memcpy(size, all, sizeof all);
}

/* Where a place that may lie outside [0, size) is read; -1: nowhere. */
static inline int64_t gather_place(const struct gather *a, int64_t i, int64_t size)
{
    if (i >= 0 && i < size)
        return i;
    if (a->border == GATHER_EDGE)
        return i < 0 ? 0 : size - 1;
    if (a->border == GATHER_REFLECT)
        return i < 0 ? -i : 2 * (size - 1) - i;
    return -1;
}

static inline void gather_reference(const struct gather *a, const struct tensor *x,
                                    struct tensor *out)
{
    int64_t in[4], size[4], windows = out->shape.dim[0];
    gather_sizes(&x->shape, in);
    gather_sizes(&out->shape, size);
    int64_t one = size[0] * size[1] * size[2] * size[3];
    for (int64_t i = 0; i < windows * one; i++) {
        int64_t from[4] = {0}, rest = i % one;
        bool inside = true;
        for (int k = 3; k >= 0; k--) {
            int64_t place = a->begin[k] + rest % size[k] * a->step[k];
            rest /= size[k];
            from[a->order[k]] = gather_place(a, place, in[a->order[k]]);
            inside = inside && from[a->order[k]] >= 0;
        }
        int64_t at = ((from[0] * in[1] + from[1]) * in[2] + from[2]) * in[3] + from[3];
        out->data[i] = inside ? x->data[i / one * in[0] * in[1] * in[2] * in[3] + at] : a->value;
    }
}

static inline bool gather_lower(const struct gather *a, const struct node *n, struct lower *lo)
{
    static const char axis_name[] = "CTHW";
    struct operand x = lower_operand(lo, n->in[0]), y = lower_output(lo, n);
    const int64_t size[] = {x.c, x.t, x.h, x.w}, row = x.row;
    const int64_t stride[] = {1, x.h * x.w * row, x.w * row, row};
    struct step *s = lower_launch(lo, n, "gather", "gather", "copy");
    char name[16];
    for (int k = 0; k < 4; k++) {
        snprintf(name, sizeof name, "BEGIN_%c", axis_name[k]);
        lower_define(lo, name, a->begin[k]);
        snprintf(name, sizeof name, "STEP_%c", axis_name[k]);
        lower_define(lo, name, a->step[k]);
        snprintf(name, sizeof name, "SIZE_%c", axis_name[k]);
        lower_define(lo, name, size[a->order[k]]);
        snprintf(name, sizeof name, "STRIDE_%c", axis_name[k]);
        lower_define(lo, name, stride[a->order[k]]);
    }
    lower_define(lo, "BORDER", a->border);
    lower_define_float(lo, "VALUE", a->value);
    lower_define(lo, "X_WINDOW", (int64_t)x.t * x.h * x.w * x.row);
    lower_define_half(lo, "X", &x);
    lower_define(lo, "Y_T", y.t);
    lower_define(lo, "Y_H", y.h);
    lower_define(lo, "Y_W", y.w);
    lower_define(lo, "Y_ROW", y.row);
    lower_define_half(lo, "Y", &y);
    lower_arg(lo, s, x.node);
    lower_arg_output(lo, s, n);
    lower_size(s, (size_t)y.c, (size_t)y.t * (size_t)y.h * (size_t)y.w, (size_t)y.n);
    return true;
}

#endif
