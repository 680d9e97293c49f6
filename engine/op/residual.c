/* SPDX-License-Identifier: MIT */
/* Residual frames: differences of frames `step` apart. Any number of channels, so it is also the
 * temporal feature difference inside a network. */
#include "engine/op/values.h"
#include <math.h>

enum mode { MODE_ABS, MODE_SIGNED, MODE_HALF, MODE_ROLL_SIGNED, MODE_ROLL_HALF };

struct residual {
    int mode, step;
};

static const struct attr attrs[] = {
    {"mode", ATTR_ENUM, offsetof(struct residual, mode), "abs", 0, 0,
     "abs|signed|half|roll_signed|roll_half",
     "|b-a|, b-a, (a-b+1)/2 of frames t, t+step; roll: of frames t-1 (cyclic), t"},
    {"step", ATTR_INT, offsetof(struct residual, step), "1", 1, 65535, NULL,
     "distance of the frames"},
    {0},
};

static bool rolls(const struct residual *a)
{
    return a->mode == MODE_ROLL_SIGNED || a->mode == MODE_ROLL_HALF;
}

static bool infer(const struct graph *g, struct node *n, struct error *err)
{
    const struct residual *a = n->attrs;
    TRY(want_value(g, n, 0, 5, err));
    n->shape = *input_shape(g, n, 0);
    if (rolls(a) && a->step != 1)
        return graph_fail(g, n, err, "step=%d: the roll modes know only step=1", a->step);
    if (rolls(a))
        return true;
    if (n->shape.dim[2] <= a->step)
        return graph_fail(g, n, err, "input has %lld frames, step=%d wants more than %d",
                          (long long)n->shape.dim[2], a->step, a->step);
    n->shape.dim[2] -= a->step;
    return true;
}

static float difference(float a, float b, int mode)
{
    switch ((enum mode)mode) {
    case MODE_ABS:
        return fabsf(b - a);
    case MODE_SIGNED:
    case MODE_ROLL_SIGNED:
        return b - a;
    case MODE_HALF:
    case MODE_ROLL_HALF:
        break;
    }
    return ((a - b) + 1) / 2;
}

static void reference(const struct node *n, const struct tensor *in, struct tensor *out)
{
    const struct residual *a = n->attrs;
    struct axes x = axes_of(&in[0].shape), y = axes_of(&out->shape);
    int64_t frame = x.h * x.w;
    for (int64_t nc = 0; nc < x.n * x.c; nc++)
        for (int64_t t = 0; t < y.t; t++) {
            int64_t first = rolls(a) ? (t + x.t - 1) % x.t : t, second = rolls(a) ? t : t + a->step;
            const float *p = in[0].data + (nc * x.t + first) * frame;
            const float *q = in[0].data + (nc * x.t + second) * frame;
            for (int64_t i = 0; i < frame; i++)
                out->data[(nc * y.t + t) * frame + i] = difference(p[i], q[i], a->mode);
        }
}

static bool lower(const struct node *n, struct lower *lo, struct error *err)
{
    (void)err;
    const struct residual *a = n->attrs;
    struct operand x = lower_operand(lo, n->in[0]), y = lower_output(lo, n);
    struct step *s = lower_launch(lo, n, "residual", "residual", "pointwise");
    launch_pixels(lo, s, &y);
    lower_define(lo, "X_T", x.t);
    lower_define(lo, "X_ROW", x.row);
    lower_define(lo, "Y_T", y.t);
    lower_define(lo, "FRAME", (int64_t)x.h * x.w);
    lower_define(lo, "MODE", a->mode);
    lower_define(lo, "STEP", a->step);
    lower_arg(lo, s, x.node);
    lower_arg_output(lo, s, n);
    return true;
}

const struct op op_residual = {
    .name = "residual",
    .about = "differences of frames",
    .inputs = "x",
    .attrs_size = sizeof(struct residual),
    .attrs = attrs,
    .infer = infer,
    .cost = cost_elements,
    .reference = reference,
    .lower = lower,
};
