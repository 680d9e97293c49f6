/* SPDX-License-Identifier: MIT */
/* Lowering of a convolution with stride 1 to Winograd's minimal filtering: K_T x 3 x 3 over H and W
 * (winograd.cl), 3 x 1 x 1 over T (winograd_time.cl). The slot `packed` holds a winograd_weight. */
#ifndef ENGINE_OP_CONV_WINOGRAD_H
#define ENGINE_OP_CONV_WINOGRAD_H
#include "engine/op/conv_winograd_fused.h"

/* A tensor of points: [points][windows][frames][tiles][row]; over T, frames are tiles of frames and
 * tiles are pixels. */
struct points {
    int row;       /* floats from tile to tile   */
    int64_t point; /* floats from point to point */
    bool half;     /* or halfs                   */
    node_id node;
};

static inline bool is_winograd(const struct shape *packed)
{
    return packed->rank == 5;
}

/* Its workspace, the largest memory there is, so half storage is for it too. Points a multiple of
 * 4 KB apart would share one set of the L1 cache. */
static inline struct points points_of(struct lower *lo, const struct node *n,
                                      const struct winograd *w, int c, int64_t frames)
{
    struct points p = {.row = layout_row(c), .half = lower_half(lo)};
    uint64_t number = p.half ? sizeof(uint16_t) : sizeof(float), bytes;
    p.point = frames * w->tiles * p.row;
    if (p.point % 1024 == 0)
        p.point += LANE;
    if (!mul_ok((uint64_t)p.point * number, (uint64_t)w->points, &bytes))
        bytes = UINT64_MAX;
    p.node = lower_workspace(lo, n, bytes);
    return p;
}

/* One of the two transforms: lanes of c channels, tiles, frames of all windows. */
static inline struct step *winograd_transform(struct lower *lo, const struct node *n,
                                              const struct winograd *w, bool input, int c,
                                              int64_t frames, const struct points *p)
{
    static const char *const kernels[2][2] = {{"winograd_output", "winograd_input"},
                                              {"winograd_time_output", "winograd_time_input"}};
    /* The 36 points of a GPU's lane of four would leave room for few work-items at a time. */
    bool narrow = lower_caps(lo)->gpu && w->points == 36;
    int vec = narrow ? 2 : lane_width(lower_caps(lo));
    char algorithm[64];
    snprintf(algorithm, sizeof algorithm, "winograd F(%d,3)%s: %s transform", w->size,
             w->time ? " in time" : "", input ? "input" : "output");
    struct step *s = lower_launch(lo, n, w->source, kernels[w->time][input], algorithm);
    lower_define_text(lo, input ? "INPUT" : "OUTPUT", "1");
    lower_define(lo, "VEC", vec);
    lower_define(lo, "ROW", p->row);
    lower_define(lo, "POINT", p->point);
    if (p->half)
        lower_define(lo, input ? "V_HALF" : "M_HALF", 1);
    lower_size(s, (size_t)ceil_div(c, LANE) * (size_t)(LANE / vec), (size_t)w->tiles,
               (size_t)frames);
    return s;
}

/* Work-items as of conv3d_direct, for each point. */
static inline void winograd_launch(struct lower *lo, struct step *s, const struct direct *row,
                                   int tile, int points, bool may_stage)
{
    const struct caps *caps = lower_caps(lo);
    int64_t tiles = ceil_div(row->y.w, tile) * row->y.t * row->y.n;
    int64_t lanes = group_lanes(caps, row->y.c, row->tile);
    int64_t chunk = caps->gpu ? tiles : direct_chunk(row, tile, tiles);
    struct group g = {.x = 1, .y = 1};
    if (caps->gpu) /* each point is a grid of its own */
        g = group_of(caps, lanes, group_across(lanes), tiles * points, tile, row->tile / LANE,
                     direct_group(lo), may_stage);
    lower_define(lo, "GPU", caps->gpu);
    lower_define(lo, "CHUNK", chunk);
    lower_define(lo, "LOCAL_X", g.x);
    lower_define(lo, "LOCAL_Y", g.y);
    if (g.staged)
        lower_define(lo, "STAGED", 1);
    if (caps->gpu)
        lower_size(s, (size_t)lanes, (size_t)round_up((uint64_t)tiles, (uint64_t)g.y),
                   (size_t)points);
    else
        lower_size(s, (size_t)chunk, (size_t)lanes, (size_t)(ceil_div(tiles, chunk) * points));
    lower_local(s, (size_t)g.x, (size_t)g.y, 1);
}

/* The product as a convolution K_T x 1 x 1 over rows of tiles; without temporal taps and padding
 * all tiles of all frames are one row. */
static inline struct direct winograd_row(const struct direct *d, const struct winograd *w,
                                         const struct points *v)
{
    struct direct row = *d;
    row.x.h = row.y.h = 1;
    row.x.w = row.y.w = w->tiles;
    row.x.own = v->row;
    row.window.kernel[1] = row.window.kernel[2] = 1;
    if (w->time || (d->window.kernel[0] == 1 && !d->begin[0])) {
        row.window.kernel[0] = 1;
        row.begin[0] = 0;
        row.x.w = row.y.w = w->tiles * w->frames * d->y.n;
        row.x.t = row.y.t = row.x.n = row.y.n = 1;
    }
    return row;
}

static inline void winograd_multiply(struct lower *lo, const struct node *n, const struct direct *d,
                                     const struct winograd *w, const struct points *v,
                                     const struct points *m)
{
    const struct caps *caps = lower_caps(lo);
    struct direct row = winograd_row(d, w, v);
    const int64_t read[5] = {v->point, 1, 1, 1, 1};
    const int64_t weights[5] = {GROUP_TILES_MOST, row.window.kernel[0], d->channels, d->tile, 1};
    bool may_stage = group_reaches(read) && group_reaches(weights);
    int tile = direct_tile(caps, &row, direct_accumulators(lo, may_stage));
    char algorithm[96];
    snprintf(algorithm, sizeof algorithm, "winograd F(%d,3): product %dx%d%s", w->size, tile,
             d->tile / LANE, direct_tuned(d));
    struct step *s = lower_launch(lo, n, "winograd_multiply", "winograd_multiply", algorithm);
    lower_define(lo, "VEC", lane_width(caps));
    lower_define(lo, "CHANNELS", d->channels);
    lower_define(lo, "Y_C", d->y.c);
    lower_define(lo, "K_T", row.window.kernel[0]);
    lower_define(lo, "P_T", row.begin[0]);
    lower_define(lo, "X_T", row.x.t);
    lower_define(lo, "Y_T", row.y.t);
    lower_define(lo, "ROWS", (int64_t)row.y.n * row.y.t);
    lower_define(lo, "Y_W", row.y.w);
    lower_define(lo, "V_ROW", v->row);
    lower_define(lo, "V_POINT", v->point);
    lower_define(lo, "M_ROW", m->row);
    lower_define(lo, "M_POINT", m->point);
    if (v->half) {
        lower_define(lo, "V_HALF", 1);
        lower_define(lo, "M_HALF", 1);
    }
    lower_define(lo, "TILE_W", tile);
    lower_define(lo, "TILE_C", d->tile / LANE);
    direct_define_registers(lo, may_stage);
    winograd_launch(lo, s, &row, tile, w->points, may_stage);
    s->flops = winograd_flops(d, w);
    lower_arg(lo, s, v->node);
    lower_arg_weight(lo, s, d->packed);
    lower_arg(lo, s, m->node);
}

static inline void winograd_lower(struct lower *lo, const struct node *n, struct direct *d)
{
    const struct shape *packed = &lower_graph(lo)->nodes[d->packed].shape;
    d->channels = (int)packed->dim[3];
    d->tile = (int)packed->dim[4];
    struct winograd w = winograd_of(d, (int)packed->dim[0]);
    if (winograd_fused(lo, n, d, &w))
        return;
    struct points v = points_of(lo, n, &w, d->x.c, (int64_t)d->x.n * (w.time ? w.frames : d->x.t));
    struct points m = points_of(lo, n, &w, d->y.c, (int64_t)d->y.n * w.frames);

    struct step *s = winograd_transform(lo, n, &w, true, d->x.c,
                                        (int64_t)d->x.n * (w.time ? w.frames : d->x.t), &v);
    winograd_defines(lo, d, &w);
    lower_arg(lo, s, d->x.node);
    lower_arg(lo, s, v.node);

    winograd_multiply(lo, n, d, &w, &v, &m);

    s = winograd_transform(lo, n, &w, false, d->y.c, (int64_t)d->y.n * w.frames, &m);
    winograd_defines(lo, d, &w);
    lower_arg(lo, s, m.node);
    winograd_args(lo, s, n, d);
}

#endif
