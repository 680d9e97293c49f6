/* SPDX-License-Identifier: MIT */
#include "graph/conv_spec.h"
#include "base/text.h"
#include "graph/op.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct spec {
    int n, c, t, h, w, k, kernel[3], stride[3], pad[3], dilation[3], groups;
};

static bool bad_spec(const char *spec, const char *at, struct error *err)
{
    return fail(err, ERROR_USAGE,
                "convolution %.80s: at '%.20s': wanted is n1c64t16h56w56k64x3x3x3s1p1, with g and "
                "d for groups and dilation",
                spec, at);
}

/* "3" or "1x3x3", each from `least`. */
static bool take(const char **at, int least, int count, int *to)
{
    for (int i = 0; i < count; i++) {
        char *end;
        if (!isdigit((unsigned char)**at))
            return false;
        long v = strtol(*at, &end, 10);
        if (v < least || v > 65536)
            return false;
        to[i] = (int)v;
        *at = end;
        if (i + 1 == count)
            return true;
        if (**at != 'x') { /* one number for all axes */
            for (int k = i + 1; k < count && !i; k++)
                to[k] = to[0];
            return i == 0;
        }
        ++*at;
    }
    return true;
}

static bool parse(const char *text, struct spec *s, struct error *err)
{
    *s = (struct spec){1, 0, 1, 0, 0, 0, {1, 1, 1}, {1, 1, 1}, {0, 0, 0}, {1, 1, 1}, 1};
    for (const char *at = text; *at;) {
        const char *from = at++;
        bool ok = false;
        switch (*from) {
        case 'n':
            ok = take(&at, 1, 1, &s->n);
            break;
        case 'c':
            ok = take(&at, 1, 1, &s->c);
            break;
        case 't':
            ok = take(&at, 1, 1, &s->t);
            break;
        case 'h':
            ok = take(&at, 1, 1, &s->h);
            break;
        case 'w':
            ok = take(&at, 1, 1, &s->w);
            break;
        case 'g':
            ok = take(&at, 1, 1, &s->groups);
            break;
        case 's':
            ok = take(&at, 1, 3, s->stride);
            break;
        case 'p':
            ok = take(&at, 0, 3, s->pad);
            break;
        case 'd':
            ok = take(&at, 1, 3, s->dilation);
            break;
        case 'k': {
            int all[4];
            ok = take(&at, 1, 4, all) && memchr(from, 'x', (size_t)(at - from));
            s->k = all[0];
            memcpy(s->kernel, all + 1, sizeof s->kernel);
            break;
        }
        }
        if (!ok)
            return bad_spec(text, from, err);
    }
    return (s->c && s->h && s->w && s->k && s->c % s->groups == 0) || bad_spec(text, text, err);
}

bool conv_spec_check(const char *text, struct error *err)
{
    struct spec s;
    return parse(text, &s, err);
}

struct graph *conv_graph(const char *text, int *batch, struct error *err)
{
    struct spec s;
    struct text t = {0};
    if (!parse(text, &s, err))
        return NULL;
    *batch = s.n;
    text_printf(&t, "clact 1\nmodel conv\n%%x = input f32[N,%d,%d,%d,%d]\n", s.c, s.t, s.h, s.w);
    text_printf(&t, "%%w = weight f32[%d,%d,%d,%d,%d]\n", s.k, s.c / s.groups, s.kernel[0],
                s.kernel[1], s.kernel[2]);
    text_printf(&t,
                "%%%s = conv3d %%x %%w stride=%d,%d,%d pad=%d,%d,%d dilation=%d,%d,%d groups=%d\n",
                text, s.stride[0], s.stride[1], s.stride[2], s.pad[0], s.pad[1], s.pad[2],
                s.dilation[0], s.dilation[1], s.dilation[2], s.groups);
    text_printf(&t, "output %%%s\n", text);
    struct graph *g = graph_parse(t.s, t.len, "--conv", err);
    text_free(&t);
    return g;
}

/* "s1" for equal numbers, "s1x2x2"; nothing when all are `plain`. */
static void put3(char *buf, size_t size, char letter, const int v[3], int plain)
{
    size_t n = strlen(buf);
    if (v[0] == plain && v[1] == plain && v[2] == plain)
        return;
    if (v[0] == v[1] && v[1] == v[2])
        snprintf(buf + n, size - n, "%c%d", letter, v[0]);
    else
        snprintf(buf + n, size - n, "%c%dx%dx%d", letter, v[0], v[1], v[2]);
}

static const int *ints(const struct node *n, const char *name)
{
    const struct attr *a = attr_find(n->op, name);
    return a ? (const int *)((const char *)n->attrs + a->offset) : NULL;
}

/* TensorFlow's padding as the same on both sides; false where it is not. */
static bool even_pad(const struct node *n, const struct shape *x, const int kernel[3],
                     const int *stride, const int *dilation, int pad[3])
{
    for (int i = 0; i < 3; i++) {
        int64_t reach = (int64_t)(kernel[i] - 1) * dilation[i] + 1;
        int64_t total = (n->shape.dim[2 + i] - 1) * stride[i] + reach - x->dim[2 + i];
        if (total > 0 && total % 2)
            return false;
        pad[i] = total > 0 ? (int)(total / 2) : 0;
    }
    return true;
}

bool conv_spec(const struct graph *g, const struct node *n, int batch, char *buf, size_t size)
{
    const int *stride = ints(n, "stride"), *given = ints(n, "pad"), *groups = ints(n, "groups");
    const int *dilation = ints(n, "dilation"), *mode = ints(n, "mode");
    if (op_slot(n->op, "w") < 0 || op_slot(n->op, "packed") < 0 || !stride || !given || !groups ||
        !dilation)
        return false;
    const struct shape *x = &g->nodes[n->in[0]].shape,
                       *w = &g->nodes[n->in[op_slot(n->op, "w")]].shape;
    if (x->rank != 5 || x->dtype != DTYPE_F32 || w->rank < 4)
        return false;
    int kernel[3] = {w->rank == 5 ? (int)w->dim[2] : 1, (int)w->dim[w->rank - 2],
                     (int)w->dim[w->rank - 1]};
    int pad[3] = {given[0], given[1], given[2]};
    if (mode && *mode && !even_pad(n, x, kernel, stride, dilation, pad))
        return false; /* padding of one side alone has no letter */
    int len = batch ? snprintf(buf, size, "n%d", batch) : 0;
    snprintf(buf + len, size - (size_t)len, "c%lldt%lldh%lldw%lldk%lldx%dx%dx%d",
             (long long)x->dim[1], (long long)x->dim[2], (long long)x->dim[3],
             (long long)x->dim[4], (long long)w->dim[0], kernel[0], kernel[1], kernel[2]);
    put3(buf, size, 's', stride, 0);
    put3(buf, size, 'p', pad, 0);
    put3(buf, size, 'd', dilation, 1);
    if (*groups > 1)
        snprintf(buf + strlen(buf), size - strlen(buf), "g%d", *groups);
    return true;
}
