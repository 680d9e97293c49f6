/* SPDX-License-Identifier: MIT */
/* Lowering to the kernel winograd_fused, where one work-item does all of some rows of tiles. */
#ifndef ENGINE_OP_CONV_WINOGRAD_FUSED_H
#define ENGINE_OP_CONV_WINOGRAD_FUSED_H
#include "engine/op/conv_direct.h"

/* What a work-item computes: `down` rows of tiles of `frames` frames. */
struct winograd_group {
    int down, frames;
    int64_t items;
};

enum {
    FUSED_CACHE_BYTES = 1000 << 10, /* points that one work-item keeps: a usual L2            */
    FUSED_TILES_LEAST = 24,         /* else the filters' points are read too often            */
    FUSED_ITEMS_LEAST = 6           /* for each compute unit, so that all end about together  */
};

/* Bytes of points that an item keeps. */
static inline int64_t winograd_scratch(const struct direct *d, int size, int down)
{
    int64_t square = (size + 2) * (size + 2), tiles = down * ceil_div(d->y.w, size);
    int64_t channels = d->window.kernel[0] * (int64_t)round_up((uint64_t)d->channels, LANE);
    return 4 * square * tiles * (channels + d->tile);
}

/* False: not worth it. Fewer frames of an item mean more items, and more frames that two of them
 * transform. */
static inline bool winograd_group(const struct caps *caps, const struct direct *d, int size,
                                  struct winograd_group *g)
{
    int across = (int)ceil_div(d->y.w, size), rows = (int)ceil_div(d->y.h, size);
    int64_t least = (int64_t)FUSED_ITEMS_LEAST * caps->compute_units;
    g->down = (int)ceil_div(FUSED_TILES_LEAST, across);
    if (caps->gpu || g->down > rows || winograd_scratch(d, size, g->down) > FUSED_CACHE_BYTES)
        return false;
    int64_t groups = ceil_div(rows, g->down) * d->y.n;
    int parts = (int)ceil_div(least, groups);
    if (parts > d->y.t)
        return false;
    g->frames = (int)ceil_div(d->y.t, parts);
    g->items = groups * ceil_div(d->y.t, g->frames);
    return g->frames >= 2 * (d->window.kernel[0] - 1);
}

static inline struct step *winograd_fused(struct lower *lo, const struct node *n,
                                          const struct direct *d, int size,
                                          const struct winograd_group *g)
{
    const struct caps *caps = lower_caps(lo);
    int across = (int)ceil_div(d->y.w, size), most = direct_accumulators(caps) * LANE / d->tile;
    int tile = (int)ceil_div(across, ceil_div(across, most));
    char algorithm[64];
    snprintf(algorithm, sizeof algorithm, "winograd F(%d,3) fused %dx%d: points of %d rows", size,
             tile, d->tile / LANE, g->down);
    node_id scratch =
        lower_workspace(lo, n, (uint64_t)(winograd_scratch(d, size, g->down) * g->items));
    struct step *s = lower_launch(lo, n, "winograd", "winograd_fused", algorithm);
    lower_define_text(lo, "FUSED", "1");
    lower_define(lo, "VEC", lane_width(caps));
    lower_define(lo, "SIZE", size);
    direct_defines(lo, d);
    lower_define(lo, "TILE_W", tile);
    lower_define(lo, "TILE_C", d->tile / LANE);
    lower_define(lo, "DOWN", g->down);
    lower_define(lo, "FRAMES", g->frames);
    lower_size(s, (size_t)ceil_div(ceil_div(d->y.h, size), g->down),
               (size_t)ceil_div(d->y.t, g->frames), (size_t)d->y.n);
    lower_local(s, 1, 1, 1);
    lower_arg(lo, s, d->x.node);
    lower_arg(lo, s, d->packed);
    if (d->bias != NODE_NONE)
        lower_arg(lo, s, d->bias);
    if (d->add.node != NODE_NONE)
        lower_arg(lo, s, d->add.node);
    lower_arg_output(lo, s, n);
    lower_arg(lo, s, scratch);
    return s;
}

#endif
