/* SPDX-License-Identifier: MIT */
/* Arithmetic of two values, whose readings must agree first. */
#include "models/onnx_import.h"

#include <math.h>
#include <string.h>

/* Ones in front, so that both have the same rank. */
static void lead_ones(struct value *x, int rank)
{
    for (int more = rank - x->rank; more > 0; more--) {
        memmove(x->axis + 1, x->axis, sizeof *x->axis * (size_t)x->rank);
        memmove(x->dim + 1, x->dim, sizeof *x->dim * (size_t)x->rank);
        x->dim[0] = 1;
        x->axis[0][0] = 0;
        x->rank++;
    }
}

/* The result's letters. An axis of one place has none: its letter may be another's of the other
 * value. n stands where x has it; when y has it elsewhere, with more than one place, it stands
 * twice and the result is refused. */
static void join_letters(const struct value *x, const struct value *y, struct value *out)
{
    for (int i = 0; i < x->rank; i++) {
        bool n = strchr(x->axis[i], 'n') ||
                 (strchr(y->axis[i], 'n') && !(y->batch == 1 && has_letter(x, 'n')));
        const char *from = x->dim[i] > 1 ? x->axis[i] : y->dim[i] > 1 ? y->axis[i] : "";
        char *to = out->axis[i];
        if (n)
            *to++ = 'n';
        for (const char *s = from; *s && to < out->axis[i] + LETTERS - 1; s++)
            if (*s != 'n')
                *to++ = *s;
        *to = 0;
    }
}

static const char *without_n(const char *axis)
{
    return *axis == 'n' ? axis + 1 : axis;
}

/* y in a reading that agrees with x's where both have more than one place; elsewhere neither uses a
 * letter of the other. */
static bool agree(struct import_state *m, const struct value *x, const struct value *y,
                  struct value *out, struct error *err)
{
    const char *want[ONNX_RANK] = {NULL};
    bool same = true;
    for (int i = 0; i < x->rank; i++) {
        const char *a = without_n(x->axis[i]), *b = without_n(y->axis[i]);
        if (x->dim[i] > 1 && y->dim[i] > 1) {
            if (x->dim[i] != y->dim[i])
                return unsupported(err, "axes of %lld and %lld", (long long)x->dim[i],
                                   (long long)y->dim[i]);
            same = same && !strcmp(a, b);
            want[i] = a;
        }
        for (const char *s = b; *s && x->dim[i] == 1 && y->dim[i] > 1; s++)
            for (int k = 0; k < x->rank; k++)
                same = same && !(x->dim[k] > 1 && strchr(x->axis[k], *s));
    }
    *out = *y;
    if (same)
        return true;
    for (int i = 0; i < x->rank; i++)
        if (want[i] && strlen(want[i]) > 1)
            return unsupported(err, "values whose axes are merged in different ways");
    char taken[LETTERS * ONNX_RANK] = "", fresh[ONNX_RANK][2] = {{0}};
    for (int i = 0; i < x->rank; i++)
        strcat(taken, without_n(x->axis[i]));
    for (int i = 0; i < x->rank; i++) {
        if (want[i] || y->dim[i] == 1)
            continue;
        for (const char *s = "cthw"; *s && !fresh[i][0]; s++)
            fresh[i][0] = strchr(taken, *s) ? 0 : *s;
        if (!fresh[i][0])
            return unsupported(err, "values of more than 5 axes together");
        strcat(taken, fresh[i]);
        want[i] = fresh[i];
    }
    return layout_arrange(m, y, want, out, err);
}

/* x * m where m has one number for each channel of a window or of a frame. */
static node_id by_channels(struct import_state *m, node_id x, node_id f, struct error *err)
{
    const struct shape *a = &m->g->nodes[x].shape, *b = &m->g->nodes[f].shape;
    bool clip = b->dim[1] == a->dim[1] && shape_elements(b, 1) == b->dim[1];
    bool frame = b->rank == 5 && b->dim[1] == a->dim[1] && b->dim[2] == a->dim[2] &&
                 b->dim[3] * b->dim[4] == 1;
    if (a->rank != 5 || shape_equal(a, b) || (!clip && !frame) ||
        m->g->nodes[x].part != PART_WINDOW)
        return NODE_NONE;
    return EMIT2(m, err, "channel_scale", x, clip ? layout_rank(m, f, true, err) : f, "%s", "");
}

/* What has an operator of its own: NODE_NONE and no error when nothing has. */
static node_id idiom(struct import_state *m, char op, node_id x, node_id y, struct error *err)
{
    const struct node *n = m->g->nodes;
    for (int k = 0; k < 2 && op == '*'; k++) { /* x times its own gate */
        node_id a = k ? y : x, b = k ? x : y;
        if (is_op(m, b, "sigmoid") && n[b].in[0] == a)
            return EMIT1(m, err, "swish", a, "%s", "");
        if (is_unary(m, b, "hardsigmoid") && n[b].in[0] == a &&
            fabsf(float_attr(m, b, "a") - 1 / 6.0f) < 1e-6f && float_attr(m, b, "b") == 0.5f)
            return EMIT1(m, err, "unary", a, "fn=hardswish");
    }
    for (int k = 0; k < 2 && op == '+'; k++) { /* x * m + x */
        node_id a = k ? y : x, b = k ? x : y;
        if (is_op(m, b, "channel_scale") && n[b].in[0] == a && float_attr(m, b, "plus") == 0)
            return EMIT2(m, err, "channel_scale", a, n[b].in[1], "plus=1");
    }
    if (!shape_equal(&n[x].shape, &n[y].shape))
        return NODE_NONE;
    return op == '+'   ? EMIT2(m, err, "add", x, y, "%s", "")
           : op == '-' ? EMIT2(m, err, "subtract", x, y, "%s", "")
                       : NODE_NONE;
}

static bool two_values(struct translation *t, char op, struct error *err)
{
    struct import_state *m = t->m;
    struct value x = t->in[0], y = t->in[1], z;
    bool done = false;
    int rank = x.rank > y.rank ? x.rank : y.rank;
    if (op == '-')
        TRY(time_subtract(m, &x, &y, &t->out[0], &done, err));
    if (done)
        return true;
    lead_ones(&x, rank);
    lead_ones(&y, rank);
    TRY(agree(m, &x, &y, &z, err));
    node_id a = x.node, b = z.node, id = NODE_NONE;
    for (int k = 0; k < 2 && op == '*' && id == NODE_NONE; k++)
        id = by_channels(m, k ? b : a, k ? a : b, err);
    if (id == NODE_NONE && m->g->nodes[a].shape.rank != m->g->nodes[b].shape.rank) {
        a = layout_rank(m, a, false, err);
        b = layout_rank(m, b, false, err);
    }
    TRY(a != NODE_NONE && b != NODE_NONE);
    if (id == NODE_NONE)
        id = idiom(m, op, a, b, err);
    if (id == NODE_NONE)
        id = EMIT2(m, err, "binary", a, b, "fn=%s", binary_word(op));
    TRY(id != NODE_NONE);
    t->out[0] = value_like(&x, id);
    join_letters(&x, &z, &t->out[0]);
    layout_sizes(m, &t->out[0]);
    return true;
}

bool onnx_binary(struct translation *t, struct error *err)
{
    static const struct {
        const char *name;
        char op;
    } ops[] = {{"Add", '+'}, {"Sub", '-'}, {"Mul", '*'}, {"Div", '/'},
               {"Pow", '^'}, {"Max", '>'}, {"Min", '<'}};
    char op = 0;
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
        op = strcmp(ops[i].name, t->node->op_type) ? op : ops[i].op;
    if (t->in_count != 2 || !has_input(t, 0) || !has_input(t, 1))
        return unsupported(err, "with %d inputs", t->in_count);
    if (t->in[0].c)
        return with_constant(t, &t->in[1], t->in[0].c, op, true, err);
    if (t->in[1].c)
        return with_constant(t, &t->in[0], t->in[1].c, op, false, err);
    return two_values(t, op, err);
}
