/* SPDX-License-Identifier: MIT */
/* Where places of a picture end up in a network's input: what the steps of a recipe do, one by one
 * and as one map. */
#include "graph/space_map.h"
#include "graph/space.h"

#include <check.h>

static const struct {
    const char *space, *crops;
    int w, h, crop;
    double x, y;         /* of the picture ... */
    double net_x, net_y; /* ... and where it is seen */
} cases[] = {
    {"size:64x32", "center", 128, 96, 0, 64, 24, 32, 8},
    {"short:112,crop:112", "center", 320, 240, 0, 160, 120, 56, 56}, /* 149x112, from column 18 */
    {"short:112,crop:112", "center", 320, 240, 0, 0, 0, -18, 0},
    {"short:256,crop:256,size:112x112", "center", 512, 256, 0, 256, 64, 56, 28},
    {"size:24x20,crop:16", "three", 160, 120, 2, 160, 60, 16, 8},
    {"size:20x20,crop:16", "ten", 40, 40, 3, 40, 40, 16, 16}, /* the corner at the right below */
    {"size:20x20,crop:16", "ten", 40, 40, 8, 40, 40, 0, 16},  /* the same mirrored */
    {"crop:10", "center", 4, 6, 0, 0, 0, 3, 2},               /* larger than the picture */
};

START_TEST(places)
{
    struct recipe r;
    struct space_map m;
    struct error err = {0};
    recipe_defaults(&r, "main");
    ck_assert(recipe_set(&r, "frames", "1", &err));
    ck_assert_msg(recipe_set(&r, "space", cases[_i].space, &err), "%s", err.text);
    ck_assert(recipe_set(&r, "crops", cases[_i].crops, &err));
    ck_assert_msg(space_map_make(&m, &r, cases[_i].w, cases[_i].h, cases[_i].crop, &err), "%s",
                  err.text);
    ck_assert_double_eq_tol(cases[_i].x * m.x_scale + m.x_shift, cases[_i].net_x, 0.51);
    ck_assert_double_eq_tol(cases[_i].y * m.y_scale + m.y_shift, cases[_i].net_y, 1e-9);
    int w, h;
    recipe_size(&r, &w, &h);
    ck_assert(m.w == w && m.h == h);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("space_map");
    TCase *t = tcase_create("space_map");
    tcase_add_loop_test(t, places, 0, sizeof cases / sizeof *cases);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
