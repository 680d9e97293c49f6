/* SPDX-License-Identifier: MIT */
/* x repeated along axes where it has one place. */
#include "engine/op/gather.h"

struct expand {
    int channels, size[3];
};

static const struct attr attrs[] = {
    {"channels", ATTR_INT, offsetof(struct expand, channels), "1", 1, 1 << 30, NULL,
     "channels of the result, where x has one; 1: as x"},
    {"size", ATTR_INT3, offsetof(struct expand, size), "1", 1, 1 << 30, NULL,
     "places of the result T,H,W, where x has one; 1: as x"},
    {0},
};

static bool infer(const struct graph *g, struct node *n, struct error *err)
{
    const struct expand *a = n->attrs;
    const int want[] = {a->channels, a->size[0], a->size[1], a->size[2]};
    int64_t in[4];
    char got[96];
    TRY(want_value(g, n, 0, 0, err));
    gather_sizes(input_shape(g, n, 0), in);
    for (int k = 0; k < 4; k++) {
        if (want[k] != 1 && in[k] != 1 && in[k] != want[k])
            return graph_fail(g, n, err, "%s does not expand to %d,%d,%d,%d",
                              shape_text(input_shape(g, n, 0), got), want[0], want[1], want[2],
                              want[3]);
        in[k] = want[k] > 1 ? want[k] : in[k];
    }
    n->shape = shape_f32(5, (int64_t[]){input_shape(g, n, 0)->dim[0], in[0], in[1], in[2], in[3]});
    return true;
}

/* An axis that is repeated stands still. */
static struct gather gather_of(const struct shape *x)
{
    struct gather at = {.order = {0, 1, 2, 3}};
    int64_t in[4];
    gather_sizes(x, in);
    for (int k = 0; k < 4; k++)
        at.step[k] = in[k] > 1;
    return at;
}

static void reference(const struct node *n, const struct tensor *in, struct tensor *out)
{
    (void)n;
    struct gather at = gather_of(&in[0].shape);
    gather_reference(&at, &in[0], out);
}

static bool lower(const struct node *n, struct lower *lo, struct error *err)
{
    (void)err;
    struct gather at = gather_of(&lower_graph(lo)->nodes[n->in[0]].shape);
    return gather_lower(&at, n, lo);
}

const struct op op_expand = {
    .name = "expand",
    .about = "x repeated along axes where it has one place",
    .inputs = "x",
    .attrs_size = sizeof(struct expand),
    .attrs = attrs,
    .infer = infer,
    .reference = reference,
    .lower = lower,
};
