/* SPDX-License-Identifier: MIT */
/* Work-groups of the convolutions on a GPU, and whether they read through local memory. */
#ifndef ENGINE_OP_CONV_GROUP_H
#define ENGINE_OP_CONV_GROUP_H
#include "base/checked.h"
#include "engine/plan.h"

enum {
    GROUP_LEAST = 128, /* work-items of one that stages */
    GROUP_MOST = 256,
    GROUP_TILES_MOST = 4, /* channel tiles of one, four lanes each */
    STAGE = 16,           /* channels that are staged at a time, as in lane.h                 */
    STAGE_SLOTS_MOST = 8  /* places to read from that a work-item keeps, each in 4 registers  */
};

struct group {
    int x, y; /* lanes of channels, tiles of pixels */
    bool staged;
};

/* Sums of a work-item, of four floats each: half of its registers, the rest is for what they are
 * sums of. */
static inline int group_accumulators(int registers)
{
    int most = registers / 8;
    return most < 2 ? 2 : most < 16 ? most : 16;
}

/* Registers of a work-item of a kernel that may stage: it is worth half as many threads. */
static inline int group_registers(const struct caps *caps, bool may_stage)
{
    return may_stage && caps->large_registers ? caps->large_registers : caps->registers;
}

/* Work-items of a group that shares nothing: some waves, so that all schedulers of a compute unit
 * have one. */
static inline int group_usual(const struct caps *caps)
{
    int items = caps->wave_width * 4;
    items = items < 64 ? 64 : items < 128 ? items : 128;
    while (items > 4 && caps->max_work_group < (uint64_t)items)
        items /= 2;
    return items;
}

/* Bytes of local memory, as lane.h declares it. */
static inline uint64_t staged_bytes(int x, int y, int tile, int blocks)
{
    uint64_t pixels = (uint64_t)y * (uint64_t)tile * STAGE;
    return 4 * (pixels + 4 * (uint64_t)y + (uint64_t)STAGE * (uint64_t)(x * 4 * blocks));
}

/* Lanes of a group, of so many that read the same: all of a tile's block at least, as many as
 * divide them. */
static inline int group_across(int64_t lanes)
{
    return lanes % 16 == 0 ? 16 : lanes % 8 == 0 ? 8 : 4;
}

/* Lanes of `channels` channels in tiles of `tile` channels. */
static inline int64_t group_lanes(const struct caps *caps, int channels, int tile)
{
    return ceil_div(channels, tile) * (LANE / lane_width(caps));
}

/* Pixels of a tile at most: with more, a work-item would have so many places to stage from that
 * they spill. Few lanes stage many pixels each; with one block of sums there is room for that, and
 * it is worth as many multiply-adds again. */
static inline int stage_tile_most(const struct caps *caps, int across, int tile)
{
    if (across > 4)
        return across;
    return group_registers(caps, true) < 128 ? 3 : tile == LANE ? 8 : 4;
}

/* Offsets in a staged operand of these sizes are of 32 bits, and in bytes. */
static inline bool group_reaches(const int64_t sizes[5])
{
    uint64_t floats = 1;
    for (int i = 0; i < 5; i++)
        if (!mul_ok(floats, (uint64_t)sizes[i], &floats))
            return false;
    return floats < UINT64_C(1) << 29;
}

/* Large groups share more of what they read; smaller ones are for layers that would leave compute
 * units idle. across: lanes of a group; tiles: of `tile` pixels and `blocks` blocks of channels;
 * usual: work-items of a group that shares nothing. */
static inline struct group group_of(const struct caps *caps, int64_t lanes, int across,
                                    int64_t tiles, int tile, int blocks, int usual, bool may_stage)
{
    struct group g = {.x = across};
    uint64_t most = caps->max_work_group < GROUP_MOST ? caps->max_work_group : GROUP_MOST;
    int items = (int)most;
    g.staged = may_stage && lane_width(caps) == 4 && items >= GROUP_LEAST;
    if (!g.staged)
        items = usual;
    while (g.staged && items / 2 >= GROUP_LEAST &&
           (lanes / g.x * ceil_div(tiles, items / g.x) < caps->compute_units ||
            staged_bytes(g.x, items / g.x, tile, blocks) > caps->local_memory / 2))
        items /= 2;
    g.y = items / g.x;
    int slots = (int)ceil_div((int64_t)g.y * tile * (STAGE / 4), items);
    if (g.staged &&
        (slots > STAGE_SLOTS_MOST || staged_bytes(g.x, g.y, tile, blocks) > caps->local_memory)) {
        g.staged = false;
        g.y = usual / g.x;
    }
    return g;
}

#endif
