/* SPDX-License-Identifier: MIT */
/* Mean of several values of one shape: the late fusion of streams. */
#include "engine/op/values.h"

static bool infer(const struct graph *g, struct node *n, struct error *err)
{
    TRY(want_value(g, n, 0, 0, err));
    for (int i = 1; i < n->in_count; i++)
        TRY(want_same_shape(g, n, 0, i, err));
    n->shape = *input_shape(g, n, 0);
    return true;
}

static void cost(const struct graph *g, const struct node *n, struct cost *c)
{
    (void)g;
    c->flops = (double)shape_elements(&n->shape, 1) * n->in_count;
}

static void reference(const struct node *n, const struct tensor *in, struct tensor *out)
{
    int64_t count = shape_elements(&out->shape, 1);
    for (int64_t i = 0; i < count; i++) {
        double sum = 0;
        for (int k = 0; k < n->in_count; k++)
            sum += in[k].data[i];
        out->data[i] = (float)(sum / n->in_count);
    }
}

/* One launch an input: the result is the running sum until the last one divides. */
static bool lower(const struct node *n, struct lower *lo, struct error *err)
{
    (void)err;
    struct operand y = lower_output(lo, n);
    for (int i = 0; i < n->in_count; i++) {
        struct operand x = lower_operand(lo, n->in[i]);
        struct step *s = lower_launch(lo, n, "average", "average", "running sum");
        launch_elements(lo, s, &y);
        lower_define(lo, "ROW", y.row);
        lower_define_half(lo, "X", &x);
        lower_define_half(lo, "Y", &y);
        lower_define(lo, "FIRST", i == 0);
        lower_define(lo, "COUNT", i == n->in_count - 1 ? n->in_count : 1);
        lower_arg(lo, s, n->in[i]);
        lower_arg_output(lo, s, n);
    }
    return true;
}

const struct op op_average = {
    .name = "average",
    .about = "mean of values of one shape",
    .inputs = "x...",
    .infer = infer,
    .cost = cost,
    .reference = reference,
    .lower = lower,
};
