/* SPDX-License-Identifier: MIT */
// LINT: -DVEC=16 -DX_T=17 -DX_ROW=16 -DY_T=16 -DFRAME=12544 -DMODE=0 -DSTEP=1
// LINT: -DVEC=4 -DX_T=17 -DX_ROW=16 -DY_T=15 -DFRAME=12544 -DMODE=2 -DSTEP=2
// LINT: -DVEC=8 -DX_T=16 -DX_ROW=16 -DY_T=16 -DFRAME=12544 -DMODE=4 -DSTEP=1
/* Differences of frames a = x[t], b = x[t+STEP]. MODE 0: |b-a|, 1: b-a, 2: ((a-b)+1)/2.
 * MODE 3 and 4 are 1 and 2 of a = x[t-1], b = x[t], where the last frame stands before the first.
 *
 * NDRange {X_ROW/VEC, Y_T*FRAME, N}: VEC channels of an output pixel. FRAME: H*W.
 * X_ROW: floats from pixel to pixel, of both tensors.
 */
__kernel void residual(__global const float *restrict x, __global float *restrict y, const int run)
{
    if (!run)
        return;
    const size_t c = get_global_id(0) * VEC, p = get_global_id(1), n = get_global_id(2);
#if MODE >= 3
    const size_t first = (n * X_T + (p / FRAME + X_T - 1) % X_T) * FRAME + p % FRAME;
    const size_t second = n * X_T * FRAME + p;
#else
    const size_t first = n * X_T * FRAME + p;
    const size_t second = first + STEP * FRAME;
#endif
    const lane_t a = lane_load(x + first * X_ROW + c), b = lane_load(x + second * X_ROW + c);
#if MODE == 0
    const lane_t d = fabs(b - a);
#elif MODE == 1 || MODE == 3
    const lane_t d = b - a;
#else
    const lane_t d = ((a - b) + 1.0f) * 0.5f;
#endif
    lane_store(d, y + (n * Y_T * FRAME + p) * X_ROW + c);
}
