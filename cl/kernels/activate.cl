/* SPDX-License-Identifier: MIT */
// LINT: -DVEC=16 -DX_ROW=64 -DACT=1
// LINT: -DVEC=4 -DX_ROW=64 -DACT=2
// LINT: -DVEC=1 -DX_ROW=3 -DACT=3
/* y = act(x), element by element; x and y may be the same buffer.
 *
 * NDRange {X_ROW/VEC, T*H*W, N}: VEC channels of a pixel.
 * X_ROW: floats from pixel to pixel, of both. ACT: see lane.h.
 */
__kernel void activate_rows(__global const float *x, __global float *y, const int run)
{
    if (!run)
        return;
    const size_t pixel = get_global_id(2) * get_global_size(1) + get_global_id(1);
    const size_t at = pixel * X_ROW + get_global_id(0) * VEC;
    const lane_t v = lane_load(x + at);
    lane_store(activate(v), y + at);
}
