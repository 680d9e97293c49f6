/* SPDX-License-Identifier: MIT */
// LINT: -DVEC=16 -DTEAM=1 -DROWS=8 -DPOSITIONS=30 SIZES -DBIAS=1 -DACT=0
// LINT: -DVEC=8 -DTEAM=1 -DROWS=3 -DPOSITIONS=3 -DINPUTS=7 -DX_ROW=16 -DY_ROW=16 -DBIAS=0 -DACT=2
// LINT: -DVEC=4 -DTEAM=32 -DROWS=1 -DPOSITIONS=30 SIZES -DBIAS=1 -DACT=1
// LINT SIZES: -DINPUTS=509 -DX_ROW=512 -DY_ROW=112
/* y[n][k] = act(bias[k] + sum over c of w[k][c] * x[n][c]), for n of POSITIONS positions.
 *
 * NDRange (TEAM, outputs, positions/ROWS), local (TEAM, 1, 1): a team of work-items computes one
 * output at ROWS positions, so that a vector of weights is loaded once for all of them; it takes
 * vectors of VEC channels in turn, so neighbours read neighbouring memory. w is [outputs][INPUTS].
 * X_ROW, Y_ROW: floats from one n to the next. BIAS: 0 or 1. ROWS is 1 where TEAM is not.
 */
#define WHOLE (INPUTS / VEC) // whole vectors in a row

/* The sum of a lane_t's elements and of the products of the channels after the whole vectors. */
static float finish(lane_t sums, __global const STORED(W) *w, __global const STORED(X) *x,
                    int member, int inputs)
{
    float lane[VEC], sum = 0.0f;
    lane_store(sums, lane);
    for (int i = 0; i < VEC; i++)
        sum += lane[i];
    for (int c = WHOLE * VEC + member; c < inputs; c += TEAM)
        sum = fma(get_one(W, w + c), get_one(X, x + c), sum);
    return sum;
}

__attribute__((reqd_work_group_size(TEAM, 1, 1))) __kernel void
linear(__global const STORED(X) *restrict x, __global const STORED(W) *restrict w,
#if BIAS
       __global const float *restrict bias,
#endif
       __global STORED(Y) *restrict y, const int run)
{
    const int member = get_local_id(0), k = get_global_id(1), first = get_global_id(2) * ROWS;
    const int inputs = run ? INPUTS : 0, positions = run ? POSITIONS : 0;
    w += (size_t)k * INPUTS;
    size_t from[ROWS]; /* past the last position that one again: computed, not stored */
    lane_t sums[ROWS];
    UNROLL for (int r = 0; r < ROWS; r++)
    {
        from[r] = (size_t)min(first + r, POSITIONS - 1) * X_ROW;
        sums[r] = (lane_t)(0.0f);
    }
    for (int i = member; i < inputs / VEC; i += TEAM) {
        const lane_t wv = lane_get(W, w + i * VEC);
        UNROLL for (int r = 0; r < ROWS; r++) sums[r] =
            fma(wv, lane_get(X, x + from[r] + i * VEC), sums[r]);
    }
#if TEAM > 1
    __local float part[TEAM]; /* ROWS is 1 */
    part[member] = finish(sums[0], w, x + from[0], member, inputs);
    barrier(CLK_LOCAL_MEM_FENCE);
    if (member)
        return;
#endif
    for (int r = 0; r < ROWS && first + r < positions; r++) {
#if TEAM > 1
        float sum = 0.0f;
        for (int i = 0; i < TEAM; i++)
            sum += part[i];
#else
        float sum = finish(sums[r], w, x + from[r], member, inputs);
#endif
#if BIAS
        sum += bias[k];
#endif
        put_one(Y, activate_one(sum), y + (size_t)(first + r) * Y_ROW + k);
    }
}
