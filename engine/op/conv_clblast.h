/* SPDX-License-Identifier: MIT */
/* Lowering of a convolution 1x1x1 to a GEMM of CLBlast, where tuning found that to be faster: rows
 * are pixels, `packed` is the transposed weight. What else belongs into the store, a kernel of its
 * own adds in place. */
#ifndef ENGINE_OP_CONV_CLBLAST_H
#define ENGINE_OP_CONV_CLBLAST_H
#include "engine/op/conv_direct.h"

/* y = act(y + bias + add) */
static inline void clblast_epilogue(struct lower *lo, const struct node *n, const struct direct *d)
{
    struct step *s = lower_launch(lo, n, "conv_epilogue", "conv_epilogue", "what follows CLBlast");
    launch_elements(lo, s, &d->y);
    lower_define_row(lo, "Y", &d->y);
    lower_define(lo, "BIAS", d->bias != NODE_NONE);
    lower_define(lo, "ADD", d->add.node != NODE_NONE);
    lower_define(lo, "ACT", d->act);
    if (d->bias != NODE_NONE)
        lower_arg(lo, s, d->bias);
    if (d->add.node != NODE_NONE) {
        lower_define_row(lo, "Z", &d->add);
        lower_arg(lo, s, d->add.node);
    }
    lower_arg_output(lo, s, n);
    s->flops = 0; /* counted by the product */
}

static inline bool clblast_lower(struct lower *lo, const struct node *n, const struct direct *d,
                                 struct error *err)
{
    if (lower_half(lo))
        return graph_fail(lower_graph(lo), n, err, "CLBlast has no half storage");
    struct step *s = lower_gemm(lo, n, "CLBlast: rows of pixels times transposed weights, tuned");
    s->m = (size_t)d->x.n * (size_t)d->x.t * (size_t)d->x.h * (size_t)d->x.w;
    s->n = (size_t)d->y.c;
    s->k = (size_t)d->x.c;
    s->lda = (size_t)d->x.row;
    s->ldb = (size_t)lower_graph(lo)->nodes[d->packed].shape.dim[1];
    s->ldc = (size_t)d->y.row;
    s->offset_a = (size_t)d->x.offset;
    s->offset_c = (size_t)d->y.offset;
    lower_arg(lo, s, d->x.node);
    lower_arg(lo, s, d->packed);
    lower_arg_output(lo, s, n);
    if (d->bias != NODE_NONE || d->add.node != NODE_NONE || d->act != ACT_NONE)
        clblast_epilogue(lo, n, d);
    return true;
}

#endif
