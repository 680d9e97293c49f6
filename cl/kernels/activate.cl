/* SPDX-License-Identifier: MIT */
// LINT: -DVEC=16 ROWS -DY_OWN=64 -DACT=1
// LINT: -DVEC=4 ROWS -DY_OWN=64 -DACT=2
// LINT: -DVEC=1 ROWS -DY_OWN=43 -DACT=3
// LINT: -DVEC=16 ROWS -DY_OWN=64 -DACT=4
// LINT ROWS: -DX_ROW=64 -DX_OFFSET=0 -DY_ROW=64 -DY_OFFSET=0
/* y = act(x), element by element; x and y may be the same buffer.
 *
 * NDRange {C/VEC rounded up, N*T*H*W}: VEC channels of a pixel. ROW, OFFSET, OWN, ACT: lane.h.
 */
__kernel void activate_rows(__global const STORED(X) *x, __global STORED(Y) *y, const int run)
{
    if (!run)
        return;
    const size_t pixel = get_global_id(1);
    const int c = (int)get_global_id(0) * VEC;
    const lane_t v = lane_get(X, x + pixel * X_ROW + X_OFFSET + c);
    lane_put_part(Y, activate(v), y + pixel * Y_ROW + Y_OFFSET + c, c, Y_OWN);
}
