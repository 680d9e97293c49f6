/* SPDX-License-Identifier: MIT */
/* N C T H W as N (C T H W), in PyTorch's order; on the device the channels of a pixel are
 * neighbours, so this is a transposition. */
#include "engine/op/values.h"

static bool infer(const struct graph *g, struct node *n, struct error *err)
{
    const struct shape *x = input_shape(g, n, 0);
    TRY(want_value(g, n, 0, 5, err));
    int64_t all = shape_elements(x, 1) / (x->dim[0] == DIM_N ? 1 : x->dim[0]);
    n->shape = shape_f32(2, (int64_t[]){x->dim[0], all});
    return true;
}

static void reference(const struct node *n, const struct tensor *in, struct tensor *out)
{
    (void)n;
    memcpy(out->data, in[0].data, sizeof(float) * (size_t)shape_elements(&out->shape, 1));
}

static bool lower(const struct node *n, struct lower *lo, struct error *err)
{
    (void)err;
    struct operand x = lower_operand(lo, n->in[0]), y = lower_output(lo, n);
    struct step *s = lower_launch(lo, n, "flatten", "flatten", "transpose");
    lower_define(lo, "PIXELS", (int64_t)x.t * x.h * x.w);
    lower_define(lo, "X_ROW", x.row);
    lower_define_half(lo, "X", &x);
    lower_define(lo, "Y_ROW", y.row);
    lower_define_half(lo, "Y", &y);
    lower_arg(lo, s, x.node);
    lower_arg_output(lo, s, n);
    lower_size(s, (size_t)y.c, (size_t)y.n, 1);
    return true;
}

const struct op op_flatten = {
    .name = "flatten",
    .about = "all axes but N as one, in C T H W order",
    .inputs = "x",
    .infer = infer,
    .reference = reference,
    .lower = lower,
};
