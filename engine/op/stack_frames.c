/* SPDX-License-Identifier: MIT */
/* All frames side by side as channels of one: what a 2-D network needs to see a clip at once. */
#include "engine/op/values.h"

static bool infer(const struct graph *g, struct node *n, struct error *err)
{
    TRY(want_value(g, n, 0, 5, err));
    n->shape = *input_shape(g, n, 0);
    n->shape.dim[1] *= n->shape.dim[2];
    n->shape.dim[2] = 1;
    return true;
}

static void reference(const struct node *n, const struct tensor *in, struct tensor *out)
{
    (void)n;
    struct axes x = axes_of(&in[0].shape);
    int64_t frame = x.h * x.w;
    for (int64_t i = 0; i < x.n; i++)
        for (int64_t c = 0; c < x.c; c++)
            for (int64_t t = 0; t < x.t; t++)
                memcpy(out->data + ((i * x.t + t) * x.c + c) * frame,
                       in[0].data + ((i * x.c + c) * x.t + t) * frame,
                       (size_t)frame * sizeof(float));
}

static bool lower(const struct node *n, struct lower *lo, struct error *err)
{
    (void)err;
    struct operand x = lower_operand(lo, n->in[0]), y = lower_output(lo, n);
    struct step *s = lower_launch(lo, n, "stack_frames", "stack_frames", "copy");
    launch_pixels(lo, s, &y);
    lower_define(lo, "X_C", x.c);
    lower_define(lo, "X_T", x.t);
    lower_define(lo, "X_ROW", x.row);
    lower_define_half(lo, "X", &x);
    lower_define(lo, "FRAME", (int64_t)x.h * x.w);
    lower_define(lo, "Y_ROW", y.row);
    lower_define_half(lo, "Y", &y);
    lower_arg(lo, s, x.node);
    lower_arg_output(lo, s, n);
    return true;
}

const struct op op_stack_frames = {
    .name = "stack_frames",
    .about = "[N,C,T,H,W] -> [N,T*C,1,H,W]: channel c of frame t becomes channel t*C + c",
    .inputs = "x",
    .infer = infer,
    .reference = reference,
    .lower = lower,
};
