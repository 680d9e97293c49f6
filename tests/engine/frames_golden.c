/* SPDX-License-Identifier: MIT */
/* Colour, resize and whole pipelines against published results: the reference exactly, the kernels
 * within one grey level (Pillow and OpenCV exactly). */
#include "io/safetensors.h"
#include "tests/engine/frames.h"

#define GOLDEN SOURCE_DIR "/tests/data/preproc_golden.txt"

/* The numbers of the line that begins with name and a blank. */
static int numbers(const char *name, double *out, int most)
{
    static char line[8192];
    FILE *f = fopen(GOLDEN, "r");
    ck_assert_ptr_nonnull(f);
    int n = -1;
    size_t len = strlen(name);
    while (n < 0 && fgets(line, sizeof line, f))
        if (!strncmp(line, name, len) && line[len] == ' ') {
            char *s = line + len, *end;
            for (n = 0; n < most; n++, s = end) {
                out[n] = strtod(s, &end);
                if (end == s)
                    break;
            }
        }
    fclose(f);
    ck_assert_msg(n >= 0, "%s is missing", name);
    return n;
}

/* matrix=bt601 and so on are the golden file's words. */
static struct recipe colours(const char *matrix, const char *range, const char *chroma,
                             const char *space)
{
    char line[200];
    snprintf(line, sizeof line, "matrix=%s range=%s chroma=%s space=%s", matrix + 2, range, chroma,
             space);
    return recipe(line);
}

START_TEST(colour_of_one_pixel)
{
    char line[400], matrix[10], range[10];
    int lines = 0, y, u, v, r8[3];
    double exact[3];
    FILE *f = fopen(GOLDEN, "r");
    ck_assert_ptr_nonnull(f);
    while (fgets(line, sizeof line, f)) {
        if (sscanf(line, "yuv1 %9s %9s %d %d %d -> %d %d %d (%lf %lf %lf)", matrix, range, &y, &u,
                   &v, &r8[0], &r8[1], &r8[2], &exact[0], &exact[1], &exact[2]) != 11)
            continue;
        struct recipe r = colours(matrix, range, "left", "crop:1");
        uint8_t planes[3] = {(uint8_t)y, (uint8_t)u, (uint8_t)v};
        struct frame frame = {.layout = FRAME_YUV, .width = 1, .height = 1, .bits = 8,
                              .plane = {planes, planes + 1, planes + 2}, .stride = {1, 1, 1}};
        struct picture p;
        OK(reference_rgb(&p, &r, &frame, &err));
        for (int c = 0; c < 3; c++) {
            ck_assert(fabs(p.data[c] - exact[c]) < 1e-6);
            ck_assert(floor(p.data[c] + 0.5) == r8[c]);
        }
        picture_free(&p);
        ck_assert(run_once(&r, &frame, 0).worst <= 1);
        lines++;
    }
    fclose(f);
    ck_assert_int_eq(lines, 72);
}
END_TEST

/* Reference equal to a line of the golden file, kernel within 1 of it. */
static void check_colours(const struct recipe *r, const struct frame *f, const char *name)
{
    double want[45];
    ck_assert_int_eq(numbers(name, want, 45), 45);
    struct picture p;
    OK(reference_frame(&p, r, f, 0, &err));
    ck_assert_msg(compare(p.data, want, 45).worst <= 0, "%s", name);
    picture_free(&p);
    ck_assert_msg(run_once(r, f, 0).worst <= 1, "%s", name);
}

START_TEST(colours_of_an_odd_frame)
{
    static const char *const matrices[] = {"bt601", "bt709", "bt2020"};
    static const char *const ranges[] = {"limited", "full"};
    static const char *const sitings[] = {"nearest", "left", "center"};
    double v[27];
    uint8_t bytes[27];
    numbers("i420_5x3.y", v, 15);
    numbers("i420_5x3.u", v + 15, 6);
    numbers("i420_5x3.v", v + 21, 6);
    for (int i = 0; i < 27; i++)
        bytes[i] = (uint8_t)v[i];
    struct frame f = {.layout = FRAME_YUV, .width = 5, .height = 3, .bits = 8, .chroma_w = 1,
                      .chroma_h = 1, .plane = {bytes, bytes + 15, bytes + 21}, .stride = {5, 3, 3}};
    for (int i = 0; i < 18; i++) {
        const char *m = matrices[i % 3], *g = ranges[i / 3 % 2], *c = sitings[i / 6];
        char name[64];
        snprintf(name, sizeof name, "i420_5x3.%s.%s.%s", m, g, c);
        struct recipe r = colours(m, g, c, "crop:5x3");
        check_colours(&r, &f, name);
    }
    uint16_t words[27];
    ck_assert_int_eq(numbers("i420p10_5x3.yuv", v, 27), 27);
    for (int i = 0; i < 27; i++)
        words[i] = (uint16_t)v[i];
    f.bits = 10;
    for (int i = 0; i < 3; i++) {
        f.plane[i] = (uint8_t *)(words + (i ? 9 + 6 * i : 0));
        f.stride[i] *= 2;
    }
    struct recipe r = colours("bt709", "limited", "left", "crop:5x3");
    check_colours(&r, &f, "i420p10_5x3.bt709.limited.left");
}
END_TEST

/* A gray picture of 7x5 resized by one rule; every channel must give the golden line. */
static void check_resize(const uint8_t *gray, int w, int h, const char *rule)
{
    bool exact = !strcmp(rule, "pil8") || !strcmp(rule, "cv8");
    char name[64], line[128];
    double want[200], three[600];
    snprintf(name, sizeof name, "resize_%dx%d.%s", w, h, rule);
    int n = numbers(name, want, 200);
    ck_assert_int_eq(n, w * h);
    for (int i = 0; i < n * 3; i++)
        three[i] = want[i / 3];
    uint8_t rgb[105];
    for (int i = 0; i < 105; i++)
        rgb[i] = gray[i / 3];
    struct frame f = rgb_frame(rgb, 7, 5);
    snprintf(line, sizeof line, "space=size:%dx%d filter=%.*s round=%s", w, h,
             (int)strcspn(rule, "8"), rule, exact ? "u8" : "none");
    struct recipe r = recipe(line);
    struct picture p;
    OK(reference_frame(&p, &r, &f, 0, &err));
    ck_assert_msg(compare(p.data, three, (size_t)n * 3).worst <= (exact ? 0 : 1e-6), "%s", name);
    picture_free(&p);
    ck_assert_msg(run_once(&r, &f, 0).worst <= (exact ? 0 : 1e-4), "%s", name);
}

START_TEST(resize_of_a_small_picture)
{
    static const int sizes[][2] = {{3, 2}, {7, 5}, {14, 10}, {1, 1}, {5, 7}, {2, 9}, {16, 3}};
    static const char *const rules[] = {"bilinear", "triangle", "pil8", "cv8"};
    double v[35];
    uint8_t gray[35];
    ck_assert_int_eq(numbers("img_7x5", v, 35), 35);
    for (int i = 0; i < 35; i++)
        gray[i] = (uint8_t)v[i];
    for (int i = 0; i < 28; i++)
        check_resize(gray, sizes[i / 4][0], sizes[i / 4][1], rules[i % 4]);
}
END_TEST

static uint8_t *tensor(const struct safetensors *st, const char *name, int *t, int *h, int *w)
{
    const struct safetensor *s = safetensors_find(st, name);
    ck_assert_msg(s && s->type == SAFETENSOR_U8 && s->rank >= 3, "%s", name);
    const int64_t *dim = s->dim + s->rank - 3;
    *t = s->rank == 4 ? (int)s->dim[0] : 1;
    *h = (int)dim[0];
    *w = (int)dim[1];
    uint8_t *data = malloc(s->elements);
    OK(safetensors_read_raw(st, s, 0, s->elements, data, &err));
    return data;
}

/* All frames of a published pipeline. Bilinear: torch computes coordinates in float, so a value
 * that lies in the middle of two levels may fall to either side. */
static void check_pipeline(const struct safetensors *st, const char *from, const char *to,
                           const char *line)
{
    int t, h, w, tt, oh, ow, rare = 0;
    uint8_t *in = tensor(st, from, &t, &h, &w), *want = tensor(st, to, &tt, &oh, &ow);
    struct recipe r = recipe(line);
    struct frame_stage *s = frames_open(ocl, &r, false, false, &err);
    OK(s);
    size_t n = (size_t)oh * (size_t)ow * 3;
    for (int i = 0; i < t; i++) {
        struct frame f = rgb_frame(in + (size_t)i * (size_t)(w * h * 3), w, h);
        double *got = device_frame(s, &r, &f, 0), *golden = malloc(n * sizeof *golden);
        for (size_t k = 0; k < n; k++)
            golden[k] = want[(size_t)i * n + k];
        struct difference d = compare(got, golden, n);
        ck_assert_msg(d.worst <= (r.filter == FILTER_PIL ? 0 : 1), "%s: %g", to, d.worst);
        rare += d.count;
        ck_assert(run(s, &r, &f, 0).worst <= (r.filter == FILTER_PIL ? 0 : 1));
        free(got);
        free(golden);
    }
    ck_assert_msg(rare * 100 <= t * (int)n, "%s: %d values differ", to, rare);
    frames_close(&s);
    free(in);
    free(want);
}

START_TEST(published_pipelines)
{
    struct safetensors *st =
        safetensors_open(SOURCE_DIR "/tests/data/preproc.safetensors", ERROR_INPUT, &err);
    OK(st);
    check_pipeline(st, "src", "hara_old.u8", "space=short:112,crop:112 filter=pil");
    check_pipeline(st, "src", "torchvision.u8", "space=size:171x128,crop:112");
    check_pipeline(st, "src", "tao_motion.u8", "space=size:171x128,crop:112 filter=pil");
    check_pipeline(st, "src", "chen.u8", "space=short:256,crop:256,size:112x112 filter=pil");
    check_pipeline(st, "src_small", "tao_appearance.u8",
                   "space=size:256x256,crop:224 filter=pil");
    check_pipeline(st, "src_small", "tsn.u8", "space=short:256,crop:224 filter=pil");
    static const int sizes[][2] = {{12, 16}, {40, 17}, {23, 50}, {64, 64}};
    for (int i = 0; i < 8; i++) {
        char name[40], line[80];
        int h = sizes[i / 2][0], w = sizes[i / 2][1];
        snprintf(name, sizeof name, "%s_%dx%d", i % 2 ? "pil" : "lin", h, w);
        snprintf(line, sizeof line, "space=size:%dx%d filter=%s", w, h,
                 i % 2 ? "pil" : "bilinear");
        check_pipeline(st, "noise", name, line);
    }
    safetensors_close(&st);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("frames_golden");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 300);
    tcase_add_test(t, colour_of_one_pixel);
    tcase_add_test(t, colours_of_an_odd_frame);
    tcase_add_test(t, resize_of_a_small_picture);
    tcase_add_test(t, published_pipelines);
    return run_on_device(t, "frames_golden");
}
