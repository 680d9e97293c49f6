/* SPDX-License-Identifier: MIT */
/* Differences of frames: exporters write x[t+s] - x[t] as slices along T that are subtracted, after
 * concatenation or padding where the number of frames is kept. They become `residual`. */
#include "models/onnx_import.h"

#include <string.h>

/* Frames of x as frames of its own node, where nothing else is known. */
static struct shift shift_of(const struct import_state *m, const struct value *x)
{
    if (x->shift.of != NODE_NONE)
        return x->shift;
    return (struct shift){x->node, 0, letter_size(m, x->node, 't'), TAIL_NONE};
}

static const char *tail_word(enum shift_tail tail)
{
    static const char *const words[] = {"drop", "replicate", "zero", "circular"};
    return words[tail];
}

/* later - earlier as a residual of what both are frames of; NODE_NONE and no error when it is
 * none. */
static node_id difference(struct import_state *m, const struct shift *later,
                          const struct shift *earlier, struct error *err)
{
    int64_t frames = letter_size(m, later->of, 't'), step = later->first;
    if (later->of != earlier->of || earlier->first || earlier->tail != TAIL_NONE || step < 1 ||
        step > 65535 || m->g->nodes[later->of].shape.rank != 5)
        return NODE_NONE;
    bool shorter = later->tail == TAIL_NONE && earlier->count == frames - step &&
                   later->count == earlier->count;
    bool whole = later->tail != TAIL_NONE && earlier->count == frames &&
                 (later->tail != TAIL_LAST || step == 1);
    if (!shorter && !whole)
        return NODE_NONE;
    return EMIT1(m, err, "residual", later->of, "mode=signed step=%lld last=%s", (long long)step,
                 tail_word(later->tail));
}

/* x - x rolled by one: cyclically, the frame before is frames - 1 frames later. */
static node_id rolled(struct import_state *m, const struct shift *now, const struct shift *before,
                      struct error *err)
{
    int64_t frames = letter_size(m, before->of, 't');
    if (now->of != before->of || now->first || now->tail != TAIL_NONE || now->count != frames ||
        before->tail != TAIL_FIRST || before->first != frames - 1)
        return NODE_NONE;
    return EMIT1(m, err, "residual", now->of, "mode=roll_signed");
}

bool time_subtract(struct import_state *m, const struct value *x, const struct value *y,
                   struct value *out, bool *done, struct error *err)
{
    struct shift a = shift_of(m, x), b = shift_of(m, y);
    *done = false;
    if (a.of != b.of || x->rank != y->rank || memcmp(x->axis, y->axis, sizeof x->axis) ||
        x->node == y->node)
        return true;
    bool turned = false;
    node_id id = rolled(m, &a, &b, err);
    if (id == NODE_NONE && (id = rolled(m, &b, &a, err)) != NODE_NONE)
        turned = true;
    if (id == NODE_NONE)
        id = difference(m, &a, &b, err);
    if (id == NODE_NONE && (id = difference(m, &b, &a, err)) != NODE_NONE)
        turned = true;
    if (id == NODE_NONE)
        return true;
    if (turned)
        id = EMIT1(m, err, "unary", id, "fn=affine a=-1");
    *out = value_like(x, id);
    *done = id != NODE_NONE;
    return *done;
}

/* The signed residual under a node that may have turned its sign. */
static node_id signed_residual(const struct import_state *m, node_id x, const char *mode)
{
    char word[32];
    const struct node *n = &m->g->nodes[x];
    if (is_op(m, x, "unary") && !attr_get_enum(n, "fn")) {
        const float *a = (const float *)((const char *)n->attrs + attr_find(n->op, "a")->offset);
        const float *b = (const float *)((const char *)n->attrs + attr_find(n->op, "b")->offset);
        if (*a != -1 || *b != 0)
            return NODE_NONE;
        x = n->in[0];
        n = &m->g->nodes[x];
    }
    if (!is_op(m, x, "residual"))
        return NODE_NONE;
    return strcmp(attr_enum_word(n, attr_find(n->op, "mode"), word), mode) ? NODE_NONE : x;
}

static node_id with_mode(struct import_state *m, node_id x, const char *mode, struct error *err)
{
    char last[32];
    const struct node *n = &m->g->nodes[x];
    return EMIT1(m, err, "residual", n->in[0], "mode=%s step=%d last=%s", mode,
                 attr_get_int(n, "step"), attr_enum_word(n, attr_find(n->op, "last"), last));
}

node_id time_absolute(struct import_state *m, node_id x, struct error *err)
{
    node_id id = signed_residual(m, x, "signed");
    return id == NODE_NONE ? id : with_mode(m, id, "abs", err);
}

node_id time_half(struct import_state *m, node_id x, struct error *err)
{
    if (signed_residual(m, x, "signed") == x)
        return with_mode(m, x, "half", err);
    if (signed_residual(m, x, "roll_signed") == x)
        return with_mode(m, x, "roll_half", err);
    return NODE_NONE;
}
