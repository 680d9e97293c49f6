/* SPDX-License-Identifier: MIT */
/* Frames, times, ranges, orientation and damage of the clips in tests/data/clips. */
#include "tests/io/clip.h"

#include <sys/stat.h>
#include <unistd.h>

static const struct {
    const char *name;
    int stream;
    enum frame_layout layout;
    int width, height, bits, chroma_w, chroma_h;
    enum frame_matrix matrix;
    enum frame_range range;
} clips[] = {
    {"nasa_13013.mp4", 0, FRAME_YUV, 320, 180, 8, 1, 1, MATRIX_BT709, RANGE_LIMITED},
    {"asl_yes.mkv", -1, FRAME_YUV, 640, 480, 8, 1, 1, MATRIX_UNKNOWN, RANGE_FULL},
    {"bframes.mp4", -1, FRAME_YUV, 160, 120, 8, 1, 1, MATRIX_UNKNOWN, RANGE_UNKNOWN},
    {"bframes.avi", -1, FRAME_YUV, 160, 120, 8, 1, 1, MATRIX_UNKNOWN, RANGE_UNKNOWN},
    {"altref.webm", -1, FRAME_YUV, 160, 120, 8, 1, 1, MATRIX_UNKNOWN, RANGE_LIMITED},
    {"altref_vp8.webm", -1, FRAME_YUV, 160, 120, 8, 1, 1, MATRIX_BT601, RANGE_LIMITED},
    {"interlaced.ts", -1, FRAME_YUV, 160, 120, 8, 1, 1, MATRIX_UNKNOWN, RANGE_LIMITED},
    {"main10.mkv", -1, FRAME_YUV, 160, 120, 10, 1, 1, MATRIX_UNKNOWN, RANGE_LIMITED},
    {"odd_rgb.mp4", -1, FRAME_GBR, 35, 27, 8, 0, 0, MATRIX_UNKNOWN, RANGE_FULL},
    {"long.mp4", -1, FRAME_YUV, 160, 120, 8, 1, 1, MATRIX_UNKNOWN, RANGE_UNKNOWN},
    {"img_002.png", -1, FRAME_RGB, 64, 48, 8, 0, 0, MATRIX_UNKNOWN, RANGE_FULL},
};
enum { CLIP_COUNT = sizeof clips / sizeof *clips };

static const struct video_options plain = {.stream = -1};

static void clip_path(char path[512], const char *name)
{
    snprintf(path, 512, CLIPS "%s", name);
}

START_TEST(planes_and_times_are_the_decoders)
{
    char path[512];
    struct video_options o = {.stream = clips[_i].stream};
    struct listing want = list_truth(clips[_i].name);
    clip_path(path, clips[_i].name);
    for (o.threads = 0; o.threads <= 3; o.threads++) {
        struct video *v = must_open(path, &o);
        struct listing got = list_frames(v);
        expect_same(path, &got, &want, 1e-3);
        ck_assert_str_eq(video_damage(v)->text, "");
        ck_assert_int_eq(video_damage(v)->errors, 0);
        ck_assert(!video_damage(v)->truncated);
        video_close(&v);
        free(got.frame);
    }
    free(want.frame);
}
END_TEST

START_TEST(frames_say_what_they_are)
{
    char path[512];
    struct video_options o = {.stream = clips[_i].stream};
    struct frame f;
    struct error err;
    clip_path(path, clips[_i].name);
    struct video *v = must_open(path, &o);
    ck_assert_int_eq(video_info(v)->width, clips[_i].width);
    ck_assert_int_eq(video_info(v)->height, clips[_i].height);
    ck_assert_int_eq(video_next(v, &f, &err), 1);
    ck_assert_int_eq(f.layout, clips[_i].layout);
    ck_assert_int_eq(f.width, clips[_i].width);
    ck_assert_int_eq(f.height, clips[_i].height);
    ck_assert_int_eq(f.bits, clips[_i].bits);
    ck_assert_int_eq(f.shift, 0);
    ck_assert_int_eq(f.chroma_w, clips[_i].chroma_w);
    ck_assert_int_eq(f.chroma_h, clips[_i].chroma_h);
    ck_assert_int_eq(f.matrix, clips[_i].matrix);
    ck_assert_int_eq(f.range, clips[_i].range);
    ck_assert(!f.transpose && !f.flip_x && !f.flip_y);
    ck_assert(f.time == 0 && f.tick > 0 && f.tick <= 0.1);
    video_close(&v);
    ck_assert_ptr_null(v);
    video_close(&v);
}
END_TEST

/* Every range hands out the frames of the whole clip that lie in it, and measuring agrees. */
START_TEST(ranges_are_cut_exactly)
{
    static const double ranges[][2] = {{0, 0},     {0.2, 0.6},   {0, 0.04},  {0.5, 0}, {0.04, 0.04},
                                       {1.0, 1e9}, {11.5, 12.7}, {14.44, 0}, {99, 100}};
    char path[512];
    struct video_options o = {.stream = clips[_i].stream};
    clip_path(path, clips[_i].name);
    struct listing all = list_clip(path, &o);
    for (size_t k = 0; k < sizeof ranges / sizeof *ranges; k++) {
        struct listing want = {0};
        struct video_extent extent;
        struct error err;
        o.from = ranges[k][0];
        o.to = ranges[k][1];
        for (int64_t i = 0; i < all.count; i++)
            if (all.frame[i].time >= o.from && (o.to <= 0 || all.frame[i].time < o.to))
                list_add(&want, all.frame[i].md5, all.frame[i].time);
        struct video *v = must_open(path, &o);
        ck_assert_msg(video_measure(v, &extent, &err), "%s", err.text);
        struct listing got = list_frames(v);
        expect_same(path, &got, &want, 1e-12);
        ck_assert_int_eq(extent.frames, want.count);
        ck_assert(extent.last_time == (want.count ? want.frame[want.count - 1].time : 0));
        ck_assert_str_eq(video_damage(v)->text, "");
        video_close(&v);
        free(want.frame);
        free(got.frame);
    }
    free(all.frame);
}
END_TEST

START_TEST(rewinding_and_closing_work_anywhere)
{
    static const int stops[] = {0, 1, 7, 20, 48};
    struct error err;
    struct frame f;
    struct listing want = list_clip(CLIPS "bframes.mp4", &plain);
    struct video *v = must_open(CLIPS "bframes.mp4", &plain);
    for (size_t k = 0; k < sizeof stops / sizeof *stops; k++) {
        for (int i = 0; i < stops[k]; i++)
            ck_assert_int_eq(video_next(v, &f, &err), 1);
        ck_assert(video_rewind(v, &err));
        struct listing got = list_frames(v);
        expect_same("bframes.mp4", &got, &want, 0);
        ck_assert_int_eq(video_next(v, &f, &err), 0); /* the end stays the end */
        ck_assert(video_rewind(v, &err));
        free(got.frame);
    }
    video_close(&v);
    for (int n = 0; n < 60; n++) {
        v = must_open(CLIPS "long.mp4", &plain);
        for (int i = 0; i < n % 20; i++)
            ck_assert_int_eq(video_next(v, &f, &err), 1);
        video_close(&v);
    }
    free(want.frame);
}
END_TEST

START_TEST(the_best_stream_is_the_default_one)
{
    struct frame f;
    struct error err;
    struct video_options o = {.stream = 3};
    struct video *best = must_open(CLIPS "nasa_13013.mp4", &plain);
    struct video *third = must_open(CLIPS "nasa_13013.mp4", &o);
    ck_assert_int_eq(video_next(best, &f, &err), 1);
    ck_assert_int_eq(f.width, 480);
    struct digest first = frame_digest(&f);
    ck_assert_int_eq(video_next(third, &f, &err), 1);
    ck_assert_str_eq(first.hex, frame_digest(&f).hex);
    video_close(&best);
    video_close(&third);
    o.stream = 1; /* sound */
    ck_assert_ptr_null(video_open(CLIPS "nasa_13013.mp4", &o, &err));
    ck_assert_int_eq(err.code, ERROR_INPUT);
    o.stream = 99;
    ck_assert_ptr_null(video_open(CLIPS "nasa_13013.mp4", &o, &err));
}
END_TEST

/* Display matrices a b c d (shown x = a x + c y, shown y = b x + d y) and what ffmpeg calls them.
 */
static const struct {
    int a, b, c, d;
    bool transpose, flip_x, flip_y;
} matrices[] = {
    {1, 0, 0, 1, false, false, false}, {0, 1, -1, 0, true, true, false}, /* transpose=clock  */
    {-1, 0, 0, -1, false, true, true}, {0, -1, 1, 0, true, false, true}, /* transpose=cclock */
    {-1, 0, 0, 1, false, true, false}, {1, 0, 0, -1, false, false, true},
    {0, 1, 1, 0, true, false, false},  {0, -1, -1, 0, true, true, true},
};

/* The luma sample of `f` that is shown at x, y, by the rule in io/video.h. */
static uint8_t shown_at(const struct frame *f, int x, int y)
{
    int w = f->transpose ? f->height : f->width, h = f->transpose ? f->width : f->height;
    x = f->flip_x ? w - 1 - x : x;
    y = f->flip_y ? h - 1 - y : y;
    return f->transpose ? f->plane[0][(size_t)x * f->stride[0] + (size_t)y]
                        : f->plane[0][(size_t)y * f->stride[0] + (size_t)x];
}

START_TEST(orientation_follows_the_display_matrix)
{
    size_t n;
    uint8_t *data = load(CLIPS "bframes.mp4", &n), *m = find_box(data, n, "tkhd") + 44;
    struct error err;
    struct frame f;
    memset(m, 0, 36);
    put_be32(m, (uint32_t)matrices[_i].a * 65536);
    put_be32(m + 4, (uint32_t)matrices[_i].b * 65536);
    put_be32(m + 12, (uint32_t)matrices[_i].c * 65536);
    put_be32(m + 16, (uint32_t)matrices[_i].d * 65536);
    put_be32(m + 32, 1u << 30);
    store("turned.mp4", data, n);
    struct video *v = must_open("turned.mp4", &plain);
    ck_assert_int_eq(video_next(v, &f, &err), 1);
    ck_assert_int_eq(f.transpose, matrices[_i].transpose);
    ck_assert_int_eq(f.flip_x, matrices[_i].flip_x);
    ck_assert_int_eq(f.flip_y, matrices[_i].flip_y);
    ck_assert_int_eq(f.width, 160);
    for (int y = 0; y < 120; y += 7)
        for (int x = 0; x < 160; x += 3) {
            int sx = matrices[_i].a * x + matrices[_i].c * y;
            int sy = matrices[_i].b * x + matrices[_i].d * y;
            sx += matrices[_i].a < 0 ? 159 : matrices[_i].c < 0 ? 119 : 0;
            sy += matrices[_i].d < 0 ? 119 : matrices[_i].b < 0 ? 159 : 0;
            ck_assert_int_eq(shown_at(&f, sx, sy), f.plane[0][(size_t)y * f.stride[0] + (size_t)x]);
        }
    video_close(&v);
    unlink("turned.mp4");
    free(data);
}
END_TEST

START_TEST(odd_display_matrices_are_ignored)
{
    static const uint32_t odd[][4] = {{46341, 46341, (uint32_t)-46341, 46341},
                                      {0x80000000, 0x80000000, 0x80000000, 0x80000000},
                                      {0, 0, 0, 0},
                                      {65536, 0, 0, 0}};
    size_t n;
    uint8_t *data = load(CLIPS "bframes.mp4", &n), *m = find_box(data, n, "tkhd") + 44;
    for (size_t k = 0; k < sizeof odd / sizeof *odd; k++) {
        struct error err;
        struct frame f;
        put_be32(m, odd[k][0]);
        put_be32(m + 4, odd[k][1]);
        put_be32(m + 12, odd[k][2]);
        put_be32(m + 16, odd[k][3]);
        store("turned.mp4", data, n);
        struct video *v = must_open("turned.mp4", &plain);
        ck_assert_int_eq(video_next(v, &f, &err), 1);
        ck_assert(!f.transpose && !f.flip_x && !f.flip_y);
        video_close(&v);
    }
    unlink("turned.mp4");
    free(data);
}
END_TEST

/* A frame stays until as many others were taken: uploads need not block. */
START_TEST(frames_stay_for_a_while)
{
    struct error err;
    struct frame f, held[VIDEO_KEPT];
    uint8_t row[VIDEO_KEPT][160];
    struct video *v = must_open(CLIPS "bframes.mp4", &plain);
    for (int i = 0; video_next(v, &f, &err) == 1; i++) {
        held[i % VIDEO_KEPT] = f;
        memcpy(row[i % VIDEO_KEPT], f.plane[0] + 60 * f.stride[0], 160);
        for (int k = 0; k < VIDEO_KEPT && k <= i; k++)
            ck_assert(!memcmp(row[k], held[k].plane[0] + 60 * held[k].stride[0], 160));
    }
    video_close(&v);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("video");
    TCase *t = tcase_create("clips");
    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, planes_and_times_are_the_decoders, 0, CLIP_COUNT);
    tcase_add_loop_test(t, frames_say_what_they_are, 0, CLIP_COUNT);
    tcase_add_loop_test(t, ranges_are_cut_exactly, 0, CLIP_COUNT);
    tcase_add_test(t, frames_stay_for_a_while);
    tcase_add_test(t, rewinding_and_closing_work_anywhere);
    tcase_add_test(t, the_best_stream_is_the_default_one);
    tcase_add_loop_test(t, orientation_follows_the_display_matrix, 0,
                        sizeof matrices / sizeof *matrices);
    tcase_add_test(t, odd_display_matrices_are_ignored);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
