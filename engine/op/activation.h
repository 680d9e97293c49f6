/* SPDX-License-Identifier: MIT */
/* Activations: the choices of every `act` attribute, their formulae, and the operators that
 * are nothing but an activation and share the kernel activate.cl. */
#ifndef ENGINE_OP_ACTIVATION_H
#define ENGINE_OP_ACTIVATION_H
#include "engine/op/values.h"
#include <math.h>

/* ACT of cl/kernels/lane.h */
enum activation { ACT_NONE, ACT_RELU, ACT_ELU, ACT_SIGMOID, ACT_SWISH };
#define ACT_CHOICES "none|relu|elu|sigmoid|swish"

/* NaN stays NaN: a broken weight must reach the scores, where it is reported. */
static inline double activate(double x, int act)
{
    switch ((enum activation)act) {
    case ACT_RELU:
        return x < 0 ? 0 : x;
    case ACT_ELU:
        return x < 0 ? expm1(x) : x;
    case ACT_SIGMOID:
        return 1 / (1 + exp(-x));
    case ACT_SWISH: /* 0 is the limit at -inf, where the formula is -inf/inf */
        return x == -INFINITY ? 0 : x / (1 + exp(-x));
    case ACT_NONE:
        break;
    }
    return x;
}

static inline bool activation_infer(const struct graph *g, struct node *n, struct error *err)
{
    TRY(want_value(g, n, 0, 0, err));
    n->shape = *input_shape(g, n, 0);
    return true;
}

static inline void activation_reference(const struct tensor *x, struct tensor *out, int act)
{
    int64_t count = shape_elements(&x->shape, 1);
    for (int64_t i = 0; i < count; i++)
        out->data[i] = (float)activate(x->data[i], act);
}

static inline bool activation_lower(const struct node *n, struct lower *lo, int act)
{
    struct operand x = lower_operand(lo, n->in[0]), y = lower_output(lo, n);
    struct step *s = lower_launch(lo, n, "activate", "activate_rows", "pointwise");
    launch_elements(lo, s, &x);
    lower_define(lo, "ACT", act);
    lower_define_row(lo, "X", &x);
    lower_define_row(lo, "Y", &y);
    lower_arg(lo, s, x.node);
    lower_arg_output(lo, s, n);
    return true;
}

#endif
