/* SPDX-License-Identifier: MIT */
/* Lowering to the kernel conv3d_direct, shared by conv3d and gemm: tile sizes, borders, order. */
#ifndef ENGINE_OP_CONV_DIRECT_H
#define ENGINE_OP_CONV_DIRECT_H
#include "base/checked.h"
#include "engine/op/conv.h"
#include "engine/op/conv_group.h"
#include "graph/tuning.h"
#include <stdio.h>

struct direct {
    struct operand x, y, add; /* add.node and bias may be NODE_NONE */
    node_id packed, bias;
    struct sliding window;
    int begin[3];           /* padding in front */
    int channels;           /* input channels that one output channel reads */
    int tile;               /* output channels in a tile of `packed` */
    int64_t window_weights; /* floats of `packed` from window to window; 0: all read the same */
    int act;
    const struct choice *tuned; /* NULL: by the rules */
};

enum direct_border {
    DIRECT_INSIDE, /* no tap reads outside in W */
    DIRECT_SPLIT,  /* only the first and the last tile of a row do: code of their own */
    DIRECT_SELECT  /* anything: every read is guarded */
};
enum {
    DIRECT_SPLIT_KERNEL = 7,        /* taps in W that may each have code of their own */
    DIRECT_CHUNK_BYTES = 512 << 10, /* input that a chunk of tiles reads: half a usual L2 */
    DIRECT_GROUPS_LEAST = 16        /* work-groups that a launch should have */
};

/* For the text of an algorithm. */
static inline const char *direct_tuned(const struct direct *d)
{
    return d->tuned ? ", tuned" : "";
}

/* Where H (and T) need no windows of their own, pixels follow each other through rows and frames:
 * one long row has no short tiles. */
static inline void direct_flatten(struct direct *d)
{
    const struct sliding *s = &d->window;
    struct operand *all[3] = {&d->x, &d->y, &d->add};
    for (int axis = 1; axis < 3; axis++)
        if (s->kernel[axis] != 1 || s->stride[axis] != 1 || d->begin[axis])
            return;
    bool frames = s->kernel[0] == 1 && s->stride[0] == 1 && !d->begin[0];
    for (int i = 0; i < 3; i++) {
        struct operand *o = all[i];
        o->w *= o->h;
        o->h = 1;
        if (!frames)
            continue;
        o->w *= o->t;
        o->t = 1;
        if (d->window_weights)
            continue;
        o->w *= o->n;
        o->n = 1;
    }
}

/* Accumulators of one work-item: what a CPU's vector registers hold beside weights and a broadcast
 * (32 registers of 16 floats, 16 of 8 or 4), or a GPU's registers, more of them where a work-group
 * may stage. */
static inline int direct_accumulators(const struct lower *lo, bool may_stage)
{
    const struct caps *caps = lower_caps(lo);
    const struct tuning *tuning = lower_graph(lo)->tuning;
    if (tuning && tuning->accumulators)
        return tuning->accumulators;
    if (caps->gpu)
        return group_accumulators(group_registers(caps, may_stage));
    return lane_width(caps) == 16 ? 28 : 12;
}

/* Work-items of a work-group on a GPU. */
static inline int direct_group(const struct lower *lo)
{
    const struct caps *caps = lower_caps(lo);
    const struct tuning *tuning = lower_graph(lo)->tuning;
    if (tuning && tuning->group && caps->max_work_group >= (uint64_t)tuning->group)
        return tuning->group;
    return group_usual(caps);
}

/* Lanes of a work-group: those of one group of input channels. */
static inline int direct_across(const struct caps *caps, const struct direct *d)
{
    return group_across(group_lanes(caps, d->y.c / (d->x.c / d->channels), d->tile));
}

/* Pixels of a tile: rows are cut evenly, and so that there is work for all, but with one block of
 * channels not into narrow tiles on a GPU: they would stage as much as they multiply. */
static inline int direct_tile(const struct caps *caps, const struct direct *d, int accumulators)
{
    int most = accumulators / (d->tile / LANE);
    if (d->tuned && d->tuned->tile)
        return (int)ceil_div(d->y.w, ceil_div(d->y.w, d->tuned->tile));
    most = most > 1 ? most : 1;
    if (caps->gpu && most > stage_tile_most(caps, direct_across(caps, d), d->tile))
        most = stage_tile_most(caps, direct_across(caps, d), d->tile);
    int64_t rows = (int64_t)d->y.h * d->y.t * d->y.n * ceil_div(d->y.c, d->tile);
    int64_t least = caps->compute_units * 2 > DIRECT_GROUPS_LEAST ? caps->compute_units * 2
                                                                  : DIRECT_GROUPS_LEAST;
    int cuts = (int)ceil_div(d->y.w, most), narrow = caps->gpu && d->tile == LANE ? 7 : 4;
    while (rows * cuts < least && ceil_div(d->y.w, cuts + 1) >= narrow)
        cuts++;
    return (int)ceil_div(d->y.w, cuts);
}

static inline enum direct_border direct_border(const struct direct *d, int tile)
{
    int stride = d->window.stride[2], begin = d->begin[2];
    int64_t reach = (int64_t)(d->window.kernel[2] - 1) * d->window.dilation[2] - begin;
    int tiles = (int)ceil_div(d->y.w, tile);
    if (!begin && (int64_t)(d->y.w - 1) * stride + reach < d->x.w)
        return DIRECT_INSIDE;
    if (d->window.kernel[2] > DIRECT_SPLIT_KERNEL)
        return DIRECT_SELECT;
    if (tiles == 1)
        return DIRECT_SPLIT;
    int second = tile < d->y.w - tile ? tile : d->y.w - tile, before_last = (tiles - 1) * tile - 1;
    bool split =
        (int64_t)second * stride >= begin && (int64_t)before_last * stride + reach < d->x.w;
    return split ? DIRECT_SPLIT : DIRECT_SELECT;
}

/* Tiles that are computed for one tile of output channels before the next: so many that their input
 * stays in the cache while the weights pass by, one when all weights stay there themselves. */
static inline int64_t direct_chunk(const struct direct *d, int tile, int64_t tiles)
{
    const int *k = d->window.kernel;
    if (d->tuned && d->tuned->chunk)
        return d->tuned->chunk < tiles ? d->tuned->chunk : tiles;
    double weights = 4.0 * d->y.c * d->channels * k[0] * k[1] * k[2];
    double input = 4.0 * d->x.own * tile * d->window.stride[2] * k[0];
    double chunk = weights <= DIRECT_CHUNK_BYTES ? 1 : DIRECT_CHUNK_BYTES / input;
    return chunk < 1 ? 1 : chunk > (double)tiles ? tiles : (int64_t)chunk;
}

static inline void direct_defines(struct lower *lo, const struct direct *d)
{
    static const char axis_name[] = "THW";
    lower_define_operand(lo, "X", &d->x);
    lower_define_operand(lo, "Y", &d->y);
    for (int i = 0; i < 3; i++) {
        const char *const what[4] = {"K", "S", "P", "D"};
        int value[4] = {d->window.kernel[i], d->window.stride[i], d->begin[i],
                        d->window.dilation[i]};
        for (int k = 0; k < 4; k++) {
            char name[4] = {what[k][0], '_', axis_name[i], 0};
            lower_define(lo, name, value[k]);
        }
    }
    lower_define(lo, "CHANNELS", d->channels);
    lower_define(lo, "BIAS", d->bias != NODE_NONE);
    lower_define(lo, "ADD_ROW", d->add.node != NODE_NONE ? d->add.row : 0);
    lower_define(lo, "ADD_OFFSET", d->add.node != NODE_NONE ? d->add.offset : 0);
    lower_define_half(lo, "ADD", &d->add);
    lower_define(lo, "ACT", d->act);
}

/* Whether a work-group may share what it reads: it loads four channels at a time, of which none is
 * behind the last group's; a bit for each tap along the axes leaves one of an int; and it reaches all
 * of x and of the weights of its channel tiles. */
static inline bool direct_may_stage(const struct direct *d)
{
    const struct operand *x = &d->x;
    const int *k = d->window.kernel;
    const int64_t read[5] = {x->n, x->t, x->h, x->w, x->row};
    const int64_t weights[5] = {GROUP_TILES_MOST * k[0], k[1], k[2], d->channels, d->tile};
    bool whole_fours = d->channels == x->c || d->channels % 4 == 0;
    return whole_fours && k[0] + k[1] + k[2] <= 30 && group_reaches(read) &&
           group_reaches(weights);
}

/* Of a kernel whose tiles are for group_registers(): the driver is told. */
static inline void direct_define_registers(struct lower *lo, bool may_stage)
{
    const struct caps *caps = lower_caps(lo);
    if (group_registers(caps, may_stage) != caps->registers)
        lower_define(lo, "LARGE_REGISTERS", 1);
}

/* The order of work-items: lanes first on a GPU, where they share loads; tiles first on a CPU. */
static inline void direct_launch(struct lower *lo, struct step *s, const struct direct *d, int tile)
{
    const struct caps *caps = lower_caps(lo);
    int64_t tiles = ceil_div(d->y.w, tile) * d->y.h * d->y.t * d->y.n;
    int64_t lanes = group_lanes(caps, d->y.c, d->tile);
    if (caps->gpu) {
        struct group g = group_of(caps, lanes, direct_across(caps, d), tiles, tile, d->tile / LANE,
                                  direct_group(lo), direct_may_stage(d));
        /* Those that share weights are of one window. */
        int windows = g.staged && d->window_weights ? d->y.n : 1;
        lower_define(lo, "GPU", 1);
        lower_define(lo, "CHUNK", tiles);
        lower_define(lo, "LOCAL_Y", g.y);
        lower_define(lo, "LOCAL_X", g.x);
        if (g.staged)
            lower_define(lo, "STAGED", 1);
        lower_size(s, (size_t)lanes, (size_t)round_up((uint64_t)(tiles / windows), (uint64_t)g.y),
                   (size_t)windows);
        lower_local(s, (size_t)g.x, (size_t)g.y, 1);
        return;
    }
    int64_t chunk = direct_chunk(d, tile, tiles);
    lower_define(lo, "GPU", 0);
    lower_define(lo, "CHUNK", chunk);
    lower_define(lo, "LOCAL_Y", 1);
    lower_define(lo, "LOCAL_X", 1);
    lower_size(s, (size_t)chunk, (size_t)lanes, (size_t)ceil_div(tiles, chunk));
    lower_local(s, 1, 1, 1);
}

static inline void direct_lower(struct lower *lo, const struct node *n, struct direct *d)
{
    direct_flatten(d);
    int tile = direct_tile(lower_caps(lo), d, direct_accumulators(lo, direct_may_stage(d)));
    char algorithm[96];
    snprintf(algorithm, sizeof algorithm, "direct %dx%d: packed weights, whole blocks%s", tile,
             d->tile / LANE, direct_tuned(d));
    struct step *s = lower_launch(lo, n, "conv3d", "conv3d_direct", algorithm);
    lower_define(lo, "VEC", lane_width(lower_caps(lo)));
    direct_defines(lo, d);
    lower_define(lo, "TILE_W", tile);
    lower_define(lo, "TILE_C", d->tile / LANE);
    lower_define(lo, "BORDER", direct_border(d, tile));
    lower_define(lo, "W_WINDOW", d->window_weights);
    direct_define_registers(lo, direct_may_stage(d));
    direct_launch(lo, s, d, tile);
    lower_arg(lo, s, d->x.node);
    lower_arg_weight(lo, s, d->packed);
    if (d->bias != NODE_NONE)
        lower_arg(lo, s, d->bias);
    if (d->add.node != NODE_NONE)
        lower_arg(lo, s, d->add.node);
    lower_arg_output(lo, s, n);
}

#endif
