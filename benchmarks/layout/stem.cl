// SPDX-License-Identifier: MIT
//
// First convolution of a network: 3 input channels, so the lanes are output channels only and every
// input value is a broadcast. One work-item = TILE_W pixels of one row x TILE_C blocks of 16.
//
// Input by strides: planar [3][T][H][W] (X_PIXEL = 1, X_CHANNEL = T*H*W) or interleaved
// [T][H][W][3] (X_PIXEL = 3, X_CHANNEL = 1). Output by strides as in channels_last.cl.
// Weights [OC/(TILE_C*16)][K_T][K_H][3][K_W][TILE_C][16] for both.
// NDRange (W tiles, T_O*H_O, groups).
//
// W border: the input row under the tile is copied to private memory, whose pad stays zero. With
// HALO the memory has zero columns itself and is read directly.
#define STRING(x) #x
#define PRAGMA(x) _Pragma(STRING(x))
#define UNROLL PRAGMA(unroll)
#define STAGE_W ((TILE_W - 1) * S_W + K_W)
#if X_PIXEL == 1
#define RUNS 3               // contiguous pieces of a staged row
#define RUN_PITCH (STAGE_W + 16)
#define STAGE_PIXEL 1
#define STAGE_CHANNEL RUN_PITCH
#else
#define RUNS 1
#define RUN_PITCH (3 * STAGE_W + 16)
#define STAGE_PIXEL 3
#define STAGE_CHANNEL 1
#endif

__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void stem(
    __global const float *restrict x, __global const float *restrict w,
    __global const float *restrict bias, __global float *restrict y)
{
    const int ow = get_global_id(0) * TILE_W, oh = get_global_id(1) % H_O;
    const int ot = get_global_id(1) / H_O, group = get_global_id(2);
    const int it0 = ot * S_T - P_T, ih0 = oh * S_H - P_H, iw0 = ow * S_W - P_W;
    const int kt0 = max(0, -it0), kt1 = min(K_T, T_I - it0);
    const int kh0 = max(0, -ih0), kh1 = min(K_H, H_I - ih0);

    float16 acc[TILE_C][TILE_W];
    UNROLL for (int o = 0; o < TILE_C; o++)
    {
        float16 b = vload16(group * TILE_C + o, bias);
        UNROLL for (int r = 0; r < TILE_W; r++) acc[o][r] = b;
    }
#ifndef HALO
    // Valid columns [first, first + count) of the staged row are the same for all taps of the tile.
    const int first = max(0, -iw0), count = min(STAGE_W, W_I - iw0) - first;
    const int run = count * STAGE_PIXEL;
    float stage[RUNS * RUN_PITCH];
    for (int i = 0; i < RUNS * RUN_PITCH; i++)
        stage[i] = 0;
#endif
    for (int kt = kt0; kt < kt1; kt++)
        for (int kh = kh0; kh < kh1; kh++) {
            __global const float *xr = x + (it0 + kt) * X_FRAME + (ih0 + kh) * X_ROW;
            __global const float *wr = w
                                           + ((group * K_T + kt) * K_H + kh)
                                                 * (3 * K_W * TILE_C * 16);
#ifdef HALO
            xr += (iw0 + P_W) * X_PIXEL;
#define X_AT(i, c) xr[(i) * X_PIXEL + (c) * X_CHANNEL]
#else
            for (int c = 0; c < RUNS; c++) {
                __global const float *from = xr + (iw0 + first) * X_PIXEL + c * X_CHANNEL;
                float *to = stage + c * RUN_PITCH + first * STAGE_PIXEL;
                for (int i = 0; i < run - 16; i += 16)
                    vstore16(vload16(0, from + i), 0, to + i);
                vstore16(vload16(0, from + run - 16), 0, to + run - 16); // overlaps: same values
            }
#define X_AT(i, c) stage[(i) * STAGE_PIXEL + (c) * STAGE_CHANNEL]
#endif
            for (int c = 0; c < 3; c++)
                PRAGMA(unroll K_UNROLL) for (int kw = 0; kw < K_W; kw++)
                {
                    float16 wv[TILE_C];
                    UNROLL for (int o = 0; o < TILE_C; o++)
                        wv[o] = vload16((c * K_W + kw) * TILE_C + o, wr);
                    UNROLL for (int r = 0; r < TILE_W; r++)
                    {
                        float16 xv = (float16)(X_AT(kw + r * S_W, c));
                        UNROLL for (int o = 0; o < TILE_C; o++)
                            acc[o][r] = fma(wv[o], xv, acc[o][r]);
                    }
                }
        }
    __global float *yp = y + (size_t)group * TILE_C * Y_BLOCK + (size_t)ot * Y_FRAME
                         + oh * Y_ROW + ow * Y_PIXEL;
    UNROLL for (int r = 0; r < TILE_W; r++)
        UNROLL for (int o = 0; o < TILE_C; o++)
            vstore16(fmax(acc[o][r], (float16)(0.0f)), 0, yp + r * Y_PIXEL + o * Y_BLOCK);
}
