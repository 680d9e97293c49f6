/* SPDX-License-Identifier: MIT */
/* Some of the frames: every stride-th, or a number of them spread over all. The second is how a
 * slow pathway shares its clip with a fast one. */
#include "engine/op/select_frames.h"
#include "engine/op/values.h"

static const struct attr attrs[] = {
    {"begin", ATTR_INT, offsetof(struct select_frames, begin), "0", 0, 65535, NULL,
     "first frame taken"},
    {"stride", ATTR_INT, offsetof(struct select_frames, stride), "1", 1, 65535, NULL,
     "distance of the frames taken"},
    {"count", ATTR_INT, offsetof(struct select_frames, count), "0", 0, SELECT_FRAMES_MOST, NULL,
     "frames taken; 0: as many as there are"},
    {"spread", ATTR_INT, offsetof(struct select_frames, spread), "0", 0, 1, NULL,
     "1: count frames from the first to the last, as torch.linspace(0,T-1,count).long()"},
    {0},
};

static bool infer(const struct graph *g, struct node *n, struct error *err)
{
    const struct select_frames *a = n->attrs;
    TRY(want_value(g, n, 0, 5, err));
    n->shape = *input_shape(g, n, 0);
    int64_t frames = n->shape.dim[2], count = a->count;
    if (a->spread && (!count || a->begin || a->stride != 1))
        return graph_fail(g, n, err, "spread=1 wants a count, and neither begin nor stride");
    if (!a->spread && frames <= a->begin)
        return graph_fail(g, n, err, "input has %lld frames, begin=%d wants more than %d",
                          (long long)frames, a->begin, a->begin);
    int64_t most = (frames - 1 - a->begin) / a->stride + 1;
    if (!a->spread && count > most)
        return graph_fail(g, n, err,
                          "count=%d frames wanted, begin=%d stride=%d of %lld gives "
                          "%lld",
                          a->count, a->begin, a->stride, (long long)frames, (long long)most);
    n->shape.dim[2] = count ? count : most;
    return true;
}

static void reference(const struct node *n, const struct tensor *in, struct tensor *out)
{
    const struct select_frames *a = n->attrs;
    struct axes x = axes_of(&in[0].shape), y = axes_of(&out->shape);
    int64_t frame = x.h * x.w;
    for (int64_t nc = 0; nc < x.n * x.c; nc++)
        for (int64_t t = 0; t < y.t; t++)
            memcpy(out->data + (nc * y.t + t) * frame,
                   in[0].data + (nc * x.t + select_frame(a, x.t, (int)y.t, (int)t)) * frame,
                   (size_t)frame * sizeof(float));
}

/* A device's float division need not round as the host's does: of spread frames the kernel gets a
 * list. */
static bool lower(const struct node *n, struct lower *lo, struct error *err)
{
    (void)err;
    const struct select_frames *a = n->attrs;
    struct operand x = lower_operand(lo, n->in[0]), y = lower_output(lo, n);
    struct step *s = lower_launch(lo, n, "select_frames", "select_frames", "copy");
    struct text list = {0};
    for (int t = 0; t < y.t && a->spread; t++)
        text_printf(&list, t ? ",%d" : "%d", select_frame(a, x.t, y.t, t));
    launch_pixels(lo, s, &y);
    lower_define(lo, "X_T", x.t);
    lower_define(lo, "X_ROW", x.row);
    lower_define_half(lo, "X", &x);
    lower_define_half(lo, "Y", &y);
    lower_define(lo, "Y_T", y.t);
    lower_define(lo, "FRAME", (int64_t)x.h * x.w);
    if (a->spread)
        lower_define_text(lo, "FRAMES", list.s);
    lower_define(lo, "BEGIN", a->begin);
    lower_define(lo, "STRIDE", a->stride);
    text_free(&list);
    lower_arg(lo, s, x.node);
    lower_arg_output(lo, s, n);
    return true;
}

const struct op op_select_frames = {
    .name = "select_frames",
    .about = "some of the frames of x",
    .inputs = "x",
    .attrs_size = sizeof(struct select_frames),
    .attrs = attrs,
    .infer = infer,
    .reference = reference,
    .lower = lower,
};
