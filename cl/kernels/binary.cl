/* SPDX-License-Identifier: MIT */
// LINT: -DFN=0 X_STRIDES Y_STRIDES RESULT
// LINT: -DFN=1 X_STRIDES Y_STRIDES RESULT
// LINT: -DFN=2 X_STRIDES Y_STRIDES RESULT
// LINT: -DFN=3 X_STRIDES Y_STRIDES RESULT
// LINT: -DFN=4 X_STRIDES Y_STRIDES RESULT
// LINT: -DFN=5 X_STRIDES Y_STRIDES RESULT
// LINT: -DFN=6 X_STRIDES Y_STRIDES RESULT
// LINT RESULT: -DZ_T=2 -DZ_H=5 -DZ_W=3 -DZ_ROW=48
// LINT X_STRIDES: -DX_BY_N=2160 -DX_BY_C=1 -DX_BY_T=720 -DX_BY_H=144 -DX_BY_W=48
// LINT Y_STRIDES: -DY_BY_N=0 -DY_BY_C=15 -DY_BY_T=0 -DY_BY_H=3 -DY_BY_W=1
/* z = FN of x and y. FN is an index into the choices of engine/op/binary.c.
 *
 * NDRange {C, T*H*W, N}: a number. P_BY_N, _C, _T, _H, _W: how far operand P moves with each axis
 * of z; 0 where it is the same for all.
 */
#define FROM(P)                                                                                    \
    (n * (size_t)P##_BY_N + c * P##_BY_C + p / (Z_H * Z_W) * (size_t)P##_BY_T +                    \
     p / Z_W % Z_H * (size_t)P##_BY_H + p % Z_W * (size_t)P##_BY_W)

__kernel void binary(__global const STORED(X) *restrict x, __global const STORED(Y) *restrict y,
                     __global STORED(Z) *restrict z, const int run)
{
    if (!run)
        return;
    const size_t c = get_global_id(0), p = get_global_id(1), n = get_global_id(2);
    const float a = get_one(X, x + FROM(X)), b = get_one(Y, y + FROM(Y));
#if FN == 0
    const float v = a + b;
#elif FN == 1
    const float v = a - b;
#elif FN == 2
    const float v = a * b;
#elif FN == 3
    const float v = a / b;
#elif FN == 4
    const float v = a > b || isnan(a) ? a : b;
#elif FN == 5
    const float v = a < b || isnan(a) ? a : b;
#else
    const float v = pow(a, b);
#endif
    put_one(Z, v, z + (n * (Z_T * Z_H * Z_W) + p) * Z_ROW + c);
}
