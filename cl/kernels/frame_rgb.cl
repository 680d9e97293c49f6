/* SPDX-License-Identifier: MIT */
// WHOLE: engine/frames.c launches it, for one frame
/* A decoded frame, whatever its layout, to 8-bit RGB (or BGR) of the wanted columns and
 * rows.
 *
 * A pixel is matrix * (a, b, c) + offset, rounded half up, where a is one sample of the first
 * source and b, c are interpolated samples of two others: Y, U, V or three colours, each source a
 * place inside `planes` (see engine/frame_format.h for the words of `format`). Columns and rows
 * come as lists of {position, chroma position 0, chroma position 1, weight of 1 in sixteenths}:
 * they carry the selection, mirroring and chroma siting. When transposed, the list of columns runs
 * down the source. Work-items share the pixels, however many there are.
 */
// LINT: -DVEC=16

/* One colour of samples a, b, c. */
#define PIXEL(type, colour)                                                                        \
    convert_##type##_sat_rtz(                                                                      \
        fma(m2.colour, c, fma(m1.colour, b, fma(m0.colour, a, offset.colour))))

static inline int sample(__global const uchar *planes, int at, int wide, int shift)
{
    return wide ? *(__global const ushort *)(planes + at) >> shift : planes[at];
}

/* Bilinear in exact integers, below 2^24: 256 times the value. */
static inline int between(__global const uchar *planes, int at, int stride, int step, int4 h,
                          int4 v, int wide, int shift)
{
    int r0 = at + v.y * stride, r1 = at + v.z * stride;
    int c0 = h.y * step, c1 = h.z * step;
    int top = (16 - h.w) * sample(planes, r0 + c0, wide, shift) +
              h.w * sample(planes, r0 + c1, wide, shift);
    int end = (16 - h.w) * sample(planes, r1 + c0, wide, shift) +
              h.w * sample(planes, r1 + c1, wide, shift);
    return (16 - v.w) * top + v.w * end;
}

static inline int16 sample16(__global const uchar *planes, int at, int wide, int shift)
{
    return wide ? convert_int16(vload16(0, (__global const ushort *)(planes + at))) >> shift
                : convert_int16(vload16(0, planes + at));
}

/* How 16 neighbouring columns lie to their chroma samples: each its own, or two to a sample and
 * beginning with the first or the second of a pair. 0 for any other order, and where an edge
 * clamps; then each pixel is made alone. */
enum { SINGLE = 1, FIRST, SECOND };
static inline int pattern16(__global const int *columns)
{
    int4 a = vload4(0, columns), b = vload4(1, columns), z = vload4(15, columns);
    if (z.x - a.x != 15 || b.x - a.x != 1 || a.z - a.y != 1 || z.z - z.y != 1)
        return 0;
    int next = b.y - a.y, all = z.y - a.y;
    return next == 1 && all == 15 ? SINGLE : next == 0 && all == 7 ? FIRST
           : next == 1 && all == 8 ? SECOND : 0;
}

/* between() for 16 such columns; a and b are the entries of the first two. */
static inline float16 between16(__global const uchar *planes, int at, int stride, int step,
                                int pattern, int4 a, int4 b, int4 v, int wide, int shift)
{
    at += a.y * step;
    int16 s = (16 - v.w) * sample16(planes, at + v.y * stride, wide, shift) +
              v.w * sample16(planes, at + v.z * stride, wide, shift);
    if (pattern == SINGLE) /* not interpolated across */
        return convert_float16(16 * s);
    int16 left = pattern == FIRST ? s.s0011223344556677 : s.s0112233445566778;
    int16 right = pattern == FIRST ? s.s1122334455667788 : s.s1223344556677889;
    int16 weight = (int16)(a.w, b.w, a.w, b.w, a.w, b.w, a.w, b.w, a.w, b.w, a.w, b.w, a.w, b.w,
                           a.w, b.w);
    return convert_float16((16 - weight) * left + weight * right);
}

/* Rows of the result are three rows of one colour each. `planes` is padded, so that a vector may be
 * read past its end. */
__kernel void frame_rgb(__global const uchar *planes, __global const int *format,
                        __global const float *matrix, __global const int *tables,
                        __global uchar *rgb, const int columns_at, const int rows_at,
                        const int width, const int height, const int run)
{
    if (!run)
        return;
    int wide = format[9], shift = format[10], transposed = format[11];
    int packed = format[6] == 1 + wide && format[7] == format[6] && format[8] == format[6];
    float3 m0 = vload3(0, matrix), m1 = vload3(1, matrix), m2 = vload3(2, matrix);
    float3 offset = vload3(3, matrix) + 0.5f;
    for (int y = get_global_id(1); y < height; y += get_global_size(1))
        for (int block = get_global_id(0); block * 16 < width; block += get_global_size(0)) {
            int first = block * 16, count = min(16, width - first);
            __global uchar *to = rgb + (size_t)y * 3 * width + first;
            __global const int *columns = tables + columns_at + first * 4;
            int4 line = vload4(y, tables + rows_at);
            int pattern = packed && !transposed && count == 16 ? pattern16(columns) : 0;
            if (pattern) {
                int4 p = vload4(0, columns), q = vload4(1, columns);
                int at = format[0] + line.x * format[3] + p.x * format[6];
                float16 a = convert_float16(sample16(planes, at, wide, shift));
                float16 b = between16(planes, format[1], format[4], format[7], pattern, p, q, line,
                                      wide, shift);
                float16 c = between16(planes, format[2], format[5], format[8], pattern, p, q, line,
                                      wide, shift);
                vstore16(PIXEL(uchar16, x), 0, to);
                vstore16(PIXEL(uchar16, y), 0, to + width);
                vstore16(PIXEL(uchar16, z), 0, to + 2 * width);
                continue;
            }
            for (int i = 0; i < count; i++) {
                int4 column = vload4(i, columns);
                int4 h = transposed ? line : column, v = transposed ? column : line;
                int at = format[0] + v.x * format[3] + h.x * format[6];
                float a = sample(planes, at, wide, shift);
                float b = between(planes, format[1], format[4], format[7], h, v, wide, shift);
                float c = between(planes, format[2], format[5], format[8], h, v, wide, shift);
                to[i] = PIXEL(uchar, x);
                to[width + i] = PIXEL(uchar, y);
                to[2 * width + i] = PIXEL(uchar, z);
            }
        }
}
