/* SPDX-License-Identifier: MIT */
/* Lowering to the kernel match_frames_staged, what a GPU runs for match_frames, and what both forms
 * of it read. */
#ifndef ENGINE_OP_MATCH_STAGED_H
#define ENGINE_OP_MATCH_STAGED_H
#include "base/checked.h"
#include "engine/op/conv_group.h"
#include "engine/op/matching.h"

/* Features by rows of one channel: columns in front, all columns. */
struct match_rows {
    int left, width;
};

/* Lines of a row are odd in number, or all channels would meet in few sets of the cache. */
static inline struct match_rows match_rows_of(int left, int64_t columns)
{
    enum { LINE = 16 };
    return (struct match_rows){left, (int)((ceil_div(columns, LINE) | 1) * LINE)};
}

enum { MATCH_ROWS_GROUP = 64 }; /* work-items of match_rows_staged */

/* The step that makes them, in a workspace of its own. */
static inline node_id match_rows_lower(struct lower *lo, const struct node *n,
                                       const struct match_rows *t, const struct operand *x)
{
    uint64_t bytes = sizeof(float);
    const int size[] = {x->n, x->t, x->h, x->c, t->width};
    for (size_t i = 0; i < sizeof size / sizeof *size && bytes != UINT64_MAX; i++)
        if (!mul_ok(bytes, (uint64_t)size[i], &bytes))
            bytes = UINT64_MAX;
    node_id rows = lower_workspace(lo, n, bytes);
    const struct matching *a = n->attrs;
    const struct caps *caps = lower_caps(lo);
    bool staged = caps->gpu && caps->max_work_group >= MATCH_ROWS_GROUP;
    const char *kernel = staged ? "match_rows_staged" : "match_rows";
    struct step *s = lower_launch(lo, n, kernel, kernel, staged ? "staged" : "transpose");
    int vec = lane_width(caps);
    lower_define(lo, "VEC", vec);
    lower_define(lo, "X_C", x->c);
    lower_define(lo, "X_H", x->h);
    lower_define(lo, "X_W", x->w);
    lower_define(lo, "X_ROW", x->row);
    lower_define_half(lo, "X", x);
    lower_define(lo, "LEFT", t->left);
    lower_define(lo, "WIDTH", t->width);
    lower_define_float(lo, "EPS", a->eps);
    lower_arg(lo, s, x->node);
    lower_arg(lo, s, rows);
    size_t frames = (size_t)x->n * (size_t)x->t;
    if (staged) {
        lower_size(s, 4, (size_t)t->width, (size_t)x->h * frames);
        lower_local(s, 4, MATCH_ROWS_GROUP / 4, 1);
    } else {
        lower_size(s, (size_t)(t->width / vec), (size_t)x->h, frames);
    }
    return rows;
}

/* Sizes, window and softmax, after those of a form's tile. */
static inline void match_defines(struct lower *lo, const struct matching *a,
                                 const struct match_rows *rows, const struct operand *x,
                                 const struct operand *y)
{
    bool wta = a->assign == ASSIGN_WTA;
    lower_define(lo, "VEC", lane_width(lower_caps(lo)));
    lower_define(lo, "X_C", x->c);
    lower_define(lo, "X_T", x->t);
    lower_define(lo, "X_H", x->h);
    lower_define(lo, "X_W", x->w);
    lower_define(lo, "LEFT", rows->left);
    lower_define(lo, "WIDTH", rows->width);
    lower_define(lo, "Y_T", y->t);
    lower_define(lo, "Y_ROW", y->row);
    lower_define_half(lo, "Y", y);
    lower_define(lo, "RADIUS_H", a->radius);
    lower_define(lo, "RADIUS_W", matching_columns(a));
    bool soft = !wta && a->tau > 0; /* cost_volume has none */
    lower_define_float(lo, "SHARPNESS", soft ? (float)(1.4426950408889634 / a->tau) : 1);
    lower_define(lo, "WTA", wta);
    lower_define(lo, "MASK", a->border == MATCH_MASK);
}

/* A work-item sums the similarities of 4 pixels with `depth` columns of a row of their windows. A
 * group has `items` of them side by side, `parts` for the columns of a window, for `rows` rows of
 * pixels and `window_rows` rows of the next frame at a time. */
struct match_staged {
    int depth, parts, items, rows, window_rows;
    int stage; /* channels at a time */
    struct match_rows of;
};

/* Fours of a row of the next frame that a group reads. */
static inline int match_next_fours(const struct match_staged *t, int shift)
{
    return t->items - 1 + (t->parts - 1) * (t->depth / 4) + (int)ceil_div(shift + t->depth + 3, 4);
}

/* Fours that a work-item brings to local memory at a time. */
static inline int match_slots(const struct match_staged *t, int next)
{
    int members = t->items * t->parts * t->rows * t->window_rows;
    return (int)(ceil_div(t->stage * t->rows * t->items, members) +
                 ceil_div(t->stage * t->window_rows * next, members));
}

/* Bytes of local memory, as the kernel declares it. */
static inline uint64_t match_staged_bytes(const struct match_staged *t, int next)
{
    int fours = t->stage * (t->rows * t->items + t->window_rows * next);
    int joined = 4 * t->items * t->parts * t->rows * t->window_rows;
    return 16 * (uint64_t)(fours > joined ? fours : joined);
}

/* What a frame costs: multiply-adds, those of work-items without a row in the window as well, and
 * places to fill in local memory; more where groups are fewer than compute units. Infinite for what
 * does not fit: registers hold few places, and local memory should have room for another group. Nor
 * for a single step: PoCL 3.1 makes a branch of a loop that runs once, and mixes up what work-items
 * keep across the barriers in it. */
static inline double match_staged_cost(const struct match_staged *t, const struct matching *a,
                                       const struct caps *caps, const struct operand *x)
{
    enum { ITEMS_MOST = 128, SLOTS_MOST = 6, SLOT_COST = 16 };
    int members = t->items * t->parts * t->rows * t->window_rows;
    int next = match_next_fours(t, t->of.left - matching_columns(a));
    int slots = match_slots(t, next);
    int64_t steps = ceil_div(2 * a->radius + t->rows, t->window_rows);
    if (members > ITEMS_MOST || (uint64_t)members > caps->max_work_group || slots > SLOTS_MOST ||
        match_staged_bytes(t, next) > caps->local_memory / 2 || steps < 2)
        return INFINITY;
    double groups = (double)ceil_div(x->w, 4 * t->items) * (double)ceil_div(x->h, t->rows);
    double item = 4 * t->depth * t->stage + SLOT_COST * slots;
    return (double)steps * item * members * groups *
           fmax(1, caps->compute_units / (groups * x->n * (x->t - 1)));
}

/* Whether a device stages, and how. */
static inline bool match_stages(const struct matching *a, const struct caps *caps,
                                const struct operand *x, struct match_staged *t)
{
    enum { ITEMS_MOST = 32, ROWS_MOST = 8, STAGE_COLUMNS = 64 };
    int columns = 2 * matching_columns(a) + 1, fours = (int)ceil_div(x->w, 4);
    /* Waves of 64 have a register file each; two of them fit with half as many sums. */
    int sums = group_accumulators(caps->registers) / (caps->wave_width > 32 ? 2 : 1);
    int depth_most = sums < 4 ? 4 : sums / 4 * 4;
    int stage = STAGE_COLUMNS / depth_most;
    struct match_staged one = {.stage = x->c < stage ? x->c : stage};
    one.parts = (int)ceil_div(columns, depth_most);
    one.depth = one.parts == 1 ? columns : (int)ceil_div(ceil_div(columns, one.parts), 4) * 4;
    one.of.left = (int)ceil_div(matching_columns(a), 4) * 4;
    double least = INFINITY;
    for (int items = 1; caps->gpu && items <= ITEMS_MOST && items <= fours; items++)
        for (int rows = 1; rows <= ROWS_MOST; rows *= 2)
            for (int next = 1; next <= ROWS_MOST; next *= 2) {
                one.items = items;
                one.rows = rows;
                one.window_rows = next;
                double cost = match_staged_cost(&one, a, caps, x);
                if (cost < least) {
                    least = cost;
                    *t = one;
                }
            }
    if (least == INFINITY)
        return false;
    int64_t tiles = ceil_div(fours, t->items);
    int next = match_next_fours(t, t->of.left - matching_columns(a));
    t->of = match_rows_of(t->of.left, 4 * ((tiles - 1) * t->items + next));
    const int64_t read[5] = {2, x->h, x->c, t->of.width, 1};
    return group_reaches(read);
}

/* volume: the similarities are what is wanted. */
static inline void match_staged_lower(struct lower *lo, const struct node *n,
                                      const struct match_staged *t, const struct operand *x,
                                      bool volume)
{
    node_id rows = match_rows_lower(lo, n, &t->of, x);
    struct operand y = lower_output(lo, n);
    int slices = t->parts * t->window_rows;
    char name[64];
    snprintf(name, sizeof name, "staged 4x%d, %dx%d of a group", t->depth, t->items, t->rows);
    struct step *s = lower_launch(lo, n, "match_frames_staged", "match_frames_staged", name);
    lower_define(lo, "DEPTH", t->depth);
    lower_define(lo, "ITEMS_W", t->items);
    lower_define(lo, "ROWS", t->rows);
    lower_define(lo, "WINDOW_ROWS", t->window_rows);
    lower_define(lo, "STAGE", t->stage);
    lower_define(lo, "VOLUME", volume);
    match_defines(lo, n->attrs, &t->of, x, &y);
    lower_arg(lo, s, rows);
    lower_arg_output(lo, s, n);
    lower_size(s, (size_t)round_up((uint64_t)ceil_div(y.w, 4), (uint64_t)t->items),
               (size_t)ceil_div(y.h, t->rows) * (size_t)(t->rows * slices),
               (size_t)y.n * (size_t)y.t);
    lower_local(s, (size_t)t->items, (size_t)(t->rows * slices), 1);
}

#endif
