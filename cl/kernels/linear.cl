/* SPDX-License-Identifier: MIT */
// LINT: -DVEC=16 -DTEAM=1 -DINPUTS=512 -DX_ROW=512 -DY_ROW=400 -DBIAS=1 -DACT=0
// LINT: -DVEC=8 -DTEAM=1 -DINPUTS=7 -DX_ROW=16 -DY_ROW=16 -DBIAS=0 -DACT=2
// LINT: -DVEC=4 -DTEAM=32 -DINPUTS=509 -DX_ROW=512 -DY_ROW=112 -DBIAS=1 -DACT=1
/* y[n][k] = act(bias[k] + sum over c of w[k][c] * x[n][c]).
 *
 * NDRange (TEAM, outputs, N), local (TEAM, 1, 1): a team of work-items computes one value; it takes
 * vectors of VEC channels in turn, so neighbours read neighbouring memory. w is [outputs][INPUTS].
 * X_ROW, Y_ROW: floats from one n to the next. BIAS: 0 or 1.
 */
#define WHOLE (INPUTS / VEC) // whole vectors in a row

__attribute__((reqd_work_group_size(TEAM, 1, 1))) __kernel void
linear(__global const float *restrict x, __global const float *restrict w,
#if BIAS
       __global const float *restrict bias,
#endif
       __global float *restrict y, const int run)
{
    if (!run)
        return;
    const int member = get_local_id(0), k = get_global_id(1), n = get_global_id(2);
    x += (size_t)n * X_ROW;
    w += (size_t)k * INPUTS;

    lane_t sums = (lane_t)(0.0f);
    for (int i = member; i < WHOLE; i += TEAM)
        sums = fma(lane_load(w + i * VEC), lane_load(x + i * VEC), sums);
    float lane[VEC], sum = 0.0f;
    lane_store(sums, lane);
    for (int i = 0; i < VEC; i++)
        sum += lane[i];
    for (int c = WHOLE * VEC + member; c < INPUTS; c += TEAM)
        sum = fma(w[c], x[c], sum);
#if TEAM > 1
    __local float part[TEAM];
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
    y[(size_t)n * Y_ROW + k] = activate_one(sum);
}
