/* SPDX-License-Identifier: MIT */
/* Clip keys: what is read, what is refused, what is printed. */
#include "graph/recipe.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct error err;

/* Sets "key=value key=value ..."; false at the first that is refused. */
static bool set_all(struct recipe *r, const char *line)
{
    char copy[400], *rest;
    snprintf(copy, sizeof copy, "%s", line);
    for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        char *value = strchr(word, '=');
        *value++ = 0;
        TRY(recipe_set(r, word, value, &err));
    }
    return true;
}

static const char *const LINES[] = {
    "frames=16",
    "frames=17 stride=2 fps=15 windows=slide:16 space=size:171x128,crop:112 pad=last filter=pil",
    "frames=1 fps=29.97 windows=even:10 space=size:256x256,crop:224",
    "frames=8 windows=tsn:25 space=short:256,crop:256,size:112x112 round=none",
    "frames=8 windows=tsn_caffe:25 space=short:256,crop:224x200 longside=round cropround=floor",
    "frames=32 windows=subsample space=short:256,crop:256 crops=three order=bgr matrix=709",
    "frames=4096 windows=center space=short:256,crop:256 filter=cv crops=ten matrix=2020",
    "frames=1 windows=all space=crop:8192 filter=triangle round=none range=full chroma=center",
    "frames=8 span=64 fps=30 windows=uniform:10 space=short:256,crop:256 round=none",
    "frames=1 windows=uniform:1000 space=crop:1 matrix=601 range=limited chroma=nearest",
};

START_TEST(print_reads_back)
{
    for (size_t i = 0; i < sizeof LINES / sizeof *LINES; i++) {
        struct recipe r, again;
        struct text t = {0}, want = {0};
        recipe_defaults(&r, "main");
        ck_assert_msg(set_all(&r, LINES[i]), "%s", err.text);
        ck_assert_msg(recipe_check(&r, &err), "%s", err.text);
        recipe_print(&r, &t);
        text_printf(&want, "clip main %s", LINES[i]);
        ck_assert_str_eq(t.s, want.s);
        recipe_defaults(&again, "main");
        ck_assert(set_all(&again, t.s + strlen("clip main ")));
        ck_assert(!memcmp(&r.space, &again.space, sizeof r.space) && r.fps == again.fps);
        text_free(&t);
        text_free(&want);
    }
}
END_TEST

START_TEST(defaults_are_left_out)
{
    struct recipe r;
    struct text t = {0};
    recipe_defaults(&r, "c");
    ck_assert(set_all(&r, "frames=16 stride=1 fps=native windows=slide pad=loop filter=bilinear "
                          "round=u8 longside=trunc cropround=even crops=center order=rgb "
                          "matrix=auto range=auto chroma=left space=crop:5x5"));
    recipe_print(&r, &t);
    ck_assert_str_eq(t.s, "clip c frames=16 space=crop:5");
    text_free(&t);
}
END_TEST

START_TEST(refused_values)
{
    static const char *const bad[][2] = {
        {"frames", "0"}, {"frames", "4097"}, {"frames", "1.5"}, {"frames", ""}, {"stride", "0"},
        {"stride", "-1"}, {"span", "0"}, {"span", "1000001"},
        {"fps", "0"}, {"fps", "-3"}, {"fps", "nan"}, {"fps", "1001"},
        {"windows", "slid"}, {"windows", "slide:0"}, {"windows", "slide:"}, {"windows", "even"},
        {"windows", "even:0"}, {"windows", "even:1001"}, {"windows", "tsn_caffe:1"},
        {"windows", "center:1"}, {"windows", ""}, {"windows", "slide:99999999999999999999"},
        {"space", ""}, {"space", "short:"}, {"space", "short:0"}, {"space", "short:8193"},
        {"space", "short:1x1"}, {"space", "size:5"}, {"space", "size:5x"}, {"space", "crop:5,"},
        {"space", "crop:5x5x5"}, {"space", "zoom:2"}, {"space", "crop:-1"}, {"space", "crop:+1"},
        {"space", "crop:1,crop:1,crop:1,crop:1,crop:1,crop:1,crop:1,crop:1,crop:1"},
        {"pad", "zero"}, {"filter", "PIL"}, {"round", "f32"}, {"longside", "floor"},
        {"cropround", "trunc"}, {"crops", "1"}, {"order", "gbr"}, {"matrix", "bt709"},
        {"range", "tv"}, {"chroma", "right"}, {"speed", "2"}, {"", "1"},
    };
    struct recipe r, before;
    recipe_defaults(&r, "c");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        memcpy(&before, &r, sizeof r);
        err = (struct error){0};
        ck_assert_msg(!recipe_set(&r, bad[i][0], bad[i][1], &err), "%s=%s", bad[i][0], bad[i][1]);
        ck_assert_int_eq(err.code, ERROR_MODEL);
        ck_assert_ptr_nonnull(strstr(err.text, "allowed"));
        ck_assert(!memcmp(&before, &r, sizeof r)); /* a refused value changes nothing */
    }
}
END_TEST

static void refused(const char *line, const char *says)
{
    struct recipe r;
    recipe_defaults(&r, "c");
    ck_assert(set_all(&r, line));
    ck_assert_msg(!recipe_check(&r, &err), "%s", line);
    ck_assert_msg(strstr(err.text, says) != NULL, "%s: %s", line, err.text);
}

START_TEST(check)
{
    struct recipe r;
    recipe_defaults(&r, "c");
    ck_assert(set_all(&r, "frames=16"));
    ck_assert(recipe_check(&r, &err)); /* fed with tensors */
    refused("space=crop:1", "frames=N is missing");
    refused("frames=1 space=crop:5,short:112", "must end in size");
    refused("frames=1 space=size:5x5 crops=ten", "crops=ten");
    refused("frames=1 space=size:5x5 filter=pil round=none", "8-bit");
    refused("frames=1 space=size:5x5 windows=subsample stride=2", "stride");
    refused("frames=1 space=size:5x5 windows=subsample span=2", "takes no span");
    refused("frames=8 space=size:5x5 stride=2 span=64", "stride=2 and span=64: one of them");
    int w, h;
    ck_assert(set_all(&r, "space=short:256,crop:224x200"));
    recipe_size(&r, &w, &h);
    ck_assert(w == 224 && h == 200);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("recipe");
    TCase *t = tcase_create("recipe");
    tcase_add_test(t, print_reads_back);
    tcase_add_test(t, defaults_are_left_out);
    tcase_add_test(t, refused_values);
    tcase_add_test(t, check);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
