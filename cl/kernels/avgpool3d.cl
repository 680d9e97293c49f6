/* SPDX-License-Identifier: MIT */
// LINT: -DVEC=16 -DY_OWN=64 -DCOUNT_INCLUDE_PAD=1 -DTILE_W=1 GEOMETRY
// LINT: -DVEC=4 -DY_OWN=43 -DCOUNT_INCLUDE_PAD=0 -DTILE_W=1 GEOMETRY
// LINT: -DVEC=4 -DY_OWN=43 -DCOUNT_INCLUDE_PAD=0 -DTILE_W=4 GEOMETRY
// LINT: -DVEC=4 -DY_OWN=64 -DCOUNT_INCLUDE_PAD=1 -DTILE_W=3 GEOMETRY
// LINT GEOMETRY: -DX_T=16 -DX_H=56 -DX_W=56 -DX_ROW=64 -DY_T=8 -DY_H=28 -DY_W=28
// LINT GEOMETRY: -DX_OFFSET=0 -DY_ROW=64 -DY_OFFSET=0
// LINT GEOMETRY: -DK_T=3 -DK_H=3 -DK_W=3 -DSTRIDE_T=2 -DSTRIDE_H=2 -DSTRIDE_W=2
// LINT GEOMETRY: -DBEGIN_T=1 -DBEGIN_H=1 -DBEGIN_W=1 -DPADDED_T=17 -DPADDED_H=57 -DPADDED_W=57
/* Mean over windows: output o sees inputs o*STRIDE - BEGIN + k, k < K, on each axis.
 *
 * NDRange {C/VEC rounded up, Y_T*Y_H*TILES_W, N}: VEC channels of TILE_W neighbouring outputs. A
 * GPU takes several where windows overlap: what they share of a row is then loaded once.
 * ROW, OFFSET, OWN: lane.h.
 * The divisor counts positions below PADDED (COUNT_INCLUDE_PAD), or those inside x.
 */
#define SPAN ((TILE_W - 1) * STRIDE_W + K_W) /* inputs of a tile along W */

__kernel void avgpool3d(__global const STORED(X) *x, __global STORED(Y) *y, const int run)
{
    if (!run)
        return;
#if TILE_W == 1
    const int c = (int)get_global_id(0) * VEC, p = (int)get_global_id(1);
    const size_t n = get_global_id(2);
    const int t0 = p / (Y_H * Y_W) * STRIDE_T - BEGIN_T, t1 = min(t0 + K_T, PADDED_T);
    const int h0 = p / Y_W % Y_H * STRIDE_H - BEGIN_H, h1 = min(h0 + K_H, PADDED_H);
    const int w0 = p % Y_W * STRIDE_W - BEGIN_W, w1 = min(w0 + K_W, PADDED_W);
    const int ta = max(t0, 0), tb = min(t1, X_T);
    const int ha = max(h0, 0), hb = min(h1, X_H);
    const int wa = max(w0, 0), wb = min(w1, X_W);
#if COUNT_INCLUDE_PAD
    const float count = (float)((t1 - t0) * (h1 - h0) * (w1 - w0));
#else
    const float count = (float)((tb - ta) * (hb - ha) * (wb - wa));
#endif
    lane_t sum = 0.0f;
    for (int t = ta; t < tb; t++)
        for (int h = ha; h < hb; h++) {
            __global const STORED(X) *row =
                x + ((n * X_T + t) * X_H + h) * X_W * X_ROW + X_OFFSET + c;
            for (int w = wa; w < wb; w++)
                sum += lane_get(X, row + w * X_ROW);
        }
    /* Corrected by the remainder: OpenCL's division may be off by 2.5 ulp, integers must not be. */
    const lane_t mean = sum / count;
    const lane_t rest = fma(-mean, (lane_t)count, sum) / count;
    lane_put_part(Y, mean + rest, y + (n * (Y_T * Y_H * Y_W) + p) * Y_ROW + Y_OFFSET + c, c, Y_OWN);
#else
    const int c = (int)get_global_id(0) * VEC, place = get_global_id(1);
    const int ow = place % TILES_W * TILE_W, oh = place / TILES_W % Y_H;
    const int ot = place / (TILES_W * Y_H);
    const size_t n = get_global_id(2);
    const int t0 = ot * STRIDE_T - BEGIN_T, t1 = min(t0 + K_T, PADDED_T);
    const int h0 = oh * STRIDE_H - BEGIN_H, h1 = min(h0 + K_H, PADDED_H);
    const int w0 = ow * STRIDE_W - BEGIN_W;
    const int ta = max(t0, 0), tb = min(t1, X_T);
    const int ha = max(h0, 0), hb = min(h1, X_H);
    lane_t sum[TILE_W];
    UNROLL for (int r = 0; r < TILE_W; r++) sum[r] = 0.0f;
    for (int t = ta; t < tb; t++)
        for (int h = ha; h < hb; h++) {
            __global const STORED(X) *row =
                x + ((n * X_T + t) * X_H + h) * X_W * X_ROW + X_OFFSET + c;
            UNROLL for (int i = 0; i < SPAN; i++)
            {
                lane_t v = 0.0f;
                if ((uint)(w0 + i) < X_W)
                    v = lane_get(X, row + (w0 + i) * X_ROW);
                UNROLL for (int r = 0; r < TILE_W; r++)
                    if (i >= r * STRIDE_W && i < r * STRIDE_W + K_W)
                        sum[r] += v;
            }
        }
    const size_t first = ((n * Y_T + ot) * Y_H + oh) * Y_W + ow;
    UNROLL for (int r = 0; r < TILE_W; r++)
    {
        const int left = w0 + r * STRIDE_W, right = min(left + K_W, PADDED_W);
#if COUNT_INCLUDE_PAD
        const float count = (float)((t1 - t0) * (h1 - h0) * (right - left));
#else
        const float count = (float)((tb - ta) * (hb - ha) * (min(right, X_W) - max(left, 0)));
#endif
        /* Corrected by the remainder: OpenCL's division may be off by 2.5 ulp, integers must not
         * be. */
        const lane_t mean = sum[r] / count;
        const lane_t rest = fma(-mean, (lane_t)count, sum[r]) / count;
        if (ow + r < Y_W)
            lane_put_part(Y, mean + rest, y + (first + r) * Y_ROW + Y_OFFSET + c, c, Y_OWN);
    }
#endif
}
