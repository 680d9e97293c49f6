/* SPDX-License-Identifier: MIT */
// LINT: -DVEC=16 -DX_C=64 -DX_T=7 -DX_ROW=64 -DFRAME=12544 -DY_ROW=448
// LINT: -DVEC=4 -DX_C=2 -DX_T=7 -DX_ROW=16 -DFRAME=12544 -DY_ROW=16
/* y[p][t*X_C + c] = x[t][p][c].
 *
 * NDRange {Y_ROW/VEC, FRAME, N}: VEC channels of an output pixel. FRAME: H*W.
 * X_ROW, Y_ROW: floats from pixel to pixel.
 */
__kernel void stack_frames(__global const STORED(X) *restrict x, __global STORED(Y) *restrict y,
                           const int run)
{
    if (!run)
        return;
    const int k = (int)get_global_id(0) * VEC, p = (int)get_global_id(1);
    const size_t n = get_global_id(2);
    __global const STORED(X) *from = x + (n * (X_T * FRAME) + p) * X_ROW;
    __global STORED(Y) *to = y + (n * FRAME + p) * Y_ROW + k;
#if X_C % VEC == 0
    if (k < X_C * X_T)
        lane_put(Y, lane_get(X, from + (size_t)(k / X_C) * (FRAME * X_ROW) + k % X_C), to);
#else
    for (int i = k; i < min(k + VEC, X_C * X_T); i++)
        put_one(Y, get_one(X, from + (size_t)(i / X_C) * (FRAME * X_ROW) + i % X_C), to + i - k);
#endif
}
