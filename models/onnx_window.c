/* SPDX-License-Identifier: MIT */
/* Conv, pooling, BatchNormalization: what slides over pixels or belongs to channels. */
#include "models/onnx_import.h"

#include <stdio.h>
#include <string.h>

/* Geometry in the order T H W. */
struct window {
    int64_t kernel[3], stride[3], dilation[3], before[3], after[3];
    bool ceil;
};

enum { WINDOW_MOST = 65535 };

static const char pixel_axes[] = "thw";

static int64_t extent(const struct window *w, int k)
{
    return (w->kernel[k] - 1) * w->dilation[k] + 1;
}

/* One list of `count` axes spread over T H W. */
static bool spread(const struct translation *t, const char *name, const char *letter, int count,
                   int64_t to[3], struct error *err)
{
    int64_t list[ONNX_RANK * 2];
    int n = attribute_ints(t, name, list, err);
    if (n == -1)
        return true;
    if (n != count)
        return n != -2 && unsupported(err, "%s has %d numbers for %d axes", name, n, count);
    for (int i = 0; i < count; i++) {
        if (list[i] < 1 || list[i] > WINDOW_MOST)
            return unsupported(err, "%s has %lld", name, (long long)list[i]);
        to[strchr(pixel_axes, letter[i]) - pixel_axes] = list[i];
    }
    return true;
}

static bool read_pads(const struct translation *t, const char *letter, int count, struct window *w,
                      const int64_t size[3], struct error *err)
{
    char word[32];
    int64_t list[ONNX_RANK * 2];
    int n = attribute_ints(t, "pads", list, err);
    attribute_word(t, "auto_pad", "NOTSET", word);
    bool upper = !strcmp(word, "SAME_UPPER"), lower = !strcmp(word, "SAME_LOWER");
    if (n == -2 || (n >= 0 && n != 2 * count))
        return unsupported(err, "pads has %d numbers for %d axes", n, count);
    for (int i = 0; i < count; i++) {
        int k = (int)(strchr(pixel_axes, letter[i]) - pixel_axes);
        int64_t out = (size[k] + w->stride[k] - 1) / w->stride[k];
        int64_t all = (out - 1) * w->stride[k] + extent(w, k) - size[k];
        all = all > 0 ? all : 0;
        bool none = n < 0 || !strcmp(word, "VALID");
        w->before[k] = upper ? all / 2 : lower ? all - all / 2 : none ? 0 : list[i];
        w->after[k] = upper ? all - all / 2 : lower ? all / 2 : none ? 0 : list[count + i];
        if (w->before[k] < 0 || w->after[k] < 0 || w->before[k] > WINDOW_MOST ||
            w->after[k] > WINDOW_MOST)
            return unsupported(err, "pads has %lld and %lld", (long long)w->before[k],
                               (long long)w->after[k]);
    }
    return true;
}

/* The geometry of a node over x, whose axes 2 and up are `letter`. */
static bool read_window(const struct translation *t, const struct value *x, const char *letter,
                        struct window *w, struct error *err)
{
    int count = x->rank - 2;
    int64_t size[3];
    *w = (struct window){{1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {0}, {0}, false};
    for (int k = 0; k < 3; k++)
        size[k] = letter_size(t->m, x->node, pixel_axes[k]);
    w->ceil = attribute_int(t, "ceil_mode", 0) != 0;
    return spread(t, "kernel_shape", letter + 2, count, w->kernel, err) &&
           spread(t, "strides", letter + 2, count, w->stride, err) &&
           spread(t, "dilations", letter + 2, count, w->dilation, err) &&
           read_pads(t, letter + 2, count, w, size, err);
}

static const int *ints_of(const struct node *n, const char *name)
{
    return (const int *)((const char *)n->attrs + attr_find(n->op, name)->offset);
}

/* A constant Pad with zeros in front of the node, which can pad itself: the window takes it over.
 * Returns what is padded. */
static node_id take_pad(const struct import_state *m, node_id x, struct window *w)
{
    const struct node *n = &m->g->nodes[x];
    if (!is_op(m, x, "pad") || attr_get_enum(n, "mode") || attr_get_int(n, "channels_before") ||
        attr_get_int(n, "channels_after") ||
        *(const float *)((const char *)n->attrs + attr_find(n->op, "value")->offset) != 0)
        return x;
    for (int k = 0; k < 3; k++) {
        w->before[k] += ints_of(n, "before")[k];
        w->after[k] += ints_of(n, "after")[k];
    }
    return n->in[0];
}

static bool pads_anything(const struct window *w)
{
    for (int k = 0; k < 3; k++)
        if (w->before[k] || w->after[k])
            return true;
    return false;
}

/* How the padding is said: the same on both sides, or TensorFlow's; else a pad of its own comes
 * first, and *x is it. Appends attributes. */
static bool say_pads(struct import_state *m, node_id *x, struct window *w, bool own_allowed,
                     const char *value, struct text *to, struct error *err)
{
    bool even = own_allowed, same = own_allowed && !w->ceil;
    for (int k = 0; k < 3; k++) {
        int64_t n = letter_size(m, *x, pixel_axes[k]), s = w->stride[k];
        int64_t all = ((n + s - 1) / s - 1) * s + extent(w, k) - n;
        all = all > 0 ? all : 0;
        even = even && w->before[k] == w->after[k];
        same = same && w->before[k] == all / 2 && w->after[k] == all - all / 2;
    }
    if (even && pads_anything(w))
        text_printf(to, " pad=%d,%d,%d", (int)w->before[0], (int)w->before[1], (int)w->before[2]);
    else if (same && pads_anything(w))
        text_printf(to, " mode=same");
    else if (pads_anything(w))
        *x = EMIT1(m, err, "pad", *x, "before=%lld,%lld,%lld after=%lld,%lld,%lld value=%s",
                   (long long)w->before[0], (long long)w->before[1], (long long)w->before[2],
                   (long long)w->after[0], (long long)w->after[1], (long long)w->after[2], value);
    return *x != NODE_NONE;
}

static void finish(struct translation *t, const struct value *x, const char *letter, node_id id)
{
    struct value *out = &t->out[0];
    *out = value_like(x, id);
    for (int i = 2; i < x->rank; i++) {
        out->axis[i][0] = letter[i];
        out->axis[i][1] = 0;
    }
    layout_sizes(t->m, out);
}

/* A bias or another vector, of as many elements as there are channels. */
static bool vector(struct translation *t, int i, int64_t channels, node_id *id, struct error *err)
{
    struct constant *c = t->in[i].c;
    *id = NODE_NONE;
    if (!c || c->count != (uint64_t)channels)
        return unsupported(err, "input %d is not a constant of %lld elements", i,
                           (long long)channels);
    *id = emit_weight(t->m, c, 1, &channels, err);
    return *id != NODE_NONE;
}

/* The filter, [outputs, inputs, taps...], with its taps on the axes of the pixels. */
static node_id filter(struct translation *t, const struct value *x, const char *letter,
                      const struct window *w, struct error *err)
{
    struct constant *c = t->in[1].c;
    bool flat = x->rank == 4 && letter[2] == 'h' && letter[3] == 'w';
    const int64_t dim[] = {c->dim[0], c->dim[1], w->kernel[0], w->kernel[1], w->kernel[2]};
    return flat ? emit_weight(t->m, c, 4, c->dim, err) : emit_weight(t->m, c, 5, dim, err);
}

/* A convolution of one pixel with one tap, as in squeeze-and-excitation. */
static bool is_matrix(const struct import_state *m, const struct value *x, const struct window *w,
                      int64_t groups)
{
    bool one = m->g->nodes[x->node].shape.rank == 2 && groups == 1 && !pads_anything(w);
    for (int k = 0; k < 3; k++)
        one = one && w->kernel[k] == 1;
    return one;
}

static bool matrix(struct translation *t, const struct value *x, const char *letter,
                   struct error *err)
{
    struct constant *c = t->in[1].c;
    node_id in[3] = {x->node, emit_weight(t->m, c, 2, c->dim, err), NODE_NONE};
    TRY(in[1] != NODE_NONE && (!has_input(t, 2) || vector(t, 2, c->dim[0], &in[2], err)));
    node_id id = emit(t->m, err, "linear", in, 3, "%s", "");
    TRY(id != NODE_NONE);
    finish(t, x, letter, id);
    strcpy(t->out[0].axis[1], "c");
    layout_sizes(t->m, &t->out[0]);
    return true;
}

bool onnx_conv(struct translation *t, struct error *err)
{
    struct import_state *m = t->m;
    struct value x;
    struct window w;
    char letter[ONNX_RANK] = {0};
    TRY(want_node(t, 0, err));
    struct constant *c = t->in_count > 1 ? t->in[1].c : NULL;
    if (!c || c->rank != t->in[0].rank)
        return unsupported(err, "its filter is not a constant of the input's rank");
    TRY(layout_channels(m, &t->in[0], false, &x, letter, err));
    if (x.rank < 3)
        return unsupported(err, "input of rank %d", x.rank);
    TRY(read_window(t, &x, letter, &w, err));
    for (int i = 2; i < x.rank; i++) {
        int k = (int)(strchr(pixel_axes, letter[i]) - pixel_axes);
        if (c->dim[i] < 1 || c->dim[i] > WINDOW_MOST ||
            (w.kernel[k] != 1 && w.kernel[k] != c->dim[i]))
            return unsupported(err, "kernel_shape and the filter's shape differ");
        w.kernel[k] = c->dim[i];
    }
    char word[32]; /* automatic padding depends on the kernel, which may be the filter's alone */
    if (strncmp(attribute_word(t, "auto_pad", "NOTSET", word), "SAME", 4) == 0)
        TRY(read_pads(t, letter + 2, x.rank - 2, &w,
                      (int64_t[]){letter_size(m, x.node, 't'), letter_size(m, x.node, 'h'),
                                  letter_size(m, x.node, 'w')},
                      err));
    if (is_matrix(m, &x, &w, attribute_int(t, "group", 1)))
        return matrix(t, &x, letter, err);
    struct text attributes = {0};
    text_printf(&attributes, "stride=%d,%d,%d dilation=%d,%d,%d groups=%lld", (int)w.stride[0],
                (int)w.stride[1], (int)w.stride[2], (int)w.dilation[0], (int)w.dilation[1],
                (int)w.dilation[2], (long long)attribute_int(t, "group", 1));
    node_id in[3] = {take_pad(m, x.node, &w), NODE_NONE, NODE_NONE};
    bool ok = (in[0] = layout_rank(m, in[0], false, err)) != NODE_NONE &&
              say_pads(m, &in[0], &w, true, "0", &attributes, err) &&
              (in[1] = filter(t, &x, letter, &w, err)) != NODE_NONE &&
              (!has_input(t, 2) || vector(t, 2, c->dim[0], &in[2], err));
    node_id id = ok ? emit(m, err, "conv3d", in, 3, "%s", attributes.s) : NODE_NONE;
    text_free(&attributes);
    strcpy(x.axis[1], "c");
    if (id != NODE_NONE)
        finish(t, &x, letter, id);
    return id != NODE_NONE;
}

bool onnx_batchnorm(struct translation *t, struct error *err)
{
    struct value x;
    node_id in[5];
    char number[32];
    TRY(want_node(t, 0, err));
    if (t->in[0].rank < 2 || t->out_count != 1 || attribute_int(t, "training_mode", 0))
        return unsupported(err, "in training mode");
    TRY(layout_axis(t->m, &t->in[0], 1, 'c', &x, err));
    in[0] = x.node;
    for (int i = 1; i < 5; i++)
        TRY(has_input(t, i) ? vector(t, i, x.dim[1], &in[i], err)
                            : unsupported(err, "input %d is missing", i));
    node_id id = emit(t->m, err, "batchnorm", in, 5, "eps=%s",
                      text_float(number, attribute_float(t, "epsilon", 1e-5f)));
    t->out[0] = value_like(&x, id);
    return id != NODE_NONE;
}

/* The mean where padding does not count and is not the same on both sides: pad with zeros, average,
 * and divide by the share of places that are inside. */
static node_id uneven_average(struct import_state *m, node_id x, struct window *w,
                              const char *attributes, struct error *err)
{
    int64_t n[3], dim[5] = {1, 1};
    struct text none = {0};
    for (int k = 0; k < 3; k++)
        n[k] = letter_size(m, x, pixel_axes[k]);
    if (!say_pads(m, &x, w, false, "0", &none, err))
        return NODE_NONE;
    node_id y = EMIT1(m, err, "avgpool3d", x, "%s", attributes);
    if (y == NODE_NONE)
        return NODE_NONE;
    memcpy(dim + 2, m->g->nodes[y].shape.dim + 2, 3 * sizeof *dim);
    struct constant *c = constant_new(m->f, false, 5, dim, err);
    for (uint64_t i = 0; c && i < c->count; i++) {
        int64_t place[3] = {(int64_t)i / (dim[3] * dim[4]), (int64_t)i / dim[4] % dim[3],
                            (int64_t)i % dim[4]};
        double factor = 1;
        for (int k = 0; k < 3; k++) {
            int64_t begin = place[k] * w->stride[k] - w->before[k], end = begin + w->kernel[k];
            int64_t padded = n[k] + w->after[k], all = (end < padded ? end : padded) - begin;
            int64_t inside = (end < n[k] ? end : n[k]) - (begin > 0 ? begin : 0);
            factor *= (double)all / (double)(inside > 0 ? inside : 1);
        }
        c->f[i] = (float)factor;
    }
    node_id share = c ? emit_weight(m, c, 5, dim, err) : NODE_NONE;
    return EMIT2(m, err, "binary", y, share, "fn=mul");
}

bool onnx_pool(struct translation *t, struct error *err)
{
    struct import_state *m = t->m;
    struct value x;
    struct window w;
    char letter[ONNX_RANK] = {0};
    bool maximum = !strcmp(t->node->op_type, "MaxPool");
    bool counted = attribute_int(t, "count_include_pad", 0) != 0;
    TRY(want_node(t, 0, err));
    TRY(layout_channels(m, &t->in[0], true, &x, letter, err));
    TRY(read_window(t, &x, letter, &w, err));
    if (x.rank < 3 || w.dilation[0] != 1 || w.dilation[1] != 1 || w.dilation[2] != 1)
        return unsupported(err, "dilations, or input of rank %d", x.rank);
    struct text attributes = {0};
    bool alone = !pads_anything(&w); /* a Pad in front then is all the padding */
    node_id in = alone ? take_pad(m, x.node, &w) : x.node, id = NODE_NONE;
    bool taken = in != x.node, own = true;
    for (int k = 0; k < 3; k++)
        own = own && w.before[k] < w.kernel[k] && w.after[k] < w.kernel[k];
    text_printf(&attributes, "kernel=%d,%d,%d stride=%d,%d,%d", (int)w.kernel[0], (int)w.kernel[1],
                (int)w.kernel[2], (int)w.stride[0], (int)w.stride[1], (int)w.stride[2]);
    if (w.ceil)
        text_printf(&attributes, " mode=ceil");
    in = layout_rank(m, in, false, err);
    bool even = own;
    for (int k = 0; k < 3; k++)
        even = even && w.before[k] == w.after[k];
    if (in != NODE_NONE && maximum) {
        /* Zeros of a Pad take part in the maximum, the node's own padding does not. */
        if (say_pads(m, &in, &w, own, taken ? "0" : "-3.4028235e38", &attributes, err)) {
            if (taken && own)
                text_printf(&attributes, " border=zero");
            id = EMIT1(m, err, "maxpool3d", in, "%s", attributes.s);
        }
    } else if (in != NODE_NONE && !even && !taken && !counted) {
        id = uneven_average(m, in, &w, attributes.s, err);
    } else if (in != NODE_NONE && say_pads(m, &in, &w, even, "0", &attributes, err)) {
        text_printf(&attributes, " count_include_pad=%d", taken || counted);
        id = EMIT1(m, err, "avgpool3d", in, "%s", attributes.s);
    }
    text_free(&attributes);
    if (id != NODE_NONE)
        finish(t, &x, letter, id);
    return id != NODE_NONE;
}

bool onnx_global_pool(struct translation *t, struct error *err)
{
    struct value x;
    char letter[ONNX_RANK] = {0};
    TRY(want_node(t, 0, err));
    TRY(layout_channels(t->m, &t->in[0], true, &x, letter, err));
    TRY(reduce_letters(t->m, &x, letter + 2, !strcmp(t->node->op_type, "GlobalMaxPool"), err));
    t->out[0] = x;
    return true;
}
