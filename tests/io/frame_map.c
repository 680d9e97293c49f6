/* SPDX-License-Identifier: MIT */
/* Every pixel format that libav can make, as a struct frame. */
#include "tests/io/clip.h"

#include "io/frame_map.h"
#include <libavutil/imgutils.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>

enum { W = 37, H = 21 };

static AVFrame *make_frame(enum AVPixelFormat format)
{
    AVFrame *av = av_frame_alloc();
    ck_assert_ptr_nonnull(av);
    av->format = format;
    av->width = W;
    av->height = H;
    ck_assert_int_ge(av_frame_get_buffer(av, 0), 0);
    return av;
}

/* Fills all planes with a pattern; floating point stays at zero. */
static void fill(AVFrame *av)
{
    const AVPixFmtDescriptor *d = av_pix_fmt_desc_get(av->format);
    for (int p = 0; p < 4; p++) {
        bool chroma = (p == 1 || p == 2) && !(d->flags & AV_PIX_FMT_FLAG_RGB);
        int rows = chroma ? AV_CEIL_RSHIFT(H, d->log2_chroma_h) : H;
        int row = av_image_get_linesize(av->format, W, p);
        for (int y = 0; av->data[p] && y < rows; y++)
            for (int x = 0; x < row && !(d->flags & (AV_PIX_FMT_FLAG_FLOAT | AV_PIX_FMT_FLAG_PAL));
                 x++)
                av->data[p][y * av->linesize[p] + x] = (uint8_t)(x * 5 + y * 3 + p * 50);
    }
}

static unsigned touch(const struct frame *f)
{
    unsigned sum = 0;
    for (int p = 0; p < plane_count(f); p++) {
        size_t row;
        int rows;
        plane_size(f, p, &row, &rows);
        ck_assert_uint_ge(f->stride[p], row);
        for (int y = 0; y < rows; y++)
            for (size_t x = 0; x < row; x++)
                sum += f->plane[p][(size_t)y * f->stride[p] + x];
    }
    return sum;
}

START_TEST(every_format_has_a_layout)
{
    const AVPixFmtDescriptor *d = NULL;
    int native = 0, converted = 0;
    while ((d = av_pix_fmt_desc_next(d))) {
        enum AVPixelFormat format = av_pix_fmt_desc_get_id(d);
        struct frame f = {0};
        struct error err = {0};
        if ((d->flags & AV_PIX_FMT_FLAG_HWACCEL) || !sws_isSupportedInput(format))
            continue;
        AVFrame *av = make_frame(format);
        fill(av);
        ck_assert_msg(frame_map(av, &f, &err), "%s: %s", d->name, err.text);
        ck_assert_int_eq(f.width, W);
        ck_assert_int_eq(f.height, H);
        ck_assert(f.bits >= 8 && f.bits <= 16 && f.shift >= 0 && f.bits + f.shift <= 16);
        ck_assert_msg(f.chroma_w >= 0 && f.chroma_w <= 2 && f.chroma_h >= 0 && f.chroma_h <= 2,
                      "%s", d->name);
        ck_assert_msg((f.bits > 8) == (d->comp[0].depth > 8), "%s: %d bits", d->name, f.bits);
        touch(&f);
        native += av->format == (int)format;
        converted += av->format != (int)format;
        av_frame_free(&av);
    }
    ck_assert_int_gt(native, 60);
    ck_assert_int_gt(converted, 60);
}
END_TEST

static const struct {
    enum AVPixelFormat format;
    enum frame_layout layout;
    int bits, shift, chroma_w, chroma_h, pixel_bytes, rgba[3];
} direct[] = {
    {AV_PIX_FMT_YUV420P, FRAME_YUV, 8, 0, 1, 1, 0, {0}},
    {AV_PIX_FMT_YUVJ422P, FRAME_YUV, 8, 0, 1, 0, 0, {0}},
    {AV_PIX_FMT_YUV444P, FRAME_YUV, 8, 0, 0, 0, 0, {0}},
    {AV_PIX_FMT_YUV440P, FRAME_YUV, 8, 0, 0, 1, 0, {0}},
    {AV_PIX_FMT_YUV411P, FRAME_YUV, 8, 0, 2, 0, 0, {0}},
    {AV_PIX_FMT_YUVA420P, FRAME_YUV, 8, 0, 1, 1, 0, {0}},
    {AV_PIX_FMT_YUV420P10, FRAME_YUV, 10, 0, 1, 1, 0, {0}},
    {AV_PIX_FMT_YUV444P16, FRAME_YUV, 16, 0, 0, 0, 0, {0}},
    {AV_PIX_FMT_NV12, FRAME_NV12, 8, 0, 1, 1, 0, {0}},
    {AV_PIX_FMT_P010, FRAME_NV12, 10, 6, 1, 1, 0, {0}},
    {AV_PIX_FMT_P016, FRAME_NV12, 16, 0, 1, 1, 0, {0}},
    {AV_PIX_FMT_GRAY8, FRAME_GRAY, 8, 0, 0, 0, 0, {0}},
    {AV_PIX_FMT_GRAY12, FRAME_GRAY, 12, 0, 0, 0, 0, {0}},
    {AV_PIX_FMT_GRAY16, FRAME_GRAY, 16, 0, 0, 0, 0, {0}},
    {AV_PIX_FMT_RGB24, FRAME_RGB, 8, 0, 0, 0, 3, {0, 1, 2}},
    {AV_PIX_FMT_BGR24, FRAME_RGB, 8, 0, 0, 0, 3, {2, 1, 0}},
    {AV_PIX_FMT_RGBA, FRAME_RGB, 8, 0, 0, 0, 4, {0, 1, 2}},
    {AV_PIX_FMT_BGRA, FRAME_RGB, 8, 0, 0, 0, 4, {2, 1, 0}},
    {AV_PIX_FMT_ARGB, FRAME_RGB, 8, 0, 0, 0, 4, {1, 2, 3}},
    {AV_PIX_FMT_ABGR, FRAME_RGB, 8, 0, 0, 0, 4, {3, 2, 1}},
    {AV_PIX_FMT_0RGB, FRAME_RGB, 8, 0, 0, 0, 4, {1, 2, 3}},
    {AV_PIX_FMT_RGB0, FRAME_RGB, 8, 0, 0, 0, 4, {0, 1, 2}},
    {AV_PIX_FMT_BGR0, FRAME_RGB, 8, 0, 0, 0, 4, {2, 1, 0}},
    {AV_PIX_FMT_RGB48, FRAME_RGB, 16, 0, 0, 0, 6, {0, 1, 2}},
    {AV_PIX_FMT_RGBA64, FRAME_RGB, 16, 0, 0, 0, 8, {0, 1, 2}},
    {AV_PIX_FMT_GBRP, FRAME_GBR, 8, 0, 0, 0, 0, {0}},
    {AV_PIX_FMT_GBRP12, FRAME_GBR, 12, 0, 0, 0, 0, {0}},
    {AV_PIX_FMT_GBRAP, FRAME_GBR, 8, 0, 0, 0, 0, {0}},
};

START_TEST(common_formats_are_not_copied)
{
    AVFrame *av = make_frame(direct[_i].format);
    const uint8_t *before = av->data[0];
    struct frame f = {0};
    struct error err;
    fill(av);
    ck_assert(frame_map(av, &f, &err));
    ck_assert_ptr_eq(f.plane[0], before);
    ck_assert_int_eq(f.layout, direct[_i].layout);
    ck_assert_int_eq(f.bits, direct[_i].bits);
    ck_assert_int_eq(f.shift, direct[_i].shift);
    ck_assert_int_eq(f.chroma_w, direct[_i].chroma_w);
    ck_assert_int_eq(f.chroma_h, direct[_i].chroma_h);
    ck_assert_int_eq(f.pixel_bytes, direct[_i].pixel_bytes);
    ck_assert_mem_eq(f.rgba, direct[_i].rgba, sizeof f.rgba);
    av_frame_free(&av);
}
END_TEST

START_TEST(converted_samples_keep_their_values)
{
    AVFrame *av = make_frame(AV_PIX_FMT_YUV420P10BE);
    struct frame f = {0};
    struct error err;
    for (int p = 0; p < 3; p++)
        for (int y = 0; y < (p ? (H + 1) / 2 : H); y++)
            for (int x = 0; x < (p ? (W + 1) / 2 : W); x++) {
                int v = (x * 29 + y * 53 + p * 300) & 1023;
                av->data[p][y * av->linesize[p] + 2 * x] = (uint8_t)(v >> 8);
                av->data[p][y * av->linesize[p] + 2 * x + 1] = (uint8_t)v;
            }
    ck_assert(frame_map(av, &f, &err));
    ck_assert_int_eq(f.layout, FRAME_YUV);
    ck_assert_int_eq(f.bits, 10);
    for (int p = 0; p < 3; p++)
        for (int y = 0; y < (p ? (H + 1) / 2 : H); y++)
            for (int x = 0; x < (p ? (W + 1) / 2 : W); x++) {
                uint16_t v;
                memcpy(&v, f.plane[p] + (size_t)y * f.stride[p] + 2 * (size_t)x, 2);
                ck_assert_int_eq(v, (x * 29 + y * 53 + p * 300) & 1023);
            }
    av_frame_free(&av);
}
END_TEST

START_TEST(palettes_become_colours)
{
    AVFrame *av = make_frame(AV_PIX_FMT_PAL8);
    uint32_t *palette = (uint32_t *)(void *)av->data[1];
    struct frame f = {0};
    struct error err;
    for (uint32_t i = 0; i < 256; i++)
        palette[i] = 0xff000000u | i << 16 | (255 - i) << 8 | (i ^ 0x55);
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++)
            av->data[0][y * av->linesize[0] + x] = (uint8_t)(x * 7 + y);
    ck_assert(frame_map(av, &f, &err));
    ck_assert_int_eq(f.layout, FRAME_RGB);
    ck_assert_int_eq(f.range, RANGE_FULL);
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++) {
            const uint8_t *p = f.plane[0] + (size_t)y * f.stride[0] + (size_t)(x * f.pixel_bytes);
            int i = (x * 7 + y) & 255;
            ck_assert_int_eq(p[f.rgba[0]], i);
            ck_assert_int_eq(p[f.rgba[1]], 255 - i);
            ck_assert_int_eq(p[f.rgba[2]], i ^ 0x55);
        }
    av_frame_free(&av);
}
END_TEST

START_TEST(bottom_up_pictures_are_turned)
{
    AVFrame *av = make_frame(AV_PIX_FMT_BGR24);
    struct frame f = {0};
    struct error err;
    fill(av);
    uint8_t top[3 * W];
    memcpy(top, av->data[0] + (H - 1) * av->linesize[0], sizeof top);
    av->data[0] += (H - 1) * av->linesize[0];
    av->linesize[0] = -av->linesize[0];
    ck_assert(frame_map(av, &f, &err));
    ck_assert_mem_eq(f.plane[0], top, sizeof top);
    ck_assert_uint_ge(f.stride[0], sizeof top);
    touch(&f);
    av_frame_free(&av);
}
END_TEST

START_TEST(colour_tags_are_taken_over)
{
    static const struct {
        enum AVPixelFormat format;
        enum AVColorSpace space;
        enum AVColorRange range;
        enum frame_matrix matrix;
        enum frame_range want;
    } tags[] = {
        {AV_PIX_FMT_YUV420P, AVCOL_SPC_BT709, AVCOL_RANGE_MPEG, MATRIX_BT709, RANGE_LIMITED},
        {AV_PIX_FMT_YUV420P, AVCOL_SPC_SMPTE170M, AVCOL_RANGE_JPEG, MATRIX_BT601, RANGE_FULL},
        {AV_PIX_FMT_YUV420P, AVCOL_SPC_BT2020_NCL, AVCOL_RANGE_UNSPECIFIED, MATRIX_BT2020,
         RANGE_UNKNOWN},
        {AV_PIX_FMT_YUVJ420P, AVCOL_SPC_BT470BG, AVCOL_RANGE_UNSPECIFIED, MATRIX_BT601, RANGE_FULL},
        {AV_PIX_FMT_YUV420P, AVCOL_SPC_UNSPECIFIED, AVCOL_RANGE_UNSPECIFIED, MATRIX_UNKNOWN,
         RANGE_UNKNOWN},
        {AV_PIX_FMT_GRAY8, AVCOL_SPC_UNSPECIFIED, AVCOL_RANGE_UNSPECIFIED, MATRIX_UNKNOWN,
         RANGE_FULL},
        {AV_PIX_FMT_GRAY8, AVCOL_SPC_UNSPECIFIED, AVCOL_RANGE_MPEG, MATRIX_UNKNOWN, RANGE_LIMITED},
        {AV_PIX_FMT_RGB24, AVCOL_SPC_RGB, AVCOL_RANGE_UNSPECIFIED, MATRIX_UNKNOWN, RANGE_FULL},
        {AV_PIX_FMT_NV21, AVCOL_SPC_BT709, AVCOL_RANGE_JPEG, MATRIX_BT709, RANGE_FULL},
    };
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        AVFrame *av = make_frame(tags[i].format);
        struct frame f = {0};
        struct error err;
        fill(av);
        av->colorspace = tags[i].space;
        av->color_range = tags[i].range;
        ck_assert(frame_map(av, &f, &err));
        ck_assert_int_eq(f.matrix, tags[i].matrix);
        ck_assert_int_eq(f.range, tags[i].want);
        av_frame_free(&av);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("frame_map");
    TCase *t = tcase_create("formats");
    tcase_add_test(t, every_format_has_a_layout);
    tcase_add_loop_test(t, common_formats_are_not_copied, 0, sizeof direct / sizeof *direct);
    tcase_add_test(t, converted_samples_keep_their_values);
    tcase_add_test(t, palettes_become_colours);
    tcase_add_test(t, bottom_up_pictures_are_turned);
    tcase_add_test(t, colour_tags_are_taken_over);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
