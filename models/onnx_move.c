/* SPDX-License-Identifier: MIT */
/* Reshape and its kin, which change readings alone where they can; Expand, Pad. */
#include "models/onnx_import.h"

#include <float.h>
#include <math.h>
#include <string.h>

bool onnx_reshape(struct translation *t, struct error *err)
{
    int64_t list[ONNX_RANK * 2], known = 1, all = 1;
    int count, open = -1;
    TRY(want_node(t, 0, err));
    TRY(list_of(t, 1, "shape", list, &count, err));
    if (count < 0 || count > ONNX_RANK)
        return unsupported(err, "to %d dimensions", count);
    for (int i = 0; i < t->in[0].rank; i++)
        all *= t->in[0].dim[i];
    for (int i = 0; i < count; i++) {
        if (list[i] == 0 && i < t->in[0].rank && !attribute_int(t, "allowzero", 0))
            list[i] = t->in[0].dim[i];
        if (list[i] == -1 && open < 0)
            open = i;
        else if (list[i] < 1 || list[i] > all)
            return unsupported(err, "dimension %lld", (long long)list[i]);
        else if (__builtin_mul_overflow(known, list[i], &known))
            return unsupported(err, "to a shape that is too large");
    }
    if (open >= 0)
        list[open] = all / known;
    if (open >= 0 ? list[open] < 1 || list[open] * known != all : known != all)
        return unsupported(err, "%lld elements to a shape of others", (long long)all);
    return layout_reshape(t->m, &t->in[0], count, list, &t->out[0], err);
}

bool onnx_flatten(struct translation *t, struct error *err)
{
    int64_t dim[2] = {1, 1};
    int64_t axis = attribute_int(t, "axis", 1);
    TRY(want_node(t, 0, err));
    int rank = t->in[0].rank;
    if (axis < -rank || axis > rank)
        return unsupported(err, "axis %lld of %d", (long long)axis, rank);
    axis += axis < 0 ? rank : 0;
    for (int i = 0; i < rank; i++)
        dim[i >= axis] *= t->in[0].dim[i];
    return layout_reshape(t->m, &t->in[0], 2, dim, &t->out[0], err);
}

bool onnx_squeeze(struct translation *t, struct error *err)
{
    int64_t list[ONNX_RANK * 2], dim[ONNX_RANK];
    bool gone[ONNX_RANK] = {false};
    int count, axis, rank = 0;
    TRY(want_node(t, 0, err));
    TRY(list_of(t, 1, "axes", list, &count, err));
    for (int i = 0; i < count; i++) {
        TRY(axis_of(list[i], t->in[0].rank, &axis, err));
        if (t->in[0].dim[axis] != 1)
            return unsupported(err, "axis %d has %lld places", axis, (long long)t->in[0].dim[axis]);
        gone[axis] = true;
    }
    for (int i = 0; i < t->in[0].rank; i++)
        if (count < 0 ? t->in[0].dim[i] != 1 : !gone[i])
            dim[rank++] = t->in[0].dim[i];
    return layout_reshape(t->m, &t->in[0], rank, dim, &t->out[0], err);
}

bool onnx_unsqueeze(struct translation *t, struct error *err)
{
    int64_t list[ONNX_RANK * 2];
    bool fresh[ONNX_RANK] = {false};
    int count, axis;
    TRY(want_node(t, 0, err));
    TRY(list_of(t, 1, "axes", list, &count, err));
    int rank = t->in[0].rank + count;
    if (count < 0 || rank > ONNX_RANK)
        return unsupported(err, "to rank %d", rank);
    for (int i = 0; i < count; i++) {
        TRY(axis_of(list[i], rank, &axis, err));
        if (fresh[axis])
            return unsupported(err, "axis %d twice", axis);
        fresh[axis] = true;
    }
    struct value *out = &t->out[0];
    *out = t->in[0];
    out->rank = rank;
    for (int i = 0, from = 0; i < rank; i++) {
        out->dim[i] = fresh[i] ? 1 : t->in[0].dim[from];
        memset(out->axis[i], 0, LETTERS);
        if (!fresh[i])
            memcpy(out->axis[i], t->in[0].axis[from++], LETTERS);
    }
    return true;
}

bool onnx_transpose(struct translation *t, struct error *err)
{
    int64_t list[ONNX_RANK * 2];
    bool seen[ONNX_RANK] = {false};
    TRY(want_node(t, 0, err));
    int rank = t->in[0].rank, count = attribute_ints(t, "perm", list, err), axis;
    if (count != -1 && count != rank)
        return count != -2 && unsupported(err, "perm has %d numbers for rank %d", count, rank);
    struct value *out = &t->out[0];
    *out = value_like(&t->in[0], t->in[0].node);
    for (int i = 0; i < rank; i++) {
        TRY(axis_of(count < 0 ? rank - 1 - i : list[i], rank, &axis, err));
        if (seen[axis])
            return unsupported(err, "perm has %d twice", axis);
        seen[axis] = true;
        out->dim[i] = t->in[0].dim[axis];
        memcpy(out->axis[i], t->in[0].axis[axis], LETTERS);
    }
    return true;
}

/* ---- Pad ---- */

static bool read_pads(const struct translation *t, int64_t list[ONNX_RANK * 2], float *value,
                      struct error *err)
{
    int count;
    TRY(list_of(t, 1, "pads", list, &count, err));
    if (count != 2 * t->in[0].rank)
        return unsupported(err, "pads has %d numbers for rank %d", count, t->in[0].rank);
    for (int i = 0; i < count; i++)
        if (list[i] < 0 || list[i] > 1 << 20)
            return unsupported(err, "pads has %lld", (long long)list[i]);
    *value = attribute_float(t, "value", 0);
    if (has_input(t, 2)) {
        struct constant *c = t->in[2].c;
        if (!c || c->count != 1)
            return unsupported(err, "with a value that is not constant");
        TRY(constant_floats(t->m->f, c, value, err));
    }
    *value = *value < -FLT_MAX ? -FLT_MAX : *value > FLT_MAX ? FLT_MAX : *value;
    return true;
}

/* He's shortcut A: every stride-th pixel (already a shortcut_pad), then channels of zeros. */
static node_id shortcut(struct import_state *m, node_id x, int64_t channels, struct error *err)
{
    const struct node *n = &m->g->nodes[x];
    int64_t stride[3] = {1, 1, 1};
    if (is_op(m, x, "shortcut_pad")) {
        const int *s = (const int *)((const char *)n->attrs + attr_find(n->op, "stride")->offset);
        for (int k = 0; k < 3; k++)
            stride[k] = s[k];
        x = n->in[0];
    }
    return EMIT1(m, err, "shortcut_pad", x, "channels=%lld stride=%lld,%lld,%lld",
                 (long long)channels, (long long)stride[0], (long long)stride[1],
                 (long long)stride[2]);
}

/* Frames of another value, then as many of zeros as are missing. */
static void zero_tail(const struct value *x, const int64_t before[4], const int64_t after[4],
                      struct value *out)
{
    struct shift s = x->shift;
    for (int k = 0; k < 4; k++)
        if (before[k] || (k != 1 && after[k]))
            return;
    if (s.of == NODE_NONE || s.tail != TAIL_NONE || after[1] != s.first || s.first < 1)
        return;
    s.tail = TAIL_ZERO;
    s.count += after[1];
    out->shift = s;
}

/* Each padded axis becomes a letter of its own; an axis of one place gets one. before and after are
 * in the order c t h w. */
static bool place_pads(const struct translation *t, const int64_t list[ONNX_RANK * 2],
                       struct value *x, int64_t before[4], int64_t after[4], bool *any,
                       struct error *err)
{
    static const char letters[] = "cthw";
    int rank = t->in[0].rank;
    *x = t->in[0];
    *any = false;
    for (int i = 0; i < rank; i++) {
        if (!list[i] && !list[rank + i])
            continue;
        *any = true;
        if (strchr(x->axis[i], 'n'))
            return unsupported(err, "along the batch");
        for (const char *s = "whtc"; !x->axis[i][0] && *s; s++)
            if (!has_letter(x, *s) && letter_size(t->m, x->node, *s) == 1)
                x->axis[i][0] = *s;
        if (strlen(x->axis[i]) != 1)
            return unsupported(err, "along merged axes, or more than there are");
        int k = (int)(strchr(letters, x->axis[i][0]) - letters);
        before[k] = list[i];
        after[k] = list[rank + i];
    }
    return true;
}

bool onnx_pad(struct translation *t, struct error *err)
{
    struct import_state *m = t->m;
    int64_t list[ONNX_RANK * 2], before[4] = {0}, after[4] = {0};
    struct value x;
    char mode[32], number[32];
    float value;
    bool any;
    TRY(want_node(t, 0, err));
    TRY(read_pads(t, list, &value, err) && place_pads(t, list, &x, before, after, &any, err));
    attribute_word(t, "mode", "constant", mode);
    t->out[0] = x;
    if (!any)
        return true;
    if (strcmp(mode, "constant") && strcmp(mode, "edge") && strcmp(mode, "reflect"))
        return unsupported(err, "mode %s", mode);
    bool zeros = !strcmp(mode, "constant") && value == 0;
    bool channels = zeros && !before[0] && after[0];
    for (int k = 1; k < 4; k++)
        channels = channels && !before[k] && !after[k];
    node_id id = layout_rank(m, x.node, false, err);
    if (channels && id != NODE_NONE)
        id = shortcut(m, id, letter_size(m, id, 'c') + after[0], err);
    else
        id = EMIT1(m, err, "pad", id,
                   "channels_before=%lld channels_after=%lld before=%lld,%lld,%lld "
                   "after=%lld,%lld,%lld mode=%s value=%s",
                   (long long)before[0], (long long)after[0], (long long)before[1],
                   (long long)before[2], (long long)before[3], (long long)after[1],
                   (long long)after[2], (long long)after[3], mode, text_float(number, value));
    TRY(id != NODE_NONE);
    t->out[0] = value_like(&x, id);
    layout_sizes(m, &t->out[0]);
    if (zeros)
        zero_tail(&x, before, after, &t->out[0]);
    return true;
}

/* ---- Expand ---- */

bool onnx_expand(struct translation *t, struct error *err)
{
    static const char letters[] = "cthw";
    struct import_state *m = t->m;
    int64_t list[ONNX_RANK * 2], size[4] = {1, 1, 1, 1};
    int count;
    TRY(want_node(t, 0, err));
    TRY(list_of(t, 1, "shape", list, &count, err));
    struct value x = t->in[0];
    if (count < 0 || count > ONNX_RANK)
        return unsupported(err, "to %d dimensions", count);
    int rank = count > x.rank ? count : x.rank, more = rank - x.rank;
    memmove(x.axis + more, x.axis, sizeof *x.axis * (size_t)x.rank);
    memmove(x.dim + more, x.dim, sizeof *x.dim * (size_t)x.rank);
    for (int i = 0; i < more; i++) {
        x.dim[i] = 1;
        memset(x.axis[i], 0, LETTERS);
    }
    x.rank = rank;
    bool any = false;
    for (int i = rank - count; i < rank; i++) {
        int64_t to = list[i - (rank - count)];
        if (to == 1 || to == x.dim[i])
            continue;
        if (x.dim[i] != 1 || to < 1 || to > 1 << 30 || strchr(x.axis[i], 'n'))
            return unsupported(err, "%lld places to %lld", (long long)x.dim[i], (long long)to);
        x.axis[i][0] = 0;
        for (const char *s = "whtc"; *s && !x.axis[i][0]; s++)
            if (letter_size(m, x.node, *s) == 1 && size[strchr(letters, *s) - letters] == 1)
                x.axis[i][0] = *s;
        if (!x.axis[i][0])
            return unsupported(err, "to more axes than there are");
        for (int k = 0; k < rank; k++) /* of one place before, so nobody else's */
            for (char *s = x.axis[k]; k != i && (s = strchr(s, x.axis[i][0]));)
                memmove(s, s + 1, strlen(s));
        x.axis[i][1] = 0;
        size[strchr(letters, x.axis[i][0]) - letters] = to;
        any = true;
    }
    t->out[0] = x;
    if (!any)
        return true;
    node_id id =
        EMIT1(m, err, "expand", x.node, "channels=%lld size=%lld,%lld,%lld", (long long)size[0],
              (long long)size[1], (long long)size[2], (long long)size[3]);
    t->out[0] = value_like(&x, id);
    if (id != NODE_NONE)
        layout_sizes(m, &t->out[0]);
    return id != NODE_NONE;
}
