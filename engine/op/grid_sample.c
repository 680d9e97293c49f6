/* SPDX-License-Identifier: MIT */
/* Frames of x read at places that are given as numbers from -1 to 1, as PyTorch's grid_sample does:
 * channel 0 of the grid is the place along W, channel 1 along H. */
#include "engine/op/values.h"
#include <math.h>

enum mode { MODE_BILINEAR, MODE_NEAREST };
enum border { BORDER_ZEROS, BORDER_BORDER, BORDER_REFLECTION };

struct grid_sample {
    int mode, border, align_corners;
};

static const struct attr attrs[] = {
    {"mode", ATTR_ENUM, offsetof(struct grid_sample, mode), "bilinear", 0, 0, "bilinear|nearest",
     "four pixels, or the nearest one"},
    {"border", ATTR_ENUM, offsetof(struct grid_sample, border), "zeros", 0, 0,
     "zeros|border|reflection", "what pixels outside are: 0, the nearest, the mirror image"},
    {"align_corners", ATTR_INT, offsetof(struct grid_sample, align_corners), "0", 0, 1, NULL,
     "1: -1 and 1 are the centres of the outer pixels; 0: their outer edges"},
    {0},
};

static bool infer(const struct graph *g, struct node *n, struct error *err)
{
    TRY(want_value(g, n, 0, 5, err));
    TRY(want_value(g, n, 1, 5, err));
    const struct shape *x = input_shape(g, n, 0), *v = input_shape(g, n, 1);
    char text[2][96];
    if (v->dim[0] != x->dim[0] || v->dim[1] != 2 || v->dim[2] != x->dim[2])
        return graph_fail(g, n, err, "x is %s, the grid %s; it wants 2 channels and as many frames",
                          shape_text(x, text[0]), shape_text(v, text[1]));
    n->shape = *v;
    n->shape.dim[1] = x->dim[1];
    return true;
}

static double mirror(double v, double low, double high)
{
    double span = high - low;
    if (span <= 0)
        return 0;
    v = fabs(v - low);
    double turns = floor(v / span), rest = v - turns * span;
    return fmod(turns, 2) != 0 ? high - rest : low + rest;
}

/* The place in pixels. */
static double place_of(const struct grid_sample *a, double v, int64_t size)
{
    double last = (double)size - 1;
    double place = a->align_corners ? (v + 1) / 2 * last : ((v + 1) * (double)size - 1) / 2;
    if (a->border == BORDER_REFLECTION)
        place = a->align_corners ? mirror(place, 0, last) : mirror(place, -0.5, last + 0.5);
    if (a->border != BORDER_ZEROS)
        place = place < 0 ? 0 : place > last ? last : place;
    return place;
}

/* A pixel of a plane; outside, and where the place is no number, it is 0. */
static double pixel(const float *plane, const struct axes *x, double i, double j)
{
    if (!(i >= 0 && i < (double)x->h && j >= 0 && j < (double)x->w))
        return 0;
    return plane[(int64_t)i * x->w + (int64_t)j];
}

static double sample(const struct grid_sample *a, const float *plane, const struct axes *x,
                     double down, double right)
{
    double i = place_of(a, down, x->h), j = place_of(a, right, x->w);
    if (a->mode == MODE_NEAREST)
        return pixel(plane, x, nearbyint(i), nearbyint(j));
    double i0 = floor(i), j0 = floor(j), r = i - i0, c = j - j0;
    return (1 - r) * ((1 - c) * pixel(plane, x, i0, j0) + c * pixel(plane, x, i0, j0 + 1)) +
           r * ((1 - c) * pixel(plane, x, i0 + 1, j0) + c * pixel(plane, x, i0 + 1, j0 + 1));
}

static void reference(const struct node *n, const struct tensor *in, struct tensor *out)
{
    const struct grid_sample *a = n->attrs;
    struct axes x = axes_of(&in[0].shape), y = axes_of(&out->shape);
    int64_t frame = y.h * y.w;
    float *to = out->data;
    for (int64_t w = 0; w < y.n; w++)
        for (int64_t c = 0; c < y.c; c++)
            for (int64_t t = 0; t < y.t; t++)
                for (int64_t p = 0; p < frame; p++) {
                    const float *v = in[1].data + (w * 2 * y.t + t) * frame + p;
                    const float *plane = in[0].data + ((w * x.c + c) * x.t + t) * x.h * x.w;
                    *to++ = (float)sample(a, plane, &x, v[y.t * frame], v[0]);
                }
}

static bool lower(const struct node *n, struct lower *lo, struct error *err)
{
    (void)err;
    const struct grid_sample *a = n->attrs;
    struct operand x = lower_operand(lo, n->in[0]), v = lower_operand(lo, n->in[1]);
    struct operand y = lower_output(lo, n);
    struct step *s = lower_launch(lo, n, "grid_sample", "grid_sample", "direct");
    lower_define(lo, "NEAREST", a->mode == MODE_NEAREST);
    lower_define(lo, "BORDER", a->border);
    lower_define(lo, "ALIGN", a->align_corners);
    lower_define(lo, "X_T", x.t);
    lower_define(lo, "X_H", x.h);
    lower_define(lo, "X_W", x.w);
    lower_define(lo, "X_ROW", x.row);
    lower_define_half(lo, "X", &x);
    lower_define(lo, "V_ROW", v.row);
    lower_define_half(lo, "V", &v);
    lower_define(lo, "FRAME", (int64_t)y.h * y.w);
    lower_define(lo, "Y_ROW", y.row);
    lower_define_half(lo, "Y", &y);
    lower_arg(lo, s, x.node);
    lower_arg(lo, s, v.node);
    lower_arg_output(lo, s, n);
    lower_size(s, (size_t)y.c, (size_t)y.t * (size_t)y.h * (size_t)y.w, (size_t)y.n);
    return true;
}

const struct op op_grid_sample = {
    .name = "grid_sample",
    .about = "frames of x at the places v, each from -1 to 1: channel 0 along W, channel 1 along H",
    .inputs = "x v",
    .attrs_size = sizeof(struct grid_sample),
    .attrs = attrs,
    .infer = infer,
    .reference = reference,
    .lower = lower,
};
