/* SPDX-License-Identifier: MIT */
// WHOLE: engine/frames.c launches it, for one frame
/* Resize of pictures of 3 channels in two passes, from tables of indices and weights made by
 * graph/taps.c. A row of a picture is three rows of one channel each, but for the last result.
 *
 * Defines: ACROSS or DOWN for the pass; FILTER_PIL, FILTER_CV or neither (float); SOURCE, what the
 * pass across reads, and RESULT, what the pass down writes: uchar, float or half. Between them
 * stands BETWEEN. Work-items share the work, however many there are.
 */
// LINT: -DACROSS -DFILTER_PIL -DSOURCE=uchar
// LINT: -DACROSS -DFILTER_CV -DSOURCE=uchar
// LINT: -DACROSS -DSOURCE=uchar
// LINT: -DACROSS -DSOURCE=float
// LINT: -DDOWN -DFILTER_PIL -DRESULT=uchar
// LINT: -DDOWN -DFILTER_CV -DRESULT=uchar
// LINT: -DDOWN -DRESULT=uchar
// LINT: -DDOWN -DRESULT=float -DRESULT_FLOAT
// LINT: -DDOWN -DRESULT=half -DRESULT_HALF

#if defined(FILTER_PIL)
/* Pillow: weights of 22 bits, rounded to 8 bits after each pass. */
#define BETWEEN uchar
#define SUM int
#define SUM4 int4
#define SUM8 int8
#define SUM16 int16
#define START (1 << 21)
#define WEIGHT(w) (w)
#define WEIGHT8(w) (w)
#define CONVERT8(v) convert_int8(v)
#define ADD(s, v, w) ((s) + (v) * (w))
#define AFTER_ACROSS(s) convert_uchar_sat((s) >> 22)
#define CONVERT16(v) convert_int16(v)
#elif defined(FILTER_CV)
/* OpenCV: weights of 11 bits, full integers between the passes, products cut to 16 bits down. */
#define BETWEEN int
#define SUM int
#define SUM4 int4
#define SUM8 int8
#define SUM16 int16
#define START 0
#define WEIGHT(w) (w)
#define WEIGHT8(w) (w)
#define CONVERT8(v) convert_int8(v)
#define ADD(s, v, w) ((s) + (v) * (w))
#define AFTER_ACROSS(s) (s)
#define CONVERT16(v) (v)
#else
#define BETWEEN float
#define SUM float
#define SUM4 float4
#define SUM8 float8
#define SUM16 float16
#define START 0.0f
#define WEIGHT(w) as_float(w)
#define WEIGHT8(w) as_float8(w)
#define CONVERT8(v) convert_float8(v)
#define ADD(s, v, w) fma((v), (w), (s))
#define AFTER_ACROSS(s) (s)
#define CONVERT16(v) (v)
#endif

#ifdef ACROSS
/* Rows of in_w pixels to rows of out_w pixels. Only the first index of each pixel is read: its
 * samples are neighbours. `each` is a multiple of 8, filled up with zero weights; `in` is padded
 * with finite numbers. */
__kernel void frame_across(__global const SOURCE *in, __global const int *tables,
                           __global BETWEEN *out, const int index_at, const int weight_at,
                           const int each, const int in_w, const int out_w, const int rows,
                           const int run)
{
    if (!run)
        return;
    for (int y = get_global_id(1); y < rows * 3; y += get_global_size(1))
        for (int x = get_global_id(0); x < out_w; x += get_global_size(0)) {
            __global const SOURCE *from = in + (size_t)y * in_w + tables[index_at + x];
            __global const int *weight = tables + weight_at + x * each;
            SUM8 sums = 0;
            for (int t = 0; t < each; t += 8)
                sums = ADD(sums, CONVERT8(vload8(0, from + t)), WEIGHT8(vload8(0, weight + t)));
            SUM4 four = sums.lo + sums.hi;
            SUM sum = four.x + four.y + four.z + four.w + START;
            out[(size_t)y * out_w + x] = AFTER_ACROSS(sum);
        }
}
#endif

#ifdef DOWN
#if defined(FILTER_PIL)
#define STORE(s, to) *(to) = convert_uchar_sat((s) >> 22)
#elif defined(FILTER_CV)
#define STORE(s, to) *(to) = convert_uchar_sat(((s) + 2) >> 2)
#elif defined(RESULT_FLOAT)
#define STORE(s, to) *(to) = (s)
#elif defined(RESULT_HALF)
#define STORE(s, to) vstore_half_rte((s), 0, (to))
#else
#define STORE(s, to) *(to) = convert_uchar_sat_rte(s)
#endif

/* Sixteen neighbouring elements of row y, from element `begin` on. */
static inline SUM16 column_sums(__global const BETWEEN *in, __global const int *index,
                                __global const int *weight, int each, int elements, int begin)
{
    SUM16 sum = START;
    for (int t = 0; t < each; t++) {
        __global const BETWEEN *from = in + (size_t)index[t] * elements + begin;
#if defined(FILTER_CV)
        sum += (weight[t] * (vload16(0, from) >> 4)) >> 16;
#else
        sum = ADD(sum, CONVERT16(vload16(0, from)), (SUM16)(WEIGHT(weight[t])));
#endif
    }
    return sum;
}

/* Rows of 3 * width numbers. `in` is padded, so that a vector may be read past its end. The result
 * begins at element base_high * 2^30 + base_low; neighbouring pixels are `step` elements apart,
 * channels `channel`, rows `line`. */
__kernel void frame_down(__global const BETWEEN *in, __global const int *tables,
                         __global RESULT *out, const int index_at, const int weight_at,
                         const int each, const int width, const int rows, const int step,
                         const int channel, const int line, const int base_low,
                         const int base_high, const int run)
{
    if (!run)
        return;
    int elements = width * 3;
    out += ((size_t)base_high << 30) + base_low;
    for (int y = get_global_id(1); y < rows; y += get_global_size(1))
        for (int block = get_global_id(0); block * 16 < elements; block += get_global_size(0)) {
            int begin = block * 16, count = min(16, elements - begin);
            SUM sums[16];
            vstore16(column_sums(in, tables + index_at + y * each, tables + weight_at + y * each,
                                 each, elements, begin), 0, sums);
            __global RESULT *to = out + (size_t)y * line;
            for (int i = 0; i < count; i++) {
                int c = (begin + i) / width, x = begin + i - c * width;
                STORE(sums[i], to + x * step + c * channel);
            }
        }
}
#endif
