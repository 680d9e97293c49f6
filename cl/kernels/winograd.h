/* SPDX-License-Identifier: MIT */
/* Winograd's minimal filtering F(SIZE, 3): what the kernels winograd*.cl share.
 *
 * Points of F(4,3): 0, +-1/sqrt(2), +-sqrt(2), infinity; of F(2,3): 0, +-1, infinity (Lavin and
 * Gray, "Fast algorithms for convolutional neural networks", 2015, with other points).
 */
#define SIDE (SIZE + 2)
#define HALF_ROOT 0.70710678118654752f
#define ROOT 1.41421356237309505f

/* B^T d and A^T m in one dimension; o(i) names where value i goes. */
#if SIZE == 4
#define POINTS_OF(d, o)                                                                            \
    {                                                                                              \
        const lane_t e0 = d[4] - 2.0f * d[2], e1 = d[3] - 2.0f * d[1];                             \
        const lane_t e2 = d[4] - 0.5f * d[2], e3 = d[3] - 0.5f * d[1];                             \
        o(0) = d[0] + (d[4] - 2.5f * d[2]);                                                        \
        o(1) = e0 + HALF_ROOT * e1;                                                                \
        o(2) = e0 - HALF_ROOT * e1;                                                                \
        o(3) = e2 + ROOT * e3;                                                                     \
        o(4) = e2 - ROOT * e3;                                                                     \
        o(5) = d[1] + (d[5] - 2.5f * d[3]);                                                        \
    }
#define VALUES_OF(m, o)                                                                            \
    {                                                                                              \
        const lane_t s1 = m[1] + m[2], q1 = m[1] - m[2];                                           \
        const lane_t s2 = m[3] + m[4], q2 = m[3] - m[4];                                           \
        o(0) = m[0] + s1 + s2;                                                                     \
        o(1) = HALF_ROOT * (q1 + 2.0f * q2);                                                       \
        o(2) = 0.5f * s1 + 2.0f * s2;                                                              \
        o(3) = 0.35355339059327376f * (q1 + 8.0f * q2) + m[5];                                     \
    }
#else
#define POINTS_OF(d, o)                                                                            \
    {                                                                                              \
        o(0) = d[0] - d[2];                                                                        \
        o(1) = d[1] + d[2];                                                                        \
        o(2) = d[2] - d[1];                                                                        \
        o(3) = d[1] - d[3];                                                                        \
    }
#define VALUES_OF(m, o)                                                                            \
    {                                                                                              \
        o(0) = m[0] + m[1] + m[2];                                                                 \
        o(1) = m[1] - m[2] - m[3];                                                                 \
    }
#endif

/* Optional parameters of kernels and of the functions that they call. */
#if BIAS
#define BIAS_ARG , __global const float *restrict bias
#define BIAS_OF(c) lane_load(bias + (c))
#define BIAS_PASSED , bias
#else
#define BIAS_ARG
#define BIAS_OF(c) (lane_t)(0.0f)
#define BIAS_PASSED
#endif
#if ADD_ROW
#define ADD_ARG , __global const STORED(ADD) *restrict add
#define ADD_PASSED , add
#else
#define ADD_ARG
#define ADD_PASSED
#endif

#ifdef TILE_W

#define TILE_AT(r) (vp + (r) * v_row)
#define ALWAYS(r) true
#if V_HALF && !GPU
#define TAP TILE_TAP_STAGED
#elif GPU && VEC == 4 && CHANNELS % 4 == 0
#define TAP TILE_TAP_FOURS
#else
#define TAP TILE_TAP
#endif

/* A sum of n products of equal size is off by the root of n: after SUM_MOST of them it is added to
 * those before in m, where sums of sums are few. Halfs would lose more there than they win. */
#define SUM_MOST 192
#define SUM_BLOCK (M_HALF || CHANNELS <= SUM_MOST ? CHANNELS : 128)
#define SUMS_SPLIT (!M_HALF && K_T * CHANNELS > SUM_MOST)

/* m = acc, or, with `more`, m += acc; then acc = 0. */
#define MOVE_SUMS(more)                                                                            \
    UNROLL for (int r = 0; r < TILE_W; r++)                                                        \
    {                                                                                              \
        UNROLL for (int o = 0; o < TILE_C; o++)                                                    \
        {                                                                                          \
            if (r >= skip && o < blocks) {                                                         \
                __global STORED(M) *to = m + r * m_row + o * 16;                                   \
                if (more)                                                                          \
                    acc[o][r] += lane_get(M, to);                                                  \
                lane_put(M, acc[o][r], to);                                                        \
            }                                                                                      \
            acc[o][r] = (lane_t)(0.0f);                                                            \
        }                                                                                          \
    }

#if !STAGED

/* m[r][k] = sum over kt of [kt0, kt1) and c of u[kt][c][k] * v[kt][r][c], for TILE_W tiles r, of
 * which those before `skip` are not stored, and VEC lanes of the first `blocks` of TILE_C blocks k.
 * Tap kt is in frame first + kt of v, modulo `ring`; frames are v_frame floats apart, tiles v_row
 * and m_row. */
static void product(__global const STORED(V) *restrict v, __global const STORED(W) *restrict u,
                    __global STORED(M) *restrict m, int first, int kt0, int kt1, int ring,
                    int v_frame, int v_row, int m_row, int skip, int blocks)
{
    int summed = 0;
    bool more = false;
    lane_t acc[TILE_C][TILE_W];
    UNROLL for (int o = 0; o < TILE_C; o++)
        UNROLL for (int r = 0; r < TILE_W; r++) acc[o][r] = (lane_t)(0.0f);
    for (int kt = kt0; kt < kt1; kt++)
        for (int from = 0; from < CHANNELS; from += SUM_BLOCK) {
            __global const STORED(V) *vp = v + (ptrdiff_t)((first + kt) % ring) * v_frame + from;
            __global const STORED(W) *wp = u + (kt * CHANNELS + from) * (TILE_C * 16);
            if (SUMS_SPLIT && summed && summed + SUM_BLOCK > SUM_MOST) {
                MOVE_SUMS(more)
                more = true;
                summed = 0;
            }
            TAP(min(SUM_BLOCK, CHANNELS - from), V, TILE_AT, ALWAYS, 0, TILE_W)
            summed += SUM_BLOCK;
        }
    MOVE_SUMS(more)
}

#endif

#endif
