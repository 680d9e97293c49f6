/* SPDX-License-Identifier: MIT */
/* Constants under other shapes, parts of them, and several as one. */
#include "models/onnx_fold.h"

#include <string.h>

/* The same elements under other dimensions. */
static bool put_shape(struct translation *t, struct constant *x, int rank, const int64_t *dim,
                      struct error *err)
{
    struct constant *c = ARENA_NEW(&t->m->f->arena, struct constant);
    uint64_t count = 1;
    *c = *x;
    c->rank = rank;
    for (int i = 0; i < rank; i++) {
        if (dim[i] < 0 || __builtin_mul_overflow(count, (uint64_t)dim[i], &count))
            return unsupported(err, "to a shape with %lld", (long long)dim[i]);
        c->dim[i] = dim[i];
    }
    return count == x->count ? fold_put(t, c)
                             : unsupported(err, "%llu elements to a shape of %llu",
                                           (unsigned long long)x->count, (unsigned long long)count);
}

bool fold_same(struct translation *t, struct error *err)
{
    if (!t->in_count || !t->in[0].c)
        return unsupported(err, "input 0 is missing");
    return fold_put(t, t->in[0].c);
}

bool fold_reshape(struct translation *t, struct error *err)
{
    int64_t list[ONNX_RANK * 2];
    uint64_t known = 1;
    int count, open = -1;
    struct constant *x = t->in[0].c;
    TRY(list_of(t, 1, "shape", list, &count, err));
    if (!x || count < 0 || count > ONNX_RANK)
        return unsupported(err, "to %d dimensions", count);
    for (int i = 0; i < count; i++) {
        if (list[i] == 0 && i < x->rank && !attribute_int(t, "allowzero", 0))
            list[i] = x->dim[i];
        if (list[i] == -1 && open < 0)
            open = i;
        else if (list[i] < 0 || __builtin_mul_overflow(known, (uint64_t)list[i], &known))
            return unsupported(err, "dimension %lld", (long long)list[i]);
    }
    if (open >= 0)
        list[open] = known ? (int64_t)(x->count / known) : 0;
    return put_shape(t, x, count, list, err);
}

bool fold_squeeze(struct translation *t, struct error *err)
{
    int64_t list[ONNX_RANK * 2], dim[ONNX_RANK];
    bool gone[ONNX_RANK] = {false};
    int count, axis, rank = 0;
    struct constant *x = t->in[0].c;
    TRY(x && list_of(t, 1, "axes", list, &count, err));
    for (int i = 0; i < count; i++) {
        TRY(axis_of(list[i], x->rank, &axis, err));
        gone[axis] = true;
    }
    for (int i = 0; i < x->rank; i++)
        if (count < 0 ? x->dim[i] != 1 : !gone[i])
            dim[rank++] = x->dim[i];
    return put_shape(t, x, rank, dim, err);
}

bool fold_unsqueeze(struct translation *t, struct error *err)
{
    int64_t list[ONNX_RANK * 2], dim[ONNX_RANK];
    bool fresh[ONNX_RANK] = {false};
    int count, axis, from = 0;
    struct constant *x = t->in[0].c;
    TRY(x && list_of(t, 1, "axes", list, &count, err));
    if (count < 0 || x->rank + count > ONNX_RANK)
        return unsupported(err, "to rank %d", x->rank + count);
    for (int i = 0; i < count; i++) {
        TRY(axis_of(list[i], x->rank + count, &axis, err));
        fresh[axis] = true;
    }
    for (int i = 0; i < x->rank + count; i++)
        dim[i] = fresh[i] || from == x->rank ? 1 : x->dim[from++];
    return put_shape(t, x, x->rank + count, dim, err);
}

bool fold_transpose(struct translation *t, struct error *err)
{
    int64_t list[ONNX_RANK * 2], dim[ONNX_RANK], place[ONNX_RANK], from[ONNX_RANK] = {0};
    bool seen[ONNX_RANK] = {false};
    int order[ONNX_RANK], count = attribute_ints(t, "perm", list, err);
    struct constant *x = fold_operand(t, 0, err);
    TRY(x && count != -2);
    if (count >= 0 && count != x->rank)
        return unsupported(err, "perm has %d numbers for rank %d", count, x->rank);
    for (int i = 0; i < x->rank; i++) {
        TRY(axis_of(count < 0 ? x->rank - 1 - i : list[i], x->rank, &order[i], err));
        if (seen[order[i]])
            return unsupported(err, "perm has an axis twice");
        seen[order[i]] = true;
        dim[i] = x->dim[order[i]];
    }
    struct constant *c = constant_new(t->m->f, x->whole, x->rank, dim, err);
    if (c)
        c->name = x->name;
    for (uint64_t k = 0; c && k < c->count; k++) {
        fold_places(c, k, place);
        for (int i = 0; i < x->rank; i++)
            from[order[i]] = place[i];
        fold_copy(c, k, x, fold_element(x, from));
    }
    return fold_put(t, c);
}

bool fold_concat(struct translation *t, struct error *err)
{
    struct constant *x = fold_operand(t, 0, err);
    int axis;
    int64_t dim[ONNX_RANK], place[ONNX_RANK], before = 0;
    TRY(x && axis_of(attribute_int(t, "axis", 0), x->rank, &axis, err));
    memcpy(dim, x->dim, sizeof dim);
    dim[axis] = 0;
    for (int k = 0; k < t->in_count; k++) {
        struct constant *y = fold_operand(t, k, err);
        TRY(y);
        bool fits = y->rank == x->rank && y->whole == x->whole;
        for (int i = 0; fits && i < x->rank; i++)
            fits = i == axis || y->dim[i] == x->dim[i];
        if (!fits || __builtin_add_overflow(dim[axis], y->dim[axis], &dim[axis]))
            return unsupported(err, "constants that do not fit");
    }
    struct constant *c = constant_new(t->m->f, x->whole, x->rank, dim, err);
    TRY(c);
    for (int k = 0; k < t->in_count; k++) {
        struct constant *y = t->in[k].c;
        for (uint64_t e = 0; e < y->count; e++) {
            fold_places(y, e, place);
            place[axis] += before;
            fold_copy(c, fold_element(c, place), y, e);
        }
        before += y->dim[axis];
    }
    return fold_put(t, c);
}

bool fold_gather(struct translation *t, struct error *err)
{
    struct constant *x = fold_operand(t, 0, err), *at = fold_operand(t, 1, err);
    int axis;
    int64_t dim[ONNX_RANK], place[ONNX_RANK], from[ONNX_RANK];
    TRY(x && at && axis_of(attribute_int(t, "axis", 0), x->rank, &axis, err));
    int rank = x->rank - 1 + at->rank;
    if (!at->whole || rank > ONNX_RANK)
        return unsupported(err, "of rank %d", rank);
    for (int i = 0; i < rank; i++)
        dim[i] = i < axis              ? x->dim[i]
                 : i < axis + at->rank ? at->dim[i - axis]
                                       : x->dim[i - at->rank + 1];
    TRY(constant_spend(t->m->f, at->count, err));
    for (uint64_t i = 0; i < at->count; i++)
        if (at->i[i] < -x->dim[axis] || at->i[i] >= x->dim[axis])
            return unsupported(err, "place %lld of %lld", (long long)at->i[i],
                               (long long)x->dim[axis]);
    struct constant *c = constant_new(t->m->f, x->whole, rank, dim, err);
    for (uint64_t k = 0; c && k < c->count; k++) {
        fold_places(c, k, place);
        int64_t v = at->i[fold_element(at, place + axis)];
        for (int i = 0; i < x->rank; i++)
            from[i] = i < axis ? place[i] : i > axis ? place[i + at->rank - 1] : v;
        from[axis] += v < 0 ? x->dim[axis] : 0;
        fold_copy(c, k, x, fold_element(x, from));
    }
    return fold_put(t, c);
}

static int64_t clamp(int64_t v, int64_t low, int64_t high)
{
    return v < low ? low : v > high ? high : v;
}

bool fold_slice(struct translation *t, struct error *err)
{
    int64_t start[ONNX_RANK * 2], end[ONNX_RANK * 2], axes[ONNX_RANK * 2], step[ONNX_RANK * 2];
    int64_t begin[ONNX_RANK] = {0}, by[ONNX_RANK], dim[ONNX_RANK], place[ONNX_RANK];
    int starts, ends, axis_count, steps, axis;
    struct constant *x = fold_operand(t, 0, err);
    TRY(x && list_of(t, 1, "starts", start, &starts, err) &&
        list_of(t, 2, "ends", end, &ends, err) && list_of(t, 3, "axes", axes, &axis_count, err) &&
        list_of(t, 4, "steps", step, &steps, err));
    if (starts != ends || starts < 0 || (axis_count >= 0 && axis_count != starts) ||
        (steps >= 0 && steps != starts) || (axis_count < 0 && starts > x->rank))
        return unsupported(err, "%d starts, %d ends", starts, ends);
    for (int i = 0; i < x->rank; i++) {
        by[i] = 1;
        dim[i] = x->dim[i];
    }
    for (int i = 0; i < starts; i++) {
        TRY(axis_of(axis_count < 0 ? i : axes[i], x->rank, &axis, err));
        int64_t n = x->dim[axis], s = steps < 0 ? 1 : step[i];
        if (s == 0 || s == INT64_MIN)
            return unsupported(err, "a step of %lld", (long long)s);
        int64_t low = s > 0 ? 0 : -1, high = s > 0 ? n : n - 1;
        begin[axis] = clamp(start[i] < 0 ? (start[i] < -n ? 0 : start[i] + n) : start[i], 0, high);
        int64_t last = clamp(end[i] < 0 ? (end[i] < -n ? low : end[i] + n) : end[i], low, high);
        int64_t far = s > 0 ? last - begin[axis] : begin[axis] - last;
        by[axis] = s;
        dim[axis] = far > 0 ? (far - 1) / (s > 0 ? s : -s) + 1 : 0;
    }
    struct constant *c = constant_new(t->m->f, x->whole, x->rank, dim, err);
    for (uint64_t k = 0; c && k < c->count; k++) {
        fold_places(c, k, place);
        for (int i = 0; i < x->rank; i++)
            place[i] = begin[i] + place[i] * by[i];
        fold_copy(c, k, x, fold_element(x, place));
    }
    return fold_put(t, c);
}
