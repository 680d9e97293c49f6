/* SPDX-License-Identifier: MIT */
// LINT: -DVEC=16 -DX_C=64 -DX_ROW=64 -DEPS=1e-05f -DACT=1
// LINT: -DVEC=4 -DX_C=45 -DX_ROW=48 -DEPS=1e-05f -DACT=0
// LINT: -DVEC=1 -DX_C=45 -DX_ROW=48 -DEPS=1e-05f -DACT=0
/* y = act((x - mean) * gamma / sqrt(var + EPS) + beta) per channel; x and y may be one buffer.
 *
 * NDRange {X_ROW/VEC, T*H*W, N}: VEC channels of a pixel. X_C: channels. The four parameters
 * may be read up to the end of the lane that holds the last one.
 * X_ROW: floats from pixel to pixel, of both tensors. ACT: see lane.h.
 */

__kernel void batchnorm(__global const float *x, __global const float *restrict gamma,
                        __global const float *restrict beta, __global const float *restrict mean,
                        __global const float *restrict var, __global float *y, const int run)
{
    if (!run)
        return;
    const int c = (int)get_global_id(0) * VEC;
    if (c >= X_C)
        return;
    const size_t pixel = get_global_id(2) * get_global_size(1) + get_global_id(1);
    const size_t at = pixel * X_ROW + c;
    const lane_t scale = lane_load(gamma + c) / sqrt(lane_load(var + c) + EPS);
    const lane_t v = fma(lane_load(x + at) - lane_load(mean + c), scale, lane_load(beta + c));
    lane_store(activate(v), y + at);
}
