/* SPDX-License-Identifier: MIT */
// LINT: -DVEC=16 -DPIXELS=100352 -DEACH=100352 -DPLUS=1.0f ROWS -DY_OWN=192
// LINT: -DVEC=4 -DPIXELS=60 -DEACH=20 -DPLUS=0.0f ROWS -DY_OWN=37
// LINT ROWS: -DX_ROW=192 -DX_OFFSET=0 -DM_ROW=192 -DM_OFFSET=0 -DY_ROW=256 -DY_OFFSET=64
/* y = x * (m + PLUS): m has one row of factors for each EACH pixels (a window's or a frame's).
 *
 * NDRange {C/VEC rounded up, PIXELS, N}: VEC channels of a pixel. PIXELS: T*H*W. x and y may be the
 * same. ROW, OFFSET, OWN: lane.h.
 */
__kernel void channel_scale(__global const STORED(X) *x, __global const STORED(M) *m,
                            __global STORED(Y) *y, const int run)
{
    if (!run)
        return;
    const int c = (int)get_global_id(0) * VEC;
    const size_t p = get_global_id(2) * PIXELS + get_global_id(1);
    const lane_t factor = lane_get(M, m + p / EACH * M_ROW + M_OFFSET + c) + PLUS;
    const lane_t v = lane_get(X, x + p * X_ROW + X_OFFSET + c) * factor;
    lane_put_part(Y, v, y + p * Y_ROW + Y_OFFSET + c, c, Y_OWN);
}
