/* SPDX-License-Identifier: MIT */
/* x with something around it. Padding that a convolution or a pooling can do belongs there. */
#include "engine/op/gather.h"

struct pad {
    int before[3], after[3], channels_before, channels_after;
    int mode;
    float value;
};

enum { PAD_MOST = 1 << 20 };

static const struct attr attrs[] = {
    {"before", ATTR_INT3, offsetof(struct pad, before), "0", 0, PAD_MOST, NULL,
     "places in front of x T,H,W"},
    {"after", ATTR_INT3, offsetof(struct pad, after), "0", 0, PAD_MOST, NULL,
     "places behind x T,H,W"},
    {"channels_before", ATTR_INT, offsetof(struct pad, channels_before), "0", 0, PAD_MOST, NULL,
     "channels in front of x"},
    {"channels_after", ATTR_INT, offsetof(struct pad, channels_after), "0", 0, PAD_MOST, NULL,
     "channels behind x"},
    {"mode", ATTR_ENUM, offsetof(struct pad, mode), "constant", 0, 0, "constant|edge|reflect",
     "what stands there: value, the nearest element, the mirror image without the edge"},
    {"value", ATTR_FLOAT, offsetof(struct pad, value), "0", 0, 0, NULL, "of mode=constant"},
    {0},
};

static struct gather gather_of(const struct pad *a)
{
    return (struct gather){
        .order = {0, 1, 2, 3},
        .begin = {-a->channels_before, -a->before[0], -a->before[1], -a->before[2]},
        .step = {1, 1, 1, 1},
        .border = (enum gather_border)(GATHER_CONSTANT + a->mode),
        .value = a->value,
    };
}

static bool infer(const struct graph *g, struct node *n, struct error *err)
{
    const struct pad *a = n->attrs;
    const int after[] = {a->channels_after, a->after[0], a->after[1], a->after[2]};
    struct gather at = gather_of(a);
    int64_t in[4];
    TRY(want_value(g, n, 0, 0, err));
    n->shape = *input_shape(g, n, 0);
    gather_sizes(&n->shape, in);
    for (int k = 0; k < 4; k++) {
        int64_t before = -at.begin[k], more = before > after[k] ? before : after[k];
        if (at.border == GATHER_REFLECT && more >= in[k])
            return graph_fail(g, n, err, "reflect: %lld places of padding beside %lld of x",
                              (long long)more, (long long)in[k]);
        if (1 + k < n->shape.rank)
            n->shape.dim[1 + k] = before + in[k] + after[k];
        else if (before || after[k])
            return graph_fail(g, n, err, "input of rank 2 has no T, H, W to pad");
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

const struct op op_pad = {
    .name = "pad",
    .about = "x with something around it",
    .inputs = "x",
    .attrs_size = sizeof(struct pad),
    .attrs = attrs,
    .infer = infer,
    .reference = reference,
    .lower = lower,
};
