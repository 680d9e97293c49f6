// SPDX-License-Identifier: MIT
//
// Winograd transforms and GEMM, max pool, concat, and the peak probe; layouts are strides.
#ifdef PEAK
// 24 independent chains of fma: what the cores can do when nothing else is in the way.
__kernel void peak(__global float *y)
{
    float16 a[24], b = (float16)(1.0f + 1e-9f * get_global_id(0)), c = (float16)(1e-9f * y[0]);
#pragma unroll
    for (int i = 0; i < 24; i++)
        a[i] = (float16)(i);
    for (int k = 0; k < 20000; k++) {
#pragma unroll
        for (int i = 0; i < 24; i++)
            a[i] = fma(a[i], b, c);
    }
    float16 s = 0;
#pragma unroll
    for (int i = 0; i < 24; i++)
        s += a[i];
    vstore16(s, get_global_id(0), y);
}
#endif

#define STRING(x) #x
#define PRAGMA(x) _Pragma(STRING(x))
#define UNROLL PRAGMA(unroll)

#ifdef WINOGRAD
// F(4x4, 3x3) in space, points 0, +-1/sqrt2, +-sqrt2, inf; the three temporal taps are summed in
// the GEMM. Activations by strides X_*, Y_* as in channels_last.cl, without a halo.
//   V [36][T*TILES][..] and M [36][T*TILES][..]: V_ROW, V_BLOCK and M_ROW, M_BLOCK between rows and
//   between 16-channel blocks; V_POINT, M_POINT between the 36 matrices
//   U [36][OC/(TILE_C*16)][3][IC][TILE_C][16]
#define TILES_H ((H + 3) / 4)
#define TILES_W ((W + 3) / 4)
#define TILES (TILES_H * TILES_W)
#define SQRT1_2 0.70710678118f
#define SQRT2 1.41421356237f
#define INPUT_1D(o, d0, d1, d2, d3, d4, d5)                                          \
    {                                                                                \
        float16 e0 = d4 - 2.0f * d2, e1 = d3 - 2.0f * d1;                            \
        float16 e2 = d4 - 0.5f * d2, e3 = d3 - 0.5f * d1;                            \
        o(0) = d0 + (d4 - 2.5f * d2), o(5) = d1 + (d5 - 2.5f * d3);                  \
        o(1) = e0 + SQRT1_2 * e1, o(2) = e0 - SQRT1_2 * e1;                          \
        o(3) = e2 + SQRT2 * e3, o(4) = e2 - SQRT2 * e3;                              \
    }
#define OUTPUT_1D(o, m0, m1, m2, m3, m4, m5)                                         \
    {                                                                                \
        float16 s1 = m1 + m2, q1 = m1 - m2, s2 = m3 + m4, q2 = m3 - m4;              \
        o(0) = m0 + s1 + s2, o(1) = SQRT1_2 * (q1 + 2.0f * q2);                      \
        o(2) = 0.5f * s1 + 2.0f * s2, o(3) = 0.35355339059f * (q1 + 8.0f * q2) + m5; \
    }
#define COLUMN(k) half_way[k][j]
#define ROW(k) out[k]

// The candidates: which of block, tile and frame neighbouring work-items differ in. With
// BLOCK_INNERMOST a work-item does all blocks of its tile.
#if defined(BLOCK_INNERMOST)
#define ITEM                                                     \
    const int tile = get_global_id(0), t = get_global_id(1);     \
    for (int block = 0; block < IC / 16; block++)
#elif defined(BLOCK_FASTEST)
#define ITEM const int block = get_global_id(0), tile = get_global_id(1), t = get_global_id(2);
#else
#define ITEM const int tile = get_global_id(0), t = get_global_id(1), block = get_global_id(2);
#endif

static void input_tile(__global const float *restrict x, __global float *restrict v, int tile,
                       int t, int block);
static void output_tile(__global const float *restrict m, __global const float *restrict bias,
                        __global float *restrict y, int tile, int t, int block);

__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void winograd_input(
    __global const float *restrict x, __global float *restrict v)
{
    ITEM input_tile(x, v, tile, t, block);
}

__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void winograd_output(
    __global const float *restrict m, __global const float *restrict bias,
    __global float *restrict y)
{
    ITEM output_tile(m, bias, y, tile, t, block);
}

static void input_tile(__global const float *restrict x, __global float *restrict v, int tile,
                       int t, int block)
{
    const int h0 = tile / TILES_W * 4 - 1, w0 = tile % TILES_W * 4 - 1;
    __global const float *xp = x + (size_t)block * X_BLOCK + (size_t)t * X_FRAME + h0 * X_ROW
                               + w0 * X_PIXEL;
    const bool inside = h0 >= 0 && w0 >= 0 && h0 + 6 <= H && w0 + 6 <= W;
    float16 half_way[6][6];
    UNROLL for (int j = 0; j < 6; j++)
    {
        float16 d[6];
        if (inside) { // one test for the whole tile: 36 tests cost more than the transform
            UNROLL for (int i = 0; i < 6; i++) d[i] = vload16(0, xp + i * X_ROW + j * X_PIXEL);
        } else {
            UNROLL for (int i = 0; i < 6; i++)
            {
                d[i] = 0;
                if (h0 + i >= 0 && h0 + i < H && w0 + j >= 0 && w0 + j < W)
                    d[i] = vload16(0, xp + i * X_ROW + j * X_PIXEL);
            }
        }
        INPUT_1D(COLUMN, d[0], d[1], d[2], d[3], d[4], d[5])
    }
    __global float *vp = v + (size_t)(t * TILES + tile) * V_ROW + (size_t)block * V_BLOCK;
    UNROLL for (int i = 0; i < 6; i++)
    {
        float16 out[6];
        INPUT_1D(ROW, half_way[i][0], half_way[i][1], half_way[i][2], half_way[i][3],
                 half_way[i][4], half_way[i][5])
        UNROLL for (int j = 0; j < 6; j++) vstore16(out[j], 0, vp + (size_t)(i * 6 + j) * V_POINT);
    }
}

// NDRange (T * row tiles of a frame, OC/(TILE_C*16), 36). The last row tile of a frame overlaps its
// neighbour and stores the same values again: good enough here, to be masked in an engine.
__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void winograd_gemm(
    __global const float *restrict v, __global const float *restrict u, __global float *restrict m)
{
    const int tiles = (TILES + TILE_W - 1) / TILE_W;
    const int t = get_global_id(0) / tiles, group = get_global_id(1), point = get_global_id(2);
    const int row = min((int)(get_global_id(0) % tiles) * TILE_W, TILES - TILE_W);
    const int k0 = max(0, 1 - t), k1 = min(3, T + 1 - t);
    float16 acc[TILE_C][TILE_W];
    UNROLL for (int o = 0; o < TILE_C; o++) UNROLL for (int r = 0; r < TILE_W; r++) acc[o][r] = 0;
    for (int kt = k0; kt < k1; kt++) {
        __global const float *wp = u + (((size_t)point * (OC / 16 / TILE_C) + group) * 3 + kt)
                                           * IC * TILE_C * 16;
        for (int b = 0; b < IC / 16; b++) {
            __global const float *xp = v + (size_t)point * V_POINT + (size_t)b * V_BLOCK
                                       + (size_t)((t + kt - 1) * TILES + row) * V_ROW;
            PRAGMA(unroll K_UNROLL) for (int c = 0; c < 16; c++)
            {
                float16 wv[TILE_C];
                UNROLL for (int o = 0; o < TILE_C; o++) wv[o] = vload16(c * TILE_C + o, wp);
                UNROLL for (int r = 0; r < TILE_W; r++)
                {
                    float16 xv = (float16)(xp[r * V_ROW + c]);
                    UNROLL for (int o = 0; o < TILE_C; o++)
                        acc[o][r] = fma(wv[o], xv, acc[o][r]);
                }
                UNROLL for (int o = 0; o < TILE_C; o++)
                    __builtin_prefetch(wp + ((c + 32) * TILE_C + o) * 16);
            }
            wp += 16 * TILE_C * 16;
        }
    }
    __global float *mp = m + (size_t)point * M_POINT + (size_t)(t * TILES + row) * M_ROW
                         + (size_t)group * TILE_C * M_BLOCK;
    UNROLL for (int r = 0; r < TILE_W; r++)
        UNROLL for (int o = 0; o < TILE_C; o++)
            vstore16(acc[o][r], 0, mp + r * M_ROW + o * M_BLOCK);
}

static void output_tile(__global const float *restrict m, __global const float *restrict bias,
                        __global float *restrict y, int tile, int t, int block)
{
    const int h0 = tile / TILES_W * 4, w0 = tile % TILES_W * 4;
    __global const float *mp = m + (size_t)(t * TILES + tile) * M_ROW + (size_t)block * M_BLOCK;
    float16 half_way[4][6];
    UNROLL for (int j = 0; j < 6; j++)
    {
        float16 d[6];
        UNROLL for (int i = 0; i < 6; i++) d[i] = vload16(0, mp + (size_t)(i * 6 + j) * M_POINT);
        OUTPUT_1D(COLUMN, d[0], d[1], d[2], d[3], d[4], d[5])
    }
    const float16 b = vload16(block, bias);
    __global float *yp = y + (size_t)block * Y_BLOCK + (size_t)t * Y_FRAME + h0 * Y_ROW
                         + w0 * Y_PIXEL;
    UNROLL for (int i = 0; i < 4; i++)
    {
        float16 out[4];
        OUTPUT_1D(ROW, half_way[i][0], half_way[i][1], half_way[i][2], half_way[i][3],
                  half_way[i][4], half_way[i][5])
        UNROLL for (int j = 0; j < 4; j++)
            if (h0 + i < H && w0 + j < W)
                vstore16(fmax(out[j] + b, (float16)(0.0f)), 0, yp + i * Y_ROW + j * Y_PIXEL);
    }
}
#endif

#ifdef POOL
// Max pool 3x3x3, stride 2, pad 1. One work-item = one output row of one block, or of all blocks
// with BLOCK_INNERMOST. NDRange (H_O, T_O, blocks or 1), with BLOCK_FASTEST (blocks, H_O, T_O).
__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void max_pool(
    __global const float *restrict x, __global float *restrict y)
{
#ifdef BLOCK_FASTEST
    const int block = get_global_id(0), oh = get_global_id(1), ot = get_global_id(2);
#else
    const int oh = get_global_id(0), ot = get_global_id(1), block = get_global_id(2);
#endif
#ifdef BLOCK_INNERMOST
    const int end = BLOCKS;
#else
    const int end = block + 1;
#endif
    const int t0 = max(0, 2 * ot - 1), t1 = min(T_I, 2 * ot + 2);
    const int h0 = max(0, 2 * oh - 1), h1 = min(H_I, 2 * oh + 2);
    for (int ow = 0; ow < W_O; ow++) {
        const int w0 = max(0, 2 * ow - 1), w1 = min(W_I, 2 * ow + 2);
        for (int b = block; b < end; b++) {
            float16 best = (float16)(-FLT_MAX);
            for (int t = t0; t < t1; t++)
                for (int h = h0; h < h1; h++)
                    for (int w = w0; w < w1; w++)
                        best = fmax(best, vload16(0, x + (size_t)b * X_BLOCK + t * X_FRAME
                                                         + h * X_ROW + w * X_PIXEL));
            vstore16(best, 0, y + (size_t)b * Y_BLOCK + ot * Y_FRAME + oh * Y_ROW + ow * Y_PIXEL);
        }
    }
}
#endif

#ifdef CONCAT
// Three tensors of C0, C1, C2 channels (any numbers; each padded to a multiple of 16 with zeros)
// side by side in one of C0 + C1 + C2. One work-item = PIXELS pixels.
#define BLOCKS(c) (((c) + 15) / 16)
#define SUM (C0 + C1 + C2)
#define PUT(x, c, at)                                                                          \
    UNROLL for (int b = 0; b < BLOCKS(c); b++)                                                 \
        vstore16(vload16(0, x + p * PITCH(c) + (size_t)b * BLOCK), 0, to + (at) + b * 16);
#if LAST
#define PITCH(c) (BLOCKS(c) * 16)
#define BLOCK 16
#else
#define PITCH(c) 16
#define BLOCK ((size_t)N * 16)
#endif
__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void concat(
    __global const float *restrict a, __global const float *restrict b_,
    __global const float *restrict c_, __global float *restrict y)
{
    for (int p = get_global_id(0) * PIXELS; p < (int)get_global_id(0) * PIXELS + PIXELS; p++) {
        // A pixel is assembled in order, so each tensor's zero tail is overwritten by the next one.
        // It is private first: a tail may reach past the pixel's end.
        float to[BLOCKS(SUM) * 16 + 32] __attribute__((aligned(64)));
        PUT(a, C0, 0)
        PUT(b_, C1, C0)
        PUT(c_, C2, C0 + C1)
        UNROLL for (int b = 0; b < BLOCKS(SUM); b++)
            vstore16(vload16(b, to), 0, y + p * PITCH(SUM) + (size_t)b * BLOCK);
    }
}
#endif
