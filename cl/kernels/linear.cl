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
static float finish(lane_t sums, __global const float *w, __global const float *x, int member)
{
    float lane[VEC], sum = 0.0f;
    lane_store(sums, lane);
    for (int i = 0; i < VEC; i++)
        sum += lane[i];
    for (int c = WHOLE * VEC + member; c < INPUTS; c += TEAM)
        sum = fma(w[c], x[c], sum);
    return sum;
}

__attribute__((reqd_work_group_size(TEAM, 1, 1))) __kernel void
linear(__global const float *restrict x, __global const float *restrict w,
#if BIAS
       __global const float *restrict bias,
#endif
       __global float *restrict y, const int run)
{
    if (!run)
        return;
    const int member = get_local_id(0), k = get_global_id(1), first = get_global_id(2) * ROWS;
#if TEAM > 1
    __local float part[TEAM];
#endif
    w += (size_t)k * INPUTS;
    size_t from[ROWS]; /* past the last position that one again: computed, not stored */
    lane_t sums[ROWS];
    UNROLL for (int r = 0; r < ROWS; r++)
    {
        from[r] = (size_t)min(first + r, POSITIONS - 1) * X_ROW;
        sums[r] = (lane_t)(0.0f);
    }
    for (int i = member; i < WHOLE; i += TEAM) {
        const lane_t wv = lane_load(w + i * VEC);
        UNROLL for (int r = 0; r < ROWS; r++)
            sums[r] = fma(wv, lane_load(x + from[r] + i * VEC), sums[r]);
    }
    for (int r = 0; r < ROWS && first + r < POSITIONS; r++) {
        float sum = finish(sums[r], w, x + from[r], member);
#if TEAM > 1
        part[member] = sum;
        barrier(CLK_LOCAL_MEM_FENCE);
        if (member)
            return;
        for (int i = 1; i < TEAM; i++)
            sum += part[i];
#endif
#if BIAS
        sum += bias[k];
#endif
        y[(size_t)(first + r) * Y_ROW + k] = activate_one(sum);
    }
}
