/* SPDX-License-Identifier: MIT */
// LINT: -DVEC=16 -DX_ROW=64 -DACT=1
// LINT: -DVEC=4 -DX_ROW=64 -DACT=0
/* z = act(x + y), element by element; z may be the buffer of x or y.
 *
 * NDRange {X_ROW/VEC, T*H*W, N}: VEC channels of a pixel.
 * X_ROW: floats from pixel to pixel, of all three. ACT: see lane.h.
 */
__kernel void add(__global const float *x, __global const float *y, __global float *z,
                  const int run)
{
    if (!run)
        return;
    const size_t pixel = get_global_id(2) * get_global_size(1) + get_global_id(1);
    const size_t at = pixel * X_ROW + get_global_id(0) * VEC;
    const lane_t v = lane_load(x + at) + lane_load(y + at);
    lane_store(activate(v), z + at);
}
