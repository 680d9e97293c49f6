/* SPDX-License-Identifier: MIT */
// LINT: -DINPUT -DVEC=16 -DSIZE=4 SIZES
// LINT: -DINPUT -DVEC=4 -DSIZE=2 SIZES
// LINT: -DMULTIPLY -DVEC=16 -DTILE_W=14 -DTILE_C=2 -DGPU=0 -DCHUNK=14 -DLOCAL_X=1 -DLOCAL_Y=1 POINTS
// LINT: -DMULTIPLY -DVEC=4 -DTILE_W=8 -DTILE_C=2 -DGPU=1 -DCHUNK=14 -DLOCAL_X=8 -DLOCAL_Y=8 POINTS
// LINT: -DFUSED -DVEC=16 -DSIZE=4 -DTILE_W=14 -DTILE_C=2 FUSED SIZES ADDED
// LINT ADDED: -DBIAS=1 -DADD_ROW=64 -DADD_OFFSET=0 -DACT=1
// LINT: -DFUSED -DVEC=8 -DSIZE=4 -DTILE_W=14 -DTILE_C=2 -DBIAS=0 -DADD_ROW=0 FUSED SIZES
// LINT FUSED: -DCHANNELS=64 -DY_C=64 -DK_T=3 -DP_T=1 -DX_T=16 -DY_T=16 -DDOWN=2 -DFRAMES=8
// LINT: -DOUTPUT -DVEC=16 -DSIZE=4 -DBIAS=1 -DADD_ROW=64 -DADD_OFFSET=0 -DACT=1 SIZES
// LINT: -DOUTPUT -DVEC=4 -DSIZE=2 -DBIAS=0 -DADD_ROW=0 -DACT=0 SIZES
// LINT SIZES: -DX_H=56 -DX_W=56 -DX_ROW=64 -DX_OFFSET=0 -DY_H=56 -DY_W=56 -DY_ROW=64 -DY_OFFSET=0
// LINT SIZES: -DY_OWN=64 -DP_H=1 -DP_W=1 -DROW=64 -DPOINT=200704
// LINT POINTS: -DCHANNELS=64 -DY_C=64 -DK_T=3 -DP_T=1 -DX_T=16 -DY_T=16 -DROWS=16 -DY_W=196
// LINT POINTS: -DV_ROW=64 -DV_POINT=200704 -DM_ROW=64 -DM_POINT=200704
/* Winograd's minimal filtering F(SIZE x SIZE, 3 x 3) over H and W (Lavin and Gray, "Fast algorithms
 * for convolutional neural networks", 2015) of a convolution K_T x 3 x 3 with stride 1. The temporal
 * taps are summed where the (SIZE+2)^2 points are multiplied, so each frame is transformed once.
 *
 * winograd_input:    v[point][frame][tile][c] = B^T d B of the square that a tile of y reads.
 * winograd_multiply: m[point][frame][tile][k] = sum over kt, c of u[point][k][kt][c] *
 *                    v[point][frame + kt - P_T][tile][c], for each point on its own.
 * winograd_output:   y = act(A^T m A + bias + add).
 *
 * winograd_fused:    all three, for a CPU whose cache holds the points of some rows of tiles: a
 *                    work-item computes FRAMES frames of DOWN rows of tiles, frame after frame, and
 *                    keeps the points of the K_T frames that the next one reads in `scratch`.
 *                    NDRange {groups of rows, groups of frames, windows}.
 *
 * The transforms: NDRange {lanes, tiles of a frame, frames of all windows}, a work-item transforms
 * VEC channels of a tile. ROW: floats from tile to tile, POINT: from point to point.
 * The product: as conv3d_direct (conv3d.cl), a row being the Y_W tiles of a frame and ROWS the
 * frames of all windows; without temporal taps all tiles of all frames are one row. u is
 * [point][channel tiles][K_T][CHANNELS][TILE_C * 16].
 * NDRange GPU=0: (tile in chunk, channel tile x lane, chunk of a point); GPU=1: (channel tile x
 * lane, tile, point).
 *
 * Points of F(4,3): 0, +-1/sqrt(2), +-sqrt(2), infinity; of F(2,3): 0, +-1, infinity.
 */

#define SIDE (SIZE + 2)
#define SQUARE (SIDE * SIDE)
#if defined(FUSED)
#define TILES_ACROSS CEIL_DIV(Y_W, SIZE)
#define TILES_DOWN CEIL_DIV(Y_H, SIZE)
#define GROUP_TILES (DOWN * TILES_ACROSS)
#define V_ROW CEIL_DIV(CHANNELS, 16) * 16
#define M_ROW (TILE_C * 16)
#define V_POINT (GROUP_TILES * V_ROW)
#define M_POINT (GROUP_TILES * M_ROW)
#define FRAME (SQUARE * V_POINT)
#define TAP(kt) ((first + (kt)) % K_T * FRAME)
#elif defined(MULTIPLY)
#define TAP(kt) ((ptrdiff_t)(first + (kt)) * (Y_W * V_ROW))
#else
#define TILES_ACROSS CEIL_DIV(Y_W, SIZE)
#define V_POINT POINT
#define M_POINT POINT
#endif

#if defined(MULTIPLY) || defined(FUSED)

/* m[r][k] = sum over kt of [kt0, kt1) and c of u[kt][c][k] * v[frame first + kt][r][c], for TILE_W
 * tiles r from `skip` on and VEC lanes of TILE_C blocks k. */
static void product(__global const float *restrict v, __global const float *restrict u,
                    __global float *restrict m, int first, int kt0, int kt1, int skip, int blocks)
{
    lane_t acc[TILE_C][TILE_W];
    UNROLL for (int o = 0; o < TILE_C; o++)
        UNROLL for (int r = 0; r < TILE_W; r++) acc[o][r] = (lane_t)(0.0f);
    for (int kt = kt0; kt < kt1; kt++) {
        __global const float *vp = v + TAP(kt);
        __global const float *up = u + kt * (CHANNELS * TILE_C * 16);
        PRAGMA(unroll 1)
        for (int c = 0; c < CHANNELS; c++) {
            lane_t uv[TILE_C];
            UNROLL for (int o = 0; o < TILE_C; o++) uv[o] = lane_load(up + (c * TILE_C + o) * 16);
            UNROLL for (int r = 0; r < TILE_W; r++)
            {
                const lane_t x = (lane_t)(vp[r * V_ROW + c]);
                UNROLL for (int o = 0; o < TILE_C; o++) acc[o][r] = fma(uv[o], x, acc[o][r]);
            }
        }
    }
    UNROLL for (int r = 0; r < TILE_W; r++)
    {
        if (r >= skip) {
            UNROLL for (int o = 0; o < TILE_C; o++)
                if (o < blocks)
                    lane_store(acc[o][r], m + r * M_ROW + o * 16);
        }
    }
}

#endif
#ifdef MULTIPLY

#define CHUNKS CEIL_DIV(TILES_W * ROWS, CHUNK)

__attribute__((reqd_work_group_size(LOCAL_X, LOCAL_Y, 1))) __kernel void
winograd_multiply(__global const float *restrict v, __global const float *restrict u,
                  __global float *restrict m, const int run)
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
    product(v, u, m, it, FIRST_TAP(it, 1), LAST_TAP(it, 1, X_T, K_T), tile * TILE_W - ow,
            CEIL_DIV(Y_C, 16) - oc_tile * TILE_C);
}

#else

#define HALF_ROOT    0.70710678118654752f
#define ROOT         1.41421356237309505f

/* B^T d and A^T m in one dimension; o(i) names where value i goes. */
#if SIZE == 4
#define POINTS_OF(d, o)                                                                            \
    {                                                                                              \
        const lane_t e0 = d[4] - 2.0f * d[2], e1 = d[3] - 2.0f * d[1];                             \
        const lane_t e2 = d[4] - 0.5f * d[2], e3 = d[3] - 0.5f * d[1];                             \
        o(0) = d[0] + (d[4] - 2.5f * d[2]);                                                        \
        o(1) = e0 + HALF_ROOT * e1;                                                                \
        o(2) = e0 - HALF_ROOT * e1;                                                                \
        o(3) = e2 + ROOT * e3;                                                                     \
        o(4) = e2 - ROOT * e3;                                                                     \
        o(5) = d[1] + (d[5] - 2.5f * d[3]);                                                        \
    }
#define VALUES_OF(m, o)                                                                            \
    {                                                                                              \
        const lane_t s1 = m[1] + m[2], q1 = m[1] - m[2];                                           \
        const lane_t s2 = m[3] + m[4], q2 = m[3] - m[4];                                           \
        o(0) = m[0] + s1 + s2;                                                                     \
        o(1) = HALF_ROOT * (q1 + 2.0f * q2);                                                       \
        o(2) = 0.5f * s1 + 2.0f * s2;                                                              \
        o(3) = 0.35355339059327376f * (q1 + 8.0f * q2) + m[5];                                     \
    }
#else
#define POINTS_OF(d, o)                                                                            \
    {                                                                                              \
        o(0) = d[0] - d[2];                                                                        \
        o(1) = d[1] + d[2];                                                                        \
        o(2) = d[2] - d[1];                                                                        \
        o(3) = d[1] - d[3];                                                                        \
    }
#define VALUES_OF(m, o)                                                                            \
    {                                                                                              \
        o(0) = m[0] + m[1] + m[2];                                                                 \
        o(1) = m[1] - m[2] - m[3];                                                                 \
    }
#endif
#define COLUMN(k) half_way[k][j]
#define LINE(k)   out[k]

#if defined(INPUT) || defined(FUSED)

/* x: channel c of the pixel (h0, w0), which may be outside. */
static void input_tile(__global const float *restrict x, __global float *restrict v, int h0, int w0)
{
    const bool inside = h0 >= 0 && w0 >= 0 && h0 + SIDE <= X_H && w0 + SIDE <= X_W;
    lane_t half_way[SIDE][SIDE];
    UNROLL for (int j = 0; j < SIDE; j++)
    {
        lane_t d[SIDE];
        if (inside) { /* one test for the whole tile: one a place costs more than the transform */
            UNROLL for (int i = 0; i < SIDE; i++) d[i] = lane_load(x + (i * X_W + j) * X_ROW);
        } else {
            UNROLL for (int i = 0; i < SIDE; i++)
            {
                d[i] = (lane_t)(0.0f);
                if (h0 + i >= 0 && h0 + i < X_H && w0 + j >= 0 && w0 + j < X_W)
                    d[i] = lane_load(x + (i * X_W + j) * X_ROW);
            }
        }
        POINTS_OF(d, COLUMN)
    }
    UNROLL for (int i = 0; i < SIDE; i++)
    {
        lane_t out[SIDE];
        POINTS_OF(half_way[i], LINE)
        UNROLL for (int j = 0; j < SIDE; j++)
            lane_store(out[j], v + (size_t)(i * SIDE + j) * V_POINT);
    }
}

#endif
#ifdef INPUT

__kernel void winograd_input(__global const float *restrict x, __global float *restrict v,
                             const int run)
{
    if (!run)
        return;
    const int c = (int)get_global_id(0) * VEC, tile = get_global_id(1);
    const size_t frame = get_global_id(2);
    const int h0 = tile / TILES_ACROSS * SIZE - P_H, w0 = tile % TILES_ACROSS * SIZE - P_W;
    x += (ptrdiff_t)frame * (X_H * X_W * X_ROW) + ((ptrdiff_t)h0 * X_W + w0) * X_ROW;
    v += (frame * (CEIL_DIV(Y_H, SIZE) * TILES_ACROSS) + tile) * ROW + c;
    input_tile(x + X_OFFSET + c, v, h0, w0);
}

#else

#if BIAS
#define BIAS_ARG , __global const float *restrict bias
#define BIAS_OF(c) lane_load(bias + (c))
#define BIAS_PASSED , bias
#else
#define BIAS_ARG
#define BIAS_OF(c) (lane_t)(0.0f)
#define BIAS_PASSED
#endif
#if ADD_ROW
#define ADD_ARG , __global const float *restrict add
#define ADD_PASSED , add
#else
#define ADD_ARG
#define ADD_PASSED
#endif

/* The tile whose first pixel is (h0, w0), of VEC channels from c on. */
static void output_tile(__global const float *restrict m BIAS_ARG ADD_ARG,
                        __global float *restrict y, size_t frame, int h0, int w0, int c)
{
    lane_t half_way[SIZE][SIDE];
    UNROLL for (int j = 0; j < SIDE; j++)
    {
        lane_t d[SIDE];
        UNROLL for (int i = 0; i < SIDE; i++)
            d[i] = lane_load(m + (size_t)(i * SIDE + j) * M_POINT);
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
                value += lane_load(add + pixel * ADD_ROW + ADD_OFFSET + c);
#endif
                lane_store_part(activate(value), y + pixel * Y_ROW + Y_OFFSET + c, c, Y_OWN);
            }
        }
    }
}

#ifdef OUTPUT

__kernel void winograd_output(__global const float *restrict m BIAS_ARG ADD_ARG,
                              __global float *restrict y, const int run)
{
    if (!run)
        return;
    const int c = (int)get_global_id(0) * VEC, tile = get_global_id(1);
    const size_t frame = get_global_id(2);
    m += (frame * (CEIL_DIV(Y_H, SIZE) * TILES_ACROSS) + tile) * ROW + c;
    output_tile(m BIAS_PASSED ADD_PASSED, y, frame, tile / TILES_ACROSS * SIZE,
                tile % TILES_ACROSS * SIZE, c);
}

#else

__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void
winograd_fused(__global const float *restrict x, __global const float *restrict u BIAS_ARG ADD_ARG,
               __global float *restrict y, __global float *restrict scratch, const int run)
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
                __global const float *from =
                    x + (((ptrdiff_t)n * X_T + next) * X_H + h) * (ptrdiff_t)(X_W * X_ROW);
                for (int c = 0; c < CHANNELS; c += VEC)
                    input_tile(from + w * X_ROW + X_OFFSET + c,
                               v + next % K_T * FRAME + i * V_ROW + c, h, w);
            }
        for (int k = 0; k < OC_TILES; k++) {
            for (int part = 0; part < BLOCK_LANES * SQUARE; part++) {
                const int point = part / BLOCK_LANES, lane = part % BLOCK_LANES * VEC;
                for (int i = 0; i < tiles; i += TILE_W) {
                    const int r = min(i, tiles - TILE_W);
                    product(v + (point * GROUP_TILES + r) * V_ROW,
                            u + ((size_t)point * OC_TILES + k) * (K_T * CHANNELS * M_ROW) + lane,
                            m + (point * GROUP_TILES + r) * M_ROW + lane, it, kt0, kt1, 0, TILE_C);
                }
            }
            for (int i = 0; i < tiles; i++)
                for (int c = k * M_ROW; c < min((k + 1) * M_ROW, CEIL_DIV(Y_C, 16) * 16); c += VEC)
                    output_tile(m + i * M_ROW + c % M_ROW BIAS_PASSED ADD_PASSED, y, n * Y_T + t,
                                h0 + i / TILES_ACROSS * SIZE, i % TILES_ACROSS * SIZE, c);
        }
    }
}

#endif
#endif
#endif
