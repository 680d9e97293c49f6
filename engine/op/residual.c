/* SPDX-License-Identifier: MIT */
/* Residual frames: differences of frames `step` apart. Any number of channels, so it is also the
 * temporal feature difference inside a network, where `last` keeps the number of frames. */
#include "engine/op/values.h"
#include <math.h>

enum mode { MODE_ABS, MODE_SIGNED, MODE_HALF, MODE_ROLL_SIGNED, MODE_ROLL_HALF };
enum last { LAST_DROP, LAST_REPLICATE, LAST_ZERO, LAST_CIRCULAR };

struct residual {
    int mode, step, last;
};

static const struct attr attrs[] = {
    {"mode", ATTR_ENUM, offsetof(struct residual, mode), "abs", 0, 0,
     "abs|signed|half|roll_signed|roll_half",
     "|b-a|, b-a, (a-b+1)/2 of frames t, t+step; roll: of frames t-1 (cyclic), t"},
    {"step", ATTR_INT, offsetof(struct residual, step), "1", 1, 65535, NULL,
     "distance of the frames"},
    {"last", ATTR_ENUM, offsetof(struct residual, last), "drop", 0, 0,
     "drop|replicate|zero|circular",
     "the last frames, which have none `step` later: none, or compared with the last one, with 0, "
     "with the first ones"},
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
    if (rolls(a) && a->last != LAST_DROP)
        return graph_fail(g, n, err, "the roll modes have no last frames to choose for");
    if (rolls(a))
        return true;
    int64_t least = a->last == LAST_DROP ? (int64_t)a->step + 1 : a->step;
    if (n->shape.dim[2] < least)
        return graph_fail(g, n, err, "input has %lld frames, step=%d wants %lld",
                          (long long)n->shape.dim[2], a->step, (long long)least);
    if (a->last == LAST_DROP)
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

/* The frames that make frame t of the result; second -1 reads as 0. */
static void frames_of(const struct residual *a, int64_t t, int64_t frames, int64_t *first,
                      int64_t *second)
{
    *first = rolls(a) ? (t + frames - 1) % frames : t;
    *second = rolls(a) ? t : t + a->step;
    if (*second >= frames)
        *second = a->last == LAST_CIRCULAR ? *second - frames
                  : a->last == LAST_ZERO   ? -1
                                           : frames - 1;
}

static void reference(const struct node *n, const struct tensor *in, struct tensor *out)
{
    const struct residual *a = n->attrs;
    struct axes x = axes_of(&in[0].shape), y = axes_of(&out->shape);
    int64_t frame = x.h * x.w, first, second;
    for (int64_t nc = 0; nc < x.n * x.c; nc++)
        for (int64_t t = 0; t < y.t; t++) {
            frames_of(a, t, x.t, &first, &second);
            const float *p = in[0].data + (nc * x.t + first) * frame;
            const float *q = second < 0 ? NULL : in[0].data + (nc * x.t + second) * frame;
            for (int64_t i = 0; i < frame; i++)
                out->data[(nc * y.t + t) * frame + i] = difference(p[i], q ? q[i] : 0, a->mode);
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
    lower_define_row(lo, "X", &x);
    lower_define(lo, "Y_T", y.t);
    lower_define_row(lo, "Y", &y);
    lower_define(lo, "FRAME", (int64_t)x.h * x.w);
    lower_define(lo, "MODE", a->mode);
    lower_define(lo, "STEP", a->step);
    lower_define(lo, "LAST", a->last);
    lower_arg(lo, s, x.node);
    lower_arg_output(lo, s, n);
    return true;
}

const struct op op_residual = {
    .name = "residual",
    .about = "differences of frames",
    .inputs = "x",
    .traits = OP_SLICED,
    .attrs_size = sizeof(struct residual),
    .attrs = attrs,
    .infer = infer,
    .cost = cost_elements,
    .reference = reference,
    .lower = lower,
};
