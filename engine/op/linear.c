/* SPDX-License-Identifier: MIT */
/* A fully connected layer, y = act(w x + bias), of the channels at every position. Positions are
 * rows of a matrix, whatever their axes. Weights are read as they stand in the file, once for every
 * LINEAR_ROWS positions: rows of w and of x are both contiguous over channels. */
#include "base/checked.h"
#include "engine/op/activation.h"

enum { LINEAR_ROWS = 8 }; /* positions of a work-item on a CPU */

enum { SLOT_X, SLOT_W, SLOT_BIAS };

struct linear {
    int act;
};

static const struct attr attrs[] = {
    {"act", ATTR_ENUM, offsetof(struct linear, act), "none", 0, 0, ACT_CHOICES,
     "activation of the result"},
    {0},
};

/* [outputs,inputs], as a matrix or as a 1x1x1 convolution saves it. */
static bool is_matrix(const struct shape *w)
{
    for (int i = 2; i < w->rank; i++)
        if (w->dim[i] != 1)
            return false;
    return w->dtype == DTYPE_F32 && (w->rank == 2 || w->rank == 5);
}

static bool infer(const struct graph *g, struct node *n, struct error *err)
{
    const struct shape *w = input_shape(g, n, SLOT_W);
    char text[2][96];
    TRY(want_value(g, n, SLOT_X, 0, err));
    n->shape = *input_shape(g, n, SLOT_X);
    if (!is_matrix(w))
        return graph_fail(g, n, err, "weight is %s, wanted f32[outputs,inputs], with 1,1,1 or not",
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
    double taps = (double)input_shape(g, n, SLOT_W)->dim[1];
    c->multiply_adds = (double)shape_elements(&n->shape, 1) * taps;
    c->flops = 2 * c->multiply_adds;
}

static void reference(const struct node *n, const struct tensor *in, struct tensor *out)
{
    const struct linear *a = n->attrs;
    struct axes y = axes_of(&out->shape);
    int64_t places = y.t * y.h * y.w, inputs = in[SLOT_X].shape.dim[1];
    for (int64_t i = 0; i < y.n * y.c * places; i++) {
        int64_t window = i / (y.c * places), k = i / places % y.c;
        const float *x = in[SLOT_X].data + window * inputs * places + i % places;
        const float *w = in[SLOT_W].data + k * inputs;
        double sum = in[SLOT_BIAS].data ? in[SLOT_BIAS].data[k] : 0;
        for (int64_t c = 0; c < inputs; c++)
            sum += (double)w[c] * x[c * places];
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
    int64_t positions = (int64_t)y.n * y.t * y.h * y.w;
    int rows = caps->gpu ? 1 : positions < LINEAR_ROWS ? (int)positions : LINEAR_ROWS;
    struct step *s = lower_launch(lo, n, "linear", "linear", "dot products");
    lower_define(lo, "VEC", lane_width(caps));
    lower_define(lo, "TEAM", team);
    lower_define(lo, "ROWS", rows);
    lower_define(lo, "POSITIONS", positions);
    lower_define(lo, "INPUTS", x.c);
    lower_define(lo, "X_ROW", x.row);
    lower_define_half(lo, "X", &x);
    lower_define(lo, "Y_ROW", y.row);
    lower_define_half(lo, "Y", &y);
    lower_define(lo, "BIAS", bias);
    lower_define(lo, "ACT", a->act);
    lower_size(s, (size_t)team, (size_t)y.c, (size_t)ceil_div(positions, rows));
    lower_local(s, (size_t)team, 1, 1);
    lower_arg(lo, s, n->in[SLOT_X]);
    lower_arg_weight(lo, s, n->in[SLOT_W]);
    if (bias)
        lower_arg(lo, s, n->in[SLOT_BIAS]);
    lower_arg_output(lo, s, n);
    return true;
}

const struct op op_linear = {
    .name = "linear",
    .about = "act(w x + bias) of the channels, fully connected, at every position",
    .inputs = "x w bias?",
    .attrs_size = sizeof(struct linear),
    .attrs = attrs,
    .infer = infer,
    .cost = cost,
    .reference = reference,
    .lower = lower,
};
