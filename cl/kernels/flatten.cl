/* SPDX-License-Identifier: MIT */
// LINT: -DPIXELS=16 -DX_ROW=512 -DY_ROW=8192
/* y[n][c*PIXELS + p] = x[n][p][c]: from channels-last to PyTorch's order of a flattened tensor.
 *
 * NDRange {C*PIXELS, N}. PIXELS: T*H*W of x. X_ROW, Y_ROW: floats from pixel to pixel.
 */
__kernel void flatten(__global const STORED(X) *restrict x, __global STORED(Y) *restrict y,
                      const int run)
{
    if (!run)
        return;
    const size_t i = get_global_id(0), n = get_global_id(1);
    const float v = get_one(X, x + (n * PIXELS + i % PIXELS) * X_ROW + i / PIXELS);
    put_one(Y, v, y + n * Y_ROW + i);
}
