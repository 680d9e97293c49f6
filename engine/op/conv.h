/* SPDX-License-Identifier: MIT */
/* What all convolutions share: attributes, shape rule, cost and the specification in plain C. */
#ifndef ENGINE_OP_CONV_H
#define ENGINE_OP_CONV_H
#include "engine/op/activation.h"
#include "engine/op/sliding.h"

/* Part of an operator's attribute struct. The kernel size is not an attribute: w says it. */
struct conv {
    struct sliding window;
    int groups, act;
};

#define CONV_ATTRS(type, member)                                                                   \
    SLIDING_STRIDE(type, member.window), SLIDING_PAD(type, member.window),                         \
        SLIDING_DILATION(type, member.window), SLIDING_MODE(type, member.window, "floor|same"),    \
        {"groups", ATTR_INT, offsetof(type, member.groups), "1", 1, 1 << 20, NULL,                 \
         "groups of channels that do not mix"},                                                    \
        {"act", ATTR_ENUM, offsetof(type, member.act), "none", 0, 0, ACT_CHOICES,                  \
         "activation of the result"}

/* The window with the kernel size of w, which is [C_out, C_in/groups, (K_T,) K_H, K_W]. */
static inline struct sliding conv_window(const struct conv *a, const struct shape *w)
{
    struct sliding s = a->window;
    s.kernel[0] = w->rank == 5 ? (int)w->dim[2] : 1;
    s.kernel[1] = (int)w->dim[w->rank - 2];
    s.kernel[2] = (int)w->dim[w->rank - 1];
    return s;
}

/* The node in a slot, by name; NODE_NONE when it is empty or the operator has none of that name. */
static inline node_id conv_in(const struct node *n, const char *slot)
{
    int i = op_slot(n->op, slot);
    return i < 0 ? NODE_NONE : n->in[i];
}

/* Checks w, bias, add and packed against the input, and sets n->shape, from x = n->shape. */
static inline bool conv_infer(const struct graph *g, struct node *n, const struct conv *a,
                              struct error *err)
{
    const struct shape *w = &g->nodes[conv_in(n, "w")].shape;
    char text[2][96];
    if (w->dtype != DTYPE_F32 || (w->rank != 5 && w->rank != 4))
        return graph_fail(g, n, err, "weight is %s, wanted f32[C_out,C_in,K_T,K_H,K_W]",
                          shape_text(w, text[0]));
    if (n->shape.dim[1] != w->dim[1] * a->groups)
        return graph_fail(g, n, err, "input has %lld channels, weight wants %lld",
                          (long long)n->shape.dim[1], (long long)(w->dim[1] * a->groups));
    if (w->dim[0] % a->groups)
        return graph_fail(g, n, err, "%lld output channels cannot form %d groups",
                          (long long)w->dim[0], a->groups);
    for (int i = 2; i < w->rank; i++)
        if (w->dim[i] > SLIDING_MOST)
            return graph_fail(g, n, err, "window of %lld is larger than %d", (long long)w->dim[i],
                              SLIDING_MOST);
    struct sliding s = conv_window(a, w);
    TRY(sliding_infer(g, n, &s, err));
    n->shape.dim[1] = w->dim[0];
    n->shape.dtype = DTYPE_F32;
    node_id bias = conv_in(n, "bias"), add = conv_in(n, "add"), packed = conv_in(n, "packed");
    struct shape want = {.dtype = DTYPE_F32, .rank = 1, .dim = {w->dim[0]}};
    if (bias != NODE_NONE && !shape_equal(&g->nodes[bias].shape, &want))
        return graph_fail(g, n, err, "bias is %s, wanted %s",
                          shape_text(&g->nodes[bias].shape, text[0]), shape_text(&want, text[1]));
    if (add != NODE_NONE && !shape_equal(&g->nodes[add].shape, &n->shape))
        return graph_fail(g, n, err, "add is %s, the result is %s",
                          shape_text(&g->nodes[add].shape, text[0]),
                          shape_text(&n->shape, text[1]));
    int rank = packed == NODE_NONE ? 0 : g->nodes[packed].shape.rank;
    if (rank && rank < 5 && (rank != 2 || shape_elements(w, 1) != w->dim[0] * w->dim[1]))
        return graph_fail(g, n, err, "packed weight is %s",
                          shape_text(&g->nodes[packed].shape, text[0]));
    return true;
}

static inline void conv_cost(const struct graph *g, const struct node *n, struct cost *c)
{
    const struct shape *w = &g->nodes[conv_in(n, "w")].shape;
    double taps = (double)shape_elements(w, 1) / (double)w->dim[0];
    c->multiply_adds = (double)shape_elements(&n->shape, 1) * taps;
    c->flops = 2 * c->multiply_adds;
}

/* The same where x is what is convolved: padding, which kernels skip, is no arithmetic. */
static inline void conv_cost_inside(const struct graph *g, const struct node *n,
                                    const struct conv *a, struct cost *c)
{
    const struct shape *x = &g->nodes[n->in[0]].shape;
    struct sliding s = conv_window(a, &g->nodes[conv_in(n, "w")].shape);
    conv_cost(g, n, c);
    for (int i = 0; i < 3; i++)
        c->flops *= (double)sliding_pairs(&s, i, x->dim[2 + i]) /
                    ((double)n->shape.dim[2 + i] * s.kernel[i]);
}

/* Where the specification reads its input: the value at a place inside the tensor. */
struct conv_source {
    double (*at)(const struct conv_source *s, const int64_t place[5]);
    const float *data;
    struct shape shape; /* of what is convolved, N C T H W */
    /* Of conv3d_frames: */
    const float *table;
    int64_t frames; /* of data */
    int residual, step;
    const struct select_frames *select;
    /* Of conv3d_scaled: */
    const float *scale;
    double plus;
};

/* One output value without bias, add and activation. */
static inline double conv_sum(const struct conv_source *x, const struct sliding *s,
                              const struct tensor *w, int64_t c0, const int64_t y[5])
{
    int64_t channels = w->shape.dim[1], place[5] = {y[0]};
    const float *wp = w->data + y[1] * channels * s->kernel[0] * s->kernel[1] * s->kernel[2];
    double sum = 0;
    for (int64_t c = 0; c < channels; c++)
        for (int kt = 0; kt < s->kernel[0]; kt++)
            for (int kh = 0; kh < s->kernel[1]; kh++)
                for (int kw = 0; kw < s->kernel[2]; kw++, wp++) {
                    int k[3] = {kt, kh, kw};
                    bool inside = true;
                    place[1] = c0 + c;
                    for (int i = 0; i < 3; i++) {
                        int64_t n = x->shape.dim[2 + i];
                        place[2 + i] = y[2 + i] * s->stride[i] - sliding_begin(s, i, n) +
                                       (int64_t)k[i] * s->dilation[i];
                        inside = inside && place[2 + i] >= 0 && place[2 + i] < n;
                    }
                    if (inside)
                        sum += *wp * x->at(x, place);
                }
    return sum;
}

/* y = act(conv + bias + add), padding reads as 0. bias and add may have no data. */
static inline void conv_reference(const struct conv *a, const struct conv_source *x,
                                  const struct tensor *w, const struct tensor *bias,
                                  const struct tensor *add, struct tensor *out)
{
    struct sliding s = conv_window(a, &w->shape);
    const int64_t *dim = out->shape.dim;
    int64_t total = shape_elements(&out->shape, 1), per_group = dim[1] / a->groups;
    for (int64_t i = 0; i < total; i++) {
        int64_t y[5], rest = i;
        if (out->wanted && !out->wanted[i])
            continue;
        for (int k = 4; k >= 0; k--) {
            y[k] = rest % dim[k];
            rest /= dim[k];
        }
        double sum = conv_sum(x, &s, w, y[1] / per_group * w->shape.dim[1], y);
        if (bias->data)
            sum += bias->data[y[1]];
        if (add->data)
            sum += add->data[i];
        out->data[i] = (float)activate(sum, a->act);
    }
}

#endif
