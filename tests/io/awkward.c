/* SPDX-License-Identifier: MIT */
/* Every clip of tests/awkward/make.sh, each in a process of its own with 10 seconds and 1 GB.
 * CLACT_AWKWARD_DIR names a directory that make.sh filled before; else it is filled here. */
#include <check.h>
#undef fail /* Check's name for an assertion; here it is base/error.h's */
#include "io/video.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SECONDS = 10, MAX_RSS_KB = 1 << 20, SHORT = 16, SKIP = 77 };

static char directory[4096];

struct outcome {
    struct error error; /* code ERROR_NONE: the clip came to its end */
    int64_t frames, measured;
    double last_time, measured_time;
    struct video_damage damage;
    long rss_kb;
    int signal;
};

/* Reads every byte of every plane, so that a plane that is too small is noticed by a sanitizer. */
static unsigned touch(const struct frame *f)
{
    unsigned sum = 0;
    int planes = f->layout == FRAME_NV12                            ? 2
                 : f->layout == FRAME_YUV || f->layout == FRAME_GBR ? 3
                                                                    : 1;
    size_t bytes = f->bits > 8 ? 2 : 1;
    for (int p = 0; p < planes; p++) {
        int cw = p && f->layout != FRAME_GBR ? f->chroma_w : 0;
        int ch = p && f->layout != FRAME_GBR ? f->chroma_h : 0;
        size_t w = (size_t)((f->width + (1 << cw) - 1) >> cw);
        int h = (f->height + (1 << ch) - 1) >> ch;
        size_t row = f->layout == FRAME_RGB ? w * (size_t)f->pixel_bytes : w * bytes;
        if (f->layout == FRAME_NV12 && p)
            row *= 2;
        for (int y = 0; y < h; y++)
            for (size_t x = 0; x < row; x++)
                sum += f->plane[p][(size_t)y * f->stride[p] + x];
    }
    return sum;
}

static void read_clip(const char *path, struct outcome *o)
{
    struct video_options options = {.stream = -1, .threads = 2};
    struct video_extent extent = {0};
    struct frame frame;
    volatile unsigned sum = 0;
    int r;
    struct video *v = video_open(path, &options, &o->error);
    if (!v)
        return;
    if (!video_measure(v, &extent, &o->error))
        goto done;
    o->measured = extent.frames;
    o->measured_time = extent.last_time;
    while ((r = video_next(v, &frame, &o->error)) > 0) {
        sum += touch(&frame);
        if (frame.index != o->frames || frame.time < o->last_time || frame.tick <= 0)
            fail(&o->error, ERROR_BUG, "frame %lld: index %lld, time %g after %g, tick %g",
                 (long long)o->frames, (long long)frame.index, frame.time, o->last_time,
                 frame.tick);
        o->frames++;
        o->last_time = frame.time;
    }
    o->damage = *video_damage(v);
done:
    video_close(&v);
}

static struct outcome run_child(const char *path)
{
    struct outcome o = {0};
    struct rusage usage;
    int ends[2], status;
    ck_assert_int_eq(pipe(ends), 0);
    fflush(stdout);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        alarm(SECONDS);
        read_clip(path, &o);
        ssize_t n = write(ends[1], &o, sizeof o);
        _exit(n == (ssize_t)sizeof o ? 0 : 1);
    }
    close(ends[1]);
    ssize_t got = read(ends[0], &o, sizeof o);
    close(ends[0]);
    ck_assert_int_eq(wait4(child, &status, 0, &usage), child);
    o.rss_kb = usage.ru_maxrss;
    o.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    if (!o.signal && (got != (ssize_t)sizeof o || WEXITSTATUS(status) != 0))
        o.signal = -1;
    return o;
}

static bool message_is_good(const struct error *e, const char *path)
{
    char start[sizeof e->text];
    struct error shown;
    fail(&shown, ERROR_INPUT, "%s: ", path); /* the name as a message shows it */
    snprintf(start, sizeof start, "%s", shown.text);
    return (e->code == ERROR_INPUT || e->code == ERROR_LIMIT) &&
           !strncmp(e->text, start, strlen(start)) && e->text[strlen(start)];
}

/* NULL: as the class says; else what is wrong. */
static const char *judge(const struct outcome *o, const char *class, const char *path)
{
    bool failed = o->error.code != ERROR_NONE;
    bool damaged = o->damage.errors || o->damage.truncated;
    if (o->signal)
        return o->signal == SIGALRM ? "took too long" : "crashed";
    if (o->rss_kb > MAX_RSS_KB)
        return "took too much memory";
    if (failed && !message_is_good(&o->error, path))
        return "bad message";
    if (damaged != !!o->damage.text[0])
        return "damage without text, or text without damage";
    if (!strcmp(class, "error"))
        return failed && o->frames == 0 ? NULL : "should have been refused";
    if (!strcmp(class, "limit") || !strcmp(class, "any"))
        return NULL;
    if (!strcmp(class, "partial"))
        return failed || damaged ? NULL : "damage was not noticed";
    if (failed || damaged)
        return "should be fine";
    if (o->frames != o->measured || o->last_time != o->measured_time)
        return "measured otherwise than decoded";
    if (!strcmp(class, "short"))
        return o->frames > 0 && o->frames < SHORT ? NULL : "should be short";
    return o->frames > 0 ? NULL : "no frames";
}

/* The table writes a newline as \n and any other byte as \xHH. */
static void unescape(char *s)
{
    char *to = s;
    for (; *s; s++) {
        if (s[0] == '\\' && s[1] == 'n') {
            *to++ = '\n';
            s++;
        } else if (s[0] == '\\' && s[1] == 'x') {
            char hex[3] = {s[2], s[3], 0};
            *to++ = (char)strtol(hex, NULL, 16);
            s += 3;
        } else {
            *to++ = *s;
        }
    }
    *to = 0;
}

START_TEST(every_clip_ends_as_expected)
{
    char line[4096], table[4200];
    int clips = 0, wrong = 0;
    snprintf(table, sizeof table, "%s/expected.tsv", directory);
    FILE *f = fopen(table, "r");
    ck_assert_ptr_nonnull(f);
    while (fgets(line, sizeof line, f)) {
        char path[8300];
        char *name = strtok(line, "\t"), *class = strtok(NULL, "\t");
        ck_assert_ptr_nonnull(class);
        unescape(name);
        snprintf(path, sizeof path, "%s/%s", directory, name);
        struct outcome o = run_child(path);
        const char *problem = judge(&o, class, path);
        if (problem || getenv("CLACT_TEST_VERBOSE"))
            printf("%-24s %-8s %s: %lld frames to %g s (measured %lld to %g s), %ld MB, signal %d, "
                   "[%s] [%s]\n",
                   name, class, problem ? problem : "good", (long long)o.frames, o.last_time,
                   (long long)o.measured, o.measured_time, o.rss_kb >> 10, o.signal, o.error.text,
                   o.damage.text);
        clips++;
        wrong += problem != NULL;
    }
    fclose(f);
    printf("%d clips, %d wrong\n", clips, wrong);
    fflush(stdout); /* a failed assertion leaves without doing so */
    ck_assert_int_ge(clips, 100);
    ck_assert_int_eq(wrong, 0);
}
END_TEST

/* One run that says 80 million samples in a file of 27 kB: refused before libavformat sees it. */
START_TEST(sample_bomb_is_refused_by_its_size)
{
    char path[4200];
    snprintf(path, sizeof path, "%s/rss_bomb_trun.mp4", directory);
    if (access(path, R_OK) != 0)
        return;
    struct outcome o = run_child(path);
    ck_assert_int_eq(o.error.code, ERROR_LIMIT);
    ck_assert_ptr_nonnull(strstr(o.error.text, "'trun'"));
}
END_TEST

/* Fills ./awkward when it is not there yet; a half-filled directory never gets that name. */
static bool make_clips(void)
{
    char command[9000];
    struct stat st;
    snprintf(directory, sizeof directory, "awkward");
    if (stat("awkward/expected.tsv", &st) == 0)
        return true;
    if (system("ffmpeg -version >/dev/null 2>&1 && python3 -V >/dev/null 2>&1") != 0)
        return false;
    snprintf(command, sizeof command,
             "bash '%s/tests/awkward/make.sh' lavfi awkward.%ld && mv awkward.%ld awkward",
             SOURCE_DIR, (long)getpid(), (long)getpid());
    return system(command) == 0;
}

int main(void)
{
    const char *given = getenv("CLACT_AWKWARD_DIR");
    if (given)
        snprintf(directory, sizeof directory, "%s", given);
    else if (!make_clips())
        return SKIP;
    Suite *s = suite_create("awkward");
    TCase *t = tcase_create("clips");
    tcase_set_timeout(t, 600);
    tcase_add_test(t, every_clip_ends_as_expected);
    tcase_add_test(t, sample_bomb_is_refused_by_its_size);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
