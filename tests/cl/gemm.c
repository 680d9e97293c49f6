/* SPDX-License-Identifier: MIT */
/* CLBlast's SGEMM is exact on small integers, at any size and leading dimension. */
#include "base/random.h"
#include "tests/cl/help.h"

#include <math.h>

static struct random random_state = {1};

static float *integers(size_t n)
{
    float *p = malloc(n * sizeof *p);
    for (size_t i = 0; i < n; i++)
        p[i] = (float)random_int(&random_state, -8, 8);
    return p;
}

static ocl_buffer upload(struct ocl *ocl, const float *p, size_t n)
{
    struct error err = {0};
    ocl_buffer b = ocl_alloc(ocl, n * sizeof *p, &err);
    ck_assert_msg(b && ocl_write(ocl, b, 0, p, n * sizeof *p, &err), "%s", err.text);
    return b;
}

static void check_size(struct ocl *ocl, size_t m, size_t n, size_t k, size_t pad)
{
    size_t lda = k + pad, ldb = n + 2 * pad, ldc = n + 3 * pad;
    float *a = integers(m * lda), *b = integers(k * ldb), *c = malloc(m * ldc * sizeof *c);
    struct error err = {0};
    for (size_t i = 0; i < m * ldc; i++)
        c[i] = NAN; /* beta 0 must not read it */
    struct ocl_gemm g = {.m = m, .n = n, .k = k, .lda = lda, .ldb = ldb, .ldc = ldc};
    g.a = upload(ocl, a, m * lda);
    g.b = upload(ocl, b, k * ldb);
    g.c = upload(ocl, c, m * ldc);
    ck_assert_msg(ocl_gemm_clblast(ocl, &g, &err), "%s", err.text);
    ck_assert_msg(ocl_finish(ocl, &err), "%s", err.text);
    ck_assert(ocl_read(ocl, c, g.c, 0, m * ldc * sizeof *c, &err));
    for (size_t i = 0; i < m; i++) {
        for (size_t j = 0; j < n; j++) {
            float sum = 0;
            for (size_t x = 0; x < k; x++)
                sum += a[i * lda + x] * b[x * ldb + j];
            ck_assert_msg(c[i * ldc + j] == sum, "%zux%zux%zu at %zu,%zu: %g, not %g", m, n, k, i,
                          j, (double)c[i * ldc + j], (double)sum);
        }
        for (size_t j = n; j < ldc; j++)
            ck_assert(isnan(c[i * ldc + j])); /* between the rows nothing is written */
    }
    ocl_release(&g.a);
    ocl_release(&g.b);
    ocl_release(&g.c);
    free(a);
    free(b);
    free(c);
}

START_TEST(exact)
{
    static const size_t sizes[][4] = {{1, 1, 1, 0},   {1, 7, 3, 0},     {7, 1, 13, 1},
                                      {31, 37, 1, 0}, {29, 31, 37, 5},  {64, 128, 32, 0},
                                      {67, 129, 131, 1}, {521, 523, 541, 3}};
    struct ocl *ocl = open_device();
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        check_size(ocl, sizes[i][0], sizes[i][1], sizes[i][2], sizes[i][3]);
    check_size(ocl, 29, 31, 37, 0);
    ocl_close(&ocl);

    ocl = open_device(); /* CLBlast must have forgotten the first context */
    check_size(ocl, 29, 31, 37, 0);
    ocl_close(&ocl);
}
END_TEST

START_TEST(refuses)
{
    struct ocl *ocl = open_device();
    struct error err = {0};
    ocl_buffer b = ocl_alloc(ocl, 64, &err);
    struct ocl_gemm g = {.m = 4, .n = 4, .k = 4, .lda = 4, .ldb = 4, .ldc = 4, .a = b, .b = b,
                         .c = b};
    g.lda = 3;
    ck_assert(!ocl_gemm_clblast(ocl, &g, &err));
    ck_assert_int_eq(err.code, ERROR_RUN);
    ck_assert_msg(strstr(err.text, "4x4x4: a leading dimension") != NULL, "%s", err.text);
    g.lda = 4;
    g.m = 0;
    ck_assert(!ocl_gemm_clblast(ocl, &g, &err));
    ck_assert_msg(strstr(err.text, "a dimension is zero") != NULL, "%s", err.text);
    g.m = 5;
    ck_assert(!ocl_gemm_clblast(ocl, &g, &err));
    ck_assert_msg(strstr(err.text, "a buffer is smaller") != NULL, "%s", err.text);
    ocl_release(&b);
    ocl_close(&ocl);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("gemm");
    tcase_add_test(t, exact);
    tcase_add_test(t, refuses);
    return run_tests(t);
}
