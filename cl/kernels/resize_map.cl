/* SPDX-License-Identifier: MIT */
// LINT: -DVEC=16 -DX_H=112 -DX_W=112 -DROW=16 -DT=7 -DY_H=224 -DY_W=224 -DGAIN=2.0f
// LINT: -DVEC=4 -DX_H=7 -DX_W=5 -DROW=16 -DT=1 -DY_H=3 -DY_W=9 -DGAIN=1.0f
/* Every frame of x, resized bilinearly (no antialias), times GAIN. Places are whole numbers of
 * 2*Y_H-ths and 2*Y_W-ths of a pixel of x, so nothing is rounded before the weights.
 *
 * NDRange {ROW/VEC, T*Y_H*Y_W, N}: VEC channels of an output pixel.
 * ROW: floats from pixel to pixel, of both tensors.
 */
__kernel void resize_map(__global const STORED(X) *restrict x, __global STORED(Y) *restrict y,
                         const int run)
{
    if (!run)
        return;
    const int c = (int)get_global_id(0) * VEC, p = (int)get_global_id(1);
    const size_t n = get_global_id(2);
    const int v = max((2 * (p / Y_W % Y_H) + 1) * X_H - Y_H, 0);
    const int h = max((2 * (p % Y_W) + 1) * X_W - Y_W, 0);
    const int y0 = v / (2 * Y_H), y1 = min(y0 + 1, X_H - 1);
    const int x0 = h / (2 * Y_W), x1 = min(x0 + 1, X_W - 1);
    const float down = (float)(v % (2 * Y_H)) / (2 * Y_H);
    const float right = (float)(h % (2 * Y_W)) / (2 * Y_W);
    __global const STORED(X) *from = x + (n * T + p / (Y_H * Y_W)) * (X_H * X_W * ROW) + c;
    const lane_t a = lane_get(X, from + (y0 * X_W + x0) * ROW);
    const lane_t b = lane_get(X, from + (y0 * X_W + x1) * ROW);
    const lane_t d = lane_get(X, from + (y1 * X_W + x0) * ROW);
    const lane_t e = lane_get(X, from + (y1 * X_W + x1) * ROW);
    const lane_t upper = a * (1.0f - right) + b * right, lower = d * (1.0f - right) + e * right;
    lane_put(Y, (upper * (1.0f - down) + lower * down) * GAIN,
               y + (n * (T * Y_H * Y_W) + p) * ROW + c);
}
