/* SPDX-License-Identifier: MIT */
/* Parts of a value and values side by side: Slice, Split, Gather, Concat. */
#include "models/onnx_import.h"

#include <stdlib.h>
#include <string.h>

struct cut {
    int64_t begin, step, count;
};

/* x with one axis cut. */
static bool cut_axis(struct import_state *m, const struct value *given, int axis,
                     const struct cut *c, struct value *out, struct error *err)
{
    static const char letters[] = "cthw";
    struct value x = *given;
    if (c->begin == 0 && c->step == 1 && c->count == x.dim[axis]) {
        *out = x;
        return true;
    }
    if (strchr(x.axis[axis], 'n') && x.batch > 1)
        return unsupported(err, "along the batch");
    if (strlen(x.axis[axis]) != 1) {
        const char *want[ONNX_RANK] = {NULL};
        char own[2] = {0};
        for (const char *s = "thwc"; *s && !own[0]; s++)
            own[0] = has_letter(&x, *s) ? 0 : *s;
        own[0] = own[0] ? own[0] : 'c';
        want[axis] = own;
        TRY(layout_arrange(m, given, want, &x, err));
    }
    const char *letter = x.axis[axis][0] == 'n' ? x.axis[axis] + 1 : x.axis[axis];
    if (strlen(letter) != 1)
        return unsupported(err, "along merged axes");
    if (c->step > 65535 || c->step < -65535)
        return unsupported(err, "a step of %lld", (long long)c->step);
    int64_t begin[4] = {0}, step[4] = {1, 1, 1, 1}, size[4] = {0};
    int k = (int)(strchr(letters, *letter) - letters);
    begin[k] = c->begin;
    step[k] = c->step;
    size[k] = c->count;
    node_id id;
    if (k == 1 && c->step > 0 && c->begin <= 65535 && c->count <= 8192 &&
        m->g->nodes[x.node].shape.rank == 5)
        id = EMIT1(m, err, "select_frames", x.node, "begin=%lld stride=%lld count=%lld",
                   (long long)c->begin, (long long)c->step, (long long)c->count);
    else
        id =
            EMIT1(m, err, "slice", x.node,
                  "begin=%lld,%lld,%lld stride=%lld,%lld,%lld size=%lld,%lld,%lld channel=%lld "
                  "channel_stride=%lld channels=%lld",
                  (long long)begin[1], (long long)begin[2], (long long)begin[3], (long long)step[1],
                  (long long)step[2], (long long)step[3], (long long)size[1], (long long)size[2],
                  (long long)size[3], (long long)begin[0], (long long)step[0], (long long)size[0]);
    TRY(id != NODE_NONE);
    *out = value_like(&x, id);
    layout_sizes(m, out);
    if (k == 1 && c->step == 1 && given->node == x.node)
        out->shift = (struct shift){x.node, c->begin, c->count, TAIL_NONE};
    return true;
}

/* Every stride-th pixel from the first on, of all three axes: one step. */
static bool strided(struct import_state *m, const struct value *x, const struct cut *cuts,
                    struct value *out, bool *done, struct error *err)
{
    int64_t stride[3] = {1, 1, 1};
    bool any = false;
    *done = false;
    for (int i = 0; i < x->rank; i++) {
        const struct cut *c = &cuts[i];
        bool all = c->begin == 0 && c->step == 1 && c->count == x->dim[i];
        if (all)
            continue;
        const char *letter = strchr("thw", x->axis[i][0] ? x->axis[i][0] : '?');
        if (!letter || x->axis[i][1] || c->begin || c->step < 2 || c->step > 65535 ||
            c->count != (x->dim[i] + c->step - 1) / c->step)
            return true;
        stride[letter - "thw"] = c->step;
        any = true;
    }
    if (!any || m->g->nodes[x->node].shape.rank != 5)
        return true;
    node_id id = EMIT1(m, err, "shortcut_pad", x->node, "channels=%lld stride=%lld,%lld,%lld",
                       (long long)letter_size(m, x->node, 'c'), (long long)stride[0],
                       (long long)stride[1], (long long)stride[2]);
    TRY(id != NODE_NONE);
    *out = value_like(x, id);
    layout_sizes(m, out);
    *done = true;
    return true;
}

static int64_t clamp(int64_t v, int64_t low, int64_t high)
{
    return v < low ? low : v > high ? high : v;
}

/* The places that start, end and step mean, as ONNX and Python read them. */
static struct cut cut_of(int64_t start, int64_t end, int64_t step, int64_t size)
{
    int64_t low = step > 0 ? 0 : -1, high = step > 0 ? size : size - 1;
    start = clamp(start < 0 ? start + size : start, step > 0 ? 0 : 0, high);
    end = clamp(end < 0 ? (end < -size ? low : end + size) : end, low, high);
    int64_t far = step > 0 ? end - start : start - end, by = step > 0 ? step : -step;
    return (struct cut){start, step, far > 0 ? (far - 1) / by + 1 : 0};
}

/* Exporters say every stride-th pixel as one Slice for each axis: they are put together. */
static bool join_strides(struct import_state *m, struct value *v, struct error *err)
{
    const struct node *n = &m->g->nodes[v->node];
    if (!is_op(m, v->node, "shortcut_pad") || !is_op(m, n->in[0], "shortcut_pad"))
        return true;
    const struct node *p = &m->g->nodes[n->in[0]];
    size_t at = attr_find(n->op, "stride")->offset;
    const int *a = (const int *)((const char *)n->attrs + at);
    const int *b = (const int *)((const char *)p->attrs + at);
    if (p->shape.dim[1] != m->g->nodes[p->in[0]].shape.dim[1])
        return true;
    for (int k = 0; k < 3; k++)
        if ((int64_t)a[k] * b[k] > 65535)
            return true;
    v->node = EMIT1(m, err, "shortcut_pad", p->in[0], "channels=%lld stride=%d,%d,%d",
                    (long long)n->shape.dim[1], a[0] * b[0], a[1] * b[1], a[2] * b[2]);
    return v->node != NODE_NONE;
}

bool onnx_slice(struct translation *t, struct error *err)
{
    int64_t start[ONNX_RANK * 2], end[ONNX_RANK * 2], axes[ONNX_RANK * 2], step[ONNX_RANK * 2];
    int starts, ends, axis_count, steps, axis;
    struct cut cuts[ONNX_RANK];
    bool done;
    TRY(want_node(t, 0, err));
    TRY(list_of(t, 1, "starts", start, &starts, err) && list_of(t, 2, "ends", end, &ends, err) &&
        list_of(t, 3, "axes", axes, &axis_count, err) && list_of(t, 4, "steps", step, &steps, err));
    struct value x = t->in[0];
    if (starts != ends || starts < 0 || (axis_count >= 0 && axis_count != starts) ||
        (steps >= 0 && steps != starts) || (axis_count < 0 && starts > x.rank))
        return unsupported(err, "%d starts, %d ends", starts, ends);
    for (int i = 0; i < x.rank; i++)
        cuts[i] = (struct cut){0, 1, x.dim[i]};
    for (int i = 0; i < starts; i++) {
        TRY(axis_of(axis_count < 0 ? i : axes[i], x.rank, &axis, err));
        int64_t by = steps < 0 ? 1 : step[i];
        if (!by || by == INT64_MIN)
            return unsupported(err, "a step of %lld", (long long)by);
        cuts[axis] = cut_of(start[i], end[i], by, x.dim[axis]);
        if (cuts[axis].count < 1)
            return unsupported(err, "of no place of axis %d", axis);
    }
    TRY(strided(t->m, &x, cuts, &t->out[0], &done, err));
    if (done)
        return join_strides(t->m, &t->out[0], err);
    for (int i = 0; i < x.rank; i++) {
        struct value from = x;
        TRY(cut_axis(t->m, &from, i, &cuts[i], &x, err));
    }
    t->out[0] = x;
    return true;
}

bool onnx_split(struct translation *t, struct error *err)
{
    int64_t list[ONNX_RANK * 2], begin = 0;
    int count, axis;
    TRY(want_node(t, 0, err));
    const struct value *x = &t->in[0];
    TRY(axis_of(attribute_int(t, "axis", 0), x->rank, &axis, err));
    TRY(list_of(t, 1, "split", list, &count, err));
    if (count >= 0 ? count != t->out_count : x->dim[axis] % t->out_count)
        return unsupported(err, "%lld places into %d parts", (long long)x->dim[axis], t->out_count);
    for (int i = 0; i < t->out_count; i++) {
        struct cut c = {begin, 1, count >= 0 ? list[i] : x->dim[axis] / t->out_count};
        if (c.count < 1 || c.count > x->dim[axis] - begin)
            return unsupported(err, "a part of %lld", (long long)c.count);
        TRY(cut_axis(t->m, x, axis, &c, &t->out[i], err));
        begin += c.count;
    }
    return true;
}

/* Constant places of one axis that are equally far from each other, or one alone. */
bool onnx_gather(struct translation *t, struct error *err)
{
    int axis;
    TRY(want_node(t, 0, err));
    const struct value *x = &t->in[0];
    struct constant *c = t->in_count > 1 ? t->in[1].c : NULL;
    TRY(axis_of(attribute_int(t, "axis", 0), x->rank, &axis, err));
    if (!c || !c->whole || c->rank > 1 || !c->count)
        return unsupported(err, "places that are not a constant list");
    TRY(constant_spend(t->m->f, c->count, err) && constant_load(t->m->f, c, err));
    int64_t size = x->dim[axis];
    for (uint64_t i = 0; i < c->count; i++)
        if (c->i[i] < -size || c->i[i] >= size)
            return unsupported(err, "place %lld of %lld", (long long)c->i[i], (long long)size);
    int64_t first = c->i[0] + (c->i[0] < 0 ? size : 0);
    int64_t step = c->count > 1 ? c->i[1] + (c->i[1] < 0 ? size : 0) - first : 1;
    for (uint64_t i = 1; i < c->count; i++)
        if (c->i[i] + (c->i[i] < 0 ? size : 0) != first + (int64_t)i * step || !step)
            return unsupported(err, "places that are not equally far apart");
    struct cut cut = {first, step, (int64_t)c->count};
    struct value part;
    TRY(cut_axis(t->m, x, axis, &cut, &part, err));
    if (c->rank == 1) {
        t->out[0] = part;
        return true;
    }
    int64_t dim[ONNX_RANK];
    int rank = 0;
    for (int i = 0; i < part.rank; i++)
        if (i != axis)
            dim[rank++] = part.dim[i];
    return layout_reshape(t->m, &part, rank, dim, &t->out[0], err);
}

/* ---- Concat ---- */

/* Frames of one value: all but the first ones, then the last again or the first ones. */
static struct shift joined_shift(const struct import_state *m, const struct value *a,
                                 const struct value *b)
{
    struct shift s = a->shift, none = {.of = NODE_NONE};
    if (s.of == NODE_NONE || b->shift.of != s.of || s.tail != TAIL_NONE ||
        b->shift.tail != TAIL_NONE || s.first < 1 || s.first + s.count != letter_size(m, s.of, 't'))
        return none;
    if (b->shift.first == 0 && b->shift.count == s.first)
        s.tail = TAIL_FIRST;
    else if (b->shift.first + b->shift.count == s.first + s.count && b->shift.count == 1 &&
             s.first == 1)
        s.tail = TAIL_LAST;
    else
        return none;
    s.count += b->shift.count;
    return s;
}

/* All inputs in the reading of the first, with axis `axis` a letter of its own. */
static bool same_reading(struct translation *t, int axis, struct value *x, struct error *err)
{
    struct import_state *m = t->m;
    const char *want[ONNX_RANK] = {NULL};
    char one[ONNX_RANK][LETTERS];
    TRY(want_node(t, 0, err));
    x[0] = t->in[0];
    if (strlen(x[0].axis[axis]) != 1 || strchr(x[0].axis[axis], 'n'))
        TRY(layout_axis(m, &t->in[0], axis, has_letter(&t->in[0], 'c') ? 't' : 'c', &x[0], err));
    if (!x[0].axis[axis][0]) { /* of one place: any free letter */
        for (const char *s = "cthw"; *s && !x[0].axis[axis][0]; s++)
            x[0].axis[axis][0] =
                !has_letter(&x[0], *s) && letter_size(m, x[0].node, *s) == 1 ? *s : 0;
        x[0].axis[axis][1] = 0;
    }
    if (strlen(x[0].axis[axis]) != 1 || x[0].axis[axis][0] == 'n')
        return unsupported(err, "along the batch or merged axes");
    for (int i = 0; i < x[0].rank; i++) {
        strcpy(one[i], x[0].axis[i][0] == 'n' ? x[0].axis[i] + 1 : x[0].axis[i]);
        want[i] = one[i];
    }
    for (int k = 1; k < t->in_count; k++) {
        TRY(want_node(t, k, err));
        if (t->in[k].rank != x[0].rank)
            return unsupported(err, "values of different rank");
        TRY(layout_arrange(m, &t->in[k], want, &x[k], err));
        for (int i = 0; i < x[0].rank; i++)
            if (i != axis && x[k].dim[i] != x[0].dim[i])
                return unsupported(err, "values that differ in other axes");
        if (letter_size(m, x[k].node, one[axis][0]) != x[k].dim[axis])
            return unsupported(err, "values whose axes are merged in different ways");
    }
    return true;
}

bool onnx_concat(struct translation *t, struct error *err)
{
    struct import_state *m = t->m;
    int axis;
    TRY(want_node(t, 0, err));
    TRY(axis_of(attribute_int(t, "axis", 0), t->in[0].rank, &axis, err));
    struct value *x = calloc((size_t)t->in_count, sizeof *x);
    node_id *in = calloc((size_t)t->in_count, sizeof *in);
    bool ok = (x && in) || fail(err, ERROR_LIMIT, "out of memory");
    ok = ok && same_reading(t, axis, x, err);
    node_id id = NODE_NONE;
    if (ok) {
        char letter = x[0].axis[axis][0];
        const char *turn = letter == 't' ? "tchw" : letter == 'h' ? "htcw" : "wthc";
        bool rank2 = letter == 'c';
        for (int k = 0; k < t->in_count; k++)
            rank2 = rank2 && m->g->nodes[x[k].node].shape.rank == 2;
        for (int k = 0; k < t->in_count; k++) {
            in[k] = rank2 ? x[k].node : layout_rank(m, x[k].node, false, err);
            if (letter != 'c')
                in[k] = EMIT1(m, err, "transpose", in[k], "order=%s", turn);
        }
        id = t->in_count == 1 ? in[0] : emit(m, err, "concat", in, t->in_count, "%s", "");
        if (letter != 'c') /* and back */
            id = EMIT1(m, err, "transpose", id, "order=%s", turn);
    }
    if (id != NODE_NONE) {
        t->out[0] = value_like(&x[0], id);
        layout_sizes(m, &t->out[0]);
        if (t->in_count == 2)
            t->out[0].shift = joined_shift(m, &x[0], &x[1]);
    }
    free(x);
    free(in);
    return id != NODE_NONE;
}
