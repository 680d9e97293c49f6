/* SPDX-License-Identifier: MIT */
// WHOLE: winograd_fused, which asks, is for CPUs only
// LINT: -DINPUT -DVEC=16 SIZES POINTS
// LINT: -DINPUT -DVEC=4 SIZES POINTS
// LINT: -DOUTPUT -DVEC=16 -DBIAS=1 -DADD_ROW=64 -DADD_OFFSET=0 -DACT=1 SIZES POINTS
// LINT: -DOUTPUT -DVEC=4 -DBIAS=0 -DADD_ROW=0 -DACT=0 SIZES POINTS
// LINT: -DVEC=16 -DBIAS=1 -DADD_ROW=64 -DADD_OFFSET=0 -DACT=1 SIZES PRODUCT
// LINT: -DVEC=8 -DBIAS=0 -DADD_ROW=0 SIZES PRODUCT
// LINT SIZES: -DSIZE=4 -DX_H=56 -DX_W=56 -DX_ROW=64 -DX_OFFSET=0 -DY_H=56 -DY_W=56 -DY_ROW=64
// LINT SIZES: -DY_OFFSET=0 -DY_OWN=64 -DP_H=1 -DP_W=1
// LINT POINTS: -DROW=64 -DPOINT=200704
// LINT PRODUCT: -DV_HALF=0 -DM_HALF=0
// LINT PRODUCT: -DTILE_W=14 -DTILE_C=2 -DCHANNELS=64 -DY_C=64 -DK_T=3 -DP_T=1 -DX_T=16 -DY_T=16
// LINT PRODUCT: -DDOWN=2 -DFRAMES=8
/* Minimal filtering F(SIZE x SIZE, 3 x 3) over H and W of a convolution K_T x 3 x 3 with stride 1.
 * The temporal taps are summed where the SQUARE points are multiplied, so each frame is transformed
 * once.
 *
 * winograd_input:  v[point][frame][tile][c] = B^T d B of the square that a tile of y reads.
 * (winograd_multiply.cl: m = u v, for each point on its own.)
 * winograd_output: y = act(A^T m A + bias + add).
 *   NDRange {lanes, tiles of a frame, frames of all windows}, a work-item transforms VEC channels
 *   of a tile. ROW: floats from tile to tile, POINT: from point to point.
 *
 * winograd_fused: all three, for a CPU whose cache holds the points of some rows of tiles: a
 *   work-item computes FRAMES frames of DOWN rows of tiles, frame after frame, and keeps the points
 *   of the K_T frames that the next one reads in its part of `scratch`. u as for winograd_multiply.
 *   NDRange {groups of rows, groups of frames, windows}.
 */
#define SQUARE (SIDE * SIDE)
#define TILES_ACROSS CEIL_DIV(Y_W, SIZE)
#define TILES_DOWN CEIL_DIV(Y_H, SIZE)
#define COLUMN(k) half_way[k][j]
#define LINE(k) out[k]

#ifndef OUTPUT

/* x: channel c of the pixel (h0, w0), which may be outside; point: floats from point to point. */
static void input_tile(__global const STORED(X) *restrict x, __global STORED(V) *restrict v,
                       size_t point, int h0, int w0)
{
    const bool inside = h0 >= 0 && w0 >= 0 && h0 + SIDE <= X_H && w0 + SIDE <= X_W;
    lane_t half_way[SIDE][SIDE];
    UNROLL for (int j = 0; j < SIDE; j++)
    {
        lane_t d[SIDE];
        if (inside) { /* one test for the whole tile: one a place costs more than the transform */
            UNROLL for (int i = 0; i < SIDE; i++) d[i] = lane_get(X, x + (i * X_W + j) * X_ROW);
        } else {
            UNROLL for (int i = 0; i < SIDE; i++)
            {
                d[i] = (lane_t)(0.0f);
                if (h0 + i >= 0 && h0 + i < X_H && w0 + j >= 0 && w0 + j < X_W)
                    d[i] = lane_get(X, x + (i * X_W + j) * X_ROW);
            }
        }
        POINTS_OF(d, COLUMN)
    }
    UNROLL for (int i = 0; i < SIDE; i++)
    {
        lane_t out[SIDE];
        POINTS_OF(half_way[i], LINE)
        UNROLL for (int j = 0; j < SIDE; j++)
            lane_put(V, out[j], v + (size_t)(i * SIDE + j) * point);
    }
}

#endif
#ifndef INPUT

/* The tile whose first pixel is (h0, w0), of VEC channels from c on. */
static void output_tile(__global const STORED(M) *restrict m BIAS_ARG ADD_ARG,
                        __global STORED(Y) *restrict y, size_t point, size_t frame, int h0, int w0,
                        int c)
{
    lane_t half_way[SIZE][SIDE];
    UNROLL for (int j = 0; j < SIDE; j++)
    {
        lane_t d[SIDE];
        UNROLL for (int i = 0; i < SIDE; i++)
            d[i] = lane_get(M, m + (size_t)(i * SIDE + j) * point);
        VALUES_OF(d, COLUMN)
    }
    const lane_t start = BIAS_OF(c);
    UNROLL for (int i = 0; i < SIZE; i++)
    {
        lane_t out[SIZE];
        VALUES_OF(half_way[i], LINE)
        UNROLL for (int j = 0; j < SIZE; j++)
        {
            if (h0 + i < Y_H && w0 + j < Y_W) {
                const size_t pixel = (frame * Y_H + h0 + i) * Y_W + w0 + j;
                lane_t value = out[j] + start;
#if ADD_ROW
                value += lane_get(ADD, add + pixel * ADD_ROW + ADD_OFFSET + c);
#endif
                lane_put_part(Y, activate(value), y + pixel * Y_ROW + Y_OFFSET + c, c, Y_OWN);
            }
        }
    }
}

#endif
#if defined(INPUT)

__kernel void winograd_input(__global const STORED(X) *restrict x,
                             __global STORED(V) *restrict v, const int run)
{
    if (!run)
        return;
    const int c = (int)get_global_id(0) * VEC, tile = get_global_id(1);
    const size_t frame = get_global_id(2);
    const int h0 = tile / TILES_ACROSS * SIZE - P_H, w0 = tile % TILES_ACROSS * SIZE - P_W;
    x += (ptrdiff_t)frame * (X_H * X_W * X_ROW) + ((ptrdiff_t)h0 * X_W + w0) * X_ROW;
    v += (frame * (TILES_DOWN * TILES_ACROSS) + tile) * ROW + c;
    input_tile(x + X_OFFSET + c, v, POINT, h0, w0);
}

#elif defined(OUTPUT)

__kernel void winograd_output(__global const STORED(M) *restrict m BIAS_ARG ADD_ARG,
                              __global STORED(Y) *restrict y, const int run)
{
    if (!run)
        return;
    const int c = (int)get_global_id(0) * VEC, tile = get_global_id(1);
    const size_t frame = get_global_id(2);
    m += (frame * (TILES_DOWN * TILES_ACROSS) + tile) * ROW + c;
    output_tile(m BIAS_PASSED ADD_PASSED, y, POINT, frame,
                tile / TILES_ACROSS * SIZE, tile % TILES_ACROSS * SIZE, c);
}

#else

#define V_ROW (CEIL_DIV(CHANNELS, 16) * 16)
#define M_ROW (TILE_C * 16)
#define V_POINT (DOWN * TILES_ACROSS * V_ROW)
#define M_POINT (DOWN * TILES_ACROSS * M_ROW)
#define FRAME (SQUARE * V_POINT)

__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void
winograd_fused(__global const STORED(X) *restrict x,
               __global const STORED(W) *restrict u BIAS_ARG ADD_ARG,
               __global STORED(Y) *restrict y, __global float *restrict scratch, const int run)
{
    if (!run)
        return;
    const size_t n = get_global_id(2);
    const size_t item = (n * get_global_size(1) + get_global_id(1)) * get_global_size(0) +
                        get_global_id(0);
    const int h0 = (int)get_global_id(0) * (DOWN * SIZE), t0 = (int)get_global_id(1) * FRAMES;
    const int tiles = min(DOWN, TILES_DOWN - h0 / SIZE) * TILES_ACROSS;
    __global float *v = scratch + item * (K_T * FRAME + SQUARE * M_POINT), *m = v + K_T * FRAME;
    int next = max(0, t0 - P_T);
    for (int t = t0; t < min(t0 + FRAMES, Y_T); t++) {
        const int it = t - P_T, kt0 = FIRST_TAP(it, 1), kt1 = LAST_TAP(it, 1, X_T, K_T);
        for (; next < it + kt1; next++)
            for (int i = 0; i < tiles; i++) {
                const int h = h0 + i / TILES_ACROSS * SIZE - P_H;
                const int w = i % TILES_ACROSS * SIZE - P_W;
                __global const STORED(X) *from =
                    x + (((ptrdiff_t)n * X_T + next) * X_H + h) * (ptrdiff_t)(X_W * X_ROW);
                for (int c = 0; c < CHANNELS; c += VEC)
                    input_tile(from + w * X_ROW + X_OFFSET + c,
                               v + next % K_T * FRAME + i * V_ROW + c, V_POINT, h, w);
            }
        for (int k = 0; k < OC_TILES; k++) {
            for (int part = 0; part < BLOCK_LANES * SQUARE; part++) {
                const int point = part / BLOCK_LANES, lane = part % BLOCK_LANES * VEC;
                for (int i = 0; i < tiles; i += TILE_W) {
                    const int r = min(i, tiles - TILE_W);
                    product(v + point * V_POINT + r * V_ROW,
                            u + ((size_t)point * OC_TILES + k) * (K_T * CHANNELS * M_ROW) + lane,
                            m + point * M_POINT + r * M_ROW + lane, it, kt0, kt1, K_T, FRAME, V_ROW,
                            M_ROW, 0, TILE_C);
                }
            }
            for (int i = 0; i < tiles; i++)
                for (int c = k * M_ROW; c < min((k + 1) * M_ROW, CEIL_DIV(Y_C, 16) * 16); c += VEC)
                    output_tile(m + i * M_ROW + c % M_ROW BIAS_PASSED ADD_PASSED, y, M_POINT,
                                n * Y_T + t, h0 + i / TILES_ACROSS * SIZE,
                                i % TILES_ACROSS * SIZE, c);
        }
    }
}

#endif
