/* SPDX-License-Identifier: MIT */
// LINT: -DVEC=16 -DTILE_W=14 -DTILE_C=2 -DGPU=0 -DCHUNK=14 -DLOCAL_X=1 -DLOCAL_Y=1 POINTS
// LINT: -DVEC=4 -DTILE_W=8 -DTILE_C=2 -DGPU=1 -DCHUNK=14 -DLOCAL_X=8 -DLOCAL_Y=8 POINTS
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

__attribute__((reqd_work_group_size(LOCAL_X, LOCAL_Y, 1))) __kernel void
winograd_multiply(__global const STORED(V) *restrict v, __global const STORED(W) *restrict u,
                  __global STORED(M) *restrict m, const int run)
{
    if (!run)
        return;
    const int item = get_global_id(GPU ? 0 : 1), place = get_global_id(GPU ? 1 : 0);
    const int point = get_global_id(2) / CHUNKS, index = get_global_id(2) % CHUNKS * CHUNK + place;
    if (index >= TILES_W * ROWS)
        return;
    const int lane = item % BLOCK_LANES * VEC, oc_tile = item / BLOCK_LANES;
    /* The last tile of a row may overlap the one before it, which stores what they share. */
    const int tile = index % TILES_W, ow = min(tile * TILE_W, Y_W - TILE_W);
    const int row = index / TILES_W, it = row % Y_T - P_T;
    v += (size_t)point * V_POINT + ((ptrdiff_t)(row / Y_T * X_T) * Y_W + ow) * V_ROW;
    u += ((size_t)point * OC_TILES + oc_tile) * (K_T * CHANNELS * TILE_C * 16) + lane;
    m += (size_t)point * M_POINT + ((size_t)row * Y_W + ow) * M_ROW + oc_tile * TILE_C * 16 + lane;
    product(v, u, m, it, FIRST_TAP(it, 1), LAST_TAP(it, 1, X_T, K_T), X_T, Y_W * V_ROW, V_ROW,
            M_ROW, tile * TILE_W - ow, CEIL_DIV(Y_C, 16) - oc_tile * TILE_C);
}
