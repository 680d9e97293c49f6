/* SPDX-License-Identifier: MIT */
// LINT: -DVEC=16 -DROUNDS=4096
// LINT: -DVEC=4 -DROUNDS=4096
/* As many multiply-adds as a device can do: CHAINS independent ones in registers, ROUNDS times.
 *
 * NDRange {work-items}; each does 2 * CHAINS * VEC * ROUNDS operations and writes one number, so
 * that nothing can be left out. x holds two numbers that the compiler does not know.
 */
#define CHAINS (VEC == 16 ? 24 : VEC == 8 ? 12 : 16)

__kernel void probe_fma(__global const float *restrict x, __global float *restrict y, const int run)
{
    if (!run)
        return;
    const lane_t a = (lane_t)(x[0]), b = (lane_t)(x[1]);
    lane_t chain[CHAINS];
    UNROLL for (int i = 0; i < CHAINS; i++) chain[i] = (lane_t)((float)i);
    PRAGMA(unroll 1)
    for (int r = 0; r < ROUNDS; r++)
        UNROLL for (int i = 0; i < CHAINS; i++) chain[i] = fma(chain[i], a, b);
    lane_t sum = chain[0];
    UNROLL for (int i = 1; i < CHAINS; i++) sum += chain[i];
    float lanes[VEC], total = 0.0f;
    lane_store(sum, lanes);
    for (int i = 0; i < VEC; i++)
        total += lanes[i];
    y[get_global_id(0)] = total;
}
