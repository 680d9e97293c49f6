/* SPDX-License-Identifier: MIT */
/* A fully connected layer, y = act(w x + bias). Its weights are read once for each window, as they
 * stand in the file: rows of w and of x are both contiguous over channels. */
#include "engine/op/activation.h"

enum { SLOT_X, SLOT_W, SLOT_BIAS };

struct linear {
    int act;
};

static const struct attr attrs[] = {
    {"act", ATTR_ENUM, offsetof(struct linear, act), "none", 0, 0, ACT_CHOICES,
     "activation of the result"},
    {0},
};

static bool infer(const struct graph *g, struct node *n, struct error *err)
{
    const struct shape *w = input_shape(g, n, SLOT_W);
    char text[2][96];
    TRY(want_value(g, n, SLOT_X, 2, err));
    n->shape = *input_shape(g, n, SLOT_X);
    if (w->dtype != DTYPE_F32 || w->rank != 2)
        return graph_fail(g, n, err, "weight is %s, wanted f32[outputs,inputs]",
                          shape_text(w, text[0]));
    if (n->shape.dim[1] != w->dim[1])
        return graph_fail(g, n, err, "input has %lld channels, weight wants %lld",
                          (long long)n->shape.dim[1], (long long)w->dim[1]);
    n->shape.dim[1] = w->dim[0];
    struct shape want = shape_f32(1, w->dim);
    if (n->in[SLOT_BIAS] != NODE_NONE && !shape_equal(input_shape(g, n, SLOT_BIAS), &want))
        return graph_fail(g, n, err, "bias is %s, wanted %s",
                          shape_text(input_shape(g, n, SLOT_BIAS), text[0]),
                          shape_text(&want, text[1]));
    return true;
}

static void cost(const struct graph *g, const struct node *n, struct cost *c)
{
    c->multiply_adds = (double)shape_elements(input_shape(g, n, SLOT_W), 1);
    c->flops = 2 * c->multiply_adds;
}

static void reference(const struct node *n, const struct tensor *in, struct tensor *out)
{
    const struct linear *a = n->attrs;
    int64_t rows = out->shape.dim[0], outputs = out->shape.dim[1], inputs = in[SLOT_X].shape.dim[1];
    for (int64_t i = 0; i < rows * outputs; i++) {
        const float *x = in[SLOT_X].data + i / outputs * inputs;
        const float *w = in[SLOT_W].data + i % outputs * inputs;
        double sum = in[SLOT_BIAS].data ? in[SLOT_BIAS].data[i % outputs] : 0;
        for (int64_t c = 0; c < inputs; c++)
            sum += (double)w[c] * x[c];
        out->data[i] = (float)activate(sum, a->act);
    }
}

static bool lower(const struct node *n, struct lower *lo, struct error *err)
{
    (void)err;
    const struct linear *a = n->attrs;
    const struct caps *caps = lower_caps(lo);
    struct operand x = lower_operand(lo, n->in[SLOT_X]), y = lower_output(lo, n);
    bool bias = n->in[SLOT_BIAS] != NODE_NONE;
    int team = caps->gpu ? 32 : 1; /* work-items that share one output value */
    struct step *s = lower_launch(lo, n, "linear", "linear", "dot products");
    lower_define(lo, "VEC", lane_width(caps));
    lower_define(lo, "TEAM", team);
    lower_define(lo, "INPUTS", x.c);
    lower_define(lo, "X_ROW", x.row);
    lower_define(lo, "Y_ROW", y.row);
    lower_define(lo, "BIAS", bias);
    lower_define(lo, "ACT", a->act);
    lower_size(s, (size_t)team, (size_t)y.c, (size_t)y.n);
    lower_local(s, (size_t)team, 1, 1);
    lower_arg(lo, s, n->in[SLOT_X]);
    lower_arg(lo, s, n->in[SLOT_W]);
    if (bias)
        lower_arg(lo, s, n->in[SLOT_BIAS]);
    lower_arg_output(lo, s, n);
    return true;
}

const struct op op_linear = {
    .name = "linear",
    .about = "act(w x + bias), fully connected",
    .inputs = "x w bias?",
    .attrs_size = sizeof(struct linear),
    .attrs = attrs,
    .infer = infer,
    .cost = cost,
    .reference = reference,
    .lower = lower,
};
