/* SPDX-License-Identifier: MIT */
/* Product of two matrices that both depend on the window, as in attention; for a weight, linear.
 * The axis T counts independent products. */
#include "engine/op/values.h"

static bool infer(const struct graph *g, struct node *n, struct error *err)
{
    TRY(want_value(g, n, 0, 5, err));
    TRY(want_value(g, n, 1, 5, err));
    const struct shape *x = input_shape(g, n, 0), *y = input_shape(g, n, 1);
    char text[2][96];
    if (x->dim[0] != y->dim[0] || x->dim[1] != y->dim[3] || x->dim[2] != y->dim[2] ||
        y->dim[4] != 1)
        return graph_fail(g, n, err, "x is %s, y %s; wanted N,K,T,H,W and N,M,T,K,1",
                          shape_text(x, text[0]), shape_text(y, text[1]));
    n->shape = *x;
    n->shape.dim[1] = y->dim[1];
    return true;
}

static void cost(const struct graph *g, const struct node *n, struct cost *c)
{
    c->multiply_adds = (double)shape_elements(&n->shape, 1) * (double)input_shape(g, n, 0)->dim[1];
    c->flops = 2 * c->multiply_adds;
}

static void reference(const struct node *n, const struct tensor *in, struct tensor *out)
{
    (void)n;
    struct axes x = axes_of(&in[0].shape), z = axes_of(&out->shape);
    int64_t plane = x.h * x.w;
    for (int64_t i = 0; i < z.n * z.c * z.t * plane; i++) {
        int64_t window = i / (z.c * z.t * plane), m = i / (z.t * plane) % z.c;
        int64_t t = i / plane % z.t, p = i % plane;
        const float *a = in[0].data + (window * x.c * x.t + t) * plane + p;
        const float *b = in[1].data + ((window * z.c + m) * x.t + t) * x.c;
        double sum = 0;
        for (int64_t k = 0; k < x.c; k++)
            sum += (double)a[k * x.t * plane] * b[k];
        out->data[i] = (float)sum;
    }
}

static bool lower(const struct node *n, struct lower *lo, struct error *err)
{
    (void)err;
    struct operand x = lower_operand(lo, n->in[0]), y = lower_operand(lo, n->in[1]);
    struct operand z = lower_output(lo, n);
    struct step *s = lower_launch(lo, n, "matmul", "matmul", "dot products");
    lower_define(lo, "X_C", x.c);
    lower_define(lo, "X_ROW", x.row);
    lower_define_half(lo, "X", &x);
    lower_define(lo, "Y_ROW", y.row);
    lower_define_half(lo, "Y", &y);
    lower_define(lo, "Z_T", z.t);
    lower_define(lo, "FRAME", (int64_t)z.h * z.w);
    lower_define(lo, "Z_ROW", z.row);
    lower_define_half(lo, "Z", &z);
    lower_arg(lo, s, x.node);
    lower_arg(lo, s, y.node);
    lower_arg_output(lo, s, n);
    lower_size(s, (size_t)z.c, (size_t)z.t * (size_t)z.h * (size_t)z.w, (size_t)z.n);
    return true;
}

const struct op op_matmul = {
    .name = "matmul",
    .about = "z[m,t,h,w] = sum over k of x[k,t,h,w] * y[m,t,k,0]",
    .inputs = "x y",
    .infer = infer,
    .cost = cost,
    .reference = reference,
    .lower = lower,
};
