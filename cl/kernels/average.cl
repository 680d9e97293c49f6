/* SPDX-License-Identifier: MIT */
// LINT: -DVEC=16 -DROW=64 -DFIRST=1 -DCOUNT=1
// LINT: -DVEC=4 -DROW=64 -DFIRST=0 -DCOUNT=2
/* One input of a mean: y = ((FIRST ? 0 : y) + x) / COUNT.
 *
 * NDRange {ROW/VEC, N*T*H*W}: VEC channels of a pixel. ROW: floats from pixel to pixel, of both.
 * COUNT: inputs in all for the last one, 1 for those before it.
 */
__kernel void average(__global const STORED(X) *restrict x, __global STORED(Y) *restrict y,
                      const int run)
{
    if (!run)
        return;
    const size_t pixel = get_global_id(1);
    const size_t at = pixel * ROW + get_global_id(0) * VEC;
    lane_t sum = lane_get(X, x + at);
#if !FIRST
    sum += lane_get(Y, y + at);
#endif
    lane_put(Y, sum / (float)COUNT, y + at);
}
