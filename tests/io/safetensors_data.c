/* SPDX-License-Identifier: MIT */
/* safetensors: conversion to float, what the writer writes, and a file written in Python. */
#include "base/file.h"
#include "tests/io/compose.h"

#include <math.h>

static void check_converted(const char *type, const void *data, size_t bytes, const float *wanted,
                            int n)
{
    char header[256], file[1024];
    snprintf(header, sizeof header,
             "{\"x\":{\"dtype\":\"%s\",\"shape\":[%d],\"data_offsets\":[0,%zu]}}", type, n, bytes);
    size_t size = compose(file, header, strlen(header), bytes);
    memcpy(file + size - bytes, data, bytes);
    write_raw(file, size);
    struct safetensors *s = safetensors_open(path, ERROR_MODEL, &err);
    ck_assert_msg(s != NULL, "%s", err.text);
    const struct safetensor *t = safetensors_find(s, "x");
    float got[64];
    ck_assert(safetensors_read(s, t, 0, (size_t)n, got, &err));
    for (int i = 0; i < n; i++)
        ck_assert_msg(!memcmp(&got[i], &wanted[i], 4) || (isnan(got[i]) && isnan(wanted[i])),
                      "%s: element %d is %.9g, expected %.9g", type, i, (double)got[i],
                      (double)wanted[i]);
    ck_assert(safetensors_read(s, t, 1, 1, got, &err)); /* one alone, from the middle */
    ck_assert(!memcmp(&got[0], &wanted[1], 4));
    safetensors_close(&s);
}

START_TEST(conversions)
{
    check_converted("BOOL", (uint8_t[]){0, 1, 255}, 3, (float[]){0, 1, 1}, 3);
    check_converted("U8", (uint8_t[]){0, 7, 255}, 3, (float[]){0, 7, 255}, 3);
    check_converted("I8", (int8_t[]){-128, -1, 127}, 3, (float[]){-128, -1, 127}, 3);
    check_converted("U16", (uint16_t[]){0, 256, 65535}, 6, (float[]){0, 256, 65535}, 3);
    check_converted("I16", (int16_t[]){-32768, 1, 32767}, 6, (float[]){-32768, 1, 32767}, 3);
    check_converted("U32", (uint32_t[]){0, 16777217, UINT32_MAX}, 12,
                    (float[]){0, 16777216, 0x1p32f}, 3);
    check_converted("I32", (int32_t[]){INT32_MIN, -3, INT32_MAX}, 12,
                    (float[]){-0x1p31f, -3, 0x1p31f}, 3);
    check_converted("U64", (uint64_t[]){0, 5, UINT64_MAX}, 24, (float[]){0, 5, 0x1p64f}, 3);
    check_converted("I64", (int64_t[]){INT64_MIN, -5, 7}, 24, (float[]){-0x1p63f, -5, 7}, 3);
    check_converted("F32", (float[]){-0.0f, 1e-45f, INFINITY}, 12,
                    (float[]){-0.0f, 1e-45f, INFINITY}, 3);
    check_converted("F64", (double[]){0.1, -1e-300, 1e300}, 24,
                    (float[]){0.1f, -0.0f, INFINITY}, 3);
    check_converted("BF16", (uint16_t[]){0x3f80, 0xc049, 0x7f80, 0x8000, 0x0001}, 10,
                    (float[]){1, -3.140625f, INFINITY, -0.0f, 0x1p-133f}, 5);
    check_converted("F16",
                    (uint16_t[]){0x3c00, 0xc248, 0x7bff, 0x0400, 0x03ff, 0x0001, 0x8001, 0x8000,
                                 0x7c00, 0xfc00, 0x7e00},
                    22,
                    (float[]){1, -3.140625f, 65504, 0x1p-14f, 0x3ffp-24f, 0x1p-24f, -0x1p-24f,
                              -0.0f, INFINITY, -INFINITY, NAN},
                    11);
}
END_TEST

START_TEST(round_trip)
{
    static const float a[6] = {1, 2, 3, 4, 5, 6};
    static const unsigned char b[3] = {7, 8, 9};
    const struct safetensor list[] = {
        {.name = "layer.0 \"\\\n\xe2\x82\xac", .type = SAFETENSOR_F32, .rank = 2, .dim = {2, 3}},
        {.name = "bytes", .type = SAFETENSOR_U8, .rank = 1, .dim = {3}},
        {.name = "empty", .type = SAFETENSOR_F32, .rank = 2, .dim = {0, 4}},
        {.name = "scalar", .type = SAFETENSOR_F32, .rank = 0},
    };
    struct safetensors_writer *w = safetensors_create(path, list, 4, &err);
    ck_assert_msg(w != NULL, "%s", err.text);
    ck_assert(safetensors_put(w, a, 4, &err)); /* in pieces that do not follow the tensors */
    ck_assert(safetensors_put(w, a + 1, 20, &err));
    ck_assert(safetensors_put(w, b, 3, &err));
    ck_assert(safetensors_put(w, a, 4, &err));
    ck_assert(safetensors_commit(&w, &err));
    ck_assert_ptr_null(w);

    struct safetensors *s = safetensors_open(path, ERROR_MODEL, &err);
    ck_assert_msg(s != NULL, "%s", err.text);
    ck_assert_int_eq(safetensors_count(s), 4);
    for (int i = 0; i < 4; i++) {
        const struct safetensor *t = safetensors_find(s, list[i].name);
        ck_assert_ptr_nonnull(t);
        ck_assert_int_eq(t->type, list[i].type);
        ck_assert_int_eq(t->rank, list[i].rank);
        for (int d = 0; d < t->rank; d++)
            ck_assert_int_eq(t->dim[d], list[i].dim[d]);
    }
    float got[6];
    unsigned char raw[3];
    ck_assert(safetensors_read(s, safetensors_find(s, list[0].name), 0, 6, got, &err));
    ck_assert_mem_eq(got, a, sizeof a);
    ck_assert(safetensors_read_raw(s, safetensors_find(s, "bytes"), 0, 3, raw, &err));
    ck_assert_mem_eq(raw, b, sizeof b);
    safetensors_close(&s);

    size_t n;
    char *file = file_read(path, 1 << 16, ERROR_INPUT, &n, &err);
    ck_assert_int_eq((unsigned char)file[0] % 8, 0); /* the data is aligned */
    free(file);
}
END_TEST

/* Given up or impossible: the old file stays. */
START_TEST(old_file_stays)
{
    const struct safetensor one = {.name = "a", .type = SAFETENSOR_F32, .rank = 1, .dim = {1}};
    const struct safetensor huge[] = {
        {.name = "a", .type = SAFETENSOR_F32, .rank = 6,
         .dim = {INT32_MAX, INT32_MAX, INT32_MAX, 1, 1, 1}},
    };
    size_t n;
    write_raw("old", 3);
    struct safetensors_writer *w = safetensors_create(path, &one, 1, &err);
    ck_assert_ptr_nonnull(w);
    safetensors_abandon(&w);
    ck_assert_ptr_null(safetensors_create(path, huge, 1, &err));
    ck_assert_int_eq(err.code, ERROR_LIMIT);
    ck_assert_ptr_null(safetensors_create("/nowhere/at/all", &one, 1, &err));
    ck_assert_int_eq(err.code, ERROR_OUTPUT);
    char *file = file_read(path, 100, ERROR_INPUT, &n, &err);
    ck_assert(n == 3 && !memcmp(file, "old", 3));
    free(file);
}
END_TEST

/* Files that PyTorch's state_dict was saved to by a writer in Python. */
START_TEST(written_in_python)
{
    struct safetensors *s = safetensors_open(
        SOURCE_DIR "/tests/data/golden/hara_r18_A.weights.safetensors", ERROR_MODEL, &err);
    ck_assert_msg(s != NULL, "%s", err.text);
    char buf[112];
    ck_assert_str_eq(safetensor_text(safetensors_find(s, "conv1.weight"), buf), "F32[3,3,7,7,7]");
    const struct safetensor *t = safetensors_find(s, "bn1.num_batches_tracked");
    ck_assert_str_eq(safetensor_text(t, buf), "I64[]");
    float v;
    ck_assert(safetensors_read(s, t, 0, 1, &v, &err));
    ck_assert_float_eq(v, 7);
    safetensors_close(&s);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("io/safetensors_data");
    TCase *t = tcase_create("all");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 120);
    tcase_add_test(t, conversions);
    tcase_add_test(t, round_trip);
    tcase_add_test(t, old_file_stays);
    tcase_add_test(t, written_in_python);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
