/* SPDX-License-Identifier: MIT */
/* Bilinear resize of maps inside a network (torch's align_corners=False, without antialias). A map
 * of displacements counts in its own pixels: `gain` makes them those of the new size. */
#include "engine/op/values.h"

enum { SIDE_MOST = 32767 }; /* 2 * side * side fits an int: places are counted exactly */

struct resize_map {
    int height, width;
    float gain;
};

static const struct attr attrs[] = {
    {"height", ATTR_INT, offsetof(struct resize_map, height), NULL, 1, SIDE_MOST, NULL,
     "rows of the result"},
    {"width", ATTR_INT, offsetof(struct resize_map, width), NULL, 1, SIDE_MOST, NULL,
     "columns of the result"},
    {"gain", ATTR_FLOAT, offsetof(struct resize_map, gain), "1", 0, 0, NULL,
     "factor of every value"},
    {0},
};

static bool infer(const struct graph *g, struct node *n, struct error *err)
{
    const struct resize_map *a = n->attrs;
    TRY(want_value(g, n, 0, 5, err));
    n->shape = *input_shape(g, n, 0);
    for (int i = 3; i < 5; i++)
        if (n->shape.dim[i] > SIDE_MOST)
            return graph_fail(g, n, err, "input has a side of %lld, at most %d can be resized",
                              (long long)n->shape.dim[i], SIDE_MOST);
    n->shape.dim[3] = a->height;
    n->shape.dim[4] = a->width;
    return true;
}

static void cost(const struct graph *g, const struct node *n, struct cost *c)
{
    (void)g;
    c->flops = 8 * (double)shape_elements(&n->shape, 1);
}

/* Pixel i of `out` reads pixels at[0] and at[1] of `in`, the second with the weight returned. */
static double source(int64_t i, int64_t in, int64_t out, int64_t at[2])
{
    int64_t place = (2 * i + 1) * in - out; /* in 2*out-ths of a pixel */
    if (place < 0)
        place = 0;
    at[0] = place / (2 * out);
    at[1] = at[0] + 1 < in ? at[0] + 1 : in - 1;
    return (double)(place % (2 * out)) / (2.0 * (double)out);
}

static void reference(const struct node *n, const struct tensor *in, struct tensor *out)
{
    const struct resize_map *a = n->attrs;
    struct axes x = axes_of(&in[0].shape), y = axes_of(&out->shape);
    for (int64_t m = 0; m < x.n * x.c * x.t; m++) {
        const float *map = in[0].data + m * x.h * x.w;
        for (int64_t i = 0; i < y.h * y.w; i++) {
            int64_t row[2], col[2];
            double down = source(i / y.w, x.h, y.h, row), right = source(i % y.w, x.w, y.w, col);
            double upper =
                (1 - right) * map[row[0] * x.w + col[0]] + right * map[row[0] * x.w + col[1]];
            double lower =
                (1 - right) * map[row[1] * x.w + col[0]] + right * map[row[1] * x.w + col[1]];
            out->data[m * y.h * y.w + i] =
                (float)((double)a->gain * ((1 - down) * upper + down * lower));
        }
    }
}

static bool lower(const struct node *n, struct lower *lo, struct error *err)
{
    (void)err;
    const struct resize_map *a = n->attrs;
    struct operand x = lower_operand(lo, n->in[0]), y = lower_output(lo, n);
    struct step *s = lower_launch(lo, n, "resize_map", "resize_map", "bilinear");
    launch_pixels(lo, s, &y);
    lower_define(lo, "X_H", x.h);
    lower_define(lo, "X_W", x.w);
    lower_define(lo, "ROW", x.row);
    lower_define_half(lo, "X", &x);
    lower_define_half(lo, "Y", &y);
    lower_define(lo, "T", x.t);
    lower_define(lo, "Y_H", y.h);
    lower_define(lo, "Y_W", y.w);
    lower_define_float(lo, "GAIN", a->gain);
    lower_arg(lo, s, x.node);
    lower_arg_output(lo, s, n);
    return true;
}

const struct op op_resize_map = {
    .name = "resize_map",
    .about = "bilinear resize of every frame, times gain",
    .inputs = "x",
    .attrs_size = sizeof(struct resize_map),
    .attrs = attrs,
    .infer = infer,
    .cost = cost,
    .reference = reference,
    .lower = lower,
};
