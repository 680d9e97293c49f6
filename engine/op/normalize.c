/* SPDX-License-Identifier: MIT */
/* Frames to network input: (x * scale - mean) / std per channel, rounded to float after each
 * operation, so that host and device agree in every bit; the mean may be a whole cube of frames. */
#include "engine/op/values.h"

enum { SLOT_X, SLOT_MEAN };

struct normalize {
    float scale[3], mean[3], std[3];
};

static const struct attr attrs[] = {
    {"scale", ATTR_FLOAT3, offsetof(struct normalize, scale), "1", 0, 0, NULL,
     "first factor, per channel"},
    {"mean", ATTR_FLOAT3, offsetof(struct normalize, mean), "0", 0, 0, NULL,
     "subtracted after it; or mean=%weight of f32[3,T,H,W]"},
    {"std", ATTR_FLOAT3, offsetof(struct normalize, std), "1", 1e-20, 1e20, NULL,
     "divided by at last"},
    {0},
};

static bool infer(const struct graph *g, struct node *n, struct error *err)
{
    const struct shape *x = input_shape(g, n, SLOT_X);
    char got[96];
    if (x->rank != 5 || x->dim[1] != 3)
        return graph_fail(g, n, err, "input is %s, wanted frames [N,3,T,H,W]", shape_text(x, got));
    if (n->in[SLOT_MEAN] != NODE_NONE) {
        const struct shape *cube = input_shape(g, n, SLOT_MEAN);
        struct shape want = shape_f32(4, x->dim + 1);
        char wanted[96];
        if (!shape_equal(cube, &want))
            return graph_fail(g, n, err, "mean is %s, wanted %s", shape_text(cube, got),
                              shape_text(&want, wanted));
    }
    n->shape = shape_f32(5, x->dim);
    return true;
}

static void cost(const struct graph *g, const struct node *n, struct cost *c)
{
    (void)g;
    c->flops = 3.0 * (double)shape_elements(&n->shape, 1);
}

static void reference(const struct node *n, const struct tensor *in, struct tensor *out)
{
    const struct normalize *a = n->attrs;
    int64_t cube = shape_elements(&out->shape, 1) / out->shape.dim[0], plane = cube / 3;
    for (int64_t i = 0; i < out->shape.dim[0] * cube; i++) {
        int c = (int)(i / plane % 3);
        float mean = in[SLOT_MEAN].data ? in[SLOT_MEAN].data[i % cube] : a->mean[c];
        float scaled = in[SLOT_X].data[i] * a->scale[c];
        float centered = scaled - mean;
        out->data[i] = centered / a->std[c];
    }
}

static bool lower(const struct node *n, struct lower *lo, struct error *err)
{
    (void)err;
    const struct normalize *a = n->attrs;
    bool cube = n->in[SLOT_MEAN] != NODE_NONE;
    struct operand x = lower_operand(lo, n->in[SLOT_X]), y = lower_output(lo, n);
    struct step *s = lower_launch(lo, n, "normalize", "normalize_frames", "pointwise");
    lower_define(lo, "X_U8", x.dtype == DTYPE_U8);
    lower_define(lo, "X_ROW", x.row);
    lower_define_half(lo, "X", &x);
    lower_define(lo, "Y_ROW", y.row);
    lower_define_half(lo, "Y", &y);
    lower_define(lo, "PIXELS", (int64_t)x.t * x.h * x.w);
    lower_define(lo, "CUBE", cube);
    for (int c = 0; c < 3; c++) {
        char name[24];
        snprintf(name, sizeof name, "SCALE_%d", c);
        lower_define_float(lo, name, a->scale[c]);
        snprintf(name, sizeof name, "MEAN_%d", c);
        lower_define_float(lo, name, a->mean[c]);
        snprintf(name, sizeof name, "STD_%d", c);
        lower_define_float(lo, name, a->std[c]);
        snprintf(name, sizeof name, "INVERSE_%d", c);
        lower_define_float(lo, name, 1 / a->std[c]);
    }
    lower_arg(lo, s, x.node);
    lower_arg(lo, s, cube ? n->in[SLOT_MEAN] : x.node);
    lower_arg_output(lo, s, n);
    lower_size(s, (size_t)x.t * (size_t)x.h * (size_t)x.w, (size_t)x.n, 1);
    return true;
}

const struct op op_normalize = {
    .name = "normalize",
    .about = "(x * scale - mean) / std per channel",
    .inputs = "x mean?",
    .attrs_size = sizeof(struct normalize),
    .attrs = attrs,
    .infer = infer,
    .cost = cost,
    .reference = reference,
    .lower = lower,
};
