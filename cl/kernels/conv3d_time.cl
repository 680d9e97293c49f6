/* SPDX-License-Identifier: MIT */
// LINT: SIZES -DVEC=16 -DDIFFERENCE=1 -DTIMES=32 -DD_OWN=64 -DBIAS=1 -DACT=1
// LINT: SIZES -DVEC=8 -DDIFFERENCE=2 -DTIMES=8 -DD_OWN=61 -DBIAS=1 -DACT=2
// LINT: SIZES -DVEC=4 -DDIFFERENCE=3 -DTIMES=11 -DD_OWN=64 -DBIAS=0 -DACT=0
// LINT SIZES: -DX_N=1 -DX_C=64 -DX_T=32 -DX_H=1 -DX_W=3136 -DX_ROW=64 -DX_OFFSET=0 -DCHANNELS=64
// LINT SIZES: -DY_N=1 -DY_C=64 -DY_T=32 -DY_H=1 -DY_W=3136 -DY_ROW=192 -DY_OFFSET=64 -DY_OWN=64
// LINT SIZES: -DK_T=3 -DS_H=1 -DS_W=1 -DP_T=1 -DTILE_W=14 -DTILE_C=2
/* A convolution over time alone and its own residual, side by side: y has Y_C channels
 * f = act(bias + sum over kt and channels of w * x), then Y_C channels |f(t+1) - f(t)|. The last
 * frame, which has no next one, is compared with itself (DIFFERENCE 1), 0 (2), or frame 0 (3).
 *
 * A work-item computes TILE_W neighbouring pixels x VEC lanes of TILE_C blocks of 16 channels, of
 * TIMES frames one after the other, and one frame more that it does not store. What it keeps of the
 * frame before is all that the difference needs.
 * NDRange: (channel tile x lane, pixel tile of TIMES frames).
 *
 * w is packed as for conv3d_direct, and the order of the sum is the same. D_OWN: channels of the
 * difference that may be written. Other defines: conv3d.cl.
 */
#define PARTS CEIL_DIV(Y_T, TIMES)
#define PIXEL_AT(r) (xp + (r) * (S_W * X_ROW))
#define ALWAYS(r) true
#if X_HALF
#define TAP TILE_TAP_STAGED
#else
#define TAP TILE_TAP
#endif

__attribute__((reqd_work_group_size(1, 1, 1))) __kernel void
conv3d_time(__global const STORED(X) *restrict x, __global const STORED(W) *restrict w,
#if BIAS
            __global const float *restrict bias,
#endif
            __global STORED(Y) *restrict y, const int run)
{
    if (!run)
        return;
    const int item = get_global_id(0), index = get_global_id(1);
    const int lane = item % BLOCK_LANES * VEC, oc_tile = item / BLOCK_LANES;
    const int oc = oc_tile * TILE_C * 16 + lane;
    const int tile = index % TILES_W, ow = min(tile * TILE_W, Y_W - TILE_W);
    const int oh = index / TILES_W % Y_H, part = index / (TILES_W * Y_H) % PARTS;
    const int n = index / (TILES_W * Y_H * PARTS);
    const int t0 = part * TIMES, t1 = min(t0 + TIMES, Y_T);
    const int own = tile * TILE_W - ow; /* the tile before stores the pixels that both have */
    x += (((size_t)n * X_T * X_H + oh * S_H) * X_W + ow * S_W) * X_ROW + X_OFFSET;
    w += (size_t)oc_tile * (K_T * CHANNELS) * (TILE_C * 16) + lane;
    y += (((size_t)n * Y_T * Y_H + oh) * Y_W + ow) * Y_ROW + Y_OFFSET + oc;

    lane_t before[TILE_C][TILE_W];
    for (int i = t0; i <= t1; i++) {
#if DIFFERENCE == 3
        const int t = i % Y_T;
#else
        const int t = i;
#endif
        lane_t acc[TILE_C][TILE_W];
        UNROLL for (int o = 0; o < TILE_C; o++)
        {
#if BIAS
            const lane_t start = lane_load(bias + oc + o * 16);
#else
            const lane_t start = (lane_t)(0.0f);
#endif
            UNROLL for (int r = 0; r < TILE_W; r++) acc[o][r] = start;
        }
        const int it = t - P_T, kt1 = t < Y_T ? min(K_T, X_T - it) : 0;
        for (int kt = max(0, -it); kt < kt1; kt++) {
            __global const STORED(X) *xp = x + (size_t)(it + kt) * (X_H * X_W) * X_ROW;
            __global const STORED(W) *wp = w + (size_t)kt * (CHANNELS * TILE_C * 16);
            TAP(CHANNELS, X, PIXEL_AT, ALWAYS, 0, TILE_W)
        }
        __global STORED(Y) *to = y + (size_t)i * (Y_H * Y_W) * Y_ROW;
        UNROLL for (int r = 0; r < TILE_W; r++)
        {
            UNROLL for (int o = 0; o < TILE_C; o++)
            {
                lane_t v = activate(acc[o][r]);
#if DIFFERENCE == 1
                v = t < Y_T ? v : before[o][r];
#elif DIFFERENCE == 2
                v = t < Y_T ? v : (lane_t)(0.0f);
#endif
                const int c = oc + o * 16;
                if (r >= own && c < CEIL_DIV(Y_C, 16) * 16) {
                    __global STORED(Y) *at = to + r * Y_ROW + o * 16;
                    if (i < t1)
                        lane_put_part(Y, v, at, c, Y_OWN);
                    if (i > t0) {
                        const lane_t d = fabs(v - before[o][r]);
                        at += Y_C - (ptrdiff_t)(Y_H * Y_W) * Y_ROW;
                        lane_put_part(Y, d, at, c, D_OWN);
                    }
                }
                before[o][r] = v;
            }
        }
    }
}
