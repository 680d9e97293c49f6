/* SPDX-License-Identifier: MIT */
/* Lowering of a convolution K_T x 3 x 3 with stride 1 to the kernels of winograd.cl: points of the
 * input, one product per point, values of the output. The slot `packed` holds a winograd_weight. */
#ifndef ENGINE_OP_CONV_WINOGRAD_H
#define ENGINE_OP_CONV_WINOGRAD_H
#include "engine/op/conv_winograd_fused.h"

/* A tensor of points: [points][frames][tiles of a frame][row]. */
struct points {
    int row;       /* floats from tile to tile   */
    int64_t point; /* floats from point to point */
    node_id node;
};

/* Its workspace. Points a multiple of 4 KB apart would share one set of the L1 cache. */
static inline struct points points_of(struct lower *lo, const struct node *n, int size, int c,
                                      int64_t tiles)
{
    struct points p = {.row = layout_row(c)};
    int side = size + 2;
    uint64_t bytes;
    p.point = tiles * p.row;
    if (p.point % 1024 == 0)
        p.point += LANE;
    if (!mul_ok((uint64_t)p.point * sizeof(float), (uint64_t)(side * side), &bytes))
        bytes = UINT64_MAX;
    p.node = lower_workspace(lo, n, bytes);
    return p;
}

/* One of the two transforms: lanes of c channels, tiles of a frame, frames. */
static inline struct step *winograd_transform(struct lower *lo, const struct node *n,
                                              const struct direct *d, int size, const char *what,
                                              const char *kernel, const struct points *p)
{
    bool input = !strcmp(what, "INPUT");
    const struct caps *caps = lower_caps(lo);
    int c = input ? d->x.c : d->y.c, frames = input ? d->x.n * d->x.t : d->y.n * d->y.t;
    char algorithm[64];
    snprintf(algorithm, sizeof algorithm, "winograd F(%d,3): %s transform", size,
             input ? "input" : "output");
    struct step *s = lower_launch(lo, n, "winograd", kernel, algorithm);
    lower_define_text(lo, what, "1");
    lower_define(lo, "VEC", lane_width(caps));
    lower_define(lo, "SIZE", size);
    lower_define(lo, "ROW", p->row);
    lower_define(lo, "POINT", p->point);
    lower_define(lo, "Y_H", d->y.h);
    lower_define(lo, "Y_W", d->y.w);
    size_t tiles = (size_t)(ceil_div(d->y.h, size) * ceil_div(d->y.w, size));
    lower_size(s, (size_t)ceil_div(c, LANE) * (size_t)(LANE / lane_width(caps)), tiles,
               (size_t)frames);
    return s;
}

static inline void winograd_input(struct lower *lo, const struct node *n, const struct direct *d,
                                  int size, const struct points *v)
{
    struct step *s = winograd_transform(lo, n, d, size, "INPUT", "winograd_input", v);
    lower_define(lo, "X_H", d->x.h);
    lower_define(lo, "X_W", d->x.w);
    lower_define(lo, "P_H", d->begin[1]);
    lower_define(lo, "P_W", d->begin[2]);
    lower_define_row(lo, "X", &d->x);
    lower_arg(lo, s, d->x.node);
    lower_arg(lo, s, v->node);
}

static inline void winograd_output(struct lower *lo, const struct node *n, const struct direct *d,
                                   int size, const struct points *m)
{
    struct step *s = winograd_transform(lo, n, d, size, "OUTPUT", "winograd_output", m);
    lower_define(lo, "BIAS", d->bias != NODE_NONE);
    lower_define(lo, "ADD_ROW", d->add.node != NODE_NONE ? d->add.row : 0);
    lower_define(lo, "ADD_OFFSET", d->add.node != NODE_NONE ? d->add.offset : 0);
    lower_define(lo, "ACT", d->act);
    lower_define_row(lo, "Y", &d->y);
    lower_arg(lo, s, m->node);
    if (d->bias != NODE_NONE)
        lower_arg(lo, s, d->bias);
    if (d->add.node != NODE_NONE)
        lower_arg(lo, s, d->add.node);
    lower_arg_output(lo, s, n);
}

/* Of the products. */
static inline double winograd_flops(const struct direct *d, int size)
{
    double tiles = (double)(ceil_div(d->y.h, size) * ceil_div(d->y.w, size)) * d->y.n;
    double products = tiles * (double)sliding_pairs(&d->window, 0, d->x.t);
    return 2.0 * (size + 2) * (size + 2) * products * d->channels * d->y.c;
}

/* Work-items as of conv3d_direct, for each point. */
static inline void winograd_launch(struct lower *lo, struct step *s, const struct direct *row,
                                   int tile, int points)
{
    const struct caps *caps = lower_caps(lo);
    int64_t tiles = ceil_div(row->y.w, tile) * row->y.t * row->y.n;
    int64_t lanes = ceil_div(row->y.c, row->tile) * (LANE / lane_width(caps));
    int64_t chunk = caps->gpu ? tiles : direct_chunk(row, tile, tiles);
    int x = !caps->gpu ? 1 : lanes % 16 == 0 ? 16 : lanes % 8 == 0 ? 8 : 4;
    int y = caps->gpu ? 64 / x : 1;
    lower_define(lo, "GPU", caps->gpu);
    lower_define(lo, "CHUNK", chunk);
    lower_define(lo, "LOCAL_X", x);
    lower_define(lo, "LOCAL_Y", y);
    if (caps->gpu)
        lower_size(s, (size_t)lanes, (size_t)round_up((uint64_t)tiles, (uint64_t)y),
                   (size_t)points);
    else
        lower_size(s, (size_t)chunk, (size_t)lanes, (size_t)(ceil_div(tiles, chunk) * points));
    lower_local(s, (size_t)x, (size_t)y, 1);
}

/* The product is a convolution K_T x 1 x 1 over rows of tiles. */
static inline void winograd_multiply(struct lower *lo, const struct node *n, const struct direct *d,
                                     int size, const struct points *v, const struct points *m)
{
    const struct caps *caps = lower_caps(lo);
    struct direct row = *d;
    int side = size + 2, taps = d->window.kernel[0];
    int tiles = (int)(ceil_div(d->y.h, size) * ceil_div(d->y.w, size));
    row.x.h = row.y.h = 1;
    row.x.w = row.y.w = tiles;
    row.x.own = v->row;
    for (int i = 1; i < 3; i++)
        row.window.kernel[i] = 1;
    if (taps == 1) { /* then all frames are one row */
        row.x.w = row.y.w = tiles * d->y.t * d->y.n;
        row.x.t = row.y.t = row.x.n = row.y.n = 1;
    }
    int tile = direct_tile(caps, &row, direct_accumulators(caps));
    char algorithm[64];
    snprintf(algorithm, sizeof algorithm, "winograd F(%d,3): product %dx%d", size, tile,
             d->tile / LANE);
    struct step *s = lower_launch(lo, n, "winograd", "winograd_multiply", algorithm);
    lower_define_text(lo, "MULTIPLY", "1");
    lower_define(lo, "VEC", lane_width(caps));
    lower_define(lo, "CHANNELS", d->channels);
    lower_define(lo, "Y_C", d->y.c);
    lower_define(lo, "K_T", taps);
    lower_define(lo, "P_T", d->begin[0]);
    lower_define(lo, "X_T", row.x.t);
    lower_define(lo, "Y_T", row.y.t);
    lower_define(lo, "ROWS", (int64_t)row.y.n * row.y.t);
    lower_define(lo, "Y_W", row.y.w);
    lower_define(lo, "V_ROW", v->row);
    lower_define(lo, "V_POINT", v->point);
    lower_define(lo, "M_ROW", m->row);
    lower_define(lo, "M_POINT", m->point);
    lower_define(lo, "TILE_W", tile);
    lower_define(lo, "TILE_C", d->tile / LANE);
    winograd_launch(lo, s, &row, tile, side * side);
    s->flops = winograd_flops(d, size);
    lower_arg(lo, s, v->node);
    lower_arg(lo, s, d->packed);
    lower_arg(lo, s, m->node);
}

static inline bool is_winograd(const struct shape *packed)
{
    return packed->rank == 5;
}

static inline void winograd_lower(struct lower *lo, const struct node *n, struct direct *d)
{
    const struct shape *packed = &lower_graph(lo)->nodes[d->packed].shape;
    int size = packed->dim[0] == 36 ? 4 : 2;
    int64_t tiles = ceil_div(d->y.h, size) * ceil_div(d->y.w, size) * d->y.n;
    d->channels = (int)packed->dim[3];
    d->tile = (int)packed->dim[4];
    struct winograd_group group;
    if (winograd_group(lower_caps(lo), d, size, &group)) {
        winograd_fused(lo, n, d, size, &group)->flops = winograd_flops(d, size);
        return;
    }
    struct points v = points_of(lo, n, size, d->x.c, tiles * d->x.t);
    struct points m = points_of(lo, n, size, d->y.c, tiles * d->y.t);
    winograd_input(lo, n, d, size, &v);
    winograd_multiply(lo, n, d, size, &v, &m);
    winograd_output(lo, n, d, size, &m);
}

#endif
