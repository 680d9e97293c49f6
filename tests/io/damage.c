/* SPDX-License-Identifier: MIT */
/* What is not a clip, what is only half of one, and where a clip may come from. */
#include "tests/io/clip.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct video_options plain = {.stream = -1};

static void expect_refused(const char *path, const struct video_options *o, enum error_code code,
                           const char *words)
{
    struct error err = {0};
    struct frame f;
    struct video *v = video_open(path, o, &err);
    if (v)
        ck_assert_int_eq(video_next(v, &f, &err), -1);
    video_close(&v);
    ck_assert_int_eq(err.code, code);
    ck_assert_msg(strstr(err.text, words) != NULL, "%s: %s", path, err.text);
    ck_assert_msg(!strncmp(err.text, path, strlen(path)), "%s: %s", path, err.text);
    ck_assert_ptr_null(strchr(err.text, '\n'));
}

START_TEST(what_is_not_a_clip_is_refused)
{
    static const char hls[] =
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1.0,\n" CLIPS "bframes.mp4\n#EXT-X-ENDLIST\n";
    static const char script[] = "ffconcat version 1.0\nfile '" CLIPS "bframes.mp4'\n";
    expect_refused("missing.mp4", &plain, ERROR_INPUT, "No such file");
    expect_refused("missing%d.mp4", &plain, ERROR_INPUT, "no such file");
    store("bad.mp4", hls, sizeof hls - 1);
    expect_refused("bad.mp4", &plain, ERROR_INPUT, "not a media file that can be read");
    store("bad.mp4", script, sizeof script - 1);
    expect_refused("bad.mp4", &plain, ERROR_INPUT, "not a media file that can be read");
    store("bad.mp4", "", 0);
    expect_refused("bad.mp4", &plain, ERROR_INPUT, "is empty");
    unlink("bad.mp4");
    ck_assert_int_eq(mkfifo("pipe.mp4", 0600), 0);
    expect_refused("pipe.mp4", &plain, ERROR_INPUT, "not a regular file");
    unlink("pipe.mp4");
    expect_refused("/dev/null", &plain, ERROR_INPUT, "not a regular file");
    ck_assert_int_eq(mkdir("empty", 0700), 0);
    expect_refused("empty", &plain, ERROR_INPUT, "without pictures");
    rmdir("empty");
}
END_TEST

START_TEST(too_many_pixels_are_refused)
{
    struct video_options o = {.stream = -1, .max_pixels = 160 * 120};
    struct listing l = list_clip(CLIPS "bframes.mp4", &o);
    ck_assert_int_eq(l.count, 48);
    free(l.frame);
    o.max_pixels--;
    expect_refused(CLIPS "bframes.mp4", &o, ERROR_LIMIT, "160x120 pixels, at most 19199");
    expect_refused(CLIPS "bframes.avi", &o, ERROR_LIMIT, "160x120 pixels, at most 19199");
    o.max_pixels = 64 * 48 - 1;
    expect_refused(CLIPS "img_001.png", &o, ERROR_LIMIT, "64x48 pixels");
}
END_TEST

/* A run of 80 million samples that takes 24 bytes: one index entry each would be gigabytes. */
START_TEST(more_samples_than_bytes_are_refused)
{
    size_t n;
    uint8_t *data = load(CLIPS "bframes.mp4", &n);
    uint8_t *bomb = calloc(1, n + 40), *p = bomb + n;
    memcpy(bomb, data, n);
    put_be32(p, 40);
    memcpy(p + 4, "moof", 4);
    put_be32(p + 8, 32);
    memcpy(p + 12, "traf", 4);
    put_be32(p + 16, 24);
    memcpy(p + 20, "trun", 4);
    put_be32(p + 24, 1);
    put_be32(p + 28, 80u << 20);
    store("bomb.mp4", bomb, n + 40);
    expect_refused("bomb.mp4", &plain, ERROR_LIMIT, "'trun'");
    put_be32(p + 24, 0x701); /* 12 bytes stored a sample */
    store("bomb.mp4", bomb, n + 40);
    expect_refused("bomb.mp4", &plain, ERROR_INPUT, "says 83886080 entries, its size holds 0");
    put_be32(find_box(data, n, "stsz") + 12, 0x3fffffff);
    store("bomb.mp4", data, n);
    expect_refused("bomb.mp4", &plain, ERROR_INPUT, "'stsz'");
    put_be32(find_box(data, n, "stsz") + 8, 1); /* one size for all */
    store("bomb.mp4", data, n);
    expect_refused("bomb.mp4", &plain, ERROR_LIMIT, "'stsz'");
    unlink("bomb.mp4");
    free(bomb);
    free(data);
}
END_TEST

/* Opens the first `part` hundredths of a clip and reads what is left of it. */
static struct video_damage read_part(const char *clip, int part, int64_t *frames)
{
    char name[64], path[512];
    size_t n;
    snprintf(path, sizeof path, CLIPS "%s", clip);
    snprintf(name, sizeof name, "part.%s", clip);
    uint8_t *data = load(path, &n);
    store(name, data, n * (size_t)part / 100);
    struct video *v = must_open(name, &plain);
    struct listing got = list_frames(v), want = list_clip(path, &plain);
    struct video_damage damage = *video_damage(v);
    *frames = got.count;
    ck_assert_int_lt(got.count, want.count);
    for (int64_t i = 0; i + 2 < got.count; i++) /* the last ones may be cut */
        ck_assert_str_eq(got.frame[i].md5.hex, want.frame[i].md5.hex);
    video_close(&v);
    unlink(name);
    free(got.frame);
    free(want.frame);
    free(data);
    return damage;
}

START_TEST(cut_files_give_their_frames_and_say_so)
{
    static const char *const cut[] = {"bframes.avi", "asl_yes.mkv", "altref.webm"};
    for (size_t i = 0; i < sizeof cut / sizeof *cut; i++)
        for (int part = 30; part <= 90; part += 30) {
            int64_t frames;
            struct video_damage d = read_part(cut[i], part, &frames);
            ck_assert_msg(d.truncated && d.text[0], "%s at %d %%", cut[i], part);
            ck_assert_int_gt(frames, 0);
        }
    expect_refused(CLIPS "../clips/SOURCES.md", &plain, ERROR_INPUT, "not a media file");
}
END_TEST

START_TEST(damaged_bytes_are_counted)
{
    size_t n;
    uint8_t *data = load(CLIPS "bframes.mp4", &n);
    uint8_t *middle = find_box(data, n, "mdat") + n / 3;
    for (int i = 0; i < 2000; i++)
        middle[i] ^= (uint8_t)(i * 37);
    store("damaged.mp4", data, n);
    struct video *v = must_open("damaged.mp4", &plain);
    struct listing got = list_frames(v);
    ck_assert_int_gt(got.count, 20);
    ck_assert_int_gt(video_damage(v)->errors, 0);
    ck_assert(!video_damage(v)->truncated);
    ck_assert_ptr_nonnull(strstr(video_damage(v)->text, "damaged"));
    video_close(&v);
    unlink("damaged.mp4");
    free(got.frame);
    free(data);
}
END_TEST

START_TEST(standard_input_can_be_any_container)
{
    static const char *const names[] = {"bframes.mp4", "altref.webm", "interlaced.ts"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char command[600];
        struct listing want = list_truth(names[i]);
        snprintf(command, sizeof command, "cat '" CLIPS "%s'", names[i]);
        FILE *pipe = popen(command, "r"); /* a pipe cannot seek */
        ck_assert_ptr_nonnull(pipe);
        ck_assert_int_ge(dup2(fileno(pipe), STDIN_FILENO), 0);
        struct listing got = list_clip("-", &plain);
        expect_same(names[i], &got, &want, 1e-3);
        pclose(pipe);
        free(got.frame);
        free(want.frame);
    }
    int null = open("/dev/null", O_RDONLY);
    ck_assert_int_ge(dup2(null, STDIN_FILENO), 0);
    struct error err = {0};
    ck_assert_ptr_null(video_open("-", &plain, &err));
    ck_assert_str_eq(err.text, "standard input: is empty");
    ck_assert_int_eq(setenv("TMPDIR", "/nowhere", 1), 0);
    ck_assert_ptr_null(video_open("-", &plain, &err));
    ck_assert_int_eq(err.code, ERROR_LIMIT);
}
END_TEST

static void copy(const char *clip, const char *to)
{
    char path[512];
    size_t n;
    snprintf(path, sizeof path, CLIPS "%s", clip);
    uint8_t *data = load(path, &n);
    store(to, data, n);
    free(data);
}

static void expect_pictures(const char *path, const struct video_options *o, int first, int count)
{
    struct error err;
    struct video_extent extent;
    struct frame f;
    double fps = o->image_fps > 0 ? o->image_fps : 25;
    struct video *v = must_open(path, o);
    ck_assert(video_measure(v, &extent, &err));
    ck_assert_int_eq(extent.frames, count);
    for (int i = 0; i < count; i++) {
        char name[32];
        snprintf(name, sizeof name, "img_%03d.png", first + i);
        struct listing want = list_truth(name);
        ck_assert_int_eq(video_next(v, &f, &err), 1);
        ck_assert_str_eq(frame_digest(&f).hex, want.frame[0].md5.hex);
        ck_assert_int_eq(f.index, i);
        ck_assert(f.time == (first - 1 + i) / fps);
        free(want.frame);
    }
    ck_assert_int_eq(video_next(v, &f, &err), 0);
    ck_assert_str_eq(video_damage(v)->text, "");
    video_close(&v);
}

START_TEST(pictures_are_a_clip)
{
    struct video_options o = plain;
    ck_assert_int_eq(mkdir("pictures", 0700), 0);
    copy("img_001.png", "pictures/a 2.png");
    copy("img_002.png", "pictures/a 10.PNG");
    copy("img_003.png", "pictures/b.png");
    copy("bframes.mp4", "pictures/not a picture.mp4");
    copy("img_003.png", "pictures/.hidden.png");
    expect_pictures("pictures", &o, 1, 3);
    o.image_fps = 10;
    expect_pictures("pictures/", &o, 1, 3);
    expect_pictures(CLIPS "img_%03d.png", &o, 1, 3);
    expect_pictures(CLIPS "img_00%d.png", &o, 1, 3);
    o.from = 0.1;
    o.to = 0.2;
    expect_pictures(CLIPS "img_%03d.png", &o, 2, 1);
    copy("bframes.mp4", "pictures/clip%03d.mp4"); /* a file of that very name */
    struct listing l = list_clip("pictures/clip%03d.mp4", &plain);
    ck_assert_int_eq(l.count, 48);
    free(l.frame);

    store("pictures/a 10.PNG", "\x89PNG\r\n\x1a\nbroken", 14);
    struct video *v = must_open("pictures", &plain);
    l = list_frames(v);
    ck_assert_int_eq(l.count, 2);
    ck_assert_int_eq(video_damage(v)->errors, 1);
    ck_assert_str_eq(video_damage(v)->text, "1 of 3 pictures are damaged");
    ck_assert(l.frame[1].time == 2 / 25.0);
    video_close(&v);
    free(l.frame);
    ck_assert_int_eq(system("rm -r pictures"), 0);
}
END_TEST

int main(void)
{
    char scratch[] = "damage.XXXXXX";
    if (!mkdtemp(scratch) || chdir(scratch) != 0)
        return 1;
    Suite *s = suite_create("damage");
    TCase *t = tcase_create("clips");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, what_is_not_a_clip_is_refused);
    tcase_add_test(t, too_many_pixels_are_refused);
    tcase_add_test(t, more_samples_than_bytes_are_refused);
    tcase_add_test(t, cut_files_give_their_frames_and_say_so);
    tcase_add_test(t, damaged_bytes_are_counted);
    tcase_add_test(t, standard_input_can_be_any_container);
    tcase_add_test(t, pictures_are_a_clip);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    if (chdir("..") != 0 || rmdir(scratch) != 0)
        fprintf(stderr, "%s was left behind\n", scratch);
    return failed ? 1 : 0;
}
