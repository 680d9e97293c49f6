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

static inline void depthwise_lower(struct lower *lo, const struct node *n, struct direct *d)
{
    struct depthwise_steps steps;
    depthwise_axes(d, &steps);
    int tile = depthwise_tile(lower_caps(lo), d);
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
    lower_arg(lo, s, d->x.node);
    lower_arg_weight(lo, s, d->packed);
    if (d->bias != NODE_NONE)
        lower_arg(lo, s, d->bias);
    if (d->add.node != NODE_NONE)
        lower_arg(lo, s, d->add.node);
    lower_arg_output(lo, s, n);
}

#endif
