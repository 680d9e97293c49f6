/* SPDX-License-Identifier: MIT */
// LINT: -DVEC=16 -DX_ROW=96 -DX_OFFSET=0 -DY_ROW=256 -DY_OFFSET=64 -DY_OWN=96
// LINT: -DVEC=4 -DX_ROW=16 -DX_OFFSET=3 -DY_ROW=32 -DY_OFFSET=5 -DY_OWN=7
/* y[pixel][c] = x[pixel][c], c < Y_OWN: one input's part of a wider tensor. What its neighbours own
 * is never written, nor read, since x may stand elsewhere in the same tensor.
 *
 * NDRange {Y_OWN/VEC rounded up, N*T*H*W}: VEC channels of a pixel. X_ROW, Y_ROW, X_OFFSET,
 * Y_OFFSET: see lane.h.
 */
__kernel void concat(__global const STORED(X) *x, __global STORED(Y) *y, const int run)
{
    if (!run)
        return;
    const int c = (int)get_global_id(0) * VEC;
    const size_t pixel = get_global_id(1);
    x += pixel * X_ROW + X_OFFSET + c;
    y += pixel * Y_ROW + Y_OFFSET + c;
    if (Y_OWN % 16 == 0 || c + VEC <= Y_OWN)
        lane_put(Y, lane_get(X, x), y);
    else
        for (int i = 0; i < Y_OWN - c; i++)
            put_one(Y, get_one(X, x + i), y + i);
}
