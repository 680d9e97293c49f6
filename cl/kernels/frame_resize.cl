/* SPDX-License-Identifier: MIT */
/* Resize of packed pixels of 3 channels in two passes, from tables of indices and weights made by
 * graph/taps.c. Defines: FILTER_PIL, FILTER_CV or neither (float), and the element types SOURCE and
 * RESULT (uchar or float). Between the passes stands BETWEEN.
 */
#if defined(FILTER_PIL)
/* Pillow: weights of 22 bits, rounded to 8 bits after each pass. */
#define BETWEEN uchar
#define SUM int
#define SUM16 int16
#define START (1 << 21)
#define WEIGHT(w) (w)
#define ADD(s, v, w) ((s) + (v) * (w))
#define AFTER_ACROSS(s) convert_uchar_sat((s) >> 22)
#define CONVERT16(v) convert_int16(v)
#elif defined(FILTER_CV)
/* OpenCV: weights of 11 bits, full integers between the passes, products cut to 16 bits down. */
#define BETWEEN int
#define SUM int
#define SUM16 int16
#define START 0
#define WEIGHT(w) (w)
#define ADD(s, v, w) ((s) + (v) * (w))
#define AFTER_ACROSS(s) (s)
#define CONVERT16(v) (v)
#else
#define BETWEEN float
#define SUM float
#define SUM16 float16
#define START 0.0f
#define WEIGHT(w) as_float(w)
#define ADD(s, v, w) fma((v), (w), (s))
#define AFTER_ACROSS(s) (s)
#define CONVERT16(v) (v)
#endif

enum { PIXELS = 8 };

/* Rows of in_w pixels to rows of out_w pixels; one work-item makes PIXELS of a row. */
__kernel void frame_across(__global const SOURCE *in, __global const int *tables,
                           __global BETWEEN *out, const int index_at, const int weight_at,
                           const int each, const int in_w, const int out_w, const int run)
{
    if (!run)
        return;
    int begin = get_global_id(0) * PIXELS, end = min(begin + PIXELS, out_w);
    size_t y = get_global_id(1);
    in += y * in_w * 3;
    out += y * out_w * 3;
    for (int x = begin; x < end; x++) {
        __global const int *index = tables + index_at + x * each;
        __global const int *weight = tables + weight_at + x * each;
        SUM s0 = START, s1 = START, s2 = START;
        for (int t = 0; t < each; t++) {
            int at = index[t] * 3;
            SUM w = WEIGHT(weight[t]);
            s0 = ADD(s0, (SUM)in[at], w);
            s1 = ADD(s1, (SUM)in[at + 1], w);
            s2 = ADD(s2, (SUM)in[at + 2], w);
        }
        out[x * 3] = AFTER_ACROSS(s0);
        out[x * 3 + 1] = AFTER_ACROSS(s1);
        out[x * 3 + 2] = AFTER_ACROSS(s2);
    }
}

#if defined(FILTER_PIL)
#define STORE(s) convert_uchar_sat((s) >> 22)
#elif defined(FILTER_CV)
#define STORE(s) convert_uchar_sat(((s) + 2) >> 2)
#elif defined(RESULT_FLOAT)
#define STORE(s) (s)
#else
#define STORE(s) convert_uchar_sat_rte(s)
#endif

/* Sixteen neighbouring elements of one result row, `elements` long. `in` is padded, so that a
 * vector may be read past its end. Pixels of the result are `row` elements apart; the result begins
 * at element base_high * 2^30 + base_low. */
__kernel void frame_down(__global const BETWEEN *in, __global const int *tables,
                         __global RESULT *out, const int index_at, const int weight_at,
                         const int each, const int elements, const int row, const int base_low,
                         const int base_high, const int run)
{
    if (!run)
        return;
    int begin = get_global_id(0) * 16, count = min(16, elements - begin);
    int y = get_global_id(1);
    __global const int *index = tables + index_at + y * each;
    __global const int *weight = tables + weight_at + y * each;
    SUM16 sum = START;
    for (int t = 0; t < each; t++) {
        __global const BETWEEN *from = in + (size_t)index[t] * elements + begin;
#if defined(FILTER_CV)
        sum += (weight[t] * (vload16(0, from) >> 4)) >> 16;
#else
        sum = ADD(sum, CONVERT16(vload16(0, from)), (SUM16)(WEIGHT(weight[t])));
#endif
    }
    SUM sums[16];
    vstore16(sum, 0, sums);
    out += ((size_t)base_high << 30) + base_low + (size_t)y * (elements / 3) * row;
    for (int i = 0; i < count; i++)
        out[(begin + i) / 3 * row + (begin + i) % 3] = STORE(sums[i]);
}
