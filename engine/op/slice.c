/* SPDX-License-Identifier: MIT */
/* A box of x: places begin, begin + stride, ... of each axis; a negative stride turns it round. */
#include "engine/op/gather.h"

struct box {
    int begin[3], stride[3], size[3];
    int channel, channel_stride, channels;
};

static const struct attr attrs[] = {
    {"begin", ATTR_INT3, offsetof(struct box, begin), "0", 0, 1 << 30, NULL,
     "first place taken T,H,W"},
    {"stride", ATTR_INT3, offsetof(struct box, stride), "1", -65535, 65535, NULL,
     "distance of the places taken T,H,W, not 0"},
    {"size", ATTR_INT3, offsetof(struct box, size), "0", 0, 1 << 30, NULL,
     "places taken T,H,W; 0: as many as there are"},
    {"channel", ATTR_INT, offsetof(struct box, channel), "0", 0, 1 << 30, NULL,
     "first channel taken"},
    {"channel_stride", ATTR_INT, offsetof(struct box, channel_stride), "1", -65535, 65535, NULL,
     "distance of the channels taken, not 0"},
    {"channels", ATTR_INT, offsetof(struct box, channels), "0", 0, 1 << 30, NULL,
     "channels taken; 0: as many as there are"},
    {0},
};

static struct gather gather_of(const struct box *a)
{
    return (struct gather){
        .order = {0, 1, 2, 3},
        .begin = {a->channel, a->begin[0], a->begin[1], a->begin[2]},
        .step = {a->channel_stride, a->stride[0], a->stride[1], a->stride[2]},
    };
}

static bool infer(const struct graph *g, struct node *n, struct error *err)
{
    static const char *const axis_name[] = {"channels", "T", "H", "W"};
    const struct box *a = n->attrs;
    struct gather at = gather_of(a);
    const int size[] = {a->channels, a->size[0], a->size[1], a->size[2]};
    int64_t in[4];
    TRY(want_value(g, n, 0, 0, err));
    n->shape = *input_shape(g, n, 0);
    gather_sizes(&n->shape, in);
    for (int k = 0; k < 4; k++) {
        int64_t begin = at.begin[k], step = at.step[k];
        int64_t room = step > 0 ? in[k] - 1 - begin : begin, far = step > 0 ? step : -step;
        if (!step || begin >= in[k])
            return graph_fail(g, n, err, "%s: begin %lld, stride %lld of %lld places takes none",
                              axis_name[k], (long long)begin, (long long)step, (long long)in[k]);
        int64_t most = room / far + 1;
        if (size[k] > most)
            return graph_fail(g, n, err,
                              "%s: %d places wanted, begin %lld, stride %lld of %lld "
                              "gives %lld",
                              axis_name[k], size[k], (long long)begin, (long long)step,
                              (long long)in[k], (long long)most);
        if (1 + k < n->shape.rank)
            n->shape.dim[1 + k] = size[k] ? size[k] : most;
    }
    return true;
}

static void reference(const struct node *n, const struct tensor *in, struct tensor *out)
{
    struct gather at = gather_of(n->attrs);
    gather_reference(&at, &in[0], out);
}

static bool lower(const struct node *n, struct lower *lo, struct error *err)
{
    (void)err;
    struct gather at = gather_of(n->attrs);
    return gather_lower(&at, n, lo);
}

const struct op op_slice = {
    .name = "slice",
    .about = "a box of x, with strides",
    .inputs = "x",
    .attrs_size = sizeof(struct box),
    .attrs = attrs,
    .infer = infer,
    .reference = reference,
    .lower = lower,
};
