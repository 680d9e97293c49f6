/* SPDX-License-Identifier: MIT */
/* Functions of one number, element by element, that are rare enough to share an operator. What
 * convolutions can apply in their store are operators of their own: relu, elu, sigmoid, swish. */
#include "engine/op/values.h"
#include <math.h>

/* FN of cl/kernels/unary.cl */
enum function {
    FN_AFFINE,
    FN_ABS,
    FN_SQRT,
    FN_SQUARE,
    FN_EXP,
    FN_TANH,
    FN_CLIP,
    FN_LEAKY_RELU,
    FN_ELU,
    FN_HARDSIGMOID,
    FN_HARDSWISH,
    FN_POW
};

struct unary {
    int fn;
    float a, b;
};

static const struct attr attrs[] = {
    {"fn", ATTR_ENUM, offsetof(struct unary, fn), NULL, 0, 0,
     "affine|abs|sqrt|square|exp|tanh|clip|leaky_relu|elu|hardsigmoid|hardswish|pow",
     "a*x+b; |x|; ...; x within a..b; x or a*x below 0; x or a*(exp(x)-1) below 0; a*x+b within "
     "0..1; x*(x/6+1/2 within 0..1); x^a"},
    {"a", ATTR_FLOAT, offsetof(struct unary, a), "1", 0, 0, NULL, "first parameter"},
    {"b", ATTR_FLOAT, offsetof(struct unary, b), "0", 0, 0, NULL, "second parameter"},
    {0},
};

/* NaN stays NaN: a broken weight must reach the scores, where it is reported. */
static double within(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

static double apply(const struct unary *u, double x)
{
    switch ((enum function)u->fn) {
    case FN_AFFINE:
        return u->a * x + u->b;
    case FN_ABS:
        return fabs(x);
    case FN_SQRT:
        return sqrt(x);
    case FN_SQUARE:
        return x * x;
    case FN_EXP:
        return exp(x);
    case FN_TANH:
        return tanh(x);
    case FN_CLIP:
        return within(x, u->a, u->b);
    case FN_LEAKY_RELU:
        return x < 0 ? u->a * x : x;
    case FN_ELU:
        return x < 0 ? u->a * expm1(x) : x;
    case FN_HARDSIGMOID:
        return within(u->a * x + u->b, 0, 1);
    case FN_HARDSWISH:
        return x * within(x / 6 + 0.5, 0, 1);
    case FN_POW:
        break;
    }
    return pow(x, u->a);
}

static bool infer(const struct graph *g, struct node *n, struct error *err)
{
    const struct unary *u = n->attrs;
    TRY(want_value(g, n, 0, 0, err));
    if (u->fn == FN_CLIP && !(u->a <= u->b))
        return graph_fail(g, n, err, "clip from a=%g to b=%g holds nothing", u->a, u->b);
    n->shape = *input_shape(g, n, 0);
    return true;
}

static void reference(const struct node *n, const struct tensor *in, struct tensor *out)
{
    int64_t count = shape_elements(&out->shape, 1);
    for (int64_t i = 0; i < count; i++)
        out->data[i] = (float)apply(n->attrs, in[0].data[i]);
}

static bool lower(const struct node *n, struct lower *lo, struct error *err)
{
    (void)err;
    const struct unary *u = n->attrs;
    struct operand x = lower_operand(lo, n->in[0]), y = lower_output(lo, n);
    struct step *s = lower_launch(lo, n, "unary", "unary_rows", "pointwise");
    launch_elements(lo, s, &x);
    lower_define(lo, "FN", u->fn);
    lower_define_float(lo, "A", u->a);
    lower_define_float(lo, "B", u->b);
    lower_define_row(lo, "X", &x);
    lower_define_row(lo, "Y", &y);
    lower_arg(lo, s, x.node);
    lower_arg_output(lo, s, n);
    return true;
}

const struct op op_unary = {
    .name = "unary",
    .about = "a function of each element, by the parameters a and b",
    .inputs = "x",
    .traits = OP_POINTWISE | OP_SLICED,
    .attrs_size = sizeof(struct unary),
    .attrs = attrs,
    .infer = infer,
    .cost = cost_elements,
    .reference = reference,
    .lower = lower,
};
