/* SPDX-License-Identifier: MIT */
// LINT: -DVEC=16 -DX_T=8 -DX_ROW=64 -DY_T=4 -DFRAME=12544 -DFRAMES=0,2,4,7
// LINT: -DVEC=4 -DX_T=8 -DX_ROW=64 -DY_T=3 -DFRAME=12544 -DBEGIN=1 -DSTRIDE=2
/* y[t] = x[FRAMES[t]], or without FRAMES x[BEGIN + t*STRIDE].
 *
 * NDRange {X_ROW/VEC, Y_T*FRAME, N}: VEC channels of an output pixel. FRAME: H*W.
 * X_ROW: floats from pixel to pixel, of both tensors.
 */
#ifdef FRAMES
__constant int frame_of[Y_T] = {FRAMES};
#define FRAME_OF(t) frame_of[t]
#else
#define FRAME_OF(t) (BEGIN + (t) * STRIDE)
#endif

__kernel void select_frames(__global const STORED(X) *restrict x, __global STORED(Y) *restrict y,
                            const int run)
{
    if (!run)
        return;
    const size_t c = get_global_id(0) * VEC, p = get_global_id(1), n = get_global_id(2);
    const size_t from = (n * X_T + FRAME_OF(p / FRAME)) * FRAME + p % FRAME;
    lane_put(Y, lane_get(X, x + from * X_ROW + c), y + (n * Y_T * FRAME + p) * X_ROW + c);
}
