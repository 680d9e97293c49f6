/* SPDX-License-Identifier: MIT */
/* Kernels against the double-precision reference: sizes, layouts, orientation, crops, and changes
 * in the middle of a stream. */
#include "tests/engine/frames.h"

#include "base/random.h"

/* A frame of random samples; planes live in `memory`. Rows are longer than they need be. */
struct picture_memory {
    uint16_t words[3][640 * 330];
};

static void fill_plane(struct frame *f, struct picture_memory *memory, int plane, int samples,
                       int rows, struct random *random)
{
    size_t stride = (size_t)samples * (f->bits > 8 ? 2 : 1) + 2 * (size_t)random_int(random, 0, 9);
    uint8_t *bytes = (uint8_t *)memory->words[plane];
    ck_assert(stride * (size_t)rows <= sizeof memory->words[plane]);
    for (size_t i = 0; i < stride * (size_t)rows; i++)
        bytes[i] = (uint8_t)random_u64(random);
    for (size_t i = 0; f->bits > 8 && i < stride * (size_t)rows / 2; i++)
        memory->words[plane][i] =
            (uint16_t)((memory->words[plane][i] & ((1 << f->bits) - 1)) << f->shift);
    f->plane[plane] = bytes;
    f->stride[plane] = stride;
}

static struct frame random_frame(struct picture_memory *memory, enum frame_layout layout, int w,
                                 int h, int bits, struct random *random)
{
    struct frame f = {.layout = layout, .width = w, .height = h, .bits = bits};
    bool yuv = layout == FRAME_YUV || layout == FRAME_NV12;
    f.shift = bits > 8 && bits < 16 && layout == FRAME_NV12 ? 16 - bits : 0;
    f.matrix = (enum frame_matrix)random_int(random, MATRIX_UNKNOWN, MATRIX_BT2020);
    f.range = (enum frame_range)random_int(random, RANGE_UNKNOWN, RANGE_FULL);
    if (yuv) {
        f.chroma_w = random_int(random, 0, 2);
        f.chroma_h = random_int(random, 0, 1);
    }
    int step = layout == FRAME_RGB ? random_int(random, 3, 4) : 1;
    f.pixel_bytes = step * (bits > 8 ? 2 : 1);
    for (int i = 0; i < 3; i++)
        f.rgba[i] = random_int(random, 0, 1) ? i : step - 1 - i;
    fill_plane(&f, memory, 0, w * step, h, random);
    int cw = (w + (1 << f.chroma_w) - 1) >> f.chroma_w;
    int ch = (h + (1 << f.chroma_h) - 1) >> f.chroma_h;
    if (layout == FRAME_NV12)
        fill_plane(&f, memory, 1, cw * 2, ch, random);
    for (int i = 1; i < 3 && (layout == FRAME_YUV || layout == FRAME_GBR); i++)
        fill_plane(&f, memory, i, cw, ch, random);
    f.transpose = random_int(random, 0, 1);
    f.flip_x = random_int(random, 0, 1);
    f.flip_y = random_int(random, 0, 1);
    return f;
}

static struct picture_memory memory;

START_TEST(random_sizes)
{
    static const char *const filters[] = {"bilinear", "triangle", "bilinear", "triangle", "pil",
                                          "cv"};
    struct random random = {1};
    for (int i = 0; i < 500; i++) {
        bool floats = i % 6 < 2, exact = i % 6 > 3;
        int w = random_int(&random, 1, 300), h = random_int(&random, 1, 300);
        char line[100];
        snprintf(line, sizeof line, "space=size:%dx%d filter=%s round=%s",
                 random_int(&random, 1, 128), random_int(&random, 1, 128), filters[i % 6],
                 floats ? "none" : "u8");
        struct frame f = random_frame(&memory, FRAME_RGB, w, h, 8, &random);
        struct recipe r = recipe(line);
        struct difference d = run_once(&r, &f, 0);
        ck_assert_msg(d.worst <= (floats ? 2e-6 * 255 : exact ? 0 : 1), "%dx%d %s: %g", w, h, line,
                      d.worst);
    }
}
END_TEST

/* Every layout, depth, siting, matrix and range without a resize: 8-bit values are equal but where
 * the exact value is a tie. */
START_TEST(random_layouts)
{
    static const char *const chroma[] = {"left", "nearest", "center"};
    static const char *const matrix[] = {"auto", "601", "709", "2020"};
    static const char *const range[] = {"auto", "limited", "full"};
    static const int bits[] = {8, 8, 9, 10, 12, 14, 16};
    struct random random = {2};
    int wrong = 0;
    long values = 0;
    for (int i = 0; i < 400; i++) {
        int w = random_int(&random, 1, 70), h = random_int(&random, 1, 70);
        struct frame f = random_frame(&memory, (enum frame_layout)(i % 5), w, h,
                                      bits[i / 5 % 7], &random);
        char line[160];
        snprintf(line, sizeof line, "space=crop:%dx%d chroma=%s matrix=%s range=%s order=%s",
                 f.transpose ? h : w, f.transpose ? w : h, chroma[random_int(&random, 0, 2)],
                 matrix[random_int(&random, 0, 3)], range[random_int(&random, 0, 2)],
                 i % 2 ? "rgb" : "bgr");
        struct recipe r = recipe(line);
        struct difference d = run_once(&r, &f, 0);
        ck_assert_msg(d.worst <= 1, "layout %d, %d bits, %s: %g", f.layout, f.bits, line, d.worst);
        wrong += d.count;
        values += (long)w * h * 3;
    }
    ck_assert_msg(wrong * 2000L <= values, "%d of %ld", wrong, values);
}
END_TEST

/* A turned picture gives, byte for byte, what the turned samples give. */
START_TEST(orientation)
{
    struct random random = {3};
    for (int i = 0; i < 16; i++) {
        int w = 31, h = 22;
        struct frame f = random_frame(&memory, FRAME_RGB, w, h, 8, &random);
        f.transpose = i & 1, f.flip_x = i & 2, f.flip_y = i & 4;
        int ow = f.transpose ? h : w, oh = f.transpose ? w : h;
        uint8_t turned[31 * 22 * 3];
        for (int y = 0; y < oh; y++)
            for (int x = 0; x < ow; x++) {
                int sx = f.flip_x ? ow - 1 - x : x, sy = f.flip_y ? oh - 1 - y : y;
                const uint8_t *p = f.plane[0] + (size_t)(f.transpose ? sx : sy) * f.stride[0] +
                                   (f.transpose ? sy : sx) * f.pixel_bytes;
                for (int c = 0; c < 3; c++)
                    turned[(y * ow + x) * 3 + c] = p[f.rgba[c]];
            }
        struct recipe r = recipe(i & 8 ? "space=short:16,crop:13 filter=pil" : "space=size:17x19");
        struct frame_stage *s = frames_open(ocl, &r, false, false, &err);
        OK(s);
        struct frame plain = rgb_frame(turned, ow, oh);
        double *a = device_frame(s, &r, &f, 0), *b = device_frame(s, &r, &plain, 0);
        int rw, rh;
        recipe_size(&r, &rw, &rh);
        ck_assert(compare(a, b, (size_t)(rw * rh * 3)).worst <= 0);
        free(a);
        free(b);
        frames_close(&s);
    }
}
END_TEST

/* Lists of steps, extra crops and padding; one stage for frames of changing size and layout. */
START_TEST(recipes_in_a_changing_stream)
{
    static const char *const lines[] = {
        "space=short:50,crop:40,size:20x24 filter=pil",
        "space=short:50,crop:40,size:20x24,crop:30,crop:33x17 filter=cv longside=round",
        "space=short:50,crop:40,size:20x24,crop:25x40 filter=triangle round=none",
        "space=size:60x40,crop:31x27 filter=pil crops=ten",
        "space=short:40,crop:40 filter=cv crops=three cropround=floor",
        "space=short:30,crop:50x20 round=none crops=ten order=bgr",
        "space=crop:64,crop:80,size:33x33,short:20,crop:21 filter=pil",
    };
    struct random random = {4};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct recipe r = recipe(lines[i]);
        struct frame_stage *s = frames_open(ocl, &r, false, false, &err);
        OK(s);
        for (int k = 0; k < 12; k++) {
            struct frame f = random_frame(&memory, (enum frame_layout)(k % 5),
                                          random_int(&random, 1, 120), random_int(&random, 1, 120),
                                          k % 3 ? 8 : 10, &random);
            for (int crop = 0; crop < space_crops(&r); crop++) {
                struct difference d = run(s, &r, &f, crop);
                ck_assert_msg(d.worst <= 2, "%s, frame %d, crop %d: %g", lines[i], k, crop,
                              d.worst);
                if (f.layout == FRAME_RGB && f.bits == 8) /* no rounding tie before the resize */
                    ck_assert_msg(d.worst <= 1e-3, "%s, crop %d: %g", lines[i], crop, d.worst);
            }
        }
        frames_close(&s);
    }
}
END_TEST

/* Seven bars of 75 % in every tagged variant show the same colours. */
START_TEST(tagged_bars)
{
    struct recipe r = recipe("space=short:16,crop:16x16");
    for (int i = 0; i < 7 * 3 * 2 * 3; i++) {
        int bar = i % 7, bits = (const int[]){8, 10, 12}[i / 42];
        enum frame_matrix matrix = (enum frame_matrix)(MATRIX_BT601 + i / 7 % 3);
        bool full = i / 21 % 2;
        double kr = (const double[]){0.299, 0.2126, 0.2627}[i / 7 % 3];
        double kb = (const double[]){0.114, 0.0722, 0.0593}[i / 7 % 3];
        double rgb[3], unit = 1 << (bits - 8), most = (1 << bits) - 1;
        for (int c = 0; c < 3; c++) /* white, yellow, cyan, green, magenta, red, blue */
            rgb[c] = (bar >> (c == 0 ? 1 : c == 1 ? 2 : 0) & 1) ? 0 : 191.0 / 255;
        double luma = kr * rgb[0] + (1 - kr - kb) * rgb[1] + kb * rgb[2];
        double yuv[3] = {luma, (rgb[2] - luma) / (2 - 2 * kb), (rgb[0] - luma) / (2 - 2 * kr)};
        uint8_t small[3][64];
        uint16_t large[3][64];
        struct frame f = {.layout = FRAME_YUV, .width = 8, .height = 8, .bits = bits,
                          .chroma_w = 1, .chroma_h = 1, .matrix = matrix,
                          .range = full ? RANGE_FULL : RANGE_LIMITED};
        for (int p = 0; p < 3; p++) {
            double v = full ? yuv[p] * most + (p ? 128 * unit : 0)
                            : (p ? yuv[p] * 224 + 128 : yuv[p] * 219 + 16) * unit;
            for (int k = 0; k < 64; k++) {
                large[p][k] = (uint16_t)(v + 0.5);
                small[p][k] = (uint8_t)large[p][k];
            }
            f.plane[p] = bits > 8 ? (uint8_t *)large[p] : small[p];
            f.stride[p] = bits > 8 ? 16 : 8;
        }
        struct frame_stage *s = frames_open(ocl, &r, false, false, &err);
        OK(s);
        double *got = device_frame(s, &r, &f, 0);
        for (int k = 0; k < 16 * 16 * 3; k++)
            ck_assert(fabs(got[k] - rgb[k % 3] * 255) <= 3);
        free(got);
        frames_close(&s);
    }
}
END_TEST

/* 16x2048 to a short side of 112 would be 112x14336; a 65535 long one must not need its width. */
START_TEST(tall_pictures)
{
    static uint8_t data[16 * 65535];
    struct random random = {5};
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)random_u64(&random);
    struct frame tall = {.layout = FRAME_GRAY, .width = 16, .height = 2048, .bits = 8,
                         .plane = {data}, .stride = {16}};
    struct frame wide = tall;
    wide.width = 65535, wide.height = 16;
    wide.stride[0] = 65535;
    struct recipe r = recipe("space=short:112,crop:112 filter=pil");
    ck_assert(run_once(&r, &tall, 0).worst <= 0);
    struct recipe crop = recipe("space=short:112,crop:112");
    struct frame_stage *s = frames_open(ocl, &crop, false, false, &err);
    OK(s);
    free(device_frame(s, &crop, &wide, 0));
    frames_close(&s);
}
END_TEST

START_TEST(refused)
{
    struct recipe none = recipe("filter=pil");
    err = (struct error){0};
    ck_assert_ptr_null(frames_open(ocl, &none, false, false, &err));
    ck_assert_int_eq(err.code, ERROR_MODEL);
    struct recipe r = recipe("space=crop:4");
    struct frame_stage *s = frames_open(ocl, &r, false, false, &err);
    uint8_t data[64] = {0};
    struct frame bad[5];
    for (int i = 0; i < 5; i++)
        bad[i] = rgb_frame(data, 4, 4);
    bad[0].bits = 17;
    bad[1].width = 0;
    bad[2].rgba[1] = 3;
    bad[3].chroma_w = 4;
    bad[4].shift = 1;
    for (int i = 0; i < 5; i++) {
        ck_assert(!frames_load(s, &bad[i], &err));
        ck_assert_int_eq(err.code, ERROR_INPUT);
    }
    frames_close(&s);
    frames_close(&s);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("frames");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 300);
    tcase_add_test(t, random_sizes);
    tcase_add_test(t, random_layouts);
    tcase_add_test(t, orientation);
    tcase_add_test(t, recipes_in_a_changing_stream);
    tcase_add_test(t, tagged_bars);
    tcase_add_test(t, tall_pictures);
    tcase_add_test(t, refused);
    return run_on_device(t, "frames");
}
