/* SPDX-License-Identifier: MIT */
/* Batch normalisation with running statistics, where it could not be folded into a convolution: in
 * front of one (pre-activation networks) or after an addition. */
#include "engine/op/activation.h"

enum { SLOT_X, SLOT_GAMMA, SLOT_BETA, SLOT_MEAN, SLOT_VAR };

struct batchnorm {
    float eps;
    int act;
};

static const struct attr attrs[] = {
    {"eps", ATTR_FLOAT, offsetof(struct batchnorm, eps), "1e-05", 0, 1, NULL,
     "added to the variance"},
    {"act", ATTR_ENUM, offsetof(struct batchnorm, act), "none", 0, 0, ACT_CHOICES,
     "activation of the result"},
    {0},
};

static bool infer(const struct graph *g, struct node *n, struct error *err)
{
    const struct shape *x = input_shape(g, n, SLOT_X);
    TRY(want_value(g, n, SLOT_X, 0, err));
    for (int slot = SLOT_GAMMA; slot <= SLOT_VAR; slot++) {
        const struct shape *s = input_shape(g, n, slot);
        char name[24], got[96];
        /* Any shape: some checkpoints store them as [1, C]. A value of windows is no parameter. */
        bool weight = g->nodes[n->in[slot]].part == PART_WEIGHT;
        if (s->dtype != DTYPE_F32 || !weight || shape_elements(s, 1) != x->dim[1])
            return graph_fail(g, n, err, "input has %lld channels, %s is %s",
                              (long long)x->dim[1], op_slot_name(n->op, slot, name),
                              shape_text(s, got));
    }
    n->shape = *x;
    return true;
}

static void cost(const struct graph *g, const struct node *n, struct cost *c)
{
    (void)g;
    c->flops = 2.0 * (double)shape_elements(&n->shape, 1);
}

static void reference(const struct node *n, const struct tensor *in, struct tensor *out)
{
    const struct batchnorm *a = n->attrs;
    struct axes x = axes_of(&in[SLOT_X].shape);
    int64_t plane = x.t * x.h * x.w;
    for (int64_t i = 0; i < x.n * x.c * plane; i++) {
        int64_t c = i / plane % x.c;
        double scale = in[SLOT_GAMMA].data[c] / sqrt((double)in[SLOT_VAR].data[c] + a->eps);
        double y = ((double)in[SLOT_X].data[i] - in[SLOT_MEAN].data[c]) * scale;
        out->data[i] = (float)activate(y + in[SLOT_BETA].data[c], a->act);
    }
}

static bool lower(const struct node *n, struct lower *lo, struct error *err)
{
    (void)err;
    const struct batchnorm *a = n->attrs;
    struct operand x = lower_operand(lo, n->in[SLOT_X]), y = lower_output(lo, n);
    struct step *s = lower_launch(lo, n, "batchnorm", "batchnorm", "pointwise");
    launch_elements(lo, s, &x);
    lower_define_row(lo, "X", &x);
    lower_define_row(lo, "Y", &y);
    lower_define_float(lo, "EPS", a->eps);
    lower_define(lo, "ACT", a->act);
    for (int slot = SLOT_X; slot <= SLOT_VAR; slot++)
        lower_arg(lo, s, n->in[slot]);
    lower_arg_output(lo, s, n);
    return true;
}

const struct op op_batchnorm = {
    .name = "batchnorm",
    .about = "gamma * (x - mean) / sqrt(var + eps) + beta, per channel",
    .inputs = "x gamma beta mean var",
    .traits = OP_POINTWISE | OP_SLICED,
    .attrs_size = sizeof(struct batchnorm),
    .attrs = attrs,
    .infer = infer,
    .cost = cost,
    .reference = reference,
    .lower = lower,
};
