/* SPDX-License-Identifier: MIT */
// LINT: -DVEC=16 ROWS -DY_OWN=64 -DACT=1 -DBIAS=1 -DADD=1
// LINT: -DVEC=4 ROWS -DY_OWN=43 -DACT=0 -DBIAS=1 -DADD=0
// LINT: -DVEC=4 ROWS -DY_OWN=43 -DACT=2 -DBIAS=0 -DADD=1
// LINT ROWS: -DZ_ROW=64 -DZ_OFFSET=0 -DY_ROW=64 -DY_OFFSET=0
/* y = act(y + bias + add), element by element, behind a product that can only store.
 *
 * NDRange {C/VEC rounded up, N*T*H*W}: VEC channels of a pixel. ROW, OFFSET, OWN, ACT: lane.h.
 * bias: floats, readable up to a whole lane. BIAS, ADD: whether there is one; add is operand Z.
 */
__kernel void conv_epilogue(
#if BIAS
    __global const float *restrict bias,
#endif
#if ADD
    __global const STORED(Z) *add,
#endif
    __global STORED(Y) *y, const int run)
{
    if (!run)
        return;
    const size_t pixel = get_global_id(1);
    const int c = (int)get_global_id(0) * VEC;
    lane_t v = lane_get(Y, y + pixel * Y_ROW + Y_OFFSET + c);
#if BIAS
    v += lane_load(bias + c);
#endif
#if ADD
    v += lane_get(Z, add + pixel * Z_ROW + Z_OFFSET + c);
#endif
    lane_put_part(Y, activate(v), y + pixel * Y_ROW + Y_OFFSET + c, c, Y_OWN);
}
