/* SPDX-License-Identifier: MIT */
// LINT: SIZES ONE -DLOCAL_X=4 -DROWS=8 -DACROSS=2 -DGROUP=1 -DBIAS=1 -DADD_ROW=0 -DACT=0
// LINT: SIZES TWO -DLOCAL_X=4 -DROWS=4 -DACROSS=4 -DGROUP=4 -DBIAS=0 -DADD_ROW=64 -DACT=1
// LINT: SIZES TWO -DLOCAL_X=8 -DROWS=7 -DACROSS=1 -DGROUP=1 -DBIAS=1 -DADD_ROW=0 -DACT=4
// LINT SIZES: -DVEC=4 -DX_N=1 -DX_C=54 -DX_ROW=64 -DX_OFFSET=0 -DY_N=1 -DY_C=54 -DY_ROW=64
// LINT SIZES: -DY_OFFSET=0 -DADD_OFFSET=0 -DD_T=1 -DD_H=1 -DD_W=1 -DX_T=16 -DX_H=64 -DX_W=64
// LINT SIZES: -DY_T=16 -DY_OWN=53 -DK_T=3 -DK_H=3 -DK_W=3 -DP_T=1 -DP_H=1 -DP_W=1 -DS_T=1 -DTILE_W=8
// LINT ONE: -DS_H=1 -DS_W=1 -DY_H=64 -DY_W=64
// LINT TWO: -DS_H=2 -DS_W=2 -DY_H=32 -DY_W=32
/* conv3d_depthwise on a GPU: the same sums in the same order, from inputs that a work-group shares
 * in local memory, where windows of neighbouring rows overlap.
 *
 * NDRange (C/4 rounded up to blocks, groups across * ACROSS * ROWS, N * bands * Y_T). A work-item
 * computes TILE_W neighbouring outputs of a row, four channels of each; a work-group LOCAL_X times
 * as many channels of ROWS rows of ACROSS tiles. For each frame of a window all inputs of those
 * are staged, converted from half, with zeros for padding, and are read from there by every tap;
 * the weights are staged once. A work-item loads an input once for all taps of a row that read it.
 * GROUP, w and the rest: as in conv3d_depthwise.cl.
 */
#define W_ROW (CEIL_DIV(Y_C, 16) * 16)
#define BANDS CEIL_DIV(Y_H, ROWS)
#define SPAN ((TILE_W - 1) * S_W + (K_W - 1) * D_W + 1) /* inputs of a tile along W */
#define AREA_H ((ROWS - 1) * S_H + (K_H - 1) * D_H + 1) /* of a group */
#define AREA_W ((ACROSS - 1) * TILE_W * S_W + SPAN)
#define PITCH (AREA_W | 1) /* tiles of neighbouring rows begin in different banks */
#define LINES (ROWS * ACROSS)
#define SLOTS CEIL_DIV(AREA_H * AREA_W, LINES) /* of a work-item */
#define TAPS (K_T * K_H * K_W * GROUP)

/* For each lane the channel g of its group. */
#if GROUP == 1
#define SPREAD(v, g) (v)
#else
#define SPREAD(v, g)                                                                            \
    ((g) == 0 ? (v).s0000 : (g) == 1 ? (v).s1111 : (g) == 2 ? (v).s2222 : (v).s3333)
#endif

__attribute__((reqd_work_group_size(LOCAL_X, LINES, 1))) __kernel void
conv3d_depthwise_staged(__global const STORED(X) *restrict x,
                        __global const STORED(W) *restrict w,
#if BIAS
                        __global const float *restrict bias,
#endif
#if ADD_ROW
                        __global const STORED(ADD) *restrict add,
#endif
                        __global STORED(Y) *restrict y, const int run)
{
    __local float4 staged_x[AREA_H * PITCH * LOCAL_X], staged_w[TAPS * LOCAL_X];
    const int c = (int)get_global_id(0) * 4, lane = get_local_id(0), line = get_local_id(1);
    const int row = line % ROWS, tile = line / ROWS, rest = get_global_id(2);
    const int left = (int)(get_global_id(1) - get_local_id(1)) / ROWS * TILE_W;
    const int ot = rest % Y_T, top = rest / Y_T % BANDS * ROWS, n = rest / (Y_T * BANDS);
    const int it = ot * S_T - P_T, ih = top * S_H - P_H, iw = left * S_W - P_W;
    const int kt0 = FIRST_TAP(it, D_T), kt1 = LAST_TAP(it, D_T, X_T, K_T);
    x += (size_t)n * (X_T * X_H * X_W) * X_ROW + X_OFFSET + c;

    float4 acc[TILE_W];
#if BIAS
    const float4 start = lane_load(bias + (run ? c : 0));
#else
    const float4 start = (float4)(0.0f);
#endif
    UNROLL for (int r = 0; r < TILE_W; r++) acc[r] = start;
    for (int tap = line; tap < (run ? TAPS : 0); tap += LINES)
        staged_w[tap * LOCAL_X + lane] = lane_get(W, w + tap * W_ROW + c);
    for (int kt = kt0; kt < (run ? kt1 : 0); kt++) {
        const int frame = (it + kt * D_T) * (X_H * X_W);
        barrier(CLK_LOCAL_MEM_FENCE);
        PRAGMA(unroll 4)
        for (int s = 0; s < SLOTS; s++) {
            const int slot = line + s * LINES, i = slot / AREA_W, j = slot % AREA_W;
            const bool inside = (uint)(ih + i) < X_H && (uint)(iw + j) < X_W;
            float4 value = (float4)(0.0f);
            if (inside)
                value = lane_get(X, x + (frame + (ih + i) * X_W + iw + j) * X_ROW);
            if (AREA_H * AREA_W % LINES == 0 || slot < AREA_H * AREA_W)
                staged_x[(i * PITCH + j) * LOCAL_X + lane] = value;
        }
        barrier(CLK_LOCAL_MEM_FENCE);
        PRAGMA(unroll 1)
        for (int kh = 0; kh < K_H; kh++) {
            __local const float4 *wp = staged_w + (kt * K_H + kh) * (K_W * GROUP * LOCAL_X) + lane;
            __local const float4 *xp =
                staged_x + ((row * S_H + kh * D_H) * PITCH + tile * TILE_W * S_W) * LOCAL_X + lane;
            float4 wv[K_W][GROUP];
            UNROLL for (int k = 0; k < K_W; k++)
                UNROLL for (int g = 0; g < GROUP; g++) wv[k][g] = wp[(k * GROUP + g) * LOCAL_X];
            UNROLL for (int i = 0; i < SPAN; i++)
            {
                const float4 xv = xp[i * LOCAL_X];
                UNROLL for (int g = 0; g < GROUP; g++)
                {
                    const float4 xg = SPREAD(xv, g);
                    UNROLL for (int k = 0; k < K_W; k++)
                    {
                        const int r = i - k * D_W;
                        if (r >= 0 && r % S_W == 0 && r / S_W < TILE_W)
                            acc[r / S_W] = fma(wv[k][g], xg, acc[r / S_W]);
                    }
                }
            }
        }
    }
    const int oh = top + row, ow = left + tile * TILE_W;
    const size_t first = (((size_t)n * Y_T + ot) * Y_H + oh) * Y_W + ow;
    UNROLL for (int r = 0; r < TILE_W; r++)
    {
        if (run && oh < Y_H && ow + r < Y_W) {
            const size_t pixel = first + r;
            float4 v = acc[r];
#if ADD_ROW
            v += lane_get(ADD, add + pixel * ADD_ROW + ADD_OFFSET + c);
#endif
            lane_put_part(Y, activate(v), y + pixel * Y_ROW + Y_OFFSET + c, c, Y_OWN);
        }
    }
}
