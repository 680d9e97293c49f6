/* SPDX-License-Identifier: MIT */
// LINT: -DBORDER=0 CHANNELS FRAMES ROWS COLUMNS RESULT
// LINT: -DBORDER=1 CHANNELS FRAMES ROWS COLUMNS RESULT
// LINT: -DBORDER=2 CHANNELS FRAMES ROWS COLUMNS RESULT
// LINT: -DBORDER=3 CHANNELS FRAMES ROWS COLUMNS RESULT
// LINT RESULT: -DVALUE=0.5f -DX_WINDOW=4800 -DY_T=3 -DY_H=7 -DY_W=5 -DY_ROW=16
// LINT CHANNELS: -DBEGIN_C=0 -DSTEP_C=1 -DSIZE_C=9 -DSTRIDE_C=1
// LINT FRAMES: -DBEGIN_T=-1 -DSTEP_T=1 -DSIZE_T=6 -DSTRIDE_T=800
// LINT ROWS: -DBEGIN_H=4 -DSTEP_H=-1 -DSIZE_H=5 -DSTRIDE_H=160
// LINT COLUMNS: -DBEGIN_W=0 -DSTEP_W=2 -DSIZE_W=10 -DSTRIDE_W=16
/* Place i of axis A of y is place BEGIN_A + i*STEP_A of an axis of x that has SIZE_A places
 * STRIDE_A numbers apart. BORDER: none lies outside; outside is VALUE; the nearest; the mirror
 * image.
 *
 * NDRange {C, T*H*W, N}: a number. X_WINDOW: numbers of a window of x.
 */
#if BORDER == 2
#define INSIDE(i, size) clamp(i, 0, (size) - 1)
#elif BORDER == 3
#define INSIDE(i, size) ((i) < 0 ? -(i) : (i) >= (size) ? 2 * ((size) - 1) - (i) : (i))
#else
#define INSIDE(i, size) (i)
#endif

__kernel void gather(__global const STORED(X) *restrict x, __global STORED(Y) *restrict y,
                     const int run)
{
    if (!run)
        return;
    const int c0 = (int)get_global_id(0), p = (int)get_global_id(1);
    const size_t n = get_global_id(2);
    const int c = INSIDE(BEGIN_C + c0 * STEP_C, SIZE_C);
    const int t = INSIDE(BEGIN_T + p / (Y_H * Y_W) * STEP_T, SIZE_T);
    const int i = INSIDE(BEGIN_H + p / Y_W % Y_H * STEP_H, SIZE_H);
    const int j = INSIDE(BEGIN_W + p % Y_W * STEP_W, SIZE_W);
    const size_t from = (size_t)c * STRIDE_C + (size_t)t * STRIDE_T + (size_t)i * STRIDE_H +
                        (size_t)j * STRIDE_W;
    __global STORED(Y) *to = y + (n * (Y_T * Y_H * Y_W) + p) * Y_ROW + c0;
#if BORDER == 1
    if (c < 0 || c >= SIZE_C || t < 0 || t >= SIZE_T || i < 0 || i >= SIZE_H || j < 0 ||
        j >= SIZE_W) {
        put_one(Y, VALUE, to);
        return;
    }
#endif
    put_one(Y, get_one(X, x + n * (size_t)X_WINDOW + from), to);
}
