/* SPDX-License-Identifier: MIT */
// LINT: -DVEC=16 -DX_C=64 -DX_ROW=64 GEOMETRY
// LINT: -DVEC=4 -DX_C=13 -DX_ROW=16 GEOMETRY
// LINT GEOMETRY: -DX_T=8 -DX_H=28 -DX_W=28 -DY_T=4 -DY_H=14 -DY_W=14 -DY_ROW=128
// LINT GEOMETRY: -DSTRIDE_T=2 -DSTRIDE_H=2 -DSTRIDE_W=2
/* y[t,h,w][c] = c < X_C ? x[t*STRIDE_T, h*STRIDE_H, w*STRIDE_W][c] : 0.
 *
 * NDRange {Y_ROW/VEC, Y_T*Y_H*Y_W, N}: VEC channels of an output pixel.
 * X_ROW, Y_ROW: floats from pixel to pixel.
 */
__kernel void shortcut_pad(__global const STORED(X) *restrict x, __global STORED(Y) *restrict y,
                           const int run)
{
    if (!run)
        return;
    const int c = (int)get_global_id(0) * VEC, p = (int)get_global_id(1);
    const size_t n = get_global_id(2);
    const int t = p / (Y_H * Y_W) * STRIDE_T;
    const int h = p / Y_W % Y_H * STRIDE_H;
    const int w = p % Y_W * STRIDE_W;
    __global const STORED(X) *from = x + (((n * X_T + t) * X_H + h) * X_W + w) * X_ROW + c;
    __global STORED(Y) *to = y + (n * (Y_T * Y_H * Y_W) + p) * Y_ROW + c;
    if (c + VEC <= X_C)
        lane_put(Y, lane_get(X, from), to);
    else if (c >= X_C)
        lane_put(Y, (lane_t)0.0f, to);
    else
        for (int i = 0; i < VEC; i++)
            put_one(Y, c + i < X_C ? get_one(X, from + i) : 0.0f, to + i);
}
