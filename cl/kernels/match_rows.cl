/* SPDX-License-Identifier: MIT */
// LINT: -DVEC=16 -DX_C=64 -DLEFT=7 -DWIDTH=144 MAPS
// LINT: -DVEC=8 -DX_C=37 -DLEFT=7 -DWIDTH=144 MAPS
// LINT: -DVEC=4 -DX_C=6 -DLEFT=7 -DWIDTH=144 MAPS
// LINT MAPS: -DX_H=112 -DX_W=112 -DX_ROW=64 -DEPS=1e-06f
/* Features of length 1, ready to be matched: rows[frame][i][c][LEFT + j] = x[frame](i,j)[c] /
 * sqrt(EPS + sum of squares), 0 left and right of the frame. Pixels become neighbours in memory.
 *
 * NDRange {WIDTH/VEC, X_H, frames of all windows}: VEC pixels of a row.
 * X_ROW: floats from pixel to pixel of x. WIDTH: of a row of one channel.
 */

/* Halves of a and b in turn. A matrix of VEC rows is transposed by log2(VEC) rounds of it, since a
 * round turns the bits of (row, column) by one. */
#if VEC == 16
#define ROUNDS 4
#define ZIP(a, b)                                                                            \
    (lane_t)((a).s0, (b).s0, (a).s1, (b).s1, (a).s2, (b).s2, (a).s3, (b).s3, (a).s4, (b).s4, \
             (a).s5, (b).s5, (a).s6, (b).s6, (a).s7, (b).s7)
#define ZIP_HIGH(a, b)                                                                       \
    (lane_t)((a).s8, (b).s8, (a).s9, (b).s9, (a).sa, (b).sa, (a).sb, (b).sb, (a).sc, (b).sc, \
             (a).sd, (b).sd, (a).se, (b).se, (a).sf, (b).sf)
#elif VEC == 8
#define ROUNDS 3
#define ZIP(a, b) (lane_t)((a).s0, (b).s0, (a).s1, (b).s1, (a).s2, (b).s2, (a).s3, (b).s3)
#define ZIP_HIGH(a, b) (lane_t)((a).s4, (b).s4, (a).s5, (b).s5, (a).s6, (b).s6, (a).s7, (b).s7)
#else
#define ROUNDS 2
#define ZIP(a, b) (lane_t)((a).s0, (b).s0, (a).s1, (b).s1)
#define ZIP_HIGH(a, b) (lane_t)((a).s2, (b).s2, (a).s3, (b).s3)
#endif

__kernel void match_rows(__global const STORED(X) *restrict x, __global float *restrict rows,
                         const int run)
{
    if (!run)
        return;
    const int at = (int)get_global_id(0) * VEC;
    const size_t row = get_global_id(2) * X_H + get_global_id(1);
    __global const STORED(X) *from = x + row * (X_W * X_ROW);
    __global float *to = rows + row * (X_C * WIDTH) + at;
    lane_t sum = (lane_t)0.0f;
    for (int c = 0; c < X_C; c += VEC) {
        lane_t v[VEC], w[VEC];
        UNROLL for (int k = 0; k < VEC; k++) {
            const int j = at - LEFT + k;
            v[k] = lane_get(X, from + clamp(j, 0, X_W - 1) * X_ROW + c);
            v[k] = j >= 0 && j < X_W ? v[k] : (lane_t)0.0f;
        }
        UNROLL for (int round = 0; round < ROUNDS; round++) {
            UNROLL for (int k = 0; k < VEC / 2; k++) {
                w[2 * k] = ZIP(v[k], v[k + VEC / 2]);
                w[2 * k + 1] = ZIP_HIGH(v[k], v[k + VEC / 2]);
            }
            UNROLL for (int k = 0; k < VEC; k++) v[k] = w[k];
        }
        UNROLL for (int k = 0; k < VEC; k++)
            if (c + k < X_C) {
                sum = fma(v[k], v[k], sum);
                lane_store(v[k], to + (c + k) * WIDTH);
            }
    }
    const lane_t scale = 1.0f / sqrt(sum + EPS);
    for (int c = 0; c < X_C; c++)
        lane_store(lane_load(to + c * WIDTH) * scale, to + c * WIDTH);
}
