/* SPDX-License-Identifier: MIT */
// LINT: -DVEC=16 -DX_C=64 -DX_ROW=64 MAPS
// LINT: -DVEC=4 -DX_C=6 -DX_ROW=16 MAPS
// LINT MAPS: -DX_T=8 -DX_H=112 -DX_W=112 -DY_T=7 -DY_ROW=240
// LINT MAPS: -DRADIUS_H=7 -DRADIUS_W=7 -DEPS=1e-06f
/* y[t](i,j)[(dy,dx)] = the cosine of x[t](i,j) and x[t+1](i+dy,j+dx), 0 outside.
 *
 * NDRange {2*RADIUS_H+1, Y_T*X_H*X_W, N}: one row of the window of a pixel.
 * X_ROW, Y_ROW: floats from pixel to pixel.
 */
#define COLUMNS (2 * RADIUS_W + 1)

static inline float total(lane_t v)
{
    float part[VEC], sum = 0.0f;
    lane_store(v, part);
    for (int i = 0; i < VEC; i++)
        sum += part[i];
    return sum;
}

/* Channels c .. c+VEC-1 of a pixel; 0 from X_C on. */
static inline lane_t channels(__global const STORED(X) *x, int c)
{
#if X_C % VEC
    if (c + VEC > X_C) {
        float part[VEC];
        for (int i = 0; i < VEC; i++)
            part[i] = c + i < X_C ? get_one(X, x + c + i) : 0.0f;
        return lane_load(part);
    }
#endif
    return lane_get(X, x + c);
}

static inline float cosine(__global const STORED(X) *restrict a,
                           __global const STORED(X) *restrict b)
{
    lane_t ab = (lane_t)0.0f, aa = (lane_t)0.0f, bb = (lane_t)0.0f;
    for (int c = 0; c < X_C; c += VEC) {
        const lane_t p = channels(a, c), q = channels(b, c);
        ab = fma(p, q, ab);
        aa = fma(p, p, aa);
        bb = fma(q, q, bb);
    }
    return total(ab) / (sqrt(total(aa) + EPS) * sqrt(total(bb) + EPS));
}

__kernel void cost_volume(__global const STORED(X) *restrict x, __global STORED(Y) *restrict y,
                          const int run)
{
    if (!run)
        return;
    const int dy = (int)get_global_id(0) - RADIUS_H, p = (int)get_global_id(1);
    const int t = p / (X_H * X_W), i = p / X_W % X_H, j = p % X_W;
    const size_t n = get_global_id(2);
    __global const STORED(X) *a = x + ((n * X_T + t) * X_H + i) * (X_W * X_ROW);
    __global const STORED(X) *b = a + (X_H + dy) * (X_W * X_ROW);
    __global STORED(Y) *to = y + (n * (Y_T * X_H * X_W) + p) * Y_ROW + get_global_id(0) * COLUMNS;
    for (int k = 0; k < COLUMNS; k++) {
        const int z = j + k - RADIUS_W;
        const bool inside = i + dy >= 0 && i + dy < X_H && z >= 0 && z < X_W;
        put_one(Y, inside ? cosine(a + j * X_ROW, b + z * X_ROW) : 0.0f, to + k);
    }
}
