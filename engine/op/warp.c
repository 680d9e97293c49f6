/* SPDX-License-Identifier: MIT */
/* Frames moved along displacements: y[t](p) = x[t](p -+ v[t](p)), bilinear. */
#include "engine/op/warp.h"

static bool infer(const struct graph *g, struct node *n, struct error *err)
{
    return warp_infer(g, n, 0, err);
}

static void reference(const struct node *n, const struct tensor *in, struct tensor *out)
{
    warp_reference(n, in, out, false);
}

static bool lower(const struct node *n, struct lower *lo, struct error *err)
{
    (void)err;
    return warp_lower(n, lo, false);
}

const struct op op_warp = {
    .name = "warp",
    .about = "frames of x moved along the displacements v, bilinearly",
    .inputs = "x v",
    .attrs_size = sizeof(struct warp),
    .attrs = warp_attrs,
    .infer = infer,
    .cost = warp_cost,
    .reference = reference,
    .lower = lower,
};
