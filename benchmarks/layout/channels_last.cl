// SPDX-License-Identifier: MIT
//
// Direct convolution, y = relu(bias + sum over taps and channels of w * x). One work-item = TILE_W
// output pixels of one row x TILE_C blocks of 16 output channels. Local size 1. W_O must be a
// multiple of TILE_W here.
//
// The memory layout is nothing but strides, in floats, so that one text serves both candidates:
//   channels-last  [T][H][W][C]      X_PIXEL = C (or its padded pitch)  X_BLOCK = 16
//   blocks         [C/16][T][H][W][16]   X_PIXEL = 16                   X_BLOCK = T*H*W*16
// and X_ROW, X_FRAME, and the same four for Y. X_ORIGIN skips a halo, if there
// is one. A block is 16 consecutive channels.
//
// Weights: [OC/(TILE_C*16)][IC/K_CHUNK][K_T][K_H][K_W][K_CHUNK][TILE_C][16].
// K_CHUNK = IC is "all channels of one tap first"; 16 or 64 puts the channel chunk outermost.
//
// NDRange: (W tiles, T_O*H_O, OC/(TILE_C*16)); with OC_FASTEST (OC/.., W tiles, T_O*H_O); with
// TILES_PER_GROUP = n, for one flat row of pixels, (n, OC/.., W tiles / n rounded up).
//
// Padded taps in T and H are skipped by the loop bounds. BORDER says what happens in W:
//   BORDER_NONE   nothing is padded there (P_W = 0), or the memory has a physical halo of zeros
//   BORDER_SPLIT  each tap has its own code for the leftmost and the rightmost tile: the pixels
//                 outside are not computed at all
//   BORDER_ZERO   pixels that can fall outside are read through a pointer to `zeros` (16 floats)
//   BORDER_STAGE  the columns of the tile are copied to private memory with their zeros first
#define STRING(x) #x
#define PRAGMA(x) _Pragma(STRING(x))
#define UNROLL PRAGMA(unroll)
#define BORDER_NONE 0
#define BORDER_SPLIT 1
#define BORDER_ZERO 2
#define BORDER_STAGE 3
#ifndef K_UNROLL
#define K_UNROLL 2 // 4 and more makes LLVM hoist loads and spill accumulators in large tiles
#endif
#ifndef PREFETCH_X
#define PREFETCH_X 0
#endif
#ifndef PREFETCH_W
#define PREFETCH_W 0
#endif

// Pixels [first, last) of a tile that tap kw may read, in the leftmost and in the rightmost tile.
#define LEFT_FIRST(kw) ((kw) < P_W ? (P_W - (kw) + S_W - 1) / S_W : 0)
#define RIGHT_ROOM(kw) ((W_I + P_W - (kw) - (W_O - TILE_W) * S_W + S_W - 1) / S_W)
#define RIGHT_LAST(kw) (RIGHT_ROOM(kw) < TILE_W ? RIGHT_ROOM(kw) : TILE_W)
#define EDGE_LEFT LEFT_FIRST(0)
#define EDGE_RIGHT (TILE_W - RIGHT_LAST(K_W - 1))
#define EDGE_SKIP (TILE_W - EDGE_RIGHT - EDGE_LEFT)
#define STAGE_W ((TILE_W - 1) * S_W + K_W)

// acc[o][r] += w[c][o] * x(r, c) for the channels of one chunk; XV(r, c) is a scalar of block b.
#define FMA_BLOCK(XV, R0, R1)                                                        \
    PRAGMA(unroll K_UNROLL) for (int c = 0; c < 16; c++) {                           \
        float16 wv[TILE_C];                                                          \
        UNROLL for (int o = 0; o < TILE_C; o++) wv[o] = vload16(c * TILE_C + o, wp); \
        UNROLL for (int r = 0; r < TILE_W; r++) {                                    \
            if (r >= (R0) && r < (R1)) {                                             \
                float16 xv = (float16)(XV(r, c));                                    \
                UNROLL for (int o = 0; o < TILE_C; o++)                              \
                    acc[o][r] = fma(wv[o], xv, acc[o][r]);                           \
            }                                                                        \
        }                                                                            \
        if (PREFETCH_W)                                                              \
            UNROLL for (int o = 0; o < TILE_C; o++)                                  \
                __builtin_prefetch(wp + ((c + PREFETCH_W) * TILE_C + o) * 16);       \
    }                                                                                \
    wp += 16 * TILE_C * 16;

__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void conv3d(
    __global const float *restrict x, __global const float *restrict w,
    __global const float *restrict bias, __global float *restrict y,
    __global const float *restrict zeros)
{
#ifdef OC_FASTEST
    const int group = get_global_id(0), tile = get_global_id(1), th = get_global_id(2);
#elif defined(TILES_PER_GROUP)
    // A few tiles, then the next output channels, then the next tiles: x stays in L2.
    const int group = get_global_id(1), th = 0;
    const int tile = get_global_id(2) * TILES_PER_GROUP + get_global_id(0);
    if (tile >= W_O / TILE_W)
        return;
#else
    const int tile = get_global_id(0), th = get_global_id(1), group = get_global_id(2);
#endif
    const int ow = tile * TILE_W, oh = th % H_O, ot = th / H_O;
    const int it0 = ot * S_T - P_T, ih0 = oh * S_H - P_H, iw0 = ow * S_W - P_W;
    const int kt0 = max(0, -it0), kt1 = min(K_T, T_I - it0);
    const int kh0 = max(0, -ih0), kh1 = min(K_H, H_I - ih0);
    __global const float *wg = w + (size_t)group * IC * K_T * K_H * K_W * TILE_C * 16;

    float16 acc[TILE_C][TILE_W];
    UNROLL for (int o = 0; o < TILE_C; o++)
    {
        float16 b = vload16(group * TILE_C + o, bias);
        UNROLL for (int r = 0; r < TILE_W; r++) acc[o][r] = b;
    }
#if BORDER == BORDER_SPLIT
    const bool left = ow == 0, right = ow + TILE_W == W_O;
#endif
    for (int chunk = 0; chunk < IC / K_CHUNK; chunk++) {
        __global const float *xc = x + X_ORIGIN + (size_t)chunk * (K_CHUNK / 16) * X_BLOCK;
        for (int kt = kt0; kt < kt1; kt++)
            for (int kh = kh0; kh < kh1; kh++) {
                __global const float *xr =
                    xc + (ptrdiff_t)(it0 + kt) * X_FRAME + (ih0 + kh) * X_ROW + iw0 * X_PIXEL;
                __global const float *wp = wg + ((chunk * K_T + kt) * K_H + kh)
                                           * (K_W * K_CHUNK * TILE_C * 16);
#if BORDER == BORDER_STAGE
                float stage[STAGE_W * K_CHUNK] __attribute__((aligned(64)));
                for (int b = 0; b < K_CHUNK / 16; b++)
                    UNROLL for (int j = 0; j < STAGE_W; j++)
                    {
                        float16 v = 0;
                        // Only the first and the last columns can lie outside: the rest folds away.
                        if ((j >= P_W || iw0 + j >= 0)
                            && (j < W_I + P_W - (W_O - TILE_W) * S_W || iw0 + j < W_I))
                            v = vload16(0, xr + j * X_PIXEL + b * X_BLOCK);
                        vstore16(v, b * STAGE_W + j, stage);
                    }
#define XV(r, c) xs[((r) * S_W) * 16 + (c)]
                for (int kw = 0; kw < K_W; kw++)
                    for (int b = 0; b < K_CHUNK / 16; b++) {
                        const float *xs = stage + (b * STAGE_W + kw) * 16;
                        FMA_BLOCK(XV, 0, TILE_W)
                    }
#elif BORDER == BORDER_ZERO
                for (int kw = 0; kw < K_W; kw++)
                    for (int b = 0; b < K_CHUNK / 16; b++) {
                        __global const float *xp = xr + kw * X_PIXEL + b * X_BLOCK;
                        __global const float *edge[EDGE_LEFT + EDGE_RIGHT];
                        UNROLL for (int e = 0; e < EDGE_LEFT + EDGE_RIGHT; e++)
                        {
                            const int r = e < EDGE_LEFT ? e : e + EDGE_SKIP;
                            const int iw = iw0 + kw + r * S_W;
                            edge[e] = iw >= 0 && iw < W_I ? xp + r * S_W * X_PIXEL : zeros;
                        }
#define XV(r, c)                                            \
    ((r) < EDGE_LEFT             ? edge[r][c]               \
     : (r) >= TILE_W - EDGE_RIGHT ? edge[(r) - EDGE_SKIP][c] \
                                  : xp[(r) * (S_W * X_PIXEL) + (c)])
                        FMA_BLOCK(XV, 0, TILE_W)
                    }
#elif BORDER == BORDER_SPLIT
#define XV(r, c) xp[(r) * (S_W * X_PIXEL) + (c)]
#define EACH_BLOCK(R0, R1)                                             \
    for (int b = 0; b < K_CHUNK / 16; b++) {                           \
        __global const float *xp = xr + kw * X_PIXEL + b * X_BLOCK;    \
        FMA_BLOCK(XV, R0, R1)                                          \
    }
                UNROLL for (int kw = 0; kw < K_W; kw++)
                {
                    if (TILE_W == W_O) {
                        EACH_BLOCK(LEFT_FIRST(kw), RIGHT_LAST(kw))
                    } else if (LEFT_FIRST(kw) > 0 && left) {
                        EACH_BLOCK(LEFT_FIRST(kw), TILE_W)
                    } else if (RIGHT_LAST(kw) < TILE_W && right) {
                        EACH_BLOCK(0, RIGHT_LAST(kw))
                    } else {
                        EACH_BLOCK(0, TILE_W)
                    }
                }
#else
#define XV(r, c) xp[(r) * (S_W * X_PIXEL) + (c)]
                for (int kw = 0; kw < K_W; kw++)
                    for (int b = 0; b < K_CHUNK / 16; b++) {
                        __global const float *xp = xr + kw * X_PIXEL + b * X_BLOCK;
                        if (PREFETCH_X)
                            UNROLL for (int r = 0; r < TILE_W; r++)
                                __builtin_prefetch(xp + PREFETCH_X * X_BLOCK + r * S_W * X_PIXEL);
                        FMA_BLOCK(XV, 0, TILE_W)
                    }
#endif
            }
    }
    __global float *yp = y + (size_t)group * TILE_C * Y_BLOCK + (size_t)ot * Y_FRAME
                         + oh * Y_ROW + ow * Y_PIXEL;
    UNROLL for (int r = 0; r < TILE_W; r++)
        UNROLL for (int o = 0; o < TILE_C; o++)
            vstore16(fmax(acc[o][r], (float16)(0.0f)), 0, yp + r * Y_PIXEL + o * Y_BLOCK);
}
