/* SPDX-License-Identifier: MIT */
/* What operators over activations (N C T H W, or N C) share: shape checks, axes, launch sizes. */
#ifndef ENGINE_OP_VALUES_H
#define ENGINE_OP_VALUES_H
#include "base/checked.h"
#include "engine/plan.h"
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static inline const struct shape *input_shape(const struct graph *g, const struct node *n, int slot)
{
    return &g->nodes[n->in[slot]].shape;
}

/* An f32 value of the given rank; rank 0 accepts 5 and 2. */
static inline bool want_value(const struct graph *g, const struct node *n, int slot, int rank,
                              struct error *err)
{
    const struct shape *s = input_shape(g, n, slot);
    char name[24], got[96];
    if (s->dtype == DTYPE_F32 && (rank ? s->rank == rank : s->rank == 5 || s->rank == 2))
        return true;
    op_slot_name(n->op, slot, name);
    shape_text(s, got);
    if (!rank)
        return graph_fail(g, n, err, "%s is %s, wanted f32[N,C,T,H,W] or f32[N,C]", name, got);
    return graph_fail(g, n, err, "%s is %s, wanted f32 of rank %d", name, got, rank);
}

static inline bool want_same_shape(const struct graph *g, const struct node *n, int a, int b,
                                   struct error *err)
{
    const struct shape *x = input_shape(g, n, a), *y = input_shape(g, n, b);
    char left[96], right[96];
    if (shape_equal(x, y))
        return true;
    return graph_fail(g, n, err, "inputs of different shapes, %s and %s", shape_text(x, left),
                      shape_text(y, right));
}

/* The axes of a host tensor; absent ones are 1. */
struct axes {
    int64_t n, c, t, h, w;
};

static inline struct axes axes_of(const struct shape *s)
{
    struct axes a = {s->dim[0], s->dim[1], 1, 1, 1};
    if (s->rank == 5) {
        a.t = s->dim[2];
        a.h = s->dim[3];
        a.w = s->dim[4];
    }
    return a;
}

/* An operator that does one operation for each element of its result. */
static inline void cost_elements(const struct graph *g, const struct node *n, struct cost *c)
{
    (void)g;
    c->flops = (double)shape_elements(&n->shape, 1);
}

/* "#define NAME 0.5f", exactly. */
static inline void lower_define_float(struct lower *lo, const char *name, float v)
{
    char number[32], literal[40];
    text_float(number, v);
    snprintf(literal, sizeof literal, "%s%sf", number, strpbrk(number, ".e") ? "" : ".0");
    lower_define_text(lo, name, literal);
}

/* One work-item for VEC channels of a pixel of o: {C/VEC up, T*H*W, N}. Defines VEC. */
static inline void launch_pixels(struct lower *lo, struct step *s, const struct operand *o)
{
    int vec = lane_width(lower_caps(lo));
    lower_define(lo, "VEC", vec);
    lower_size(s, (size_t)ceil_div(o->c, vec), (size_t)o->t * (size_t)o->h * (size_t)o->w,
               (size_t)o->n);
}

/* The same for kernels that do not know a window from the next: {C/VEC up, N*T*H*W}. */
static inline void launch_elements(struct lower *lo, struct step *s, const struct operand *o)
{
    launch_pixels(lo, s, o);
    lower_size(s, s->global[0], s->global[1] * s->global[2], 1);
}

#endif
