/* SPDX-License-Identifier: MIT */
/* Shortcut without parameters (He's type A): every stride-th pixel, then channels of zeros. */
#include "engine/op/values.h"

struct shortcut_pad {
    int channels, stride[3];
};

static const struct attr attrs[] = {
    {"channels", ATTR_INT, offsetof(struct shortcut_pad, channels), NULL, 1, 1 << 20, NULL,
     "channels of the result"},
    {"stride", ATTR_INT3, offsetof(struct shortcut_pad, stride), "1", 1, 65535, NULL,
     "distance of the pixels taken T,H,W"},
    {0},
};

static bool infer(const struct graph *g, struct node *n, struct error *err)
{
    const struct shortcut_pad *a = n->attrs;
    TRY(want_value(g, n, 0, 5, err));
    n->shape = *input_shape(g, n, 0);
    if (n->shape.dim[1] > a->channels)
        return graph_fail(g, n, err, "input has %lld channels, more than channels=%d",
                          (long long)n->shape.dim[1], a->channels);
    n->shape.dim[1] = a->channels;
    for (int i = 0; i < 3; i++)
        n->shape.dim[2 + i] = (n->shape.dim[2 + i] + a->stride[i] - 1) / a->stride[i];
    return true;
}

static void reference(const struct node *n, const struct tensor *in, struct tensor *out)
{
    const struct shortcut_pad *a = n->attrs;
    struct axes x = axes_of(&in[0].shape), y = axes_of(&out->shape);
    for (int64_t w = 0; w < x.n; w++)
        for (int64_t c = 0; c < x.c; c++)
            for (int64_t t = 0; t < y.t; t++)
                for (int64_t h = 0; h < y.h; h++) {
                    int64_t row = ((w * x.c + c) * x.t + t * a->stride[0]) * x.h;
                    const float *from = in[0].data + (row + h * a->stride[1]) * x.w;
                    float *to = out->data + (((w * y.c + c) * y.t + t) * y.h + h) * y.w;
                    for (int64_t i = 0; i < y.w; i++)
                        to[i] = from[i * a->stride[2]];
                }
}

static bool lower(const struct node *n, struct lower *lo, struct error *err)
{
    (void)err;
    const struct shortcut_pad *a = n->attrs;
    struct operand x = lower_operand(lo, n->in[0]), y = lower_output(lo, n);
    struct step *s = lower_launch(lo, n, "shortcut_pad", "shortcut_pad", "copy");
    launch_pixels(lo, s, &y);
    lower_define_operand(lo, "X", &x);
    lower_define_operand(lo, "Y", &y);
    lower_define(lo, "STRIDE_T", a->stride[0]);
    lower_define(lo, "STRIDE_H", a->stride[1]);
    lower_define(lo, "STRIDE_W", a->stride[2]);
    lower_arg(lo, s, x.node);
    lower_arg_output(lo, s, n);
    return true;
}

const struct op op_shortcut_pad = {
    .name = "shortcut_pad",
    .about = "x at every stride-th pixel, with channels of zeros appended",
    .inputs = "x",
    .attrs_size = sizeof(struct shortcut_pad),
    .attrs = attrs,
    .infer = infer,
    .reference = reference,
    .lower = lower,
};
