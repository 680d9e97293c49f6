/* SPDX-License-Identifier: MIT */
// LINT: -DVEC=16 -DY_OWN=64 -DCOUNT_INCLUDE_PAD=1 GEOMETRY
// LINT: -DVEC=4 -DY_OWN=43 -DCOUNT_INCLUDE_PAD=0 GEOMETRY
// LINT GEOMETRY: -DX_T=16 -DX_H=56 -DX_W=56 -DX_ROW=64 -DY_T=8 -DY_H=28 -DY_W=28
// LINT GEOMETRY: -DX_OFFSET=0 -DY_ROW=64 -DY_OFFSET=0
// LINT GEOMETRY: -DK_T=3 -DK_H=3 -DK_W=3 -DSTRIDE_T=2 -DSTRIDE_H=2 -DSTRIDE_W=2
// LINT GEOMETRY: -DBEGIN_T=1 -DBEGIN_H=1 -DBEGIN_W=1 -DPADDED_T=17 -DPADDED_H=57 -DPADDED_W=57
/* Mean over windows: output o sees inputs o*STRIDE - BEGIN + k, k < K, on each axis.
 *
 * NDRange {C/VEC rounded up, Y_T*Y_H*Y_W, N}: VEC channels of an output pixel. ROW, OFFSET, OWN:
 * lane.h.
 * The divisor counts positions below PADDED (COUNT_INCLUDE_PAD), or those inside x.
 */
__kernel void avgpool3d(__global const STORED(X) *x, __global STORED(Y) *y, const int run)
{
    if (!run)
        return;
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
}
