/* SPDX-License-Identifier: MIT */
/* Mean over T, H and W: N C T H W to N C; or of each frame, over H and W: to N C T 1 1. */
#include "engine/op/values.h"

enum over { OVER_CLIP, OVER_FRAME };

struct global_average {
    int over;
};

static const struct attr attrs[] = {
    {"over", ATTR_ENUM, offsetof(struct global_average, over), "clip", 0, 0, "clip|frame",
     "one mean for a window, or one for each of its frames"},
    {0},
};

static bool infer(const struct graph *g, struct node *n, struct error *err)
{
    const struct global_average *a = n->attrs;
    TRY(want_value(g, n, 0, 5, err));
    const int64_t *x = input_shape(g, n, 0)->dim;
    const int64_t frames[5] = {x[0], x[1], x[2], 1, 1};
    n->shape = a->over == OVER_FRAME ? shape_f32(5, frames) : shape_f32(2, x);
    return true;
}

static void cost(const struct graph *g, const struct node *n, struct cost *c)
{
    c->flops = (double)shape_elements(input_shape(g, n, 0), 1);
}

static void reference(const struct node *n, const struct tensor *in, struct tensor *out)
{
    const struct global_average *a = n->attrs;
    struct axes x = axes_of(&in[0].shape);
    int64_t plane = x.h * x.w * (a->over == OVER_FRAME ? 1 : x.t);
    int64_t total = shape_elements(&out->shape, 1);
    for (int64_t i = 0; i < total; i++) {
        double sum = 0;
        for (int64_t k = 0; k < plane; k++)
            sum += in[0].data[i * plane + k];
        out->data[i] = (float)(sum / (double)plane);
    }
}

enum {
    PART = 64,      /* pixels that one work-item of the first launch adds               */
    PARTS_LEAST = 8 /* fewer of them are added in one launch with the rest              */
};

/* Work-items that share the pixels of one lane: a power of two, each with a few pixels at least. */
static int slices(const struct caps *caps, int64_t pixels, int lanes)
{
    int count = 1, most = (int)(caps->max_work_group / (uint64_t)lanes);
    while (count < 64 && count * 8 <= pixels && count * 2 <= most)
        count *= 2;
    return count;
}

/* Rows of pixels of `windows` windows (or frames, which are averaged as if they were windows). */
struct rows {
    node_id node;
    int windows, channels, row, offset;
    bool half;
    int64_t pixels;
};

/* Sums of PART rows each, in a workspace: reads everything once, in the order it stands in. */
static struct rows lower_sums(struct lower *lo, const struct node *n, const struct rows *x)
{
    int vec = lane_width(lower_caps(lo)), lanes = (int)ceil_div(x->channels, vec);
    int wide = lower_caps(lo)->gpu ? 1 : 8; /* lanes of a work-item: on a GPU, neighbours */
    while (lanes % wide)
        wide--;
    struct rows sums = {.windows = x->windows,
                        .channels = x->channels,
                        .row = (int)round_up((uint64_t)x->channels, LANE),
                        .pixels = ceil_div(x->pixels, PART)};
    uint64_t count;
    if (!mul_ok((uint64_t)sums.windows * (uint64_t)sums.row, (uint64_t)sums.pixels, &count) ||
        !mul_ok(count, sizeof(float), &count))
        count = UINT64_MAX;
    sums.node = lower_workspace(lo, n, count);
    struct step *s = lower_launch(lo, n, "global_average", "global_sums", "sums of a few pixels");
    lower_define(lo, "VEC", vec);
    lower_define(lo, "PIXELS", x->pixels);
    lower_define(lo, "X_ROW", x->row);
    lower_define(lo, "X_OFFSET", x->offset);
    lower_define(lo, "X_HALF", x->half);
    lower_define(lo, "PART", PART);
    lower_define(lo, "WIDE", wide);
    lower_define(lo, "Y_ROW", sums.row);
    lower_arg(lo, s, x->node);
    lower_arg(lo, s, sums.node);
    lower_size(s, (size_t)(lanes / wide), (size_t)sums.pixels, (size_t)x->windows);
    return sums;
}

static bool lower(const struct node *n, struct lower *lo, struct error *err)
{
    (void)err;
    const struct global_average *a = n->attrs;
    const struct caps *caps = lower_caps(lo);
    struct operand x = lower_operand(lo, n->in[0]), y = lower_output(lo, n);
    bool frames = a->over == OVER_FRAME;
    struct rows rows = {.node = x.node,
                        .windows = x.n * (frames ? x.t : 1),
                        .channels = x.c,
                        .row = x.row,
                        .offset = x.offset,
                        .half = x.half,
                        .pixels = (int64_t)x.h * x.w * (frames ? 1 : x.t)};
    int64_t count = rows.pixels;
    if (count >= PART * PARTS_LEAST)
        rows = lower_sums(lo, n, &rows);
    int vec = lane_width(caps), lanes = LANE / vec, parts = slices(caps, rows.pixels, lanes);
    struct step *s = lower_launch(lo, n, "global_average", "global_average", "partial sums");
    lower_define(lo, "VEC", vec);
    lower_define(lo, "LANES", lanes);
    lower_define(lo, "SLICES", parts);
    lower_define(lo, "PIXELS", rows.pixels);
    lower_define(lo, "COUNT", count);
    lower_define(lo, "X_ROW", rows.row);
    lower_define(lo, "X_OFFSET", rows.offset);
    lower_define(lo, "X_HALF", rows.half);
    lower_define_row(lo, "Y", &y);
    lower_arg(lo, s, rows.node);
    lower_arg_output(lo, s, n);
    lower_size(s, (size_t)(ceil_div(x.c, LANE) * lanes), (size_t)parts, (size_t)rows.windows);
    lower_local(s, (size_t)lanes, (size_t)parts, 1);
    return true;
}

const struct op op_global_average = {
    .name = "global_average",
    .about = "mean over T, H and W, or over H and W",
    .inputs = "x",
    .traits = OP_SLICED,
    .attrs_size = sizeof(struct global_average),
    .attrs = attrs,
    .infer = infer,
    .cost = cost,
    .reference = reference,
    .lower = lower,
};
