/* SPDX-License-Identifier: MIT */
// LINT: -DVEC=4 -DX_C=64 MAPS
// LINT: -DVEC=4 -DX_C=37 MAPS
// LINT MAPS: -DX_H=112 -DX_W=112 -DX_ROW=64 -DLEFT=8 -DWIDTH=144 -DEPS=1e-06f
/* match_rows on a GPU: pixels become neighbours by way of local memory.
 *
 * NDRange {4, WIDTH, X_H * frames of all windows}: four channels of 16, a pixel of a row. A
 * work-group reads its 16 pixels twice, for their lengths and to store them; the second time they
 * are in the cache.
 * X_ROW, LEFT, WIDTH: as in match_rows.cl; WIDTH is a multiple of 16.
 */
#define PIXELS 16 /* of a work-group */
#define STAGE 16  /* channels at a time */
#define PITCH (PIXELS + 4)

/* Channels c .. c+3 of a pixel; 0 from X_C on and where there is none. */
static inline float4 four(__global const STORED(X) *pixel, int c, bool inside)
{
    const float4 v = inside && c < X_C ? lane_get(X, pixel + c) : (float4)(0.0f);
    return X_C % 4 ? select((float4)(0.0f), v, (int4)(c, c + 1, c + 2, c + 3) < X_C) : v;
}

__attribute__((reqd_work_group_size(4, PIXELS, 1))) __kernel void
match_rows_staged(__global const STORED(X) *restrict x, __global float *restrict rows,
                  const int run)
{
    __local float squares[PIXELS * 4], staged[STAGE * PITCH];
    const int lane = get_local_id(0), pixel = get_local_id(1), member = pixel * 4 + lane;
    const int j = (int)get_global_id(1) - LEFT;
    const size_t row = get_global_id(2);
    const bool inside = run && j >= 0 && j < X_W;
    __global const STORED(X) *from = x + (row * X_W + clamp(j, 0, X_W - 1)) * X_ROW;
    __global float *to = rows + row * (X_C * WIDTH) + get_global_id(1) - pixel;

    float4 sum = (float4)(0.0f);
    for (int c = lane * 4; c < X_C; c += STAGE) {
        const float4 v = four(from, c, inside);
        sum = fma(v, v, sum);
    }
    squares[member] = (sum.x + sum.y) + (sum.z + sum.w);
    barrier(CLK_LOCAL_MEM_FENCE);
    __local const float *s = squares + pixel * 4;
    const float scale = 1.0f / sqrt((s[0] + s[1]) + (s[2] + s[3]) + EPS);
    for (int c0 = 0; c0 < X_C; c0 += STAGE) {
        const float4 v = four(from, c0 + lane * 4, inside) * scale;
        __local float *put = staged + lane * 4 * PITCH + pixel;
        barrier(CLK_LOCAL_MEM_FENCE);
        put[0] = v.x;
        put[PITCH] = v.y;
        put[2 * PITCH] = v.z;
        put[3 * PITCH] = v.w;
        barrier(CLK_LOCAL_MEM_FENCE);
        const int k = member / 4, first = member % 4 * 4; /* a channel, its pixels */
        if (run && c0 + k < X_C)
            vstore4(vload4(0, staged + k * PITCH + first), 0, to + (c0 + k) * WIDTH + first);
    }
}
