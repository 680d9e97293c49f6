/* SPDX-License-Identifier: MIT */
/* Axes of a window in another order. */
#include "engine/op/gather.h"

struct transpose {
    const char *order;
};

static const struct attr attrs[] = {
    {"order", ATTR_STRING, offsetof(struct transpose, order), NULL, 0, 0, NULL,
     "the axes of x that become C, T, H, W: tchw exchanges channels and frames"},
    {0},
};

static bool gather_of(const struct transpose *a, struct gather *at)
{
    static const char axes[] = "cthw";
    bool seen[4] = {false};
    *at = (struct gather){.step = {1, 1, 1, 1}};
    for (int k = 0; k < 4; k++) {
        const char *axis = a->order[k] ? strchr(axes, a->order[k]) : NULL;
        if (!axis || seen[axis - axes])
            return false;
        seen[axis - axes] = true;
        at->order[k] = (int)(axis - axes);
    }
    return !a->order[4];
}

static bool infer(const struct graph *g, struct node *n, struct error *err)
{
    const struct transpose *a = n->attrs;
    struct gather at;
    int64_t in[4];
    TRY(want_value(g, n, 0, 0, err));
    if (!gather_of(a, &at))
        return graph_fail(g, n, err, "order=%.20s: each of c, t, h and w once is needed", a->order);
    gather_sizes(input_shape(g, n, 0), in);
    n->shape = shape_f32(5, (int64_t[]){input_shape(g, n, 0)->dim[0], in[at.order[0]],
                                        in[at.order[1]], in[at.order[2]], in[at.order[3]]});
    return true;
}

static void reference(const struct node *n, const struct tensor *in, struct tensor *out)
{
    struct gather at;
    gather_of(n->attrs, &at);
    gather_reference(&at, &in[0], out);
}

static bool lower(const struct node *n, struct lower *lo, struct error *err)
{
    (void)err;
    struct gather at;
    gather_of(n->attrs, &at);
    return gather_lower(&at, n, lo);
}

const struct op op_transpose = {
    .name = "transpose",
    .about = "the axes of a window in another order",
    .inputs = "x",
    .attrs_size = sizeof(struct transpose),
    .attrs = attrs,
    .infer = infer,
    .reference = reference,
    .lower = lower,
};
