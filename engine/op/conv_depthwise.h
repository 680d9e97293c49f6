/* SPDX-License-Identifier: MIT */
/* Lowering to the kernel conv3d_depthwise: groups of one channel, each of which is convolved by
 * itself, and of four.
 *
 * As convolutions of merged blocks these would be 16 and 4 times the arithmetic. Measured with PoCL
 * on two cores against that: of 64 to 512 channels depthwise 1x3x3 is 6 to 8 times faster, 3x1x1 2
 * to 6 times; groups of four are 2 times faster (128 channels, 8x28x28); groups of eight would be
 * no faster, so they stay merged.
 *
 * Depthwise is bound by memory, so the order matters more than the tile: rows of several frames go
 * together where a window spans frames, and tiles run along time where it spans time alone (1.3 to
 * 2 times faster than tiles along W). */
#ifndef ENGINE_OP_CONV_DEPTHWISE_H
#define ENGINE_OP_CONV_DEPTHWISE_H
#include "engine/op/conv_direct.h"

enum {
    DEPTHWISE_REGISTERS = 28,   /* vectors that a CPU holds for outputs and weights of a row */
    DEPTHWISE_TILE = 20,        /* outputs of a tile there at most, ...                      */
    DEPTHWISE_TILE_NARROW = 8,  /* ...at least, and with fewer registers and on a GPU        */
    DEPTHWISE_SHARED_TAPS = 8,  /* windows up to this wide load an input once, ...           */
    DEPTHWISE_SHARED_SPAN = 80, /* ...if a tile reads no more inputs than this               */
};

/* Pixels from neighbour to neighbour along T, H, W. */
struct depthwise_steps {
    int x[3], y[3];
};

/* Whether pack-weights chose this kernel: the tile spans groups, which are not merged. */
static inline bool is_depthwise(const struct shape *w, const struct shape *packed, int groups)
{
    return groups > 1 && packed->dim[4] == w->dim[1] && packed->dim[5] > w->dim[0] / groups;
}

static inline void rotate_left(int v[3])
{
    int first = v[0];
    v[0] = v[1];
    v[1] = v[2];
    v[2] = first;
}

static inline void rotate_operand(struct operand *o)
{
    int size[3] = {o->t, o->h, o->w};
    rotate_left(size);
    o->t = size[0];
    o->h = size[1];
    o->w = size[2];
}

/* Of a window over time alone, makes time the axis of the tiles: T H W become H W T. */
static inline void depthwise_axes(struct direct *d, struct depthwise_steps *s)
{
    struct sliding *k = &d->window;
    *s = (struct depthwise_steps){{d->x.h * d->x.w, d->x.w, 1}, {d->y.h * d->y.w, d->y.w, 1}};
    if (k->kernel[0] == 1 || k->kernel[1] > 1 || k->kernel[2] > 1)
        return;
    int *all[] = {k->kernel, k->stride, k->dilation, d->begin, s->x, s->y};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        rotate_left(all[i]);
    rotate_operand(&d->x);
    rotate_operand(&d->y);
}

static inline int depthwise_tile(const struct caps *caps, const struct direct *d)
{
    int most = DEPTHWISE_REGISTERS - d->window.kernel[2] * d->channels;
    if (caps->gpu || lane_width(caps) < 16 || most < DEPTHWISE_TILE_NARROW)
        most = DEPTHWISE_TILE_NARROW;
    else if (most > DEPTHWISE_TILE)
        most = DEPTHWISE_TILE;
    return (int)ceil_div(d->y.w, ceil_div(d->y.w, most));
}

/* Whether the taps of a row share what they load; the kernel then has code for each of them. */
static inline bool depthwise_shares(const struct direct *d, int tile)
{
    const struct sliding *s = &d->window;
    return s->kernel[2] <= DEPTHWISE_SHARED_TAPS &&
           (int64_t)(tile - 1) * s->stride[2] + sliding_extent(s, 2) <= DEPTHWISE_SHARED_SPAN;
}

/* Rows that are computed for all T before the next ones: all, unless windows overlap along T. */
static inline int depthwise_band(const struct direct *d)
{
    const struct sliding *s = &d->window;
    if (sliding_extent(s, 0) <= s->stride[0])
        return d->y.h;
    double row = 4.0 * d->x.row * d->x.w * (double)sliding_extent(s, 0);
    double rows = (DIRECT_CHUNK_BYTES / row - (double)sliding_extent(s, 1)) / s->stride[1];
    return rows < 1 ? 1 : rows > d->y.h ? d->y.h : (int)rows;
}

static inline void depthwise_launch(struct lower *lo, struct step *s, const struct direct *d,
                                    int tile)
{
    const struct caps *caps = lower_caps(lo);
    int band = depthwise_band(d);
    uint64_t lanes = (uint64_t)ceil_div(d->y.c, LANE) * (uint64_t)(LANE / lane_width(caps));
    uint64_t places = (uint64_t)ceil_div(d->y.w, tile) * (uint64_t)band;
    uint64_t rest = (uint64_t)ceil_div(d->y.h, band) * (uint64_t)d->y.t * (uint64_t)d->y.n;
    int x = !caps->gpu ? 1 : lanes % 16 == 0 ? 16 : lanes % 8 == 0 ? 8 : 4;
    int y = caps->gpu ? 64 / x : 1;
    lower_define(lo, "TILE_W", tile);
    lower_define(lo, "BAND", band);
    lower_define(lo, "LOCAL_X", x);
    lower_define(lo, "LOCAL_Y", y);
    lower_size(s, lanes, round_up(places, (uint64_t)y), rest);
    lower_local(s, (size_t)x, (size_t)y, 1);
}

/* What a work-group shares where windows of rows overlap, on a GPU: `x` lanes of channels, `rows`
 * rows of `across` tiles. */
struct depthwise_group {
    int x, rows, across;
};

/* Inputs of a group along an axis, of `outputs` outputs. */
static inline int64_t depthwise_area(const struct direct *d, int axis, int outputs)
{
    return (int64_t)(outputs - 1) * d->window.stride[axis] + sliding_extent(&d->window, axis);
}

/* What a group costs for all its outputs: multiply-adds, and inputs to stage; more where
 * waves are not full, or are few. Infinite where it does not fit: four groups are to have room
 * in local memory. */
static inline double depthwise_group_cost(const struct caps *caps, const struct direct *d, int tile,
                                          const struct depthwise_group *g)
{
    enum { ITEMS_LEAST = 64, ITEMS_MOST = 128, STAGE_COST = 5 };
    const int *k = d->window.kernel;
    int items = g->x * g->rows * g->across;
    int64_t h = depthwise_area(d, 1, g->rows), w = depthwise_area(d, 2, tile * g->across);
    int64_t fours = (h * (w | 1) + (int64_t)k[0] * k[1] * k[2] * d->channels) * g->x;
    if (items > ITEMS_MOST || (uint64_t)items > caps->max_work_group ||
        (uint64_t)fours * 16 > caps->local_memory / 4)
        return INFINITY;
    double groups = (double)ceil_div(d->y.h, g->rows) *
                    (double)ceil_div(ceil_div(d->y.w, tile), g->across);
    double taps = (double)g->rows * g->across * tile * k[1] * k[2] * d->channels;
    double waves = (double)round_up((uint64_t)items, (uint64_t)caps->wave_width);
    return groups * (taps + STAGE_COST * (double)(h * w)) * fmax(waves, ITEMS_LEAST) / items;
}

/* Whether a work-group stages its inputs, and which one. Rows that hardly overlap, as 3 of 2 apart,
 * would take more local memory than they save. */
static inline bool depthwise_stages(const struct caps *caps, const struct direct *d, int tile,
                                    struct depthwise_group *best)
{
    enum { ROWS_MOST = 8, ACROSS_MOST = 4 };
    int64_t lanes = ceil_div(d->y.c, LANE) * (LANE / lane_width(caps));
    const int64_t window[5] = {1, d->x.t, d->x.h, d->x.w, d->x.row}; /* offsets are int */
    double least = INFINITY;
    if (!caps->gpu || d->window.kernel[1] < 2 * d->window.stride[1] || !depthwise_shares(d, tile) ||
        !group_reaches(window))
        return false;
    for (int x = 4; lanes % x == 0 && x <= 16; x *= 2)
        for (int rows = 1; rows <= ROWS_MOST && rows <= d->y.h; rows++)
            for (int across = 1; across <= ACROSS_MOST; across++) {
                struct depthwise_group g = {x, rows, across};
                double cost = depthwise_group_cost(caps, d, tile, &g);
                if (cost < least) {
                    least = cost;
                    *best = g;
                }
            }
    return least < INFINITY;
}

static inline void depthwise_args(struct lower *lo, struct step *s, const struct node *n,
                                  const struct direct *d)
{
    lower_arg(lo, s, d->x.node);
    lower_arg_weight(lo, s, d->packed);
    if (d->bias != NODE_NONE)
        lower_arg(lo, s, d->bias);
    if (d->add.node != NODE_NONE)
        lower_arg(lo, s, d->add.node);
    lower_arg_output(lo, s, n);
}

static inline void depthwise_staged_lower(struct lower *lo, const struct node *n,
                                          const struct direct *d, int tile,
                                          const struct depthwise_group *g)
{
    char algorithm[64];
    snprintf(algorithm, sizeof algorithm, "depthwise %dx1, %dx%d of a group: groups of %d", tile,
             g->across, g->rows, d->channels);
    struct step *s = lower_launch(lo, n, "conv3d_depthwise_staged", "conv3d_depthwise_staged",
                                  algorithm);
    uint64_t lines = (uint64_t)g->rows * (uint64_t)g->across;
    uint64_t lanes = (uint64_t)ceil_div(d->y.c, LANE) * (LANE / 4);
    uint64_t bands = (uint64_t)ceil_div(d->y.h, g->rows);
    lower_define(lo, "VEC", 4);
    direct_defines(lo, d);
    lower_define(lo, "GROUP", d->channels);
    lower_define(lo, "TILE_W", tile);
    lower_define(lo, "LOCAL_X", g->x);
    lower_define(lo, "ROWS", g->rows);
    lower_define(lo, "ACROSS", g->across);
    lower_size(s, lanes, (uint64_t)ceil_div(ceil_div(d->y.w, tile), g->across) * lines,
               bands * (uint64_t)d->y.t * (uint64_t)d->y.n);
    lower_local(s, (size_t)g->x, lines, 1);
    depthwise_args(lo, s, n, d);
}

static inline void depthwise_lower(struct lower *lo, const struct node *n, struct direct *d)
{
    struct depthwise_steps steps;
    depthwise_axes(d, &steps);
    int tile = depthwise_tile(lower_caps(lo), d);
    struct depthwise_group group = {0};
    if (depthwise_stages(lower_caps(lo), d, tile, &group)) {
        depthwise_staged_lower(lo, n, d, tile, &group);
        return;
    }
    char algorithm[64];
    snprintf(algorithm, sizeof algorithm, "depthwise %dx1: groups of %d", tile, d->channels);
    struct step *s = lower_launch(lo, n, "conv3d_depthwise", "conv3d_depthwise", algorithm);
    lower_define(lo, "VEC", lane_width(lower_caps(lo)));
    direct_defines(lo, d);
    for (int i = 0; i < 3; i++) {
        char x[] = "X_STEP_?", y[] = "Y_STEP_?";
        x[7] = y[7] = "THW"[i];
        lower_define(lo, x, steps.x[i]);
        lower_define(lo, y, steps.y[i]);
    }
    lower_define(lo, "GROUP", d->channels);
    lower_define(lo, "SHARED", depthwise_shares(d, tile));
    bool narrow = (int64_t)tile * d->window.stride[2] <= DEPTHWISE_SHARED_SPAN;
    lower_define(lo, "PREFETCH", !lower_caps(lo)->gpu && d->window.kernel[1] > 1 && narrow);
    depthwise_launch(lo, s, d, tile);
    depthwise_args(lo, s, n, d);
}

#endif
