/* SPDX-License-Identifier: MIT */
// LINT: -DVEC=16 ROWS -DY_OWN=64 -DEPS=1e-05f -DACT=1
// LINT: -DVEC=4 ROWS -DY_OWN=45 -DEPS=1e-05f -DACT=0
// LINT: -DVEC=1 ROWS -DY_OWN=48 -DEPS=1e-05f -DACT=0
// LINT ROWS: -DX_ROW=64 -DX_OFFSET=0 -DY_ROW=64 -DY_OFFSET=0
/* y = act((x - mean) * gamma / sqrt(var + EPS) + beta) per channel; x and y may be one buffer.
 *
 * NDRange {C/VEC rounded up, N*T*H*W}: VEC channels of a pixel. The four parameters may be read up
 * to the end of the lane that holds the last one. ROW, OFFSET, OWN, ACT: lane.h.
 */
__kernel void batchnorm(__global const STORED(X) *x, __global const float *restrict gamma,
                        __global const float *restrict beta, __global const float *restrict mean,
                        __global const float *restrict var, __global STORED(Y) *y, const int run)
{
    if (!run)
        return;
    const int c = (int)get_global_id(0) * VEC;
    const size_t pixel = get_global_id(1);
    const lane_t scale = lane_load(gamma + c) / sqrt(lane_load(var + c) + EPS);
    const lane_t v = fma(lane_get(X, x + pixel * X_ROW + X_OFFSET + c) - lane_load(mean + c), scale,
                         lane_load(beta + c));
    lane_put_part(Y, activate(v), y + pixel * Y_ROW + Y_OFFSET + c, c, Y_OWN);
}
