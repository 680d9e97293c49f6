/* SPDX-License-Identifier: MIT */
/* Mean over T, H and W: N C T H W to N C. */
#include "engine/op/values.h"

static bool infer(const struct graph *g, struct node *n, struct error *err)
{
    TRY(want_value(g, n, 0, 5, err));
    n->shape = shape_f32(2, input_shape(g, n, 0)->dim);
    return true;
}

static void cost(const struct graph *g, const struct node *n, struct cost *c)
{
    c->flops = (double)shape_elements(input_shape(g, n, 0), 1);
}

static void reference(const struct node *n, const struct tensor *in, struct tensor *out)
{
    (void)n;
    struct axes x = axes_of(&in[0].shape);
    int64_t plane = x.t * x.h * x.w;
    for (int64_t i = 0; i < x.n * x.c; i++) {
        double sum = 0;
        for (int64_t k = 0; k < plane; k++)
            sum += in[0].data[i * plane + k];
        out->data[i] = (float)(sum / (double)plane);
    }
}

/* Work-items that share the pixels of one lane: a power of two, each with a few pixels at least. */
static int slices(const struct caps *caps, int64_t pixels, int lanes)
{
    int count = 1, most = (int)(caps->max_work_group / (uint64_t)lanes);
    while (count < 64 && count * 8 <= pixels && count * 2 <= most)
        count *= 2;
    return count;
}

static bool lower(const struct node *n, struct lower *lo, struct error *err)
{
    (void)err;
    const struct caps *caps = lower_caps(lo);
    struct operand x = lower_operand(lo, n->in[0]);
    int64_t pixels = (int64_t)x.t * x.h * x.w;
    int vec = lane_width(caps), lanes = LANE / vec, parts = slices(caps, pixels, lanes);
    struct step *s = lower_launch(lo, n, "global_average", "global_average", "partial sums");
    lower_define(lo, "VEC", vec);
    lower_define(lo, "LANES", lanes);
    lower_define(lo, "SLICES", parts);
    lower_define(lo, "PIXELS", pixels);
    lower_define(lo, "ROW", x.row);
    lower_arg(lo, s, x.node);
    lower_arg_output(lo, s, n);
    lower_size(s, (size_t)(x.row / vec), (size_t)parts, (size_t)x.n);
    lower_local(s, (size_t)lanes, (size_t)parts, 1);
    return true;
}

const struct op op_global_average = {
    .name = "global_average",
    .about = "mean over T, H and W",
    .inputs = "x",
    .infer = infer,
    .cost = cost,
    .reference = reference,
    .lower = lower,
};
