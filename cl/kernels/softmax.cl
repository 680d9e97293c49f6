/* SPDX-License-Identifier: MIT */
// LINT: -DX_C=400 -DROW=400 -DGROUP=64
// LINT: -DX_C=1 -DROW=16 -DGROUP=1
/* y[n][c] = exp(x[n][c] - m) / sum over c of exp(x[n][c] - m), m the largest x[n][c].
 *
 * NDRange {GROUP, N*T*H*W} in groups of {GROUP, 1, 1}: a group makes a row. GROUP is a power
 * of two.
 * ROW: floats from row to row, of both tensors.
 */
__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void
softmax(__global const STORED(X) *restrict x, __global STORED(Y) *restrict y, const int run)
{
    __local float partial[GROUP];
    const int i = (int)get_local_id(0), classes = run ? X_C : 0;
    const size_t row = get_global_id(1) * ROW;

    float most = -INFINITY;
    for (int c = i; c < classes; c += GROUP)
        most = fmax(most, get_one(X, x + row + c));
    partial[i] = most;
    for (int half_way = GROUP / 2; half_way > 0; half_way /= 2) {
        barrier(CLK_LOCAL_MEM_FENCE);
        if (i < half_way)
            partial[i] = fmax(partial[i], partial[i + half_way]);
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    most = partial[0];
    barrier(CLK_LOCAL_MEM_FENCE);

    float sum = 0.0f;
    for (int c = i; c < classes; c += GROUP)
        sum += exp(get_one(X, x + row + c) - most);
    partial[i] = sum;
    for (int half_way = GROUP / 2; half_way > 0; half_way /= 2) {
        barrier(CLK_LOCAL_MEM_FENCE);
        if (i < half_way)
            partial[i] += partial[i + half_way];
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    sum = partial[0];
    for (int c = i; c < classes; c += GROUP)
        put_one(Y, exp(get_one(X, x + row + c) - most) / sum, y + row + c);
}
