/* SPDX-License-Identifier: MIT */
/* What is new in a frame when the one before it is moved along v: warp and subtract in one, made by
 * fuse-warp. */
#include "engine/op/warp.h"

static bool infer(const struct graph *g, struct node *n, struct error *err)
{
    return warp_infer(g, n, 1, err);
}

static void reference(const struct node *n, const struct tensor *in, struct tensor *out)
{
    warp_reference(n, in, out, true);
}

static bool lower(const struct node *n, struct lower *lo, struct error *err)
{
    (void)err;
    return warp_lower(n, lo, true);
}

const struct op op_warp_difference = {
    .name = "warp_difference",
    .about = "x[t+1] - warp(x, v)[t]: what v does not explain of the next frame",
    .inputs = "x v",
    .traits = OP_INTERNAL,
    .attrs_size = sizeof(struct warp),
    .attrs = warp_attrs,
    .infer = infer,
    .cost = warp_cost,
    .reference = reference,
    .lower = lower,
};
