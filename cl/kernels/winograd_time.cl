/* SPDX-License-Identifier: MIT */
// LINT: -DINPUT -DVEC=16 SIZES POINTS
// LINT: -DINPUT -DVEC=4 SIZES POINTS
// LINT: -DOUTPUT -DVEC=16 -DBIAS=1 -DADD_ROW=64 -DADD_OFFSET=0 -DACT=1 SIZES POINTS
// LINT: -DOUTPUT -DVEC=4 -DBIAS=0 -DADD_ROW=0 -DACT=0 SIZES POINTS
// LINT: -DVEC=16 -DBIAS=1 -DADD_ROW=64 -DADD_OFFSET=0 -DACT=1 SIZES PRODUCT
// LINT: -DVEC=8 -DBIAS=0 -DADD_ROW=0 SIZES PRODUCT
// LINT SIZES: -DSIZE=4 -DX_T=16 -DX_ROW=144 -DX_OFFSET=0 -DY_T=16 -DY_ROW=64 -DY_OFFSET=0
// LINT SIZES: -DY_OWN=64 -DP_T=1 -DPIXELS=3136
// LINT POINTS: -DROW=64 -DPOINT=200704
// LINT PRODUCT: -DV_HALF=0 -DM_HALF=0
// LINT PRODUCT: -DTILE_W=14 -DTILE_C=2 -DCHANNELS=144 -DY_C=64 -DK_T=3 -DGROUP=56 -DWINDOWS=1
/* Minimal filtering F(SIZE, 3) over T of a convolution 3 x 1 x 1 with stride 1. A tile is SIZE
 * frames of one of the PIXELS pixels of a frame.
 *
 * winograd_time_input:  v[point][window][tile of frames][pixel][c] = B^T d.
 * (winograd_multiply.cl: m = u v, for each point on its own.)
 * winograd_time_output: y = act(A^T m + bias + add).
 *   NDRange {lanes, pixels, tiles of frames of all windows}. ROW: floats from pixel to pixel,
 *   POINT: from point to point.
 *
 * winograd_time: all three, for a CPU whose cache holds the points of GROUP pixels; GROUP is a
 *   multiple of TILE_W. All groups of all tiles are shared out evenly among the work-items, each
 *   with its part of `scratch`. u as for winograd_multiply. NDRange {work-items}.
 */
#define FRAME_TILES CEIL_DIV(Y_T, SIZE)
#define POINT_OF(k) out[k]

#ifndef OUTPUT

/* x: a pixel and channel of frame t, which may be outside; point: floats from point to point. */
static void input_tile(__global const STORED(X) *restrict x, __global STORED(V) *restrict v,
                       size_t point, int t)
{
    lane_t d[SIDE], out[SIDE];
    UNROLL for (int i = 0; i < SIDE; i++)
    {
        d[i] = (lane_t)(0.0f);
        if (t + i >= 0 && t + i < X_T)
            d[i] = lane_get(X, x + (ptrdiff_t)i * (PIXELS * X_ROW));
    }
    POINTS_OF(d, POINT_OF)
    UNROLL for (int i = 0; i < SIDE; i++) lane_put(V, out[i], v + i * point);
}

#endif
#ifndef INPUT

/* Frames t to t + SIZE - 1 of window n, of VEC channels from c on. */
static void output_tile(__global const STORED(M) *restrict m BIAS_ARG ADD_ARG,
                        __global STORED(Y) *restrict y, size_t point, size_t n, int t, int p, int c)
{
    lane_t d[SIDE], out[SIZE];
    UNROLL for (int i = 0; i < SIDE; i++) d[i] = lane_get(M, m + i * point);
    VALUES_OF(d, POINT_OF)
    const lane_t start = BIAS_OF(c);
    UNROLL for (int i = 0; i < SIZE; i++)
    {
        if (t + i < Y_T) {
            const size_t pixel = (n * Y_T + t + i) * PIXELS + p;
            lane_t value = out[i] + start;
#if ADD_ROW
            value += lane_get(ADD, add + pixel * ADD_ROW + ADD_OFFSET + c);
#endif
            lane_put_part(Y, activate(value), y + pixel * Y_ROW + Y_OFFSET + c, c, Y_OWN);
        }
    }
}

#endif
#if defined(INPUT)

__kernel void winograd_time_input(__global const STORED(X) *restrict x,
                                  __global STORED(V) *restrict v, const int run)
{
    if (!run)
        return;
    const int c = (int)get_global_id(0) * VEC, p = get_global_id(1);
    const size_t tile = get_global_id(2), n = tile / FRAME_TILES;
    const int t = (int)(tile % FRAME_TILES) * SIZE - P_T;
    x += (((ptrdiff_t)n * X_T + t) * PIXELS + p) * X_ROW + X_OFFSET + c;
    input_tile(x, v + (tile * PIXELS + p) * ROW + c, POINT, t);
}

#elif defined(OUTPUT)

__kernel void winograd_time_output(__global const STORED(M) *restrict m BIAS_ARG ADD_ARG,
                                   __global STORED(Y) *restrict y, const int run)
{
    if (!run)
        return;
    const int c = (int)get_global_id(0) * VEC, p = get_global_id(1);
    const size_t tile = get_global_id(2);
    output_tile(m + (tile * PIXELS + p) * ROW + c BIAS_PASSED ADD_PASSED, y, POINT,
                tile / FRAME_TILES, (int)(tile % FRAME_TILES) * SIZE, p, c);
}

#else

#define V_ROW (CEIL_DIV(CHANNELS, 16) * 16)
#define M_ROW (TILE_C * 16)
#define V_POINT (GROUP * V_ROW)
#define M_POINT (GROUP * M_ROW)
#define GROUPS CEIL_DIV(PIXELS, GROUP)

/* What one group of pixels of one tile of frames takes; v and m hold its points. */
static void group_of_pixels(__global const STORED(X) *restrict x,
                            __global const STORED(W) *restrict u BIAS_ARG ADD_ARG,
                            __global STORED(Y) *restrict y, __global float *restrict v,
                            __global float *restrict m, size_t n, int t, int p0)
{
    const int pixels = min(GROUP, PIXELS - p0);
    x += (((ptrdiff_t)n * X_T + t - P_T) * PIXELS + p0) * X_ROW + X_OFFSET;
    for (int i = 0; i < pixels; i++)
        for (int c = 0; c < CHANNELS; c += VEC)
            input_tile(x + (size_t)i * X_ROW + c, v + i * V_ROW + c, V_POINT, t - P_T);
    for (int k = 0; k < OC_TILES; k++) {
        for (int part = 0; part < BLOCK_LANES * SIDE; part++) {
            const int point = part / BLOCK_LANES, lane = part % BLOCK_LANES * VEC;
            /* Past the last pixel anything is multiplied, and nothing of it stored in y. */
            for (int i = 0; i < pixels; i += TILE_W)
                product(v + point * V_POINT + i * V_ROW,
                        u + ((size_t)point * OC_TILES + k) * (CHANNELS * M_ROW) + lane,
                        m + point * M_POINT + i * M_ROW + lane, 0, 0, 1, 1, 0, V_ROW, M_ROW, 0,
                        TILE_C);
        }
        for (int i = 0; i < pixels; i++)
            for (int c = k * M_ROW; c < min((k + 1) * M_ROW, CEIL_DIV(Y_C, 16) * 16); c += VEC)
                output_tile(m + i * M_ROW + c % M_ROW BIAS_PASSED ADD_PASSED, y, M_POINT, n, t,
                            p0 + i, c);
    }
}

__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void
winograd_time(__global const STORED(X) *restrict x,
              __global const STORED(W) *restrict u BIAS_ARG ADD_ARG,
              __global STORED(Y) *restrict y, __global float *restrict scratch, const int run)
{
    if (!run)
        return;
    const size_t all = (size_t)GROUPS * FRAME_TILES * WINDOWS, item = get_global_id(0);
    const size_t items = get_global_size(0);
    __global float *v = scratch + item * (SIDE * (V_POINT + M_POINT)), *m = v + SIDE * V_POINT;
    for (size_t i = all * item / items; i < all * (item + 1) / items; i++) {
        const int tile = i % FRAME_TILES; /* neighbours in time share frames in the cache */
        const size_t group = i / FRAME_TILES;
        group_of_pixels(x, u BIAS_PASSED ADD_PASSED, y, v, m, group / GROUPS, tile * SIZE,
                        (int)(group % GROUPS) * GROUP);
    }
}

#endif
