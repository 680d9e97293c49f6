/* SPDX-License-Identifier: MIT */
#include "base/half.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

/* Every half survives; NaN stays one. */
START_TEST(all_there_and_back)
{
    for (uint32_t h = 0; h < 0x10000; h++) {
        float f = half_to_float((uint16_t)h);
        if (isnan(f))
            ck_assert(isnan(half_round(f)) && (h & 0x7fff) > 0x7c00);
        else
            ck_assert_uint_eq(half_from_float(f), h);
    }
}
END_TEST

/* Between two neighbours: the nearer one, in the middle the even one. */
START_TEST(between)
{
    for (uint32_t h = 0; h < 0x7c00; h++) {
        double below = half_to_float((uint16_t)h);
        double above = h == 0x7bff ? 65536 : half_to_float((uint16_t)(h + 1));
        float middle = (float)((below + above) / 2);
        uint16_t even = (uint16_t)(h + (h & 1));
        ck_assert_uint_eq(half_from_float(middle), even);
        ck_assert_uint_eq(half_from_float(-middle), even | 0x8000);
        ck_assert_uint_eq(half_from_float(nextafterf(middle, 0)), h);
        ck_assert_uint_eq(half_from_float(nextafterf(middle, INFINITY)), h + 1);
    }
}
END_TEST

START_TEST(ends)
{
    ck_assert_float_eq(half_round(HALF_MOST), HALF_MOST);
    ck_assert(isinf(half_round(65520)) && half_round(65519) == HALF_MOST);
    ck_assert(isinf(half_round(INFINITY)) && half_round(-1e30f) == -INFINITY);
    ck_assert(isnan(half_round(NAN)));
    ck_assert(half_round(0x1p-25f) == 0 && half_round(0x1.8p-25f) == 0x1p-24f);
    ck_assert(signbit(half_round(-1e-30f)));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("half");
    TCase *t = tcase_create("half");
    tcase_add_test(t, all_there_and_back);
    tcase_add_test(t, between);
    tcase_add_test(t, ends);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
