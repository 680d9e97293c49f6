/* SPDX-License-Identifier: MIT */
/* Numbers and JSON strings, in the C locale and in one with a decimal comma. */
#include "base/random.h"
#include "base/text.h"

#include <check.h>
#include <float.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static float float_of(uint32_t bits)
{
    float v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

/* Reads back exactly, and no shorter decimal does. */
static void check_float(float v)
{
    char buf[32];
    double back;
    text_float(buf, v);
    ck_assert_msg(text_to_double(buf, &back), "%s is no number", buf);
    ck_assert_msg((float)back == v && signbit((float)back) == signbit(v), "%s is not %.9g", buf,
                  (double)v);
    int digits = 0;
    bool leading = true;
    for (const char *s = buf; *s && *s != 'e'; s++) {
        leading = leading && (*s == '0' || *s == '.' || *s == '-');
        digits += !leading && *s != '.';
    }
    if (digits > 1 && (strchr(buf, '.') || strchr(buf, 'e'))) {
        char shorter[400];
        snprintf(shorter, sizeof shorter, "%.*g", digits - 1, (double)v);
        char *comma = strchr(shorter, ',');
        if (comma)
            *comma = '.';
        ck_assert_msg(!text_to_double(shorter, &back) || (float)back != v, "%s, but %s will do",
                      buf, shorter);
    }
}

static void check_floats(int count)
{
    static const float some[] = {0, 1, -1, 0.1f, 1e10f, 1e-10f, 100, 16777216, FLT_MAX, FLT_MIN,
                                 FLT_EPSILON, 0.003921569f, 1.0f / 3, 1e6f, 123456.7f};
    struct random r = {7};
    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
        check_float(some[i]);
        check_float(-some[i]);
    }
    for (int i = 0; i < count; i++) {
        float v = float_of((uint32_t)random_u64(&r));
        if (isfinite(v))
            check_float(v);
        check_float((float)random_unit(&r));
    }
}

START_TEST(floats)
{
    char buf[32];
    ck_assert_str_eq(text_float(buf, 0.003921569f), "0.003921569");
    ck_assert_str_eq(text_float(buf, 0.1f), "0.1");
    ck_assert_str_eq(text_float(buf, -0.0f), "-0");
    ck_assert_str_eq(text_float(buf, float_of(1)), "1e-45");
    check_floats(50000); /* two each */
}
END_TEST

START_TEST(comma_locale)
{
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "de_DE", "fr_FR.UTF-8"};
    size_t i = 0;
    double v;
    char buf[32];
    while (i < sizeof names / sizeof *names && !setlocale(LC_ALL, names[i]))
        i++;
    if (i == sizeof names / sizeof *names) {
        printf("no locale with a decimal comma is installed: not checked\n");
        return;
    }
    ck_assert_str_eq(text_float(buf, 0.5f), "0.5");
    ck_assert(text_to_double("0.5", &v) && v == 0.5);
    ck_assert(!text_to_double("0,5", &v));
    check_floats(2000);
    setlocale(LC_ALL, "C");
}
END_TEST

START_TEST(integers)
{
    static const char *const wrong[] = {"", "-", "+", " 1", "1 ", "0x10", "1.0", "1e3", "--1",
                                        "9223372036854775808", "-9223372036854775809", "1\n"};
    long long v;
    ck_assert(text_to_int("0", &v) && v == 0);
    ck_assert(text_to_int("-17", &v) && v == -17);
    ck_assert(text_to_int("+17", &v) && v == 17);
    ck_assert(text_to_int("007", &v) && v == 7);
    ck_assert(text_to_int("9223372036854775807", &v) && v == LLONG_MAX);
    ck_assert(text_to_int("-9223372036854775808", &v) && v == LLONG_MIN);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        ck_assert_msg(!text_to_int(wrong[i], &v), "'%s' was read", wrong[i]);
}
END_TEST

START_TEST(doubles)
{
    static const char *const wrong[] = {"", ".", "-", "+.", "e5", "1e", "1e+", "1 ", " 1", "0x1p3",
                                        "inf", "nan", "-inf", "1e999", "-1e999", "1,5", "1.5.2",
                                        "1d3", "1e3.5"};
    double v;
    char longest[80];
    ck_assert(text_to_double("1", &v) && v == 1);
    ck_assert(text_to_double(".5", &v) && v == 0.5);
    ck_assert(text_to_double("5.", &v) && v == 5);
    ck_assert(text_to_double("-1.25e-2", &v) && v == -0.0125);
    ck_assert(text_to_double("+1E+2", &v) && v == 100);
    ck_assert(text_to_double("1e-400", &v) && v == 0);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        ck_assert_msg(!text_to_double(wrong[i], &v), "'%s' was read", wrong[i]);
    memset(longest, '1', sizeof longest);
    longest[sizeof longest - 1] = 0;
    ck_assert(!text_to_double(longest, &v));
}
END_TEST

static const struct {
    const char *in, *out;
} strings[] = {
    {"", "\"\""},
    {"plain", "\"plain\""},
    {"a\"b\\c/", "\"a\\\"b\\\\c/\""},
    {"\n\r\t\b\x01\x1f\x7f", "\"\\u000a\\u000d\\u0009\\u0008\\u0001\\u001f\\u007f\""},
    {"ünï \xe6\x97\xa5 \xf0\x9f\x98\x80", "\"ünï \xe6\x97\xa5 \xf0\x9f\x98\x80\""},
    {"\xff", "\"\xef\xbf\xbd\""},
    {"a\xe9z", "\"a\xef\xbf\xbdz\""},                         /* latin-1 */
    {"\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\""},             /* overlong */
    {"\xe0\x80\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
    {"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""}, /* surrogate */
    {"\xf4\x90\x80\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
    {"\xf5", "\"\xef\xbf\xbd\""},
    {"\xf0\x9f\x98", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""}, /* cut at the end */
    {"\xe6\x97\"", "\"\xef\xbf\xbd\xef\xbf\xbd\\\"\""},
};

START_TEST(json)
{
    struct text t = {0};
    text_json(&t, strings[_i].in);
    ck_assert_str_eq(t.s, strings[_i].out);
    text_free(&t);
}
END_TEST

START_TEST(xml)
{
    struct text t = {0};
    text_xml(&t, "a<b> & \"c\" \xc3\xa9\x01\xff");
    ck_assert_str_eq(t.s, "a&#60;b&#62; &#38; &#34;c&#34; \xc3\xa9?\xef\xbf\xbd");
    text_free(&t);
}
END_TEST

/* Whatever bytes go in, valid UTF-8 without control characters comes out. */
START_TEST(json_random)
{
    struct random r = {11};
    for (int i = 0; i < 20000; i++) {
        char in[24];
        int n = random_int(&r, 0, 23);
        for (int k = 0; k < n; k++)
            in[k] = (char)random_int(&r, 1, 255);
        in[n] = 0;
        struct text once = {0}, twice = {0};
        text_json(&once, in);
        ck_assert(once.s[0] == '"' && once.s[once.len - 1] == '"');
        for (size_t k = 0; k < once.len; k++)
            ck_assert((unsigned char)once.s[k] >= 0x20);
        /* what came out has nothing left that must be replaced */
        text_json(&twice, once.s);
        size_t bad = 0;
        for (const char *s = once.s; (s = strstr(s, "\xef\xbf\xbd")); s++)
            bad++;
        size_t still = 0;
        for (const char *s = twice.s; (s = strstr(s, "\xef\xbf\xbd")); s++)
            still++;
        ck_assert_uint_eq(bad, still);
        text_free(&once);
        text_free(&twice);
    }
}
END_TEST

START_TEST(growing)
{
    struct text t = {0};
    for (int i = 0; i < 3000; i++)
        text_printf(&t, "%d,", i);
    ck_assert_uint_eq(t.len, strlen(t.s));
    ck_assert_uint_eq(t.len, 10 * 2 + 90 * 3 + 900 * 4 + 2000 * 5);
    text_append(&t, "", 0);
    ck_assert_uint_eq(t.len, strlen(t.s));
    text_free(&t);
    ck_assert_ptr_null(t.s);
    text_append(&t, "x", 1);
    ck_assert_str_eq(t.s, "x");
    text_free(&t);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("text");
    TCase *c = tcase_create("text");
    tcase_set_timeout(c, 120);
    tcase_add_test(c, floats);
    tcase_add_test(c, comma_locale);
    tcase_add_test(c, integers);
    tcase_add_test(c, doubles);
    tcase_add_loop_test(c, json, 0, sizeof strings / sizeof *strings);
    tcase_add_test(c, json_random);
    tcase_add_test(c, xml);
    tcase_add_test(c, growing);
    suite_add_tcase(s, c);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
