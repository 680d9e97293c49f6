/* SPDX-License-Identifier: MIT */
// LINT: -DVEC=16 ROWS -DZ_OWN=64 -DACT=1
// LINT: -DVEC=4 ROWS -DZ_OWN=43 -DACT=0
// LINT ROWS: -DX_ROW=64 -DX_OFFSET=0 -DY_ROW=64 -DY_OFFSET=0 -DZ_ROW=64 -DZ_OFFSET=0
/* z = act(x + y), element by element; z may be the buffer of x or y.
 *
 * NDRange {C/VEC rounded up, N*T*H*W}: VEC channels of a pixel. ROW, OFFSET, OWN, ACT: lane.h.
 */
__kernel void add(__global const STORED(X) *x, __global const STORED(Y) *y, __global STORED(Z) *z,
                  const int run)
{
    if (!run)
        return;
    const size_t pixel = get_global_id(1);
    const int c = (int)get_global_id(0) * VEC;
    const lane_t v = lane_get(X, x + pixel * X_ROW + X_OFFSET + c) +
                     lane_get(Y, y + pixel * Y_ROW + Y_OFFSET + c);
    lane_put_part(Z, activate(v), z + pixel * Z_ROW + Z_OFFSET + c, c, Z_OWN);
}
