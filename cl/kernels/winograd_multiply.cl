/* SPDX-License-Identifier: MIT */
// LINT: -DVEC=16 -DTILE_W=14 -DTILE_C=2 -DGPU=0 -DCHUNK=14 -DLOCAL_X=1 -DLOCAL_Y=1 POINTS
// LINT: -DVEC=4 -DTILE_W=8 -DTILE_C=2 -DGPU=1 -DCHUNK=14 -DLOCAL_X=8 -DLOCAL_Y=8 POINTS
// LINT: -DVEC=4 -DTILE_W=4 -DTILE_C=2 -DGPU=1 -DSTAGED=1 -DCHUNK=14 -DLOCAL_X=8 -DLOCAL_Y=16 POINTS
// LINT POINTS: -DCHANNELS=64 -DY_C=64 -DK_T=3 -DP_T=1 -DX_T=16 -DY_T=16 -DROWS=16 -DY_W=196
// LINT POINTS: -DV_ROW=64 -DV_POINT=200704 -DM_ROW=64 -DM_POINT=200704
/* m[point][frame][tile][k] = sum over kt, c of u[point][k][kt][c] * v[point][frame + kt - P_T]
 * [tile][c], for each of Winograd's points on its own.
 *
 * As conv3d_direct (conv3d.cl) of a row that is the Y_W tiles of a frame; ROWS frames of all
 * windows. Without temporal taps all tiles of all frames are one row. u is
 * [point][channel tiles][K_T][CHANNELS][TILE_C * 16], zero padded.
 * NDRange GPU=0: (tile in chunk, channel tile x lane, chunk of a point); GPU=1: (channel tile x
 * lane, tile, point).
 */
#define CHUNKS CEIL_DIV(TILES_W * ROWS, CHUNK)

#if STAGED

#define W_TILE (K_T * CHANNELS * TILE_C * 16)
#define TIME_OF(row) ((row) % Y_T - P_T)
#define SLOT_AT(s) (at[s] + shift)
#define SLOT_OUT(t) ((t) | (X_T - 1 - (t))) /* negative: there is no frame t */
#define SLOT_IN(s, beyond)                                                                         \
    (K_T == 1 && P_T == 0 ? ~(beyond) : ~(SLOT_OUT(slot_t[s] + kt) | (beyond)) >> 31)
#define V_GET_FOUR(p) aligned_get(V, p)
#define BLOCKS CEIL_DIV(CHANNELS, SUM_BLOCK) /* of a tap */
#define SUM_BLOCKS max(SUM_MOST / SUM_BLOCK, 1)

#endif

__attribute__((reqd_work_group_size(LOCAL_X, LOCAL_Y, 1))) __kernel void
winograd_multiply(__global const STORED(V) *restrict v, __global const STORED(W) *restrict u,
                  __global STORED(M) *restrict m, const int run)
{
#if STAGED
    STAGED_ARRAYS
    /* A barrier is for all work-items. */
    const bool live = run && get_global_id(1) < TILES_W * ROWS;
    const int item = get_global_id(0), index = min((int)get_global_id(1), TILES_W * ROWS - 1);
    const int point = get_global_id(2);
#else
    if (!run)
        return;
    const int item = get_global_id(GPU ? 0 : 1), place = get_global_id(GPU ? 1 : 0);
    const int point = get_global_id(2) / CHUNKS, index = get_global_id(2) % CHUNKS * CHUNK + place;
    if (index >= TILES_W * ROWS)
        return;
#endif
    const int lane = item % BLOCK_LANES * VEC, oc_tile = item / BLOCK_LANES;
    /* The last tile of a row may overlap the one before it, which stores what they share. */
    const int tile = index % TILES_W, ow = min(tile * TILE_W, Y_W - TILE_W);
#if STAGED
    const int first = (int)(get_global_id(1) - get_local_id(1));
    const int last = min(first + LOCAL_Y, TILES_W * ROWS) - 1;
    const int skip = live ? tile * TILE_W - ow : TILE_W;
    const int blocks = CEIL_DIV(Y_C, 16) - oc_tile * TILE_C;
    uint at[X_SLOTS]; /* in bytes */
    int slot_t[X_SLOTS];
    UNROLL for (int s = 0; s < X_SLOTS; s++)
    {
        const int i = min(first + SLOT_PIXEL(s) / TILE_W, TILES_W * ROWS - 1), row = i / TILES_W;
        const int column = min(i % TILES_W * TILE_W, Y_W - TILE_W) + SLOT_PIXEL(s) % TILE_W;
        slot_t[s] = TIME_OF(row);
        at[s] = ((uint)(row / Y_T * X_T + slot_t[s]) * Y_W + column) * V_ROW;
        at[s] = (at[s] + SLOT_FOUR * 4) * BYTES(V);
    }
    /* Taps that any of the group's tiles has inside; those are in order. */
    const int top = first / TILES_W, bottom = last / TILES_W;
    const bool window = top / Y_T == bottom / Y_T;
    const int t0 = window ? FIRST_TAP(TIME_OF(bottom), 1) : 0;
    const int t1 = window ? LAST_TAP(TIME_OF(top), 1, X_T, K_T) : K_T;
    v += (size_t)point * V_POINT;
    u += ((size_t)point * OC_TILES + (get_global_id(0) - get_local_id(0)) / BLOCK_LANES) * W_TILE;
    m += (size_t)point * M_POINT + ((size_t)(index / TILES_W) * Y_W + ow) * M_ROW;
    m += oc_tile * TILE_C * 16 + lane;
    const int m_row = M_ROW;
    lane_t acc[TILE_C][TILE_W];
    UNROLL for (int o = 0; o < TILE_C; o++)
        UNROLL for (int r = 0; r < TILE_W; r++) acc[o][r] = (lane_t)(0.0f);
    const int begin = t0 * BLOCKS, end = run ? t1 * BLOCKS : 0;
    int block = begin;
    do {
        const bool more = block > begin;
        const int stop = SUMS_SPLIT ? min(block + SUM_BLOCKS, end) : end;
        for (; block < stop; block++) {
            const int kt = block / BLOCKS, from = block % BLOCKS * SUM_BLOCK;
            const uint shift = (kt * (Y_W * V_ROW) + from) * BYTES(V);
            __global const STORED(W) *const wp = u + (kt * CHANNELS + from) * (TILE_C * 16);
            STAGED_TAP(min(SUM_BLOCK, CHANNELS - from), V, v, SLOT_AT, SLOT_IN, wp, W_TILE)
        }
        MOVE_SUMS(more)
    } while (block < end);
#else
    const int row = index / TILES_W, it = row % Y_T - P_T;
    v += (size_t)point * V_POINT + ((ptrdiff_t)(row / Y_T * X_T) * Y_W + ow) * V_ROW;
    u += ((size_t)point * OC_TILES + oc_tile) * (K_T * CHANNELS * TILE_C * 16) + lane;
    m += (size_t)point * M_POINT + ((size_t)row * Y_W + ow) * M_ROW + oc_tile * TILE_C * 16 + lane;
    product(v, u, m, it, FIRST_TAP(it, 1), LAST_TAP(it, 1, X_T, K_T), X_T, Y_W * V_ROW, V_ROW,
            M_ROW, tile * TILE_W - ow, CEIL_DIV(Y_C, 16) - oc_tile * TILE_C);
#endif
}
