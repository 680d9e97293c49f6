/* SPDX-License-Identifier: MIT */
/* Gemm, MatMul, Softmax, reductions, GridSample. */
#include "models/onnx_import.h"

#include <math.h>
#include <string.h>

enum { KERNEL_MOST = 65535 };

/* ---- reductions ---- */

/* Over some of t, h, w of a node. */
static node_id reduce_pixels(struct import_state *m, node_id x, const char *letters, bool maximum,
                             struct error *err)
{
    int64_t kernel[3], kept = 1, all = 1;
    bool frames = true;
    for (int k = 0; k < 3; k++) {
        char letter = "thw"[k];
        int64_t size = letter_size(m, x, letter);
        bool reduced = strchr(letters, letter) != NULL;
        kernel[k] = reduced ? size : 1;
        kept *= reduced ? 1 : size;
        all *= kernel[k];
        frames = frames && (reduced == (k > 0) || size == 1);
        if (kernel[k] > KERNEL_MOST) {
            unsupported(err, "a reduction over %lld places", (long long)size);
            return NODE_NONE;
        }
    }
    if (all == 1)
        return x;
    if (!maximum && (kept == 1 || frames))
        return EMIT1(m, err, "global_average", x, "over=%s", kept == 1 ? "clip" : "frame");
    return EMIT1(m, err, maximum ? "maxpool3d" : "avgpool3d", x, "kernel=%lld,%lld,%lld",
                 (long long)kernel[0], (long long)kernel[1], (long long)kernel[2]);
}

bool reduce_letters(struct import_state *m, struct value *x, const char *letters, bool maximum,
                    struct error *err)
{
    char pixels[LETTERS] = "";
    for (const char *s = letters; *s; s++)
        if (strchr("thw", *s) && !strchr(pixels, *s))
            strncat(pixels, s, 1);
    x->shift.of = NODE_NONE;
    x->node = reduce_pixels(m, x->node, pixels, maximum, err);
    if (x->node != NODE_NONE && strchr(letters, 'c') && letter_size(m, x->node, 'c') > 1) {
        /* c changes places with t, which may be among what has been reduced. */
        x->node = EMIT1(m, err, "transpose", x->node, "order=tchw");
        for (int i = 0; i < x->rank; i++)
            for (char *s = x->axis[i]; *s; s++)
                *s = *s == 'c' ? 't' : *s == 't' ? 'c' : *s;
        x->node = x->node == NODE_NONE ? x->node : reduce_pixels(m, x->node, "t", maximum, err);
    }
    if (x->node != NODE_NONE)
        layout_sizes(m, x);
    return x->node != NODE_NONE;
}

static bool reduced_axes(const struct translation *t, bool reduced[ONNX_RANK], struct error *err)
{
    int64_t list[ONNX_RANK * 2];
    int count, axis, rank = t->in[0].rank;
    TRY(list_of(t, 1, "axes", list, &count, err));
    if (count <= 0 && attribute_int(t, "noop_with_empty_axes", 0))
        return true;
    for (int i = 0; i < rank; i++)
        reduced[i] = count <= 0;
    for (int i = 0; i < count; i++) {
        TRY(axis_of(list[i], rank, &axis, err));
        reduced[axis] = true;
    }
    return true;
}

bool onnx_reduce(struct translation *t, struct error *err)
{
    struct import_state *m = t->m;
    bool reduced[ONNX_RANK] = {false}, keep = attribute_int(t, "keepdims", 1) != 0;
    bool windows = false, sum = !strcmp(t->node->op_type, "ReduceSum");
    bool maximum = !strcmp(t->node->op_type, "ReduceMax");
    char letters[LETTERS * ONNX_RANK] = "";
    int64_t dim[ONNX_RANK], factor = 1;
    int rank = 0;
    TRY(want_node(t, 0, err));
    TRY(reduced_axes(t, reduced, err));
    struct value x = t->in[0];
    for (int i = 0; i < x.rank; i++) {
        factor *= reduced[i] ? x.dim[i] : 1;
        if (reduced[i])
            strcat(letters, x.axis[i]);
        if (keep || !reduced[i])
            dim[rank++] = reduced[i] ? 1 : x.dim[i];
    }
    windows = strchr(letters, 'n') != NULL;
    if (windows && (sum || maximum) && m->g->nodes[x.node].part == PART_WINDOW && factor > 1)
        return unsupported(err, "over windows; only a mean can be");
    TRY(reduce_letters(m, &x, letters, maximum, err));
    if (windows && !sum && !maximum && m->g->nodes[x.node].part == PART_WINDOW) {
        const struct shape *y = &m->g->nodes[x.node].shape;
        if (shape_elements(y, 1) != y->dim[1])
            return unsupported(err, "a mean over windows of more than a row for each");
        x.node = layout_rank(m, x.node, true, err);
        x.node = EMIT1(m, err, "mean_windows", x.node, "%s", "");
        TRY(x.node != NODE_NONE);
        x.batch = 1;
        layout_sizes(m, &x);
    }
    if (sum && factor > 1)
        x.node = EMIT1(m, err, "unary", x.node, "fn=affine a=%lld", (long long)factor);
    return x.node != NODE_NONE && layout_reshape(m, &x, rank, dim, &t->out[0], err);
}

/* ---- products ---- */

/* The transpose of a matrix, times a factor. */
static struct constant *transposed(struct import_state *m, struct constant *c, bool turn,
                                   float factor, struct error *err)
{
    if (!turn && factor == 1)
        return c;
    const int64_t dim[] = {c->dim[turn ? 1 : 0], c->dim[turn ? 0 : 1]};
    struct constant *d =
        constant_load(m->f, c, err) && c->f ? constant_new(m->f, false, 2, dim, err) : NULL;
    if (!d)
        return NULL;
    d->name = c->name;
    for (int64_t i = 0; i < dim[0]; i++)
        for (int64_t k = 0; k < dim[1]; k++)
            d->f[i * dim[1] + k] = factor * c->f[turn ? k * dim[0] + i : i * dim[1] + k];
    return d;
}

static bool linear(struct translation *t, const struct value *x, struct constant *w, node_id bias,
                   struct error *err)
{
    struct import_state *m = t->m;
    struct value v;
    if (!w || x->dim[x->rank - 1] != w->dim[1])
        return w && unsupported(err, "a row of %lld times a matrix of %lld",
                                (long long)x->dim[x->rank - 1], (long long)w->dim[1]);
    TRY(layout_axis(m, x, x->rank - 1, 'c', &v, err));
    node_id in[] = {v.node, emit_weight(m, w, 2, w->dim, err), bias};
    node_id id = emit(m, err, "linear", in, 3, "%s", "");
    TRY(id != NODE_NONE);
    t->out[0] = value_like(&v, id);
    strcpy(t->out[0].axis[v.rank - 1], v.rank == 1 && strchr(v.axis[0], 'n') ? "nc" : "c");
    layout_sizes(m, &t->out[0]);
    return true;
}

/* alpha * A * B + beta * C, with A a value of rows. */
bool onnx_gemm(struct translation *t, struct error *err)
{
    struct constant *b = t->in_count > 1 ? t->in[1].c : NULL;
    float beta = attribute_float(t, "beta", 1);
    node_id bias = NODE_NONE;
    TRY(want_node(t, 0, err));
    if (!b || b->whole || b->rank != 2 || t->in[0].rank != 2 || attribute_int(t, "transA", 0))
        return unsupported(err, "not a value of rank 2 times a constant matrix");
    struct constant *w =
        transposed(t->m, b, !attribute_int(t, "transB", 0), attribute_float(t, "alpha", 1), err);
    TRY(w);
    if (has_input(t, 2)) {
        struct constant *c = t->in[2].c;
        if (!c || c->whole || (c->count != (uint64_t)w->dim[0] && c->count != 1))
            return unsupported(err, "what it adds is not a constant for each of %lld outputs",
                               (long long)w->dim[0]);
        TRY(constant_load(t->m->f, c, err));
        struct constant *d = c;
        if (beta != 1 || c->count == 1) {
            TRY(d = constant_new(t->m->f, false, 1, w->dim, err));
            d->name = c->name;
            for (int64_t i = 0; i < w->dim[0]; i++)
                d->f[i] = beta * c->f[c->count == 1 ? 0 : i];
        }
        TRY((bias = emit_weight(t->m, d, 1, w->dim, err)) != NODE_NONE);
    }
    return linear(t, &t->in[0], w, bias, err);
}

/* Two values: leading axes, one of which may be more than 1, count products. */
static bool product(struct translation *t, struct error *err)
{
    struct import_state *m = t->m;
    const char *first[ONNX_RANK] = {NULL}, *second[ONNX_RANK] = {NULL};
    struct value a, b;
    const struct value *x = &t->in[0], *y = &t->in[1];
    int rank = x->rank;
    if (rank != y->rank || rank < 2 || x->dim[rank - 1] != y->dim[rank - 2])
        return unsupported(err, "a product of two values of these shapes");
    for (int i = 0; i + 2 < rank; i++) {
        bool counts = x->dim[i] > (strchr(x->axis[i], 'n') ? x->batch : 1);
        if (x->dim[i] != y->dim[i] || x->batch != y->batch)
            return unsupported(err, "products whose number is not the same on both sides");
        first[i] = second[i] = counts ? "t" : "";
    }
    first[rank - 2] = second[rank - 2] = "h";
    first[rank - 1] = second[rank - 1] = "c";
    TRY(layout_arrange(m, x, first, &a, err) && layout_arrange(m, y, second, &b, err));
    /* A matrix of one row or column, or of several counting axes, may stand on other letters. */
    node_id p = layout_rank(m, a.node, false, err), q = layout_rank(m, b.node, false, err);
    TRY(p != NODE_NONE && q != NODE_NONE);
    if (letter_size(m, p, 'h') != x->dim[rank - 2] || letter_size(m, q, 'h') != y->dim[rank - 2] ||
        letter_size(m, p, 'c') != x->dim[rank - 1] || letter_size(m, q, 'c') != y->dim[rank - 1])
        return unsupported(err, "a product of values with these axes");
    node_id id = EMIT2(m, err, "matmul", p, q, "%s", "");
    TRY(id != NODE_NONE);
    t->out[0] = value_like(&a, id);
    strcpy(t->out[0].axis[rank - 1], "c");
    layout_sizes(m, &t->out[0]);
    return true;
}

bool onnx_matmul(struct translation *t, struct error *err)
{
    struct constant *b = t->in_count > 1 ? t->in[1].c : NULL;
    TRY(want_node(t, 0, err));
    if (!b && t->in_count > 1)
        return want_node(t, 1, err) && product(t, err);
    if (!b || b->whole || b->rank != 2 || t->in[0].rank < 1)
        return unsupported(err, "not a value times a constant matrix");
    return linear(t, &t->in[0], transposed(t->m, b, true, 1, err), NODE_NONE, err);
}

/* ---- others over channels ---- */

bool onnx_softmax(struct translation *t, struct error *err)
{
    struct value v;
    int axis, rank = t->in[0].rank;
    TRY(want_node(t, 0, err));
    TRY(axis_of(attribute_int(t, "axis", t->m->f->opset < 13 ? 1 : -1), rank, &axis, err));
    for (int i = axis + 1; t->m->f->opset < 13 && i < rank; i++)
        if (t->in[0].dim[i] != 1)
            return unsupported(err, "over several axes, as before opset 13");
    if (strchr(t->in[0].axis[axis], 'n') && t->in[0].dim[axis] > 1)
        return unsupported(err, "over the batch");
    TRY(layout_axis(t->m, &t->in[0], axis, 'c', &v, err));
    if (letter_size(t->m, v.node, 'c') != v.dim[axis])
        return unsupported(err, "over an axis of one place");
    node_id id = EMIT1(t->m, err, "softmax", v.node, "%s", "");
    t->out[0] = value_like(&v, id);
    return id != NODE_NONE;
}

bool onnx_grid_sample(struct translation *t, struct error *err)
{
    struct import_state *m = t->m;
    struct value x, v;
    char mode[32], border[32];
    TRY(want_node(t, 0, err) && want_node(t, 1, err));
    attribute_word(t, "mode", "bilinear", mode);
    attribute_word(t, "padding_mode", "zeros", border);
    if (t->in[0].rank != 4 || t->in[1].rank != 4 || t->in[1].dim[3] != 2 ||
        (strcmp(mode, "bilinear") && strcmp(mode, "nearest")))
        return unsupported(err, "mode %s, or not of rank 4", mode);
    bool frames = t->in[0].dim[0] > t->in[0].batch;
    const char *const pixels[] = {frames ? "t" : "", "c", "h", "w"};
    const char *const places[] = {frames ? "t" : "", "h", "w", "c"};
    TRY(layout_arrange(m, &t->in[0], pixels, &x, err));
    TRY(layout_arrange(m, &t->in[1], places, &v, err));
    node_id id = EMIT2(m, err, "grid_sample", layout_rank(m, x.node, false, err),
                       layout_rank(m, v.node, false, err), "mode=%s border=%s align_corners=%d",
                       mode, border, attribute_int(t, "align_corners", 0) != 0);
    TRY(id != NODE_NONE);
    t->out[0] = value_like(&x, id);
    for (int i = 0; i < 4; i++)
        strcpy(t->out[0].axis[i], i ? (const char *[]){"", "c", "h", "w"}[i] : frames ? "nt" : "n");
    layout_sizes(m, &t->out[0]);
    return true;
}
