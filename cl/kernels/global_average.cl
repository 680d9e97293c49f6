/* SPDX-License-Identifier: MIT */
// LINT: -DVEC=16 -DLANES=1 -DSLICES=8 -DPIXELS=49 -DCOUNT=49 ROWS -DY_OWN=512
// LINT: -DVEC=4 -DLANES=4 -DSLICES=64 -DPIXELS=784 -DCOUNT=50176 ROWS -DY_OWN=64
// LINT ROWS: -DX_ROW=512 -DX_OFFSET=0 -DY_ROW=528 -DY_OFFSET=0
// LINT: -DVEC=16 -DPART=64 -DWIDE=6 -DPIXELS=3136 -DX_ROW=192 -DX_OFFSET=0 -DY_ROW=192
// LINT: -DVEC=4 -DPART=64 -DWIDE=1 -DPIXELS=3135 -DX_ROW=192 -DX_OFFSET=64 -DY_ROW=64
/* global_average: y[n][c] = sum over PIXELS of x[n][pixel][c], divided by COUNT. x is the tensor
 * itself, or what global_sums made of it.
 * NDRange {C/VEC rounded up to groups, SLICES, N} in groups of {LANES, SLICES, 1}: a group makes
 * 16 channels.
 * Work-item s of a lane adds the pixels s, s+SLICES, ...; then the partial sums are added in pairs.
 * SLICES is a power of two. ROW, OFFSET, OWN: lane.h.
 *
 * Pixels are added CHUNK by CHUNK: adding 50,000 of them one by one would not keep six digits.
 *
 * global_sums: y[n][part][c] = sum over the PART pixels of each part of x[n], in one go over x.
 * NDRange {C/VEC/WIDE, parts, N}: WIDE lanes of a part.
 */
#ifdef PART

#define PARTS ((PIXELS + PART - 1) / PART)

__kernel void global_sums(__global const STORED(X) *restrict x, __global float *restrict y,
                          const int run)
{
    if (!run)
        return;
    const int c = (int)get_global_id(0) * (WIDE * VEC), part = get_global_id(1);
    const size_t n = get_global_id(2);
    __global const STORED(X) *from = x + (n * PIXELS + part * PART) * X_ROW + X_OFFSET + c;
    __global float *to = y + (n * PARTS + part) * Y_ROW + c;
    lane_t sum[WIDE];
    UNROLL for (int i = 0; i < WIDE; i++) sum[i] = 0.0f;
    for (int p = 0; p < min(PART, PIXELS - part * PART); p++)
        UNROLL for (int i = 0; i < WIDE; i++)
            sum[i] += lane_get(X, from + (size_t)p * X_ROW + i * VEC);
    UNROLL for (int i = 0; i < WIDE; i++) lane_store(sum[i], to + i * VEC);
}

#else

#define CHUNK 32

__kernel __attribute__((reqd_work_group_size(LANES, SLICES, 1))) void
global_average(__global const STORED(X) *restrict x, __global STORED(Y) *restrict y, const int run)
{
    __local float partial[SLICES * LANES * VEC];
    const int pixels = run ? PIXELS : 0;
    const int c = (int)get_global_id(0) * VEC, s = (int)get_local_id(1);
    const size_t n = get_global_id(2);
    __local float *mine = partial + (s * LANES + get_local_id(0)) * VEC;
    __global const STORED(X) *from = x + n * PIXELS * X_ROW + X_OFFSET + c;
    lane_t sum = 0.0f;
    for (int p = s; p < pixels;) {
        lane_t chunk = 0.0f;
        for (int i = 0; i < CHUNK && p < pixels; i++, p += SLICES)
            chunk += lane_get(X, from + (size_t)p * X_ROW);
        sum += chunk;
    }
    lane_store(sum, mine);
    for (int half_way = SLICES / 2; half_way > 0; half_way /= 2) {
        barrier(CLK_LOCAL_MEM_FENCE);
        if (s < half_way)
            lane_store(lane_load(mine) + lane_load(mine + half_way * LANES * VEC), mine);
    }
    if (run && s == 0 && c < Y_OWN) {
        const lane_t mean = lane_load(mine) / (float)COUNT;
        lane_put_part(Y, mean, y + n * Y_ROW + Y_OFFSET + c, c, Y_OWN);
    }
}

#endif
