/* SPDX-License-Identifier: MIT */
/* Drawing, and pictures and videos as files: read back by our own decoder. */
#include "tests/io/clip.h"

#include "io/font.h"
#include "io/frame_rgb.h"
#include "io/picture_write.h"
#include "io/video_write.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct rgb red = {200, 30, 20}, white = {255, 255, 255};
static char folder[] = "/tmp/clact-pictures-XXXXXX", path[64];

static void setup(void)
{
    ck_assert(mkdtemp(folder) != NULL);
}

static void teardown(void)
{
    rmdir(folder);
}

static const char *file(const char *name)
{
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int files(void)
{
    DIR *d = opendir(folder);
    int n = 0;
    for (struct dirent *e; (e = readdir(d));)
        n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

static struct canvas make(int w, int h)
{
    struct canvas c;
    struct error err;
    ck_assert(canvas_make(&c, w, h, &err));
    return c;
}

static const uint8_t *at(const struct canvas *c, int x, int y)
{
    return c->rgb + ((size_t)y * (size_t)c->w + (size_t)x) * 3;
}

START_TEST(shapes_stay_inside)
{
    struct canvas c = make(8, 6), small = make(2, 2);
    canvas_fill(&c, -3, -3, 5, 5, red, 1); /* 2x2 of it */
    ck_assert(at(&c, 1, 1)[0] == 200 && at(&c, 2, 1)[0] == 0 && at(&c, 1, 2)[0] == 0);
    canvas_fill(&c, 6, 4, 2147483647, 2147483647, white, 0.5);
    ck_assert(at(&c, 7, 5)[1] == 128 && at(&c, 5, 4)[1] == 0);
    canvas_fill(&c, 100, 100, 5, 5, red, 1);
    canvas_fill(&small, 0, 0, 2, 2, white, 1);
    canvas_fill(&small, 0, 0, 1, 1, red, 1);
    canvas_blit(&c, -1, 3, &small); /* its right half */
    ck_assert(at(&c, 0, 3)[0] == 255 && at(&c, 1, 3)[0] == 0 && at(&c, 0, 5)[0] == 0);
    canvas_blit_sized(&c, 4, 0, 4, 4, &small); /* each pixel becomes 2x2 */
    ck_assert(at(&c, 5, 1)[1] == 30 && at(&c, 6, 1)[1] == 255 && at(&c, 5, 2)[1] == 255);
    canvas_blit_sized(&c, 3, 5, 1, 1, &small); /* the mean of four */
    ck_assert_int_eq(at(&c, 3, 5)[1], (30 + 3 * 255 + 2) / 4);
    canvas_free(&c);
    canvas_free(&small);
    struct error err = {0};
    ck_assert(!canvas_make(&c, 0, 5, &err) && err.code == ERROR_LIMIT);
    ck_assert(!canvas_make(&c, CANVAS_SIDE_MOST + 1, 5, &err));
}
END_TEST

/* The letters as one would draw them. */
START_TEST(letters)
{
    static const char *const want[] = {".###....#...", "#...#.......", "#...#..##...",
                                       "#####...#...", "#...#...#...", "#...#...#...",
                                       "#...#..###..", "............"};
    struct canvas c = make(13, 8);
    ck_assert_int_eq(canvas_text(&c, 0, 0, 1, white, "Ai"), 12);
    for (int y = 0; y < 8; y++)
        for (int x = 0; x < 12; x++)
            ck_assert_msg((at(&c, x, y)[0] == 255) == (want[y][x] == '#'), "%d,%d", x, y);
    for (int i = '!'; i <= '~'; i++) { /* all differ, none is empty */
        int pixels = 0;
        for (int y = 0; y < FONT_ROWS; y++)
            pixels += font_glyph((unsigned char)i)[y] != 0;
        ck_assert_int_gt(pixels, 0);
        for (int k = '!'; k < i; k++)
            ck_assert(
                memcmp(font_glyph((unsigned char)i), font_glyph((unsigned char)k), FONT_ROWS) != 0);
    }
    ck_assert_ptr_eq(font_glyph(200), font_glyph('?'));
    ck_assert_ptr_eq(font_glyph('\n'), font_glyph('?'));
    ck_assert_int_eq(canvas_text_width(2, "a\xc3\xa9z"), 3 * 12); /* a letter of two bytes is one */
    canvas_free(&c);
}
END_TEST

static void draw_ramp(struct canvas *c, int step)
{
    for (int y = 0; y < c->h; y++)
        for (int x = 0; x < c->w; x++) {
            uint8_t *p = c->rgb + ((size_t)y * (size_t)c->w + (size_t)x) * 3;
            p[0] = (uint8_t)(40 + x * 2), p[1] = (uint8_t)(30 + y * 3);
            p[2] = (uint8_t)(20 + 20 * step);
        }
}

static struct video *open_again(const char *name)
{
    struct error err = {0};
    struct video_options o = {.stream = -1, .threads = 1};
    struct video *v = video_open(name, &o, &err);
    ck_assert_msg(v != NULL, "%s", err.text);
    return v;
}

START_TEST(a_picture_comes_back)
{
    struct canvas c = make(33, 21), back = {0};
    struct error err = {0};
    struct frame f;
    draw_ramp(&c, 3);
    ck_assert_msg(picture_write(file("a.png"), &c, &err), "%s", err.text);
    struct video *v = open_again(path);
    ck_assert_int_eq(video_next(v, &f, &err), 1);
    ck_assert(frame_rgb(&back, &f, &err));
    ck_assert(back.w == 33 && back.h == 21);
    ck_assert_mem_eq(back.rgb, c.rgb, 33 * 21 * 3);
    /* Turned and mirrored: what is shown right of the top left corner. */
    f.transpose = true;
    f.flip_x = true;
    ck_assert(frame_rgb(&back, &f, &err));
    ck_assert(back.w == 21 && back.h == 33);
    ck_assert_mem_eq(at(&back, 20, 0), at(&c, 0, 0), 3);
    ck_assert_mem_eq(at(&back, 0, 5), at(&c, 5, 20), 3);
    video_close(&v);
    unlink(path);
    ck_assert(!picture_write("/nonexistent/a.png", &c, &err) && err.code == ERROR_OUTPUT);
    canvas_free(&c);
    canvas_free(&back);
}
END_TEST

/* Y, U, V of known colours (BT.601, limited; BT.709, full and 10 bits). */
START_TEST(colours)
{
    static const uint8_t y8[] = {81, 145, 41, 235}, u8[] = {90, 54, 240, 128},
                         v8[] = {240, 34, 110, 128};
    static const uint8_t want[4][3] = {{255, 0, 0}, {0, 255, 0}, {0, 0, 255}, {255, 255, 255}};
    static const uint16_t y10[] = {217, 731}, u10[] = {395, 512}, v10[] = {1023, 512};
    struct error err;
    struct canvas c = {0};
    struct frame f = {.layout = FRAME_YUV,
                      .width = 4,
                      .height = 1,
                      .bits = 8,
                      .plane = {y8, u8, v8},
                      .stride = {4, 4, 4}};
    ck_assert(frame_rgb(&c, &f, &err));
    for (int i = 0; i < 12; i++)
        ck_assert_int_le(abs(c.rgb[i] - want[i / 3][i % 3]), 2);
    f = (struct frame){.layout = FRAME_YUV,
                       .width = 2,
                       .height = 1,
                       .bits = 10,
                       .matrix = MATRIX_BT709,
                       .range = RANGE_FULL,
                       .plane = {(const uint8_t *)y10, (const uint8_t *)u10, (const uint8_t *)v10},
                       .stride = {4, 4, 4}};
    ck_assert(frame_rgb(&c, &f, &err));
    ck_assert(c.rgb[0] >= 253 && c.rgb[1] <= 2 && c.rgb[2] <= 2); /* red */
    ck_assert(abs(c.rgb[3] - 182) <= 1 && abs(c.rgb[4] - 182) <= 1 && abs(c.rgb[5] - 182) <= 1);
    canvas_free(&c);
}
END_TEST

static double difference(const struct canvas *a, const struct canvas *b)
{
    double sum = 0;
    for (int y = 0; y < b->h; y++)
        for (int x = 0; x < b->w * 3; x++)
            sum += abs(a->rgb[y * a->w * 3 + x] - b->rgb[y * b->w * 3 + x]);
    return sum / (b->w * b->h * 3);
}

static const char *const names[] = {"a.mp4", "a.mkv"};

START_TEST(a_video_comes_back)
{
    enum { FRAMES = 7 };
    static const double times[FRAMES] = {0, 0.04, 0.08, 0.5, 0.54, 0.54, 1.25}; /* uneven */
    struct canvas c = make(67, 51), back = {0};
    struct error err = {0};
    struct frame f;
    file(names[_i]);
    struct video_writer *w = video_writer_open(path, c.w, c.h, &err);
    if (!w && strstr(err.text, "has neither"))
        return; /* a libavcodec without encoders */
    ck_assert_msg(w != NULL, "%s", err.text);
    for (int i = 0; i < FRAMES; i++) {
        draw_ramp(&c, i);
        ck_assert_msg(video_writer_put(w, &c, 10 + times[i], &err), "%s", err.text);
    }
    struct stat st;
    ck_assert(stat(path, &st) != 0); /* not there before it is whole */
    ck_assert_msg(video_writer_commit(&w, &err), "%s", err.text);
    ck_assert_int_eq(files(), 1);
    struct video *v = open_again(path);
    for (int i = 0; i < FRAMES; i++) {
        ck_assert_msg(video_next(v, &f, &err) == 1, "frame %d", i);
        ck_assert_double_eq_tol(f.time, times[i], 0.002);
        ck_assert(frame_rgb(&back, &f, &err));
        ck_assert(back.w == 66 && back.h == 50); /* even */
        draw_ramp(&c, i);
        ck_assert_double_lt(difference(&c, &back), 4);
    }
    ck_assert_int_eq(video_next(v, &f, &err), 0);
    video_close(&v);
    unlink(path);
    canvas_free(&c);
    canvas_free(&back);
}
END_TEST

START_TEST(nothing_is_left_behind)
{
    struct canvas c = make(64, 48);
    struct error err = {0};
    ck_assert(video_writer_open("/nonexistent/a.mp4", 64, 48, &err) == NULL);
    ck_assert_int_eq(err.code, ERROR_OUTPUT);
    ck_assert(video_writer_open(file("a.gif"), 64, 48, &err) == NULL);
    ck_assert(strstr(err.text, video_writer_names) != NULL);
    ck_assert(!video_writer_knows("a") && !video_writer_knows("mp4"));
    ck_assert(video_writer_knows("b.MKV") && video_writer_knows("x/y.mov"));
    struct video_writer *w = video_writer_open(file("b.mp4"), 64, 48, &err);
    if (w)
        ck_assert(video_writer_put(w, &c, 0, &err));
    video_writer_abandon(&w);
    ck_assert_int_eq(files(), 0);
    mkfifo(file("fifo.mp4"), 0600); /* opening it to write waits for a reader: have one */
    int fd = open(path, O_RDONLY | O_NONBLOCK);
    ck_assert(video_writer_open(path, 64, 48, &err) == NULL);
    ck_assert_int_eq(err.code, ERROR_OUTPUT);
    close(fd);
    unlink(path);
    canvas_free(&c);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("pictures");
    TCase *t = tcase_create("pictures");
    tcase_add_unchecked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, shapes_stay_inside);
    tcase_add_test(t, letters);
    tcase_add_test(t, a_picture_comes_back);
    tcase_add_test(t, colours);
    tcase_add_loop_test(t, a_video_comes_back, 0, sizeof names / sizeof *names);
    tcase_add_test(t, nothing_is_left_behind);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_set_fork_status(r, CK_NOFORK);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
