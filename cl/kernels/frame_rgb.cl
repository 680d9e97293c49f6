/* SPDX-License-Identifier: MIT */
/* A decoded frame, whatever its layout, to packed 8-bit RGB (or BGR) of the wanted columns and
 * rows.
 *
 * A pixel is matrix * (a, b, c) + offset, rounded half up, where a is one sample of the first
 * source and b, c are interpolated samples of two others: Y, U, V or three colours, each source a
 * place inside `planes` (see engine/frame_format.h for the words of `format`). Columns and rows come
 * as lists of {position, chroma position 0, chroma position 1, weight of 1 in sixteenths}: they
 * carry the selection, mirroring and chroma siting. When transposed, the list of columns runs down
 * the source.
 */
enum { SEGMENT = 16 };

inline int sample(__global const uchar *planes, int at, int wide, int shift)
{
    return wide ? *(__global const ushort *)(planes + at) >> shift : planes[at];
}

/* Bilinear in exact integers, below 2^24: 256 times the value. */
inline int between(__global const uchar *planes, int at, int stride, int step, int4 h, int4 v,
                   int wide, int shift)
{
    int r0 = at + v.y * stride, r1 = at + v.z * stride;
    int c0 = h.y * step, c1 = h.z * step;
    int top = (16 - h.w) * sample(planes, r0 + c0, wide, shift) +
              h.w * sample(planes, r0 + c1, wide, shift);
    int end = (16 - h.w) * sample(planes, r1 + c0, wide, shift) +
              h.w * sample(planes, r1 + c1, wide, shift);
    return (16 - v.w) * top + v.w * end;
}

__kernel void frame_rgb(__global const uchar *planes, __global const int *format,
                        __global const float *matrix, __global const int *tables,
                        __global uchar *rgb, const int columns_at, const int rows_at,
                        const int width, const int run)
{
    if (!run)
        return;
    int y = get_global_id(1);
    int begin = get_global_id(0) * SEGMENT, end = min(begin + SEGMENT, width);
    int wide = format[9], shift = format[10], transposed = format[11];
    int4 line = vload4(y, tables + rows_at);
    float3 m0 = vload3(0, matrix), m1 = vload3(1, matrix), m2 = vload3(2, matrix);
    float3 offset = vload3(3, matrix);
    for (int x = begin; x < end; x++) {
        int4 column = vload4(x, tables + columns_at);
        int4 h = transposed ? line : column, v = transposed ? column : line;
        float a = sample(planes, format[0] + v.x * format[3] + h.x * format[6], wide, shift);
        float b = between(planes, format[1], format[4], format[7], h, v, wide, shift);
        float c = between(planes, format[2], format[5], format[8], h, v, wide, shift);
        float3 colour = fma(m2, c, fma(m1, b, fma(m0, a, offset)));
        vstore3(convert_uchar3_sat_rtz(colour + 0.5f), (size_t)y * width + x, rgb);
    }
}
