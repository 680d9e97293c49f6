/* SPDX-License-Identifier: MIT */
// LINT: -DVEC=16 -DX_C=96 -DX_ROW=96 -DY_ROW=256 -DOFFSET=64
// LINT: -DVEC=4 -DX_C=7 -DX_ROW=16 -DY_ROW=32 -DOFFSET=5
/* y[pixel][OFFSET + c] = x[pixel][c], c < X_C: one input's part of a wider tensor. What its
 * neighbours own is never written.
 *
 * NDRange {X_ROW/VEC, T*H*W, N}: VEC channels of a pixel. X_ROW, Y_ROW: floats from pixel to pixel.
 */
__kernel void concat(__global const float *restrict x, __global float *restrict y, const int run)
{
    if (!run)
        return;
    const int c = (int)get_global_id(0) * VEC;
    const size_t pixel = get_global_id(2) * get_global_size(1) + get_global_id(1);
    __global const float *from = x + pixel * X_ROW + c;
    __global float *to = y + pixel * Y_ROW + OFFSET + c;
    if (c + VEC <= X_C) {
        lane_store(lane_load(from), to);
        return;
    }
    for (int i = 0; i < X_C - c; i++)
        to[i] = from[i];
}
