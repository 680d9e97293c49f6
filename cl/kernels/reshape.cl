/* SPDX-License-Identifier: MIT */
// LINT: -DX_PIXELS=16 -DX_ROW=512 -DY_PIXELS=4 -DY_ROW=64
/* Element i of a window in C T H W order is element i of the result: channel i / PIXELS of pixel
 * i % PIXELS, on either side.
 *
 * NDRange {C, T*H*W, N} of y. PIXELS: T*H*W. ROW: numbers from pixel to pixel.
 */
__kernel void reshape(__global const STORED(X) *restrict x, __global STORED(Y) *restrict y,
                      const int run)
{
    if (!run)
        return;
    const size_t c = get_global_id(0), p = get_global_id(1), n = get_global_id(2);
    const size_t i = c * Y_PIXELS + p;
    const float v = get_one(X, x + (n * X_PIXELS + i % X_PIXELS) * X_ROW + i / X_PIXELS);
    put_one(Y, v, y + (n * Y_PIXELS + p) * Y_ROW + c);
}
