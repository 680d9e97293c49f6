/* SPDX-License-Identifier: MIT */
// LINT: -DVEC=16 -DLANES=1 -DSLICES=8 -DPIXELS=49 -DROW=512
// LINT: -DVEC=4 -DLANES=4 -DSLICES=64 -DPIXELS=50176 -DROW=64
/* y[n][c] = mean over PIXELS of x[n][pixel][c].
 *
 * NDRange {ROW/VEC, SLICES, N} in groups of {LANES, SLICES, 1}: a group makes 16 channels.
 * Work-item s of a lane adds the pixels s, s+SLICES, ...; then the partial sums are added in pairs.
 * SLICES is a power of two. ROW: floats from pixel to pixel, of both tensors.
 *
 * Pixels are added CHUNK by CHUNK: adding 50,000 of them one by one would not keep six digits.
 */
#define CHUNK 32

__kernel __attribute__((reqd_work_group_size(LANES, SLICES, 1))) void
global_average(__global const float *restrict x, __global float *restrict y, const int run)
{
    if (!run)
        return;
    __local float partial[SLICES * LANES * VEC];
    const int c = (int)get_global_id(0) * VEC, s = (int)get_local_id(1);
    const size_t n = get_global_id(2);
    __local float *mine = partial + (s * LANES + get_local_id(0)) * VEC;
    __global const float *from = x + n * PIXELS * ROW + c;
    lane_t sum = 0.0f;
    for (int p = s; p < PIXELS;) {
        lane_t chunk = 0.0f;
        for (int i = 0; i < CHUNK && p < PIXELS; i++, p += SLICES)
            chunk += lane_load(from + (size_t)p * ROW);
        sum += chunk;
    }
    lane_store(sum, mine);
    for (int half_way = SLICES / 2; half_way > 0; half_way /= 2) {
        barrier(CLK_LOCAL_MEM_FENCE);
        if (s < half_way)
            lane_store(lane_load(mine) + lane_load(mine + half_way * LANES * VEC), mine);
    }
    if (s == 0)
        lane_store(lane_load(mine) / (float)PIXELS, y + n * ROW + c);
}
