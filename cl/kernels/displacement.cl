/* SPDX-License-Identifier: MIT */
// LINT: MAPS -DTAU=0.01f -DWTA=0 -DMASK=0
// LINT: MAPS -DTAU=0.01f -DWTA=1 -DMASK=1
// LINT MAPS: -DX_T=7 -DX_H=112 -DX_W=112 -DX_ROW=240 -DY_ROW=16 -DRADIUS_H=7 -DRADIUS_W=7
/* y = row and column of a pixel's match: mean place of its window under the softmax of x/TAU, or
 * with WTA the first of the best places. With MASK places outside the frame are left out.
 *
 * NDRange {X_W, X_T*X_H, N}: a pixel. X_ROW, Y_ROW: floats from pixel to pixel.
 */
#define COLUMNS (2 * RADIUS_W + 1)

__kernel void displacement(__global const STORED(X) *restrict x, __global STORED(Y) *restrict y,
                           const int run)
{
    if (!run)
        return;
    const int j = (int)get_global_id(0);
    const size_t pixel = (get_global_id(2) * (X_T * X_H) + get_global_id(1)) * X_W + j;
    __global const STORED(X) *c = x + pixel * X_ROW + RADIUS_H * COLUMNS + RADIUS_W;
#if MASK
    const int i = (int)get_global_id(1) % X_H;
    const int top = max(-i, -RADIUS_H), bottom = min(X_H - 1 - i, RADIUS_H);
    const int left = max(-j, -RADIUS_W), right = min(X_W - 1 - j, RADIUS_W);
#else
    const int top = -RADIUS_H, bottom = RADIUS_H, left = -RADIUS_W, right = RADIUS_W;
#endif
    float best = -INFINITY, down = 0.0f, across = 0.0f;
    for (int dy = top; dy <= bottom; dy++)
        for (int dx = left; dx <= right; dx++) {
            const float v = get_one(X, c + dy * COLUMNS + dx);
            if (!(v <= best) && !isnan(best)) { /* a NaN stays */
                best = v;
                down = dy;
                across = dx;
            }
        }
#if WTA
    if (isnan(best))
        down = across = best;
#else
    float sum = 0.0f;
    down = across = 0.0f;
    for (int dy = top; dy <= bottom; dy++)
        for (int dx = left; dx <= right; dx++) {
            const float p = exp((get_one(X, c + dy * COLUMNS + dx) - best) / TAU);
            sum += p;
            down += p * dy;
            across += p * dx;
        }
    down /= sum;
    across /= sum;
#endif
    put_one(Y, down, y + pixel * Y_ROW);
    put_one(Y, across, y + pixel * Y_ROW + 1);
}
