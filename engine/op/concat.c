/* SPDX-License-Identifier: MIT */
/* Values side by side along the channels, in the order given. What its producer has written into
 * the result needs no step (engine/slice.c). */
#include "engine/op/values.h"

static bool infer(const struct graph *g, struct node *n, struct error *err)
{
    int64_t channels = 0;
    char first[96], other[96];
    TRY(want_value(g, n, 0, 0, err));
    n->shape = *input_shape(g, n, 0);
    for (int i = 0; i < n->in_count; i++) {
        const struct shape *x = input_shape(g, n, i);
        struct shape same = *x;
        same.dim[1] = n->shape.dim[1];
        if (!shape_equal(&same, &n->shape))
            return graph_fail(g, n, err, "inputs %s and %s differ in more than channels",
                              shape_text(&n->shape, first), shape_text(x, other));
        channels += x->dim[1];
    }
    n->shape.dim[1] = channels;
    return true;
}

static void reference(const struct node *n, const struct tensor *in, struct tensor *out)
{
    float *to = out->data;
    struct axes y = axes_of(&out->shape);
    for (int64_t window = 0; window < y.n; window++)
        for (int i = 0; i < n->in_count; i++) {
            size_t part = (size_t)(in[i].shape.dim[1] * y.t * y.h * y.w);
            memcpy(to, in[i].data + (size_t)window * part, part * sizeof *to);
            to += part;
        }
}

static bool lower(const struct node *n, struct lower *lo, struct error *err)
{
    (void)err;
    struct operand x, y = lower_output(lo, n);
    for (int i = 0; i < n->in_count; i++, y.offset += x.c) {
        x = lower_operand(lo, n->in[i]);
        if (x.whole == y.whole && x.offset == y.offset)
            continue;
        y.own = x.c;
        struct step *s = lower_launch(lo, n, "concat", "concat", "copy");
        launch_elements(lo, s, &x);
        lower_define_row(lo, "X", &x);
        lower_define_row(lo, "Y", &y);
        lower_arg(lo, s, x.node);
        lower_arg_output(lo, s, n);
    }
    return true;
}

const struct op op_concat = {
    .name = "concat",
    .about = "values side by side along the channels",
    .inputs = "x...",
    .traits = OP_SLICED | OP_JOINS,
    .infer = infer,
    .reference = reference,
    .lower = lower,
};
