/* SPDX-License-Identifier: MIT */
/* Buffers, parts, transfers. */
#include "tests/cl/help.h"

static struct ocl *ocl;
static struct error err;

static void setup(void)
{
    ocl = open_device();
}

static void teardown(void)
{
    ocl_close(&ocl);
}

static ocl_buffer alloc(uint64_t bytes)
{
    ocl_buffer b = ocl_alloc(ocl, bytes, &err);
    ck_assert_msg(b != NULL, "%s", err.text);
    return b;
}

START_TEST(alloc_is_zero)
{
    static const uint64_t sizes[] = {0, 1, 3, 4, 5, 127, 128, 129, 4097, 1 << 20};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        ocl_buffer b = alloc(sizes[i]);
        uint64_t n = sizes[i] ? sizes[i] : 4;
        unsigned char *host = malloc(n);
        memset(host, 0xaa, n);
        ck_assert(ocl_read(ocl, host, b, 0, n, &err));
        for (uint64_t j = 0; j < n; j++)
            ck_assert_uint_eq(host[j], 0);
        free(host);
        ocl_release(&b);
        ck_assert_ptr_null(b);
        ocl_release(&b);
    }
}
END_TEST

START_TEST(alloc_limit)
{
    static const uint64_t over[] = {1, 1 << 20, UINT64_C(1) << 62};
    for (int i = 0; i < 3; i++) {
        err = (struct error){0};
        ck_assert_ptr_null(ocl_alloc(ocl, ocl_caps(ocl)->max_allocation + over[i], &err));
        ck_assert_int_eq(err.code, ERROR_LIMIT);
    }
    ck_assert_ptr_null(ocl_alloc(ocl, UINT64_MAX, &err));
    ck_assert_int_eq(err.code, ERROR_LIMIT);
}
END_TEST

START_TEST(transfers)
{
    unsigned char in[1000], out[1000];
    for (int i = 0; i < 1000; i++)
        in[i] = (unsigned char)(i * 7 + 1);
    ocl_buffer a = alloc(1000), b = alloc(1000);
    ck_assert(ocl_write(ocl, a, 0, in, 1000, &err));
    ck_assert(ocl_write(ocl, a, 13, in, 5, &err));
    memcpy(in + 13, in, 5);
    ck_assert(ocl_copy(ocl, b, 1, a, 3, 501, &err));
    ck_assert(ocl_fill(ocl, b, 7, 33, &err));
    ck_assert(ocl_fill(ocl, b, 256, 128, &err));
    ck_assert(ocl_copy(ocl, b, 0, a, 0, 0, &err));
    ck_assert(ocl_fill(ocl, b, 1000, 0, &err));
    ck_assert(ocl_write(ocl, b, 0, in, 0, &err));
    ck_assert(ocl_read(ocl, out, b, 0, 1000, &err));
    for (int i = 0; i < 1000; i++) {
        bool zero = i < 1 || i > 501 || (i >= 7 && i < 40) || (i >= 256 && i < 384);
        ck_assert_uint_eq(out[i], zero ? 0 : in[i + 2]);
    }
    ck_assert(ocl_finish(ocl, &err));
    ocl_release(&a);
    ocl_release(&b);
}
END_TEST

START_TEST(parts)
{
    uint64_t step = ocl_caps(ocl)->base_alignment;
    unsigned char in[16], out[16];
    memset(in, 0x5a, sizeof in);
    ocl_buffer whole = alloc(8 * step);
    ocl_buffer half = ocl_part(ocl, whole, 4 * step, 4 * step, &err);
    ck_assert_msg(half != NULL, "%s", err.text);
    ocl_buffer eighth = ocl_part(ocl, half, 3 * step, step, &err); /* a part of a part */
    ck_assert_msg(eighth != NULL, "%s", err.text);
    ck_assert(ocl_write(ocl, eighth, 0, in, 4, &err));
    ck_assert(ocl_read(ocl, out, whole, 7 * step, 8, &err));
    ck_assert_int_eq(memcmp(out, "\x5a\x5a\x5a\x5a\0\0\0\0", 8), 0);
    ck_assert(ocl_copy(ocl, whole, 0, eighth, 0, 4, &err));
    ck_assert(ocl_read(ocl, out, whole, 0, 4, &err));
    ck_assert_int_eq(memcmp(out, in, 4), 0);
    ocl_release(&eighth);

    ocl_buffer none = ocl_part(ocl, half, 0, 0, &err);
    ck_assert_ptr_nonnull(none);
    ocl_release(&none);
    ck_assert_ptr_null(ocl_part(ocl, half, step, 4 * step, &err));
    ck_assert_int_eq(err.code, ERROR_BUG);
    ck_assert_ptr_null(ocl_part(ocl, half, UINT64_MAX - 3, 8, &err));
    ck_assert_ptr_null(ocl_part(ocl, half, step / 2, step, &err));
    ck_assert_int_eq(err.code, ERROR_BUG);
    ocl_release(&half);
    ocl_release(&whole);
}
END_TEST

START_TEST(alloc_with_contents)
{
    static const uint64_t sizes[][2] = {{4, 1}, {5, 5}, {128, 0}, {256, 130}, {1000, 1000}};
    unsigned char in[1000], out[1000];
    for (int i = 0; i < 1000; i++)
        in[i] = (unsigned char)(i % 250 + 1);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        ocl_buffer b = ocl_alloc_with(ocl, sizes[i][0], in, sizes[i][1], &err);
        ck_assert_msg(b != NULL, "%s", err.text);
        ck_assert(ocl_read(ocl, out, b, 0, sizes[i][0], &err));
        for (uint64_t j = 0; j < sizes[i][0]; j++)
            ck_assert_uint_eq(out[j], j < sizes[i][1] ? in[j] : 0);
        ocl_release(&b);
    }
    ck_assert_ptr_null(ocl_alloc_with(ocl, 4, in, 5, &err));
}
END_TEST

/* Two lines on one device: each in order, both with the same buffers, marks to wait for. */
START_TEST(lines_beside_each_other)
{
    enum { N = 1 << 20, ROUNDS = 8 };
    struct ocl *beside = ocl_beside(ocl, &err);
    ck_assert_msg(beside != NULL, "%s", err.text);
    ck_assert_str_eq(ocl_caps(beside)->name, ocl_caps(ocl)->name);
    ocl_mark none = ocl_mark_here(beside);
    ck_assert(ocl_wait(beside, &none, &err));
    unsigned char *host = malloc(N), *back = malloc(N);
    ocl_buffer a = alloc(N), b = alloc(N);
    for (int i = 0; i < ROUNDS; i++) {
        memset(host, i, N);
        ck_assert(ocl_write_later(beside, a, 0, host, N, &err) && ocl_flush(beside, &err));
        ocl_mark mark = ocl_mark_here(beside);
        ck_assert(ocl_copy(beside, b, 0, a, 0, N, &err));
        ck_assert(ocl_fill(ocl, a, 0, 0, &err)); /* the other goes on */
        ck_assert(ocl_wait(beside, &mark, &err));
        ck_assert_ptr_null(mark);
        memset(host, 0xee, N); /* it is ours again */
        ck_assert(ocl_finish(beside, &err));
        ck_assert(ocl_read(ocl, back, b, 0, N, &err));
        for (int k = 0; k < N; k++)
            ck_assert_int_eq(back[k], i);
    }
    ck_assert(!ocl_write_later(beside, a, 1, host, N, &err));
    ck_assert_int_eq(err.code, ERROR_BUG);
    ocl_close(&beside);
    ck_assert(ocl_read(ocl, back, b, 0, N, &err)); /* buffers outlive the line */
    ck_assert_int_eq(back[N - 1], ROUNDS - 1);
    ocl_release(&a);
    ocl_release(&b);
    free(host);
    free(back);
}
END_TEST

START_TEST(out_of_bounds)
{
    unsigned char host[16];
    ocl_buffer a = alloc(8), b = alloc(16);
    ck_assert(!ocl_write(ocl, a, 1, host, 8, &err));
    ck_assert_int_eq(err.code, ERROR_BUG);
    ck_assert(!ocl_read(ocl, host, a, UINT64_MAX, 2, &err));
    ck_assert(!ocl_copy(ocl, a, 0, b, 0, 9, &err));
    ck_assert(!ocl_copy(ocl, b, 0, a, 0, 9, &err));
    ck_assert(!ocl_fill(ocl, a, 9, 0, &err));
    ck_assert(!ocl_fill(ocl, a, 4, 5, NULL));
    ocl_release(&a);
    ocl_release(&b);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("memory");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, alloc_is_zero);
    tcase_add_test(t, alloc_limit);
    tcase_add_test(t, transfers);
    tcase_add_test(t, parts);
    tcase_add_test(t, alloc_with_contents);
    tcase_add_test(t, lines_beside_each_other);
    tcase_add_test(t, out_of_bounds);
    return run_tests(t);
}
