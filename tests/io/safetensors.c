/* SPDX-License-Identifier: MIT */
/* Reading safetensors: every rule of the header with a file that breaks it, and damage at every
 * byte of a good file. */
#include "base/random.h"
#include "base/text.h"
#include "tests/io/compose.h"

#include <sys/stat.h>

static struct safetensors *open_header(const char *header, size_t n)
{
    static char file[1 << 16];
    write_raw(file, compose(file, header, strlen(header), n));
    return safetensors_open(path, ERROR_MODEL, &err);
}

#define F32_2 "\"dtype\":\"F32\",\"shape\":[2]"
#define AT(b, e) ",\"data_offsets\":[" #b "," #e "]}"

static const struct {
    const char *header;
    size_t data;
    const char *message;
} bad[] = {
    {"", 0, "does not begin with '{'"},
    {"[]", 0, "does not begin with '{'"},
    {" {}", 0, "does not begin with '{'"},
    {"{", 0, "no valid JSON"},
    {"{}}", 0, "no valid JSON"},
    {"{} x", 0, "no valid JSON"},
    {"{\"a\":{" F32_2 AT(0, 8) ",\"a\":{" F32_2 AT(8, 16) "}", 16, "no valid JSON"},
    {"{\"a\":{" F32_2 ",\"shape\":[2]" AT(0, 8) "}", 8, "no valid JSON"},
    {"{\"\xff\":{" F32_2 AT(0, 8) "}", 8, "no valid JSON"},
    {"{\"a\\u0000b\":{" F32_2 AT(0, 8) "}", 8, "no valid JSON"},
    {"{\"a\":1}", 0, "tensor 'a': 'dtype' is missing"},
    {"{\"a\":[]}", 0, "tensor 'a': 'dtype' is missing"},
    {"{\"a\":{\"shape\":[2]" AT(0, 8) "}", 8, "'dtype' is missing"},
    {"{\"a\":{\"dtype\":7,\"shape\":[2]" AT(0, 8) "}", 8, "'dtype' is missing or not a string"},
    {"{\"a\":{\"dtype\":\"F31\",\"shape\":[2]" AT(0, 8) "}", 8, "dtype 'F31', known are BOOL, U8"},
    {"{\"a\":{\"dtype\":\"f32\",\"shape\":[2]" AT(0, 8) "}", 8, "dtype 'f32'"},
    {"{\"a\":{\"dtype\":\"F32\"" AT(0, 8) "}", 8, "'shape' is missing"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":2" AT(0, 8) "}", 8, "'shape' is missing or not a list"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2.0]" AT(0, 8) "}", 8, "dimension 0 is not an integer"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[\"2\"]" AT(0, 8) "}", 8, "0 is not an integer"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1,-2]" AT(0, 8) "}", 8, "dimension 1 is -2"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2147483648]" AT(0, 8) "}", 8, "0 to 2147483647"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[99999999999999999999]" AT(0, 8) "}", 8, "no valid JSON"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,2]" AT(0, 8) "}", 8, "rank 7, at most 6"},
    /* 2^16 * 2^16 * 2^16 * 2^16 = 2^64: wraps to 0 elements, which would fit an empty range */
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[65536,65536,65536,65536]" AT(0, 0) "}", 0,
     "product does not fit 64 bits"},
    /* 2^62 elements of 4 bytes: the product fits, the bytes wrap to 0 */
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1073741824,1073741824,4]" AT(0, 0) "}", 0,
     "does not fill its range"},
    {"{\"a\":{" F32_2 "}}", 8, "'data_offsets' is not a pair"},
    {"{\"a\":{" F32_2 ",\"data_offsets\":[0]}}", 8, "'data_offsets' is not a pair"},
    {"{\"a\":{" F32_2 ",\"data_offsets\":[0,8,8]}}", 8, "'data_offsets' is not a pair"},
    {"{\"a\":{" F32_2 ",\"data_offsets\":[0,8.0]}}", 8, "'data_offsets' is not a pair"},
    {"{\"a\":{" F32_2 AT(-8, 0) "}", 8, "data_offsets [-8,0]"},
    {"{\"a\":{" F32_2 AT(8, 0) "}", 8, "data_offsets [8,0]"},
    {"{\"a\":{" F32_2 AT(0, 8) "}", 7, "the file has bytes 0 to 7"},
    {"{\"a\":{" F32_2 AT(0, 9223372036854775807) "}", 8, "the file has bytes 0 to 8"},
    {"{\"a\":{" F32_2 AT(0, 7) "}", 7, "F32[2] does not fill its range of 7 bytes"},
    {"{\"a\":{" F32_2 AT(0, 12) "}", 12, "F32[2] does not fill its range of 12 bytes"},
    {"{\"a\":{" F32_2 AT(4, 12) "}", 12, "data begins at 4, expected is 0 (bytes that no"},
    {"{\"a\":{" F32_2 AT(0, 8) ",\"b\":{" F32_2 AT(9, 17) "}", 17, "begins at 9, expected is 8"},
    {"{\"a\":{" F32_2 AT(0, 8) ",\"b\":{" F32_2 AT(7, 15) "}", 15, "is 8 (tensors overlap)"},
    {"{\"a\":{" F32_2 AT(0, 8) ",\"b\":{" F32_2 AT(0, 8) "}", 8, "tensors overlap"},
    {"{\"a\":{" F32_2 AT(0, 8) "}", 9, "tensors end at byte 8, the file's data at 9"},
    {"{}", 1, "tensors end at byte 0, the file's data at 1"},
    {"{\"__metadata__\":[]}", 0, "__metadata__ is not an object"},
    {"{\"__metadata__\":{\"a\":1}}", 0, "__metadata__: 'a' is not a string"},
};

START_TEST(refused)
{
    struct safetensors *s = open_header(bad[_i].header, bad[_i].data);
    ck_assert_msg(s == NULL, "accepted: %s", bad[_i].header);
    ck_assert_msg(strstr(err.text, bad[_i].message) != NULL, "%s: %s", bad[_i].header, err.text);
    ck_assert_msg(strstr(err.text, path) == err.text, "%s", err.text);
    ck_assert_int_eq(err.code, ERROR_MODEL);
}
END_TEST

static const struct {
    const char *header;
    size_t data;
    int tensors;
} good[] = {
    {"{}", 0, 0},
    {"{}      ", 0, 0},
    {"{\"__metadata__\":{}}", 0, 0},
    {"{\"__metadata__\":{\"format\":\"pt\",\"x\":\"{[,,,\\\"]\"}}", 0, 0},
    {"{\"a\":{" F32_2 AT(0, 8) "}", 8, 1},
    {"{\"\":{" F32_2 AT(0, 8) "}", 8, 1},
    {"{\"b\":{" F32_2 AT(8, 16) ",\"a\":{" F32_2 AT(0, 8) "}", 16, 2},
    {"{\"a\":{\"dtype\":\"I64\",\"shape\":[]" AT(0, 8) "}", 8, 1},
    {"{\"a\":{\"dtype\":\"F64\",\"shape\":[1,1,1,1,1,1]" AT(0, 8) "}", 8, 1},
    /* empty tensors share a place, also with one that is not empty */
    {"{\"a\":{\"dtype\":\"U8\",\"shape\":[0,5]" AT(0, 0) ",\"b\":{" F32_2 AT(0, 8)
     ",\"c\":{\"dtype\":\"U8\",\"shape\":[0]" AT(8, 8) "}", 8, 3},
    {"{\"\xc3\xa9\xe2\x82\xac\":{" F32_2 AT(0, 8) "}", 8, 1},
};

START_TEST(accepted)
{
    struct safetensors *s = open_header(good[_i].header, good[_i].data);
    ck_assert_msg(s != NULL, "%s: %s", good[_i].header, err.text);
    ck_assert_int_eq(safetensors_count(s), good[_i].tensors);
    uint64_t end = 0;
    for (int i = 0; i < safetensors_count(s); i++) {
        const struct safetensor *t = safetensors_at(s, i);
        ck_assert_ptr_eq(safetensors_find(s, t->name), t);
        ck_assert_int_eq(t->begin, end);
        end += t->bytes;
    }
    ck_assert_ptr_null(safetensors_find(s, "no such tensor"));
    safetensors_close(&s);
    ck_assert_ptr_null(s);
}
END_TEST

START_TEST(header_length)
{
    static const uint64_t lengths[] = {3, 100000000, 100000001, UINT32_MAX, UINT64_MAX - 7,
                                       UINT64_MAX};
    char file[16] = "........{}";
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        for (int b = 0; b < 8; b++)
            file[b] = (char)(lengths[i] >> 8 * b);
        write_raw(file, 10);
        ck_assert_ptr_null(safetensors_open(path, ERROR_INPUT, &err));
        ck_assert_msg(strstr(err.text, "at most 100000000 are allowed") != NULL, "%s", err.text);
        ck_assert_int_eq(err.code, ERROR_INPUT); /* the class that the caller chose */
    }
    for (size_t n = 0; n < 8; n++) {
        write_raw(file, n);
        ck_assert_ptr_null(safetensors_open(path, ERROR_MODEL, &err));
        ck_assert_ptr_nonnull(strstr(err.text, "has at least 8"));
    }
}
END_TEST

/* Headers that would make the JSON parser allocate without bound, or recurse. */
START_TEST(json_bombs)
{
    size_t n = 4 << 20;
    char *file = malloc(n + 8), *header = malloc(n);
    ck_assert(file && header);
    memset(header, ',', n);
    memcpy(header, "{\"a\":[0", 7);
    write_raw(file, compose(file, header, n, 0));
    ck_assert_ptr_null(safetensors_open(path, ERROR_MODEL, &err));
    ck_assert_msg(strstr(err.text, "header has more than") != NULL, "%s", err.text);
    memset(header, '[', 1 << 20);
    memcpy(header, "{\"a\":", 5);
    write_raw(file, compose(file, header, 1 << 20, 0));
    ck_assert_ptr_null(safetensors_open(path, ERROR_MODEL, &err));
    ck_assert_msg(strstr(err.text, "no valid JSON") != NULL, "%s", err.text);
    free(file);
    free(header);
}
END_TEST

START_TEST(too_many_tensors)
{
    struct text h = {0};
    text_printf(&h, "{");
    for (int i = 0; i <= SAFETENSORS_MOST; i++)
        text_printf(&h, "%s\"%d\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}",
                    i ? "," : "", i);
    text_printf(&h, "}");
    char *file = malloc(h.len + 8);
    write_raw(file, compose(file, h.s, h.len, 0));
    ck_assert_ptr_null(safetensors_open(path, ERROR_MODEL, &err));
    ck_assert_msg(strstr(err.text, "100001 tensors, at most 100000") != NULL, "%s", err.text);
    free(file);
    text_free(&h);
}
END_TEST

/* A good file with tensors of several types. */
static const char *const sample =
    "{\"__metadata__\":{\"format\":\"pt\"},"
    "\"a\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]},"
    "\"b\":{\"dtype\":\"U8\",\"shape\":[5],\"data_offsets\":[24,29]},"
    "\"c\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[29,37]}}";

START_TEST(every_truncation)
{
    char file[512];
    size_t n = compose(file, sample, strlen(sample), 37);
    for (size_t k = 0; k < n; k++) {
        write_raw(file, k);
        struct safetensors *s = safetensors_open(path, ERROR_MODEL, &err);
        ck_assert_msg(s == NULL, "accepted when cut off at byte %zu of %zu", k, n);
    }
    write_raw(file, n);
    struct safetensors *s = safetensors_open(path, ERROR_MODEL, &err);
    ck_assert_msg(s != NULL, "%s", err.text);
    safetensors_close(&s);
}
END_TEST

/* Whatever the damage: refused, or every tensor can be read. */
static void open_and_read(void)
{
    struct safetensors *s = safetensors_open(path, ERROR_MODEL, &err);
    for (int i = 0; s && i < safetensors_count(s); i++) {
        const struct safetensor *t = safetensors_at(s, i);
        float *out = malloc(t->elements * sizeof *out + 1);
        ck_assert(safetensors_read(s, t, 0, t->elements, out, &err));
        free(out);
    }
    safetensors_close(&s);
}

START_TEST(every_bit)
{
    char file[512];
    size_t n = compose(file, sample, strlen(sample), 37);
    for (size_t bit = 0; bit < 8 * (8 + strlen(sample)); bit++) {
        file[bit / 8] ^= (char)(1 << bit % 8);
        write_raw(file, n);
        open_and_read();
        file[bit / 8] ^= (char)(1 << bit % 8);
    }
}
END_TEST

START_TEST(random_damage)
{
    struct random r = {2026};
    static const char alphabet[] = "0123456789,:[]{}\"- eE.\\u";
    char file[512];
    size_t length = strlen(sample);
    for (int round = 0; round < 3000; round++) {
        size_t n = compose(file, sample, length, 37);
        for (int k = random_int(&r, 1, 4); k; k--)
            file[8 + random_int(&r, 0, (int)length - 1)] =
                alphabet[random_int(&r, 0, (int)sizeof alphabet - 2)];
        write_raw(file, n);
        open_and_read();
    }
}
END_TEST

/* The file shrinks after it was opened: an error, no bytes from nowhere. */
START_TEST(shrinks)
{
    struct safetensors *s = open_header("{\"a\":{" F32_2 AT(0, 8) "}", 8);
    float v[2];
    ck_assert_ptr_nonnull(s);
    ck_assert_int_eq(truncate(path, 60), 0);
    ck_assert(!safetensors_read(s, safetensors_at(s, 0), 0, 2, v, &err));
    ck_assert_msg(strstr(err.text, "became shorter") != NULL, "%s", err.text);
    safetensors_close(&s);
}
END_TEST

START_TEST(no_regular_file)
{
    ck_assert_ptr_null(safetensors_open("/tmp", ERROR_MODEL, &err));
    ck_assert_ptr_null(safetensors_open("/nowhere", ERROR_MODEL, &err));
    ck_assert_ptr_null(safetensors_open("/dev/zero", ERROR_MODEL, &err));
    unlink(path);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert_ptr_null(safetensors_open(path, ERROR_MODEL, &err)); /* and does not wait */
}
END_TEST

int main(void)
{
    Suite *s = suite_create("io/safetensors");
    TCase *t = tcase_create("all");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, refused, 0, sizeof bad / sizeof *bad);
    tcase_add_loop_test(t, accepted, 0, sizeof good / sizeof *good);
    tcase_add_test(t, header_length);
    tcase_add_test(t, json_bombs);
    tcase_add_test(t, too_many_tensors);
    tcase_add_test(t, every_truncation);
    tcase_add_test(t, every_bit);
    tcase_add_test(t, random_damage);
    tcase_add_test(t, shrinks);
    tcase_add_test(t, no_regular_file);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
