/* SPDX-License-Identifier: MIT */
/* Lowering to the kernels winograd_fused and winograd_time, whose work-items transform, multiply
 * and transform back what a CPU's cache holds. */
#ifndef ENGINE_OP_CONV_WINOGRAD_FUSED_H
#define ENGINE_OP_CONV_WINOGRAD_FUSED_H
#include "engine/op/conv_direct.h"

/* Minimal filtering F(size x size, 3 x 3) over H and W, or F(size, 3) over T. */
struct winograd {
    const char *source;
    bool time;
    int size, points;
    int tiles;  /* of a frame; over T its pixels                   */
    int frames; /* of a window's result; over T its tiles of frames */
};

static inline struct winograd winograd_of(const struct direct *d, int points)
{
    struct winograd w = {.points = points, .time = d->window.kernel[1] == 1};
    w.source = w.time ? "winograd_time" : "winograd";
    if (w.time) {
        w.size = points - 2;
        w.tiles = d->y.h * d->y.w;
        w.frames = (int)ceil_div(d->y.t, w.size);
    } else {
        w.size = points == 36 ? 4 : 2;
        w.tiles = (int)(ceil_div(d->y.h, w.size) * ceil_div(d->y.w, w.size));
        w.frames = d->y.t;
    }
    return w;
}

/* Of the products. */
static inline double winograd_flops(const struct direct *d, const struct winograd *w)
{
    double frames = w->time ? w->frames : (double)sliding_pairs(&d->window, 0, d->x.t);
    return 2.0 * w->points * w->tiles * frames * d->y.n * d->channels * d->y.c;
}

static inline void winograd_defines(struct lower *lo, const struct direct *d,
                                    const struct winograd *w)
{
    direct_defines(lo, d);
    lower_define(lo, "SIZE", w->size);
    if (w->time)
        lower_define(lo, "PIXELS", w->tiles);
}

/* Arguments of a kernel that stores the result, from the bias on. */
static inline void winograd_args(struct lower *lo, struct step *s, const struct node *n,
                                 const struct direct *d)
{
    if (d->bias != NODE_NONE)
        lower_arg(lo, s, d->bias);
    if (d->add.node != NODE_NONE)
        lower_arg(lo, s, d->add.node);
    lower_arg_output(lo, s, n);
}

enum {
    FUSED_CACHE_BYTES = 1000 << 10, /* points that one work-item keeps: a usual L2            */
    FUSED_SCRATCH_MOST = 64 << 20,  /* the same where it was measured: places in it are int   */
    FUSED_TILES_LEAST = 24,         /* else the filters' points are read too often            */
    FUSED_ITEMS_LEAST = 6           /* for each compute unit, so that all end about together  */
};

/* What a work-item does at a time. */
struct winograd_group {
    int tile;   /* of the product                                     */
    int down;   /* rows of tiles, or, over T, pixels                  */
    int frames; /* that it computes one after the other; not over T   */
    size_t size[3];
    uint64_t scratch; /* bytes of points that a work-item keeps */
};

/* Work-items that a launch should have. */
static inline int64_t group_items(const struct lower *lo)
{
    return (int64_t)FUSED_ITEMS_LEAST * lower_caps(lo)->compute_units;
}

/* Pixels of the product's register tile at most. */
static inline int group_tile_most(const struct lower *lo, const struct direct *d)
{
    if (d->tuned && d->tuned->tile)
        return d->tuned->tile;
    return direct_accumulators(lo, false) * LANE / d->tile;
}

/* Fewer frames of an item mean more items, and more frames that two of them transform. */
static inline bool group_rows(const struct lower *lo, const struct direct *d,
                              const struct winograd *w, struct winograd_group *g)
{
    int across = (int)ceil_div(d->y.w, w->size), rows = w->tiles / across;
    int most = group_tile_most(lo, d), down = (int)ceil_div(FUSED_TILES_LEAST, across);
    uint64_t channels = round_up((uint64_t)d->channels, LANE) * (uint64_t)d->window.kernel[0];
    g->tile = (int)ceil_div(across, ceil_div(across, most));
    g->down = down < rows ? down : rows;
    g->scratch =
        4 * (uint64_t)w->points * (uint64_t)(g->down * across) * (channels + (uint64_t)d->tile);
    int64_t groups = ceil_div(rows, g->down) * d->y.n;
    int64_t parts = ceil_div(group_items(lo), groups);
    g->frames = (int)ceil_div(d->y.t, parts < d->y.t ? parts : d->y.t);
    g->size[0] = (size_t)ceil_div(rows, g->down);
    g->size[1] = (size_t)ceil_div(d->y.t, g->frames);
    g->size[2] = (size_t)d->y.n;
    return down <= rows && g->scratch <= FUSED_CACHE_BYTES && parts <= d->y.t &&
           g->frames >= 2 * (d->window.kernel[0] - 1);
}

/* As many pixels as the cache holds the points of, so that the filters' are read seldom. */
static inline bool group_pixels(const struct lower *lo, const struct direct *d,
                                const struct winograd *w, struct winograd_group *g)
{
    int most = group_tile_most(lo, d), tiles_most = 4;
    uint64_t row = round_up((uint64_t)d->channels, LANE) + (uint64_t)d->tile;
    g->tile = w->tiles < most ? w->tiles : most;
    uint64_t one = 4 * (uint64_t)w->points * (uint64_t)g->tile * row;
    int fits = (int)(FUSED_CACHE_BYTES * 3 / 4 / one), tiles = fits < 1 ? 1 : fits;
    tiles = tiles < tiles_most ? tiles : tiles_most;
    tiles = tiles < ceil_div(w->tiles, g->tile) ? tiles : (int)ceil_div(w->tiles, g->tile);
    g->down = tiles * g->tile;
    g->scratch = one * (uint64_t)tiles;
    int64_t groups = ceil_div(w->tiles, g->down) * w->frames * d->y.n, items = group_items(lo);
    g->size[0] = (size_t)(groups < items ? groups : items);
    g->size[1] = g->size[2] = 1;
    return fits >= 1 && groups >= items;
}

/* False, and nothing is lowered, where it is not worth it, or was measured not to be. */
static inline bool winograd_fused(struct lower *lo, const struct node *n, const struct direct *d,
                                  const struct winograd *w)
{
    const struct caps *caps = lower_caps(lo);
    struct winograd_group g = {0};
    bool worth = (w->time ? group_pixels : group_rows)(lo, d, w, &g);
    if (d->tuned)
        worth = algorithm_fused(d->tuned->algorithm) && g.scratch <= FUSED_SCRATCH_MOST;
    if (caps->gpu || !worth)
        return false;
    uint64_t bytes, items = (uint64_t)g.size[0] * g.size[1];
    if (!mul_ok(items, g.size[2], &items) || !mul_ok(items, g.scratch, &bytes))
        bytes = UINT64_MAX;
    char algorithm[96];
    snprintf(algorithm, sizeof algorithm, "winograd F(%d,3)%s fused %dx%d: points of %d %s%s",
             w->size, w->time ? " in time" : "", g.tile, d->tile / LANE, g.down,
             w->time ? "pixels" : "rows", direct_tuned(d));
    node_id scratch = lower_workspace(lo, n, bytes);
    struct step *s =
        lower_launch(lo, n, w->source, w->time ? "winograd_time" : "winograd_fused", algorithm);
    lower_define(lo, "VEC", lane_width(caps));
    winograd_defines(lo, d, w);
    lower_define(lo, "TILE_W", g.tile);
    lower_define(lo, "TILE_C", d->tile / LANE);
    if (w->time) {
        lower_define(lo, "GROUP", g.down);
        lower_define(lo, "WINDOWS", d->y.n);
    } else {
        lower_define(lo, "DOWN", g.down);
        lower_define(lo, "FRAMES", g.frames);
    }
    lower_size(s, g.size[0], g.size[1], g.size[2]);
    lower_local(s, 1, 1, 1);
    s->flops = winograd_flops(d, w);
    lower_arg(lo, s, d->x.node);
    lower_arg_weight(lo, s, d->packed);
    winograd_args(lo, s, n, d);
    lower_arg(lo, s, scratch);
    return true;
}

#endif
