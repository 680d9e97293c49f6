/* SPDX-License-Identifier: MIT */
#include "cli/graph_rows.h"
#include "graph/op.h"

#include <string.h>

static bool is_value(const struct node *n)
{
    return n->part != PART_WEIGHT;
}

int graph_rows_of(const struct graph_rows *r, node_id node)
{
    int i = r->row_of[node];
    return i != ROW_NONE && r->row[i].shown_as != ROW_NONE ? r->row[i].shown_as : i;
}

/* The first node that reads `id`, which is no weight. */
static node_id first_reader(const struct graph *g, node_id id)
{
    for (int i = id + 1; i < g->count; i++)
        for (int k = 0; k < g->nodes[i].in_count; k++)
            if (g->nodes[i].in[k] == id && is_value(&g->nodes[i]))
                return i;
    return NODE_NONE;
}

/* A value that passes took away went into the first one behind it that is still there. */
static void add_parts(struct graph_rows *r, struct arena *arena)
{
    const struct graph *g = r->written;
    int *row = ARENA_ARRAY(arena, int, g->count);
    for (int i = g->count - 1; i >= 0; i--) {
        row[i] = ROW_NONE;
        if (!is_value(&g->nodes[i]))
            continue;
        node_id same = graph_find(r->compiled, g->nodes[i].name), reader = first_reader(g, i);
        if (same != NODE_NONE)
            row[i] = r->row_of[same];
        if (row[i] == ROW_NONE && reader != NODE_NONE)
            row[i] = row[reader];
    }
    for (int i = 0; i < g->count; i++) {
        if (!is_value(&g->nodes[i]))
            continue;
        r->operators++;
        struct graph_row *to = row[i] == ROW_NONE ? NULL : &r->row[row[i]];
        if (to && to->parts < ROW_PARTS_MOST)
            to->part[to->parts] = i;
        if (to)
            to->parts++;
    }
}

/* What makes two rows look the same: operator, attributes, shapes, and how far above its inputs
 * are. */
static char *signature(const struct graph_rows *r, int i, struct arena *arena)
{
    const struct graph *g = r->compiled;
    const struct node *n = &g->nodes[r->row[i].node];
    struct text t = {0};
    text_printf(&t, "%s", n->op->name);
    attr_print(n, &t);
    shape_print(&n->shape, &t);
    for (int k = 0; k < n->in_count; k++) {
        if (n->in[k] == NODE_NONE)
            continue;
        const struct node *in = &g->nodes[n->in[k]];
        if (is_value(in))
            text_printf(&t, " %d", i - r->row_of[n->in[k]]);
        else
            shape_print(&in->shape, &t);
    }
    char *s = arena_dup(arena, t.s);
    text_free(&t);
    return s;
}

/* How many times the `period` rows at `at` stand one after another. */
static int repeats_at(char *const *sign, int at, int end, int period)
{
    int rows = period;
    while (at + rows < end && !strcmp(sign[at + rows], sign[at + rows - period]))
        rows++;
    return rows / period;
}

/* Shows the first of several equal stretches; the longest saving counts. */
static void collapse(struct graph_rows *r, char *const *sign, int at, int end)
{
    while (at < end) {
        int best = 0, period = 0;
        for (int p = 1; p <= (end - at) / 2; p++) {
            int saved = (repeats_at(sign, at, end, p) - 1) * p;
            if (saved > best && saved > 1) {
                best = saved;
                period = p;
            }
        }
        if (!best) {
            at++;
            continue;
        }
        while (repeats_at(sign, at + 1, end, period) * period > best) /* begin where blocks do */
            at++;
        r->row[at].repeats = best / period + 1;
        r->row[at].period = period;
        for (int i = 0; i < best; i++)
            r->row[at + period + i].shown_as = at + i % period;
        at += best + period;
    }
}

static void collapse_lanes(struct graph_rows *r, struct arena *arena, int most)
{
    char **sign = ARENA_ARRAY(arena, char *, r->count + 1);
    for (int i = 0; i < r->count; i++)
        sign[i] = signature(r, i, arena);
    for (int at = 0, end; at < r->count; at = end) {
        for (end = at; end < r->count && r->row[end].lane == r->row[at].lane; end++)
            ;
        if (end - at > most)
            collapse(r, sign, at, end);
    }
}

/* What runs once a video goes with the only clip it depends on, else below all clips. */
static int lane_of(const struct graph *g, node_id id, const int *lane)
{
    const struct node *n = &g->nodes[id];
    int of = -1;
    if (n->part != PART_VIDEO)
        return n->clip;
    for (int k = 0; k < n->in_count; k++)
        if (n->in[k] != NODE_NONE && is_value(&g->nodes[n->in[k]]))
            of = of == -1 || of == lane[n->in[k]] ? lane[n->in[k]] : g->clip_count;
    return of == -1 ? g->clip_count : of;
}

void graph_rows_make(struct graph_rows *r, struct arena *arena, const struct graph *written,
                     const struct graph *compiled, int most)
{
    int *lane = ARENA_ARRAY(arena, int, compiled->count);
    *r = (struct graph_rows){.written = written, .compiled = compiled};
    r->row = ARENA_ARRAY(arena, struct graph_row, compiled->count);
    r->row_of = ARENA_ARRAY(arena, int, compiled->count);
    for (int i = 0; i < compiled->count; i++) {
        r->row_of[i] = ROW_NONE;
        lane[i] = is_value(&compiled->nodes[i]) ? lane_of(compiled, i, lane) : -1;
    }
    for (int k = 0; k <= compiled->clip_count; k++) /* lane by lane, in order */
        for (int i = 0; i < compiled->count; i++)
            if (lane[i] == k) {
                r->row_of[i] = r->count;
                r->row[r->count++] = (struct graph_row){
                    .node = i, .lane = k, .repeats = 1, .period = 1, .shown_as = ROW_NONE};
            }
    add_parts(r, arena);
    collapse_lanes(r, arena, most);
}
