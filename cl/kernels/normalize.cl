/* SPDX-License-Identifier: MIT */
// LINT: -DX_U8=1 -DX_ROW=3 -DY_ROW=16 -DPIXELS=200704 -DCUBE=0 COLOURS
// LINT: -DX_U8=0 -DX_ROW=16 -DY_ROW=16 -DPIXELS=200704 -DCUBE=1 COLOURS
// LINT COLOURS: -DSCALE_0=1.0f -DMEAN_0=0.5f -DSTD_0=0.25f -DINVERSE_0=4.0f
// LINT COLOURS: -DSCALE_1=1.0f -DMEAN_1=0.5f -DSTD_1=0.25f -DINVERSE_1=4.0f
// LINT COLOURS: -DSCALE_2=1.0f -DMEAN_2=0.5f -DSTD_2=0.25f -DINVERSE_2=4.0f
/* y = (x * SCALE - mean) / STD, three channels, each operation rounded to float.
 *
 * NDRange {T*H*W, N}: one pixel. X_U8: x holds bytes, else numbers. PIXELS: T*H*W.
 * CUBE: the mean is cube[c][pixel], else MEAN_c. INVERSE_c: 1/STD_c rounded to float.
 * X_ROW, Y_ROW: elements from pixel to pixel.
 */
#pragma OPENCL FP_CONTRACT OFF

#if X_U8
#define input_t uchar
#define input(p) (*(p))
#else
#define input_t STORED(X)
#define input(p) get_one(X, p)
#endif

/* a / std as IEEE division gives it, where OpenCL's own may be off by 2.5 ulp: two corrections by
 * the exact remainder are enough when `inverse` is the correctly rounded reciprocal (Markstein). */
static float divide(float a, float std, float inverse)
{
    float q = a * inverse;
    q = fma(fma(-q, std, a), inverse, q);
    return fma(fma(-q, std, a), inverse, q);
}

__kernel void normalize_frames(__global const input_t *restrict x,
                               __global const float *restrict cube, __global STORED(Y) *restrict y,
                               const int run)
{
    if (!run)
        return;
    const size_t p = get_global_id(0), at = get_global_id(1) * PIXELS + p;
#if CUBE
    const float mean[3] = {cube[p], cube[PIXELS + p], cube[2 * PIXELS + p]};
#else
    const float mean[3] = {MEAN_0, MEAN_1, MEAN_2};
#endif
    __global const input_t *from = x + at * X_ROW;
    __global STORED(Y) *to = y + at * Y_ROW;
    put_one(Y, divide(input(from + 0) * SCALE_0 - mean[0], STD_0, INVERSE_0), to + 0);
    put_one(Y, divide(input(from + 1) * SCALE_1 - mean[1], STD_1, INVERSE_1), to + 1);
    put_one(Y, divide(input(from + 2) * SCALE_2 - mean[2], STD_2, INVERSE_2), to + 2);
}
