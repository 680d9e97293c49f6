/* SPDX-License-Identifier: MIT */
/* Mean over windows of T H W, with PyTorch's divisor: positions inside input and padding
 * (count_include_pad=1) or inside the input alone, never those beyond the padding. */
#include "engine/op/pool.h"

static const struct attr attrs[] = {
    POOL_ATTRS,
    {"count_include_pad", ATTR_INT, offsetof(struct pool, count_include_pad), "1", 0, 1, NULL,
     "1: padding counts in the divisor"},
    {0},
};

static double window_sum(const float *x, const struct axes *in, const struct pool_span *t,
                         const struct pool_span *h, const struct pool_span *w)
{
    double sum = 0;
    for (int64_t i = t->first; i < t->last; i++)
        for (int64_t j = h->first; j < h->last; j++)
            for (int64_t k = w->first; k < w->last; k++)
                sum += x[(i * in->h + j) * in->w + k];
    return sum;
}

static void reference(const struct node *n, const struct tensor *in, struct tensor *out)
{
    const struct pool *a = n->attrs;
    struct sliding s = pool_window(a);
    struct axes x = axes_of(&in[0].shape), y = axes_of(&out->shape);
    float *to = out->data;
    for (int64_t nc = 0; nc < y.n * y.c; nc++)
        for (int64_t i = 0; i < y.t; i++)
            for (int64_t j = 0; j < y.h; j++)
                for (int64_t k = 0; k < y.w; k++) {
                    struct pool_span t = pool_span(&s, 0, i, x.t), h = pool_span(&s, 1, j, x.h);
                    struct pool_span w = pool_span(&s, 2, k, x.w);
                    const float *plane = in[0].data + nc * x.t * x.h * x.w;
                    int64_t inside = (t.last - t.first) * (h.last - h.first) * (w.last - w.first);
                    int64_t padded = t.counted * h.counted * w.counted;
                    double sum = window_sum(plane, &x, &t, &h, &w);
                    *to++ = (float)(sum / (double)(a->count_include_pad ? padded : inside));
                }
}

static bool lower(const struct node *n, struct lower *lo, struct error *err)
{
    (void)err;
    const struct pool *a = n->attrs;
    pool_launch(n, lo, "avgpool3d");
    lower_define(lo, "COUNT_INCLUDE_PAD", a->count_include_pad);
    return true;
}

const struct op op_avgpool3d = {
    .name = "avgpool3d",
    .about = "mean over windows of T H W",
    .inputs = "x",
    .traits = OP_SLICED,
    .attrs_size = sizeof(struct pool),
    .attrs = attrs,
    .infer = pool_infer,
    .cost = pool_cost,
    .reference = reference,
    .lower = lower,
};
