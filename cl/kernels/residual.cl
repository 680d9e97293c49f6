/* SPDX-License-Identifier: MIT */
// LINT: -DVEC=16 -DX_T=17 ROWS -DY_T=16 -DFRAME=12544 -DMODE=0 -DSTEP=1 -DLAST=0
// LINT: -DVEC=4 -DX_T=17 ROWS -DY_T=15 -DFRAME=12544 -DMODE=2 -DSTEP=2 -DLAST=0
// LINT: -DVEC=8 -DX_T=16 ROWS -DY_T=16 -DFRAME=12544 -DMODE=4 -DSTEP=1 -DLAST=0
// LINT: -DVEC=16 -DX_T=32 ROWS -DY_T=32 -DFRAME=3136 -DMODE=0 -DSTEP=1 -DLAST=1
// LINT: -DVEC=4 -DX_T=32 ROWS -DY_T=32 -DFRAME=3136 -DMODE=0 -DSTEP=2 -DLAST=2
// LINT: -DVEC=8 -DX_T=32 TAIL -DY_T=32 -DFRAME=3136 -DMODE=1 -DSTEP=1 -DLAST=3
// LINT TAIL: -DX_ROW=64 -DX_OFFSET=0 -DX_OWN=27 -DY_ROW=64 -DY_OFFSET=27 -DY_OWN=37
// LINT ROWS: -DX_ROW=64 -DX_OFFSET=0 -DX_OWN=64 -DY_ROW=192 -DY_OFFSET=128 -DY_OWN=64
/* Differences of frames a = x[t], b = x[t+STEP]. MODE 0: |b-a|, 1: b-a, 2: ((a-b)+1)/2.
 * MODE 3 and 4 are 1 and 2 of a = x[t-1], b = x[t], where the last frame stands before the first.
 * For the last STEP frames, LAST 1: b is the last frame, 2: b is 0, 3: the first follows the last;
 * 0: y ends before them.
 *
 * NDRange {C/VEC rounded up, Y_T*FRAME, N}: VEC channels of an output pixel. FRAME: H*W.
 * ROW, OFFSET, OWN: lane.h.
 */
/* Channels c .. of a pixel; those of a neighbour in a concat, which may be y, are not read. */
static lane_t own_channels(__global const STORED(X) *from, int c)
{
    if (X_OWN % 16 == 0 || c + VEC <= X_OWN)
        return lane_get(X, from);
    float part[VEC];
    UNROLL for (int i = 0; i < VEC; i++) part[i] = c + i < X_OWN ? get_one(X, from + i) : 0.0f;
    return lane_load(part);
}

__kernel void residual(__global const STORED(X) *x, __global STORED(Y) *y, const int run)
{
    if (!run)
        return;
    const int c = (int)get_global_id(0) * VEC;
    const size_t p = get_global_id(1), n = get_global_id(2);
    const size_t t = p / FRAME;
#if MODE >= 3
    const size_t first = (t + X_T - 1) % X_T, second = t;
#elif LAST == 1
    const size_t first = t, second = min(t + STEP, (size_t)(X_T - 1));
#else
    const size_t first = t, second = (t + STEP) % X_T;
#endif
    __global const STORED(X) *from = x + (n * X_T * FRAME + p % FRAME) * X_ROW + X_OFFSET + c;
    const lane_t a = own_channels(from + first * FRAME * X_ROW, c);
#if LAST == 2
    const lane_t b =
        t + STEP < X_T ? own_channels(from + second * FRAME * X_ROW, c) : (lane_t)(0.0f);
#else
    const lane_t b = own_channels(from + second * FRAME * X_ROW, c);
#endif
#if MODE == 0
    const lane_t d = fabs(b - a);
#elif MODE == 1 || MODE == 3
    const lane_t d = b - a;
#else
    const lane_t d = ((a - b) + 1.0f) * 0.5f;
#endif
    lane_put_part(Y, d, y + (n * Y_T * FRAME + p) * Y_ROW + Y_OFFSET + c, c, Y_OWN);
}
