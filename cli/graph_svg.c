/* SPDX-License-Identifier: MIT */
#include "cli/graph_svg.h"
#include "cli/graph_rows.h"
#include "cli/svg.h"
#include "graph/op.h"

#include <stdio.h>
#include <string.h>

enum {
    MARGIN = 18,
    HEAD = 92, /* title, legend and names of the columns */
    ROW = 36,
    GAP = 11,
    CHIPS = 212, /* width of the column of written operators */
    BOX = 330,
    ARCS = 76, /* room for edges that pass rows by */
    BAR = 84,  /* the share of the arithmetic */
    LANE = CHIPS + 14 + BOX + ARCS + BAR + 26,
    ROWS_MOST = 34 /* in a lane without collapsing what repeats */
};

/* Hues by what an operator is for. */
enum { HUE_CONV, HUE_POOL, HUE_SCORE, HUE_MOTION, HUE_FRAMES, HUE_POINT, HUE_JOIN, HUE_KINDS };
static const char *const kinds[HUE_KINDS] = {
    "convolution, linear", "pooling",     "scores", "matching", "frames",
    "element by element",  "joins, views"};
static const struct {
    const char *begin; /* of an operator's name */
    int hue;
} hue_table[] = {
    {"conv", HUE_CONV},           {"linear", HUE_CONV},         {"gemm", HUE_CONV},
    {"maxpool", HUE_POOL},        {"avgpool", HUE_POOL},        {"global_average", HUE_POOL},
    {"softmax", HUE_SCORE},       {"mean_windows", HUE_SCORE},  {"average", HUE_SCORE},
    {"cost_volume", HUE_MOTION},  {"displacement", HUE_MOTION}, {"match", HUE_MOTION},
    {"warp", HUE_MOTION},         {"resize_map", HUE_MOTION},   {"input", HUE_FRAMES},
    {"normalize", HUE_FRAMES},    {"residual", HUE_FRAMES},     {"select_frames", HUE_FRAMES},
    {"stack_frames", HUE_FRAMES}, {"concat", HUE_JOIN},         {"flatten", HUE_JOIN},
    {"squeeze", HUE_JOIN},        {"identity", HUE_JOIN},
};

static int hue_of(const struct op *op)
{
    for (size_t i = 0; i < sizeof hue_table / sizeof *hue_table; i++)
        if (!strncmp(op->name, hue_table[i].begin, strlen(hue_table[i].begin)))
            return hue_table[i].hue;
    return HUE_POINT;
}

struct drawing {
    const struct graph_rows *rows;
    const struct graph *g; /* compiled */
    double *x, *y;         /* of each row's box: left, top */
    double height;
    double most; /* multiply-adds of the costliest row */
    struct text *out;
};

static bool is_drawn(const struct drawing *d, int row)
{
    return d->rows->row[row].shown_as == ROW_NONE;
}

static double multiply_adds(const struct drawing *d, int row)
{
    const struct node *n = &d->g->nodes[d->rows->row[row].node];
    struct cost c = {0};
    if (n->op->cost && n->part == PART_WINDOW)
        n->op->cost(d->g, n, &c);
    return c.multiply_adds;
}

/* ---- places ---- */

/* Clips side by side; what runs once a video below all of them, in the middle. */
static void place(struct drawing *d)
{
    int lanes = d->g->clip_count;
    double bottom = HEAD, below = HEAD, left = MARGIN;
    for (int i = 0, lane = -1; i < d->rows->count; i++) {
        if (d->rows->row[i].lane != lane) {
            lane = d->rows->row[i].lane;
            bottom = lane == lanes ? below + GAP : HEAD;
            left = MARGIN + (lane == lanes ? (lanes - 1) * LANE / 2.0 : lane * (double)LANE);
        }
        d->x[i] = left + CHIPS + 14;
        d->y[i] = bottom;
        if (is_drawn(d, i))
            bottom += ROW + GAP;
        below = bottom > below ? bottom : below;
        double cost = multiply_adds(d, i);
        d->most = cost > d->most ? cost : d->most;
    }
    d->height = below + MARGIN;
}

/* ---- boxes ---- */

/* "C x T x H x W" of a window. */
static void size_text(const struct shape *s, char *buf, size_t size)
{
    int n = 0;
    buf[0] = 0;
    for (int i = 1; i < s->rank && n < (int)size; i++)
        n += snprintf(buf + n, size - (size_t)n, "%s%lld", i > 1 ? "\xc3\x97" : "",
                      (long long)s->dim[i]);
}

/* "conv3d 3x3x3 stride=2 pad=1 act=relu" */
static void about_row(const struct drawing *d, const struct node *n, struct text *t)
{
    int slot = op_slot(n->op, "w");
    text_printf(t, "%s", n->op->name);
    if (slot >= 0 && slot < n->in_count && n->in[slot] != NODE_NONE) {
        const struct shape *w = &d->g->nodes[n->in[slot]].shape;
        if (w->rank >= 4) /* of flat kernels the file has no first side */
            text_printf(t, " %lld\xc3\x97%lld\xc3\x97%lld",
                        w->rank == 4 ? 1LL : (long long)w->dim[2], (long long)w->dim[w->rank - 2],
                        (long long)w->dim[w->rank - 1]);
    }
    attr_print(n, t);
}

/* The operators that became this one; in a second line where one is too short. */
static void draw_chips(const struct drawing *d, int i)
{
    const struct graph_row *row = &d->rows->row[i];
    const struct graph *g = d->rows->written;
    int parts = row->parts < ROW_PARTS_MOST ? row->parts : ROW_PARTS_MOST;
    double left = d->x[i] - 14 - CHIPS, x = left, y = d->y[i] + 1, all = 0;
    for (int k = 0; k < parts; k++)
        all += svg_width(g->nodes[row->part[k]].op->name, 9.5) + 12;
    if (all <= CHIPS)
        y += ROW / 4.0;
    for (int k = 0; k < parts; k++) {
        const struct op *op = g->nodes[row->part[k]].op;
        double w = svg_width(op->name, 9.5) + 9;
        char class[16];
        if (x + w > left + CHIPS && x > left) {
            if (y > d->y[i] + ROW / 2.0)
                return;
            x = left, y += ROW / 2.0;
        }
        snprintf(class, sizeof class, "soft h%d", hue_of(op));
        svg_rect(d->out, x, y, w, ROW / 2.0 - 2, 3, class);
        svg_text(d->out, x + 4.5, y + 11.5, 9.5, "", op->name);
        x += w + 3;
    }
}

static void draw_box(const struct drawing *d, int i)
{
    const struct node *n = &d->g->nodes[d->rows->row[i].node];
    double x = d->x[i], y = d->y[i];
    char size[64], fit[160], class[16];
    struct text about = {0};
    about_row(d, n, &about);
    size_text(&n->shape, size, sizeof size);
    snprintf(class, sizeof class, "h%d", hue_of(n->op));
    svg_rect(d->out, x, y, BOX, ROW, 4, "box");
    svg_rect(d->out, x, y, 6, ROW, 2, class);
    svg_text(d->out, x + 14, y + 14.5, 11.5, "b",
             svg_fit(n->name, BOX - 34 - svg_width(size, 11.5), 13.2, fit, sizeof fit));
    svg_text(d->out, x + BOX - 8, y + 14.5, 11.5, "r", size);
    svg_text(d->out, x + 14, y + 29, 10, "d", svg_fit(about.s, BOX - 24, 10, fit, sizeof fit));
    text_free(&about);
    double cost = multiply_adds(d, i);
    if (cost <= 0)
        return;
    x += BOX + ARCS;
    svg_rect(d->out, x, y + 21, BAR * cost / d->most, 7, 1, class);
    snprintf(size, sizeof size, cost < 1e9 ? "%.1f M" : "%.2f G", cost / (cost < 1e9 ? 1e6 : 1e9));
    svg_text(d->out, x, y + 16, 10, "d", size);
}

/* ---- edges ---- */

/* Whether nothing is drawn between two rows of a lane. */
static bool is_next(const struct drawing *d, int from, int to)
{
    for (int i = from + 1; i < to; i++)
        if (is_drawn(d, i))
            return false;
    return d->rows->row[from].lane == d->rows->row[to].lane;
}

/* How far out an edge that passes rows by runs: beside those that share rows with it. A shorter
 * edge is further in. */
struct arc {
    int from, to, level;
};
enum { ARCS_MOST = 4096, LEVELS = 6 };

static void draw_arc(const struct drawing *d, const struct arc *a)
{
    double x = d->x[a->from] + BOX, y1 = d->y[a->from] + ROW * 0.66, y2 = d->y[a->to] + ROW * 0.34;
    double b = 16 + a->level * 9.0, r = 8;
    text_printf(d->out,
                "<path class=\"e\" marker-end=\"url(#a)\" d=\"M%.1f %.1fh%.1fq%g 0 %g %gV%.1f"
                "q0 %g %g %gH%.1f\"/>\n",
                x, y1, b - r, r, r, r, y2 - r, r, -r, r, x + 1);
}

static void draw_straight(const struct drawing *d, int from, int to)
{
    double x1 = d->x[from] + BOX / 2.0, y1 = d->y[from] + ROW;
    double x2 = d->x[to] + BOX / 2.0, y2 = d->y[to], middle = (y1 + y2) / 2;
    text_printf(d->out,
                "<path class=\"e\" marker-end=\"url(#a)\" d=\"M%.1f %.1fC%.1f %.1f %.1f %.1f "
                "%.1f %.1f\"/>\n",
                x1, y1, x1, middle, x2, middle, x2, y2);
}

/* Levels for arcs in the order of their length: the first one that no overlapping arc has. */
static void draw_arcs(const struct drawing *d, struct arc *arc, int count)
{
    for (int length = 1, done = 0; done < count; length++)
        for (int i = 0; i < count; i++) {
            if (arc[i].to - arc[i].from != length)
                continue;
            for (int k = 0; k < count; k++)
                if (arc[i].level < LEVELS - 1 && arc[k].level == arc[i].level && k != i &&
                    arc[k].from < arc[i].to && arc[i].from < arc[k].to &&
                    arc[k].to - arc[k].from <= length &&
                    (arc[k].to - arc[k].from < length || k < i)) {
                    arc[i].level++;
                    k = -1;
                }
            done++;
            draw_arc(d, &arc[i]);
        }
}

static void draw_edges(const struct drawing *d, struct arena *arena)
{
    struct arc *arc = ARENA_ARRAY(arena, struct arc, ARCS_MOST);
    int arcs = 0;
    for (int i = 0; i < d->rows->count; i++) {
        const struct node *n = &d->g->nodes[d->rows->row[i].node];
        for (int k = 0; k < n->in_count; k++) {
            int from = n->in[k] == NODE_NONE ? ROW_NONE : graph_rows_of(d->rows, n->in[k]);
            if (from == ROW_NONE || !is_drawn(d, i) || from >= i)
                continue;
            if (is_next(d, from, i) || d->rows->row[from].lane != d->rows->row[i].lane)
                draw_straight(d, from, i);
            else if (arcs < ARCS_MOST)
                arc[arcs++] = (struct arc){from, i, 0};
        }
    }
    draw_arcs(d, arc, arcs);
}

/* A bracket beside rows that stand for several. */
static void draw_repeat(const struct drawing *d, int i)
{
    const struct graph_row *row = &d->rows->row[i];
    if (row->repeats < 2 || !is_drawn(d, i))
        return;
    double x = d->x[i] - 8, y1 = d->y[i] - 3, y2 = d->y[i + row->period - 1] + ROW + 3;
    char times[24];
    text_printf(d->out, "<path class=\"l\" d=\"M%.1f %.1fh-5V%.1fh5\"/>\n", x + 5, y1, y2);
    snprintf(times, sizeof times, "%d \xc3\x97", row->repeats);
    svg_text(d->out, x - 4, y2 + 1, 13, "b r", times);
}

/* ---- the page ---- */

static void draw_head(const struct drawing *d, double width)
{
    const struct graph *g = d->rows->written;
    char line[200], fit[160];
    double x = MARGIN;
    svg_text(d->out, x, 28, 17, "b",
             svg_fit(g->model ? g->model : g->file, width - 430, 19, fit, sizeof fit));
    snprintf(line, sizeof line, "%.1f M parameters, %.2f G multiply-adds a window",
             (double)graph_parameters(g) / 1e6, graph_multiply_adds(g) / 1e9);
    svg_text(d->out, width - MARGIN, 28, 12, "r d", line);
    for (int i = 0; i < HUE_KINDS; i++) {
        char class[16];
        snprintf(class, sizeof class, "h%d", i);
        svg_rect(d->out, x, 42, 10, 10, 2, class);
        svg_text(d->out, x + 14, 51, 10, "d", kinds[i]);
        x += 26 + svg_width(kinds[i], 10);
    }
    for (int lane = 0; lane < g->clip_count; lane++) {
        x = MARGIN + lane * LANE;
        snprintf(line, sizeof line, "in the file: %d operators", d->rows->operators);
        svg_text(d->out, x, 78, 11, "b", g->clip_count > 1 ? "in the file" : line);
        snprintf(line, sizeof line, "after fusion: %d", d->rows->count);
        if (g->clip_count > 1)
            snprintf(line, sizeof line, "after fusion, clip %.60s", g->clips[lane].name);
        svg_text(d->out, x + CHIPS + 14, 78, 11, "b", line);
        svg_text(d->out, x + CHIPS + 14 + BOX + ARCS, 78, 11, "b", "multiply-adds");
    }
}

void graph_svg(const struct graph *written, const struct graph *compiled, struct text *out)
{
    struct arena arena = {0};
    struct graph_rows rows;
    graph_rows_make(&rows, &arena, written, compiled, ROWS_MOST);
    struct drawing d = {.rows = &rows, .g = compiled, .out = out};
    d.x = ARENA_ARRAY(&arena, double, rows.count + 1);
    d.y = ARENA_ARRAY(&arena, double, rows.count + 1);
    place(&d);
    int lanes = compiled->clip_count ? compiled->clip_count : 1;
    double width = lanes * (double)LANE + 2 * MARGIN;
    svg_open(out, width, d.height, written->model ? written->model : "network");
    draw_head(&d, width);
    draw_edges(&d, &arena);
    for (int i = 0; i < rows.count; i++) {
        if (!is_drawn(&d, i))
            continue;
        draw_chips(&d, i);
        draw_box(&d, i);
        draw_repeat(&d, i);
    }
    svg_close(out);
    arena_free(&arena);
}
