/* SPDX-License-Identifier: MIT */
// LINT: -DVEC=16 -DEACH=64
// LINT: -DVEC=4 -DEACH=1
/* y = x + 1: what memory can deliver. NDRange {work-items}; each handles EACH lanes in a row. */
__kernel void probe_copy(__global const float *restrict x, __global float *restrict y,
                         const int run)
{
    if (!run)
        return;
    const size_t at = get_global_id(0) * (EACH * VEC);
    for (int i = 0; i < EACH; i++)
        lane_store(lane_load(x + at + i * VEC) + 1.0f, y + at + i * VEC);
}
