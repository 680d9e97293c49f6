/* SPDX-License-Identifier: MIT */
/* Readings of axes: see models/onnx_import.h. */
#include "models/onnx_import.h"

#include <string.h>

static const char order[] = "cthw"; /* as elements of a window lie */

bool has_letter(const struct value *x, char letter)
{
    for (int i = 0; i < x->rank; i++)
        if (strchr(x->axis[i], letter))
            return true;
    return false;
}

/* A letter stands once in a list, so that there is always room: n, c, t, h, w and the end. */
static void add_letter(char axis[LETTERS], char letter)
{
    size_t n = strlen(axis);
    if (strchr(axis, letter))
        return;
    axis[n] = letter;
    axis[n + 1] = 0;
}

bool letters_differ(const struct value *x)
{
    char all[LETTERS] = "";
    for (int i = 0; i < x->rank; i++)
        for (const char *s = x->axis[i]; *s; s++) {
            if (strchr(all, *s))
                return false;
            add_letter(all, *s);
        }
    return true;
}

static int64_t size_of(const struct import_state *m, const struct value *x, char letter)
{
    return letter == 'n' ? x->batch : letter_size(m, x->node, letter);
}

void layout_sizes(const struct import_state *m, struct value *x)
{
    for (int i = 0; i < x->rank; i++) {
        x->dim[i] = 1;
        for (const char *s = x->axis[i]; *s; s++)
            x->dim[i] *= size_of(m, x, *s);
    }
}

/* The letters of x in order, but those of one place; n is among them when it is wanted. */
static void sequence(const struct import_state *m, const struct value *x, bool batch,
                     char all[LETTERS])
{
    all[0] = 0;
    for (int i = 0; i < x->rank; i++)
        for (const char *s = x->axis[i]; *s; s++)
            if (*s == 'n' ? batch : size_of(m, x, *s) > 1)
                add_letter(all, *s);
}

/* Whether n comes before everything else, or has one place and can be said to. */
static bool batch_leads(const struct value *x)
{
    for (int i = 0; i < x->rank; i++)
        for (const char *s = x->axis[i]; *s; s++)
            if (*s == 'n')
                return true;
            else
                return x->batch == 1;
    return true;
}

node_id layout_rank(struct import_state *m, node_id id, bool rank2, struct error *err)
{
    if (id == NODE_NONE || (m->g->nodes[id].shape.rank == 2) == rank2)
        return id;
    if (rank2)
        return EMIT1(m, err, "flatten", id, "%s", "");
    return EMIT1(m, err, "reshape", id, "channels=%lld", (long long)m->g->nodes[id].shape.dim[1]);
}

/* New dimensions by letters alone: each takes letters until it is full. */
static bool regroup(const struct import_state *m, const struct value *x, int rank,
                    const int64_t *dim, struct value *out)
{
    char all[LETTERS];
    int at = 0;
    sequence(m, x, true, all);
    *out = value_like(x, x->node);
    out->rank = rank;
    for (int i = 0; i < rank; i++) {
        int64_t size = 1;
        out->axis[i][0] = 0;
        /* n is taken by the first axis, even when it has one place. */
        while (all[at] && (size < dim[i] || (all[at] == 'n' && x->batch == 1 && !i))) {
            size *= size_of(m, x, all[at]);
            add_letter(out->axis[i], all[at++]);
        }
        if (all[at] == 'n' && x->batch == 1 && i + 1 == rank)
            add_letter(out->axis[i], all[at++]);
        if (size != dim[i])
            return false;
    }
    if (all[at])
        return false;
    memcpy(out->dim, dim, sizeof *dim * (size_t)rank);
    return true;
}

/* The elements in the order in which the ONNX tensor has them: then a reshape may follow. */
static node_id in_sequence(struct import_state *m, const struct value *x, struct error *err)
{
    char all[LETTERS];
    int last = -1;
    bool sorted = true;
    sequence(m, x, false, all);
    for (const char *s = all; *s; s++) {
        int place = (int)(strchr(order, *s) - order);
        sorted = sorted && place > last;
        last = place;
    }
    if (sorted)
        return x->node;
    for (const char *s = order; *s; s++)
        if (!strchr(all, *s))
            add_letter(all, *s);
    return EMIT1(m, err, "transpose", x->node, "order=%s", all);
}

static node_id sized(struct import_state *m, node_id id, const int64_t size[4], struct error *err)
{
    bool same = id != NODE_NONE;
    for (int k = 0; same && k < 4; k++)
        same = letter_size(m, id, order[k]) == size[k];
    if (same)
        return id;
    if (id != NODE_NONE && size[1] * size[2] * size[3] == 1 && m->g->nodes[id].shape.rank == 5)
        return EMIT1(m, err, "flatten", id, "%s", "");
    return EMIT1(m, err, "reshape", id, "channels=%lld size=%lld,%lld,%lld", (long long)size[0],
                 (long long)size[1], (long long)size[2], (long long)size[3]);
}

bool layout_reshape(struct import_state *m, const struct value *x, int rank, const int64_t *dim,
                    struct value *out, struct error *err)
{
    int64_t size[4] = {1, 1, 1, 1}, rest = x->batch;
    int next = 0;
    if (regroup(m, x, rank, dim, out))
        return true;
    if (!batch_leads(x))
        return unsupported(err, "reshapes with the batch behind other axes");
    *out = value_like(x, x->node);
    out->rank = rank;
    for (int i = 0; i < rank; i++) {
        out->axis[i][0] = 0;
        int64_t own = dim[i];
        if (i == 0 || rest > 1) { /* n, and what is merged with it */
            if (own % rest)
                return unsupported(err, "splits or merges the batch");
            if (rest > 1 || i == 0)
                add_letter(out->axis[i], 'n');
            own /= rest;
            rest = 1;
        }
        if (own == 1)
            continue;
        if (next == 4)
            return unsupported(err, "a tensor of more than 5 axes that are not 1");
        add_letter(out->axis[i], order[next]);
        size[next++] = own;
    }
    out->node = sized(m, in_sequence(m, x, err), size, err);
    memcpy(out->dim, dim, sizeof *dim * (size_t)rank);
    return out->node != NODE_NONE;
}

/* A letter that wanted axes do not name and that has one place, or at least none of x. */
static char unused(const char *taken)
{
    for (const char *s = "thwc"; *s; s++)
        if (!strchr(taken, *s))
            return *s;
    return 0;
}

/* wish[i]: the one letter of axis i, or "" where it has one place; n is put in front of axis 0. */
static bool move(struct import_state *m, const struct value *x, char wish[ONNX_RANK][2],
                 struct value *out, struct error *err)
{
    int64_t size[4] = {1, 1, 1, 1};
    char to[LETTERS] = "";
    if (!batch_leads(x))
        return unsupported(err, "the batch stands behind other axes");
    for (int i = 0; i < x->rank; i++)
        if (wish[i][0])
            add_letter(to, wish[i][0]);
    *out = value_like(x, x->node);
    node_id id = in_sequence(m, x, err);
    int next = 0;
    for (int i = 0; i < x->rank; i++) {
        memcpy(out->axis[i], wish[i], sizeof wish[i]);
        if (wish[i][0])
            size[next++] = x->dim[i] / (strchr(x->axis[i], 'n') ? x->batch : 1);
    }
    id = sized(m, id, size, err);
    /* The axes are c, t, h, w in order now, and shall be those of `to`. */
    char turned[5] = "";
    bool same = true;
    for (int k = 0; k < 4; k++) {
        const char *s = strchr(to, order[k]);
        int from = s ? (int)(s - to) : next++;
        turned[k] = order[from];
        same = same && (from == k || (size[from] == 1 && size[k] == 1));
    }
    turned[4] = 0;
    if (!same)
        id = EMIT1(m, err, "transpose", id, "order=%s", turned);
    out->node = id;
    memmove(out->axis[0] + 1, out->axis[0], strlen(out->axis[0]) + 1);
    out->axis[0][0] = 'n';
    memcpy(out->dim, x->dim, sizeof out->dim);
    return id != NODE_NONE;
}

bool layout_arrange(struct import_state *m, const struct value *x, const char *const *want,
                    struct value *out, struct error *err)
{
    char wish[ONNX_RANK][2] = {{0}}, taken[LETTERS * 2] = "";
    bool same = true;
    for (int i = 0; i < x->rank; i++) {
        const char *own = x->axis[i][0] == 'n' ? x->axis[i] + 1 : x->axis[i];
        same = same && (!want[i] || !strcmp(own, want[i]) || !*own);
        if (want[i])
            strcat(taken, want[i]);
    }
    /* A letter that an axis keeps must not be wanted by another. */
    for (int i = 0; same && i < x->rank; i++)
        for (const char *s = x->axis[i]; *s && !want[i]; s++)
            same = same && !strchr(taken, *s);
    *out = *x;
    if (same)
        return true;
    for (int i = 0; i < x->rank; i++) {
        int64_t own = x->dim[i] / (strchr(x->axis[i], 'n') ? x->batch : 1);
        char letter = want[i] && *want[i] ? *want[i] : 0;
        if (own == 1)
            continue;
        const char *kept = x->axis[i][0] == 'n' ? x->axis[i] + 1 : x->axis[i];
        if (!letter && strlen(kept) == 1 && !strchr(taken, *kept))
            letter = *kept;
        else if (!letter)
            letter = unused(taken);
        if (!want[i] || !*want[i]) {
            if (!letter)
                return unsupported(err, "a tensor of more than 5 axes that are not 1");
            add_letter(taken, letter);
        }
        wish[i][0] = letter;
    }
    return move(m, x, wish, out, err);
}

bool layout_axis(struct import_state *m, const struct value *x, int axis, char wanted,
                 struct value *out, struct error *err)
{
    const char letter[2] = {wanted, 0};
    const char *want[ONNX_RANK] = {NULL};
    want[axis] = letter;
    return layout_arrange(m, x, want, out, err);
}

/* Axis 1 is c, the others are t, h, w in order; what axis 0 holds besides n is t. */
static bool plain_channels(struct import_state *m, const struct value *x, struct value *out,
                           struct error *err)
{
    static const char *const pixels[] = {"t", "h", "w"};
    const char *want[ONNX_RANK] = {NULL};
    bool frames = x->dim[0] > x->batch;
    int first = 3 - (x->rank - 2);
    if (x->rank < 2 || first < (frames ? 1 : 0))
        return unsupported(err, "rank %d%s", x->rank,
                           frames ? " with frames beside the batch" : "");
    want[0] = frames ? "t" : "";
    want[1] = "c";
    for (int i = 2; i < x->rank; i++)
        want[i] = pixels[first + i - 2];
    return layout_arrange(m, x, want, out, err);
}

/* The letters of axes 2 and up: ascending, since that is the order of a filter's taps. */
static bool pixel_letters(const struct import_state *m, const struct value *x, bool any_channels,
                          char letter[ONNX_RANK])
{
    static const char *const usual[] = {"", "", "thw", "thw", "hwt", "thw"};
    char taken[LETTERS * 3] = "c";
    bool fits =
        any_channels ||
        ((!strcmp(x->axis[1], "c") || (x->dim[1] == 1 && letter_size(m, x->node, 'c') == 1)) &&
         !strchr(x->axis[0], 'c'));
    for (int i = 0; i < x->rank; i++)
        strcat(taken, x->axis[i]);
    for (int i = 2; fits && i < x->rank; i++) {
        const char *s = usual[x->rank] + (i - 2);
        while (!x->axis[i][0] && *s && strchr(taken, *s))
            s++;
        letter[i] = x->axis[i][0] ? x->axis[i][0] : *s;
        if (!x->axis[i][0] && *s)
            add_letter(taken, *s);
        fits = letter[i] && strlen(x->axis[i]) <= 1 && strchr("thw", letter[i]) &&
               (i == 2 || letter[i] == 'w' || (letter[i] == 'h' && letter[i - 1] == 't'));
    }
    return fits;
}

bool layout_channels(struct import_state *m, const struct value *x, bool any_channels,
                     struct value *out, char letter[ONNX_RANK], struct error *err)
{
    if (x->rank < 2 || x->rank > 5)
        return unsupported(err, "input of rank %d", x->rank);
    *out = *x;
    if (pixel_letters(m, x, any_channels, letter))
        return true;
    TRY(plain_channels(m, x, out, err));
    return pixel_letters(m, out, any_channels, letter) ||
           unsupported(err, "its axes cannot be arranged as channels and pixels");
}
