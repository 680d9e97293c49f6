/* SPDX-License-Identifier: MIT */
/* A matrix product over channels, y[p][k] = sum over c of x[p][c] * w[k][c]: rows of x are pixels.
 *
 * Two implementations. `own` is the direct convolution kernel with a window of one; `clblast` is a
 * STEP_GEMM that reads w transposed. auto: own on CPUs, where CLBlast is several times slower;
 * CLBlast on GPUs. The pass pack-weights fills `packed` and `transposed`; a step reads one. */
#include "engine/op/conv_direct.h"

enum { SLOT_X, SLOT_W, SLOT_PACKED, SLOT_TRANSPOSED };
enum { IMPL_AUTO, IMPL_OWN, IMPL_CLBLAST };

struct gemm {
    int impl;
};

static const struct attr attrs[] = {
    {"impl", ATTR_ENUM, offsetof(struct gemm, impl), "auto", 0, 0, "auto|own|clblast",
     "whose kernel; auto: own on a CPU, CLBlast on a GPU"},
    {0},
};

static bool infer(const struct graph *g, struct node *n, struct error *err)
{
    const struct shape *w = input_shape(g, n, SLOT_W);
    char text[96];
    TRY(want_value(g, n, SLOT_X, 0, err));
    n->shape = *input_shape(g, n, SLOT_X);
    if (w->dtype != DTYPE_F32 || w->rank != 2)
        return graph_fail(g, n, err, "weight is %s, wanted f32[K,C]", shape_text(w, text));
    if (n->shape.dim[1] != w->dim[1])
        return graph_fail(g, n, err, "input has %lld channels, weight wants %lld",
                          (long long)n->shape.dim[1], (long long)w->dim[1]);
    n->shape.dim[1] = w->dim[0];
    return true;
}

static void cost(const struct graph *g, const struct node *n, struct cost *c)
{
    c->multiply_adds =
        (double)shape_elements(&n->shape, 1) * (double)input_shape(g, n, SLOT_W)->dim[1];
    c->flops = 2 * c->multiply_adds;
}

static void reference(const struct node *n, const struct tensor *in, struct tensor *out)
{
    (void)n;
    struct axes x = axes_of(&in[SLOT_X].shape);
    int64_t outputs = out->shape.dim[1], pixels = x.t * x.h * x.w;
    for (int64_t i = 0; i < x.n * outputs * pixels; i++) {
        int64_t p = i % pixels, k = i / pixels % outputs, b = i / pixels / outputs;
        double sum = 0;
        for (int64_t c = 0; c < x.c; c++)
            sum +=
                (double)in[SLOT_X].data[(b * x.c + c) * pixels + p] * in[SLOT_W].data[k * x.c + c];
        out->data[i] = (float)sum;
    }
}

static void lower_own(struct lower *lo, const struct node *n)
{
    struct direct d = {.x = lower_operand(lo, n->in[SLOT_X]),
                       .y = lower_output(lo, n),
                       .add.node = NODE_NONE,
                       .bias = NODE_NONE,
                       .packed = n->in[SLOT_PACKED],
                       .window = {.kernel = {1, 1, 1}, .stride = {1, 1, 1}, .dilation = {1, 1, 1}},
                       .act = ACT_NONE};
    d.channels = d.x.c;
    d.tile = (int)lower_graph(lo)->nodes[d.packed].shape.dim[5];
    direct_lower(lo, n, &d);
}

static void lower_clblast(struct lower *lo, const struct node *n)
{
    struct operand x = lower_operand(lo, n->in[SLOT_X]), y = lower_output(lo, n);
    struct step *s = lower_gemm(lo, n, "CLBlast: rows of pixels times transposed weights");
    s->m = (size_t)x.n * (size_t)x.t * (size_t)x.h * (size_t)x.w;
    s->n = (size_t)y.c;
    s->k = (size_t)x.c;
    s->lda = (size_t)x.row;
    s->ldb = (size_t)lower_graph(lo)->nodes[n->in[SLOT_TRANSPOSED]].shape.dim[1];
    s->ldc = (size_t)y.row;
    lower_arg(lo, s, n->in[SLOT_X]);
    lower_arg(lo, s, n->in[SLOT_TRANSPOSED]);
    lower_arg_output(lo, s, n);
}

static bool lower(const struct node *n, struct lower *lo, struct error *err)
{
    const struct gemm *a = n->attrs;
    bool half = lower_half(lo);
    bool own = a->impl == IMPL_OWN || (a->impl == IMPL_AUTO && (!lower_caps(lo)->gpu || half));
    if (half && !own)
        return graph_fail(lower_graph(lo), n, err, "impl=clblast has no half storage, own has");
    if (n->in[own ? SLOT_PACKED : SLOT_TRANSPOSED] == NODE_NONE)
        return graph_fail(lower_graph(lo), n, err, "its weights were not prepared");
    if (own)
        lower_own(lo, n);
    else
        lower_clblast(lo, n);
    return true;
}

const struct op op_gemm = {
    .name = "gemm",
    .about = "matrix product over channels, w is [outputs, channels]",
    .inputs = "x w packed? transposed?",
    .attrs_size = sizeof(struct gemm),
    .attrs = attrs,
    .infer = infer,
    .cost = cost,
    .reference = reference,
    .lower = lower,
};
