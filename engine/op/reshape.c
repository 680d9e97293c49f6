/* SPDX-License-Identifier: MIT */
/* The elements of a window in C T H W order, under other sizes. On the device this moves them. To
 * N C it is flatten. */
#include "engine/op/values.h"

struct reshape {
    int channels, size[3];
};

static const struct attr attrs[] = {
    {"channels", ATTR_INT, offsetof(struct reshape, channels), NULL, 1, 1 << 30, NULL,
     "channels of the result"},
    {"size", ATTR_INT3, offsetof(struct reshape, size), "1", 1, 1 << 30, NULL,
     "size of the result T,H,W"},
    {0},
};

static bool infer(const struct graph *g, struct node *n, struct error *err)
{
    const struct reshape *a = n->attrs;
    const struct shape *x = input_shape(g, n, 0);
    char from[96], to[96];
    TRY(want_value(g, n, 0, 0, err));
    n->shape =
        shape_f32(5, (int64_t[]){x->dim[0], a->channels, a->size[0], a->size[1], a->size[2]});
    if (!shape_check(&n->shape) || shape_elements(&n->shape, 1) != shape_elements(x, 1))
        return graph_fail(g, n, err, "%s does not have the elements of %s", shape_text(x, from),
                          shape_text(&n->shape, to));
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
    int64_t pixels = (int64_t)y.t * y.h * y.w;
    struct step *s = lower_launch(lo, n, "reshape", "reshape", "transpose");
    lower_define(lo, "X_PIXELS", (int64_t)x.t * x.h * x.w);
    lower_define(lo, "X_ROW", x.row);
    lower_define_half(lo, "X", &x);
    lower_define(lo, "Y_PIXELS", pixels);
    lower_define(lo, "Y_ROW", y.row);
    lower_define_half(lo, "Y", &y);
    lower_arg(lo, s, x.node);
    lower_arg_output(lo, s, n);
    lower_size(s, (size_t)y.c, (size_t)pixels, (size_t)y.n);
    return true;
}

const struct op op_reshape = {
    .name = "reshape",
    .about = "the elements of a window in C T H W order, under other sizes",
    .inputs = "x",
    .attrs_size = sizeof(struct reshape),
    .attrs = attrs,
    .infer = infer,
    .reference = reference,
    .lower = lower,
};
