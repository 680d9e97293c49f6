/* SPDX-License-Identifier: MIT */
/* Maximum over windows of T H W. Padding never wins (border=ignore), or takes part as 0 where a
 * network pads its input first (border=zero, TensorFlow's I3D). */
#include "engine/op/pool.h"
#include <math.h>

enum border { BORDER_IGNORE, BORDER_ZERO };

static const struct attr attrs[] = {
    POOL_ATTRS,
    {"border", ATTR_ENUM, offsetof(struct pool, border), "ignore", 0, 0, "ignore|zero",
     "what padding counts as"},
    {0},
};

/* NaN wins, so that it is seen. */
static float larger(float a, float b)
{
    return b > a || isnan(b) ? b : a;
}

static float window_maximum(const float *x, const struct axes *in, const struct pool_span *t,
                            const struct pool_span *h, const struct pool_span *w)
{
    float most = -INFINITY;
    for (int64_t i = t->first; i < t->last; i++)
        for (int64_t j = h->first; j < h->last; j++)
            for (int64_t k = w->first; k < w->last; k++)
                most = larger(most, x[(i * in->h + j) * in->w + k]);
    return most;
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
                    bool padding = t.counted > t.last - t.first || h.counted > h.last - h.first ||
                                   w.counted > w.last - w.first;
                    float most = window_maximum(plane, &x, &t, &h, &w);
                    *to++ = a->border == BORDER_ZERO && padding ? larger(most, 0) : most;
                }
}

static bool lower(const struct node *n, struct lower *lo, struct error *err)
{
    (void)err;
    const struct pool *a = n->attrs;
    pool_launch(n, lo, "maxpool3d");
    lower_define(lo, "BORDER_ZERO", a->border == BORDER_ZERO);
    return true;
}

const struct op op_maxpool3d = {
    .name = "maxpool3d",
    .about = "maximum over windows of T H W",
    .inputs = "x",
    .traits = OP_SLICED,
    .attrs_size = sizeof(struct pool),
    .attrs = attrs,
    .infer = pool_infer,
    .cost = pool_cost,
    .reference = reference,
    .lower = lower,
};
