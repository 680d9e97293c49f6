/* SPDX-License-Identifier: MIT */
// LINT: MAPS -DVEC=16 -DSIGN=- -DHARD=0 -DDIFFERENCE=0
// LINT: MAPS -DVEC=4 -DSIGN=+ -DHARD=1 -DDIFFERENCE=1
// LINT MAPS: -DX_T=8 -DX_H=112 -DX_W=112 -DX_ROW=64 -DV_ROW=16 -DY_T=7
/* y[t](p) = x[t](p SIGN v[t](p)), bilinear; with DIFFERENCE x[t+1](p) less that. Pixels outside
 * count as 0; with HARD so does every value whose place is outside.
 *
 * NDRange {1 or X_ROW/VEC, Y_T*X_H*X_W, N}: all channels of a pixel or VEC of them.
 * X_ROW: floats from pixel to pixel, of x and y. v: row, column, padding up to V_ROW.
 */

/* The displacement is split before it is added: its fraction loses no digits to the place. Places
 * far outside, and NaN, are -2: no pixel is there. */
static inline int whole_place(int i, int size, float move)
{
    const float place = floor(move) + i;
    return place >= -1.0f && place < size ? (int)place : -2;
}

static inline float inside(int i, int size)
{
    return i >= 0 && i < size ? 1.0f : 0.0f;
}

__kernel void warp(__global const STORED(X) *restrict x, __global const STORED(V) *restrict v,
                   __global STORED(Y) *restrict y, const int run)
{
    if (!run)
        return;
    const int p = (int)get_global_id(1), t = p / (X_H * X_W), i = p / X_W % X_H, j = p % X_W;
    const size_t n = get_global_id(2), pixel = n * (Y_T * X_H * X_W) + p;
    const float down = SIGN get_one(V, v + pixel * V_ROW);
    const float right = SIGN get_one(V, v + pixel * V_ROW + 1);
    const int row = whole_place(i, X_H, down), col = whole_place(j, X_W, right);
    const float r = down - floor(down), c = right - floor(right);
    float above = (1.0f - r) * inside(row, X_H), below = r * inside(row + 1, X_H);
#if HARD
    if (!(i + down >= 0.0f && i + down <= X_H - 1.0f && j + right >= 0.0f &&
          j + right <= X_W - 1.0f))
        above = below = 0.0f;
#endif
    const float left = (1.0f - c) * inside(col, X_W), beside = c * inside(col + 1, X_W);
    const float k00 = above * left, k01 = above * beside, k10 = below * left, k11 = below * beside;
    const int r0 = clamp(row, 0, X_H - 1) * X_W, r1 = clamp(row + 1, 0, X_H - 1) * X_W;
    const int c0 = clamp(col, 0, X_W - 1), c1 = clamp(col + 1, 0, X_W - 1);
    __global const STORED(X) *from = x + (n * X_T + t) * (X_H * X_W * X_ROW);
    __global STORED(Y) *to = y + pixel * X_ROW;
    for (int ch = (int)get_global_id(0) * VEC; ch < X_ROW; ch += (int)get_global_size(0) * VEC) {
        const lane_t upper = lane_get(X, from + (r0 + c0) * X_ROW + ch) * k00 +
                             lane_get(X, from + (r0 + c1) * X_ROW + ch) * k01;
        const lane_t lower = lane_get(X, from + (r1 + c0) * X_ROW + ch) * k10 +
                             lane_get(X, from + (r1 + c1) * X_ROW + ch) * k11;
#if DIFFERENCE
        const lane_t next = lane_get(X, from + (X_H * X_W + i * X_W + j) * X_ROW + ch);
        lane_put(Y, next - (upper + lower), to + ch);
#else
        lane_put(Y, upper + lower, to + ch);
#endif
    }
}
