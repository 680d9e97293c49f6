/* SPDX-License-Identifier: MIT */
/* Arithmetic of two operands where an axis of one may be 1 and counts for all of the other's. One
 * of them may be a weight of shape [1,C,T,H,W]. What has equal shapes or is fused with convolutions
 * is an operator of its own: add, subtract, channel_scale. */
#include "engine/op/values.h"
#include <math.h>

/* FN of cl/kernels/binary.cl */
enum function { FN_ADD, FN_SUB, FN_MUL, FN_DIV, FN_MAX, FN_MIN, FN_POW };

struct binary {
    int fn;
};

static const struct attr attrs[] = {
    {"fn", ATTR_ENUM, offsetof(struct binary, fn), NULL, 0, 0, "add|sub|mul|div|max|min|pow",
     "x + y, x - y, x * y, x / y, the larger, the smaller, x to the power of y"},
    {0},
};

static bool is_weight(const struct graph *g, const struct node *n, int slot)
{
    return g->nodes[n->in[slot]].part == PART_WEIGHT;
}

static bool infer(const struct graph *g, struct node *n, struct error *err)
{
    char text[2][96];
    TRY(want_value(g, n, 0, 0, err));
    TRY(want_value(g, n, 1, 0, err));
    const struct shape *x = input_shape(g, n, 0), *y = input_shape(g, n, 1);
    struct axes a = axes_of(x), b = axes_of(y);
    const int64_t p[] = {a.c, a.t, a.h, a.w}, q[] = {b.c, b.t, b.h, b.w};
    bool fits = !(is_weight(g, n, 0) && is_weight(g, n, 1));
    for (int slot = 0; slot < 2; slot++)
        fits = fits && (!is_weight(g, n, slot) || input_shape(g, n, slot)->dim[0] == 1);
    n->shape = x->rank > y->rank ? *x : *y;
    n->shape.dim[0] = is_weight(g, n, 0) ? b.n : a.n;
    fits = fits && (is_weight(g, n, 0) || is_weight(g, n, 1) || a.n == b.n);
    for (int i = 0; i < 4; i++) {
        fits = fits && (p[i] == q[i] || p[i] == 1 || q[i] == 1);
        if (1 + i < n->shape.rank)
            n->shape.dim[1 + i] = p[i] > q[i] ? p[i] : q[i];
    }
    return fits || graph_fail(g, n, err,
                              "%s and %s: axes must be equal or 1, and a weight's first "
                              "axis 1",
                              shape_text(x, text[0]), shape_text(y, text[1]));
}

static double apply(int fn, double x, double y)
{
    switch ((enum function)fn) {
    case FN_ADD:
        return x + y;
    case FN_SUB:
        return x - y;
    case FN_MUL:
        return x * y;
    case FN_DIV:
        return x / y;
    case FN_MAX: /* NaN of either stays */
        return x > y || isnan(x) ? x : y;
    case FN_MIN:
        return x < y || isnan(x) ? x : y;
    case FN_POW:
        break;
    }
    return pow(x, y);
}

/* The element of an operand that belongs to element (n,c,t,h,w) of the result. */
static float at(const struct tensor *x, const int64_t place[5])
{
    struct axes a = axes_of(&x->shape);
    const int64_t size[] = {a.n, a.c, a.t, a.h, a.w};
    int64_t i = 0;
    for (int k = 0; k < 5; k++)
        i = i * size[k] + (size[k] == 1 ? 0 : place[k]);
    return x->data[i];
}

static void reference(const struct node *n, const struct tensor *in, struct tensor *out)
{
    const struct binary *a = n->attrs;
    struct axes y = axes_of(&out->shape);
    float *to = out->data;
    int64_t at_[5];
    for (at_[0] = 0; at_[0] < y.n; at_[0]++)
        for (at_[1] = 0; at_[1] < y.c; at_[1]++)
            for (at_[2] = 0; at_[2] < y.t; at_[2]++)
                for (at_[3] = 0; at_[3] < y.h; at_[3]++)
                    for (at_[4] = 0; at_[4] < y.w; at_[4]++)
                        *to++ = (float)apply(a->fn, at(&in[0], at_), at(&in[1], at_));
}

/* How far an operand moves with each axis of the result. */
static void define_strides(struct lower *lo, const char *prefix, node_id id)
{
    const struct node *n = &lower_graph(lo)->nodes[id];
    struct axes a = axes_of(&n->shape);
    bool weight = n->part == PART_WEIGHT;
    struct operand o = {0};
    if (!weight)
        o = lower_operand(lo, id);
    int64_t pixel = weight ? 1 : o.row, plane = a.h * a.w * pixel;
    const struct {
        const char *name;
        int64_t stride;
    } axis[] = {{"N", weight ? 0 : a.t * plane},
                {"C", a.c == 1 ? 0
                      : weight ? a.t * plane
                               : 1},
                {"T", a.t == 1 ? 0 : plane},
                {"H", a.h == 1 ? 0 : a.w * pixel},
                {"W", a.w == 1 ? 0 : pixel}};
    char name[16];
    for (int i = 0; i < 5; i++) {
        snprintf(name, sizeof name, "%s_BY_%s", prefix, axis[i].name);
        lower_define(lo, name, axis[i].stride);
    }
    lower_define_half(lo, prefix, &o);
}

static bool lower(const struct node *n, struct lower *lo, struct error *err)
{
    (void)err;
    const struct binary *a = n->attrs;
    struct operand z = lower_output(lo, n);
    struct step *s = lower_launch(lo, n, "binary", "binary", "pointwise");
    lower_define(lo, "FN", a->fn);
    define_strides(lo, "X", n->in[0]);
    define_strides(lo, "Y", n->in[1]);
    lower_define(lo, "Z_T", z.t);
    lower_define(lo, "Z_H", z.h);
    lower_define(lo, "Z_W", z.w);
    lower_define(lo, "Z_ROW", z.row);
    lower_define_half(lo, "Z", &z);
    lower_arg(lo, s, n->in[0]);
    lower_arg(lo, s, n->in[1]);
    lower_arg_output(lo, s, n);
    lower_size(s, (size_t)z.c, (size_t)z.t * (size_t)z.h * (size_t)z.w, (size_t)z.n);
    return true;
}

const struct op op_binary = {
    .name = "binary",
    .about = "arithmetic of x and y, whose axes are equal or 1",
    .inputs = "x y",
    .attrs_size = sizeof(struct binary),
    .attrs = attrs,
    .infer = infer,
    .cost = cost_elements,
    .reference = reference,
    .lower = lower,
};
