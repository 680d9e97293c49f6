/* SPDX-License-Identifier: MIT */
// LINT: -DX_C=64 -DX_ROW=64 -DY_ROW=48 -DZ_T=8 -DFRAME=49 -DZ_ROW=48
/* z[n][t][p][m] = sum over k of x[n][t][p][k] * y[n][t][k][m].
 *
 * NDRange {M, Z_T*FRAME, N}: a number. FRAME: H*W of x and z. ROW: numbers from pixel to pixel.
 */
__kernel void matmul(__global const STORED(X) *restrict x, __global const STORED(Y) *restrict y,
                     __global STORED(Z) *restrict z, const int run)
{
    if (!run)
        return;
    const size_t m = get_global_id(0), p = get_global_id(1), n = get_global_id(2);
    __global const STORED(X) *a = x + (n * Z_T * FRAME + p) * X_ROW;
    __global const STORED(Y) *b = y + (n * Z_T + p / FRAME) * X_C * Y_ROW + m;
    float sum = 0.0f;
    for (int k = 0; k < X_C; k++)
        sum = fma(get_one(X, a + k), get_one(Y, b + (size_t)k * Y_ROW), sum);
    put_one(Z, sum, z + (n * Z_T * FRAME + p) * Z_ROW + m);
}
