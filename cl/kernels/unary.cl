/* SPDX-License-Identifier: MIT */
// LINT: -DVEC=16 -DY_OWN=64 -DFN=0 ROWS
// LINT: -DVEC=4 -DY_OWN=43 -DFN=1 ROWS
// LINT: -DVEC=16 -DY_OWN=64 -DFN=2 ROWS
// LINT: -DVEC=16 -DY_OWN=64 -DFN=3 ROWS
// LINT: -DVEC=16 -DY_OWN=64 -DFN=4 ROWS
// LINT: -DVEC=16 -DY_OWN=64 -DFN=5 ROWS
// LINT: -DVEC=16 -DY_OWN=64 -DFN=6 ROWS
// LINT: -DVEC=16 -DY_OWN=64 -DFN=7 ROWS
// LINT: -DVEC=16 -DY_OWN=64 -DFN=8 ROWS
// LINT: -DVEC=16 -DY_OWN=64 -DFN=9 ROWS
// LINT: -DVEC=1 -DY_OWN=64 -DFN=10 ROWS
// LINT: -DVEC=16 -DY_OWN=64 -DFN=11 ROWS
// LINT ROWS: -DX_ROW=64 -DX_OFFSET=0 -DY_ROW=64 -DY_OFFSET=0 -DA=0.5f -DB=1.5f
/* y = FN of x with the numbers A and B, element by element; x and y may be the same buffer.
 *
 * NDRange {C/VEC rounded up, N*T*H*W}: VEC channels of a pixel. ROW, OFFSET, OWN: lane.h.
 * FN is an index into the choices of engine/op/unary.c. NaN stays NaN, which fmin would hide.
 */
#define WITHIN(v, low, high)                                                                       \
    ((v) < (low) ? (lane_t)(low) : ((v) > (high) ? (lane_t)(high) : (v)))

static inline lane_t function(const lane_t v)
{
#if FN == 0
    return v * A + B;
#elif FN == 1
    return fabs(v);
#elif FN == 2
    return sqrt(v);
#elif FN == 3
    return v * v;
#elif FN == 4
    return exp(v);
#elif FN == 5
    return tanh(v);
#elif FN == 6
    return WITHIN(v, A, B);
#elif FN == 7
    return v < 0.0f ? v * A : v;
#elif FN == 8
    return v < 0.0f ? expm1(v) * A : v;
#elif FN == 9
    const lane_t line = v * A + B;
    return WITHIN(line, 0.0f, 1.0f);
#elif FN == 10
    const lane_t gate = v / 6.0f + 0.5f;
    return v * WITHIN(gate, 0.0f, 1.0f);
#else
    return pow(v, (lane_t)(A));
#endif
}

__kernel void unary_rows(__global const STORED(X) *x, __global STORED(Y) *y, const int run)
{
    if (!run)
        return;
    const size_t pixel = get_global_id(1);
    const int c = (int)get_global_id(0) * VEC;
    const lane_t v = lane_get(X, x + pixel * X_ROW + X_OFFSET + c);
    lane_put_part(Y, function(v), y + pixel * Y_ROW + Y_OFFSET + c, c, Y_OWN);
}
