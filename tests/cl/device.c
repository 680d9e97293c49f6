/* SPDX-License-Identifier: MIT */
/* Finding and naming devices. */
#include "tests/cl/help.h"

#include <ctype.h>

START_TEST(lists_devices)
{
    struct ocl_device *list;
    size_t n;
    struct error err = {0};
    ck_assert_msg(ocl_devices(&list, &n, &err), "%s", err.text);
    ck_assert_uint_ge(n, 1);
    for (size_t i = 0; i < n; i++) {
        const struct caps *c = &list[i].caps;
        ck_assert(c->name[0] && c->platform[0]);
        ck_assert_int_ge(c->compute_units, 1);
        ck_assert(c->vector_width == 1 || c->vector_width == 4 || c->vector_width == 8 ||
                  c->vector_width == 16);
        ck_assert_uint_ge(c->max_work_group, 1);
        ck_assert_uint_ge(c->global_memory, 1 << 20);
        ck_assert_uint_ge(c->max_allocation, 1 << 20);
        ck_assert_uint_eq(c->base_alignment & (c->base_alignment - 1), 0);
        ck_assert_int_ge(c->clock, 0);
        ck_assert_int_eq(c->launch_limit, 200);
    }
    free(list);
}
END_TEST

START_TEST(opens_by_number_and_name)
{
    struct ocl_device *list;
    size_t n;
    struct error err = {0};
    char spec[160];
    ck_assert(ocl_devices(&list, &n, &err));
    snprintf(spec, sizeof spec, "%d:%d", list[0].platform, list[0].index);
    struct ocl *ocl = ocl_open(spec, &err);
    ck_assert_msg(ocl != NULL, "%s", err.text);
    ck_assert_str_eq(ocl_caps(ocl)->name, list[0].caps.name);
    ocl_close(&ocl);
    ck_assert_ptr_null(ocl);

    strcpy(spec, list[0].caps.name + 1); /* a part, in capitals */
    for (char *p = spec; *p; p++)
        *p = (char)toupper((unsigned char)*p);
    ocl = ocl_open(spec, &err);
    ck_assert_msg(ocl != NULL, "%s", err.text);
    ocl_close(&ocl);
    ocl = ocl_open("", &err);
    ck_assert_msg(ocl != NULL, "%s", err.text);
    ocl_close(&ocl);
    ocl_close(&ocl);
    free(list);
}
END_TEST

/* The best GPU is taken without a name; cli/devices tries which one that is. */
START_TEST(opens_by_kind)
{
    struct error err = {0};
    struct ocl *any = open_device(), *gpu = ocl_open("gpu", &err), *cpu = ocl_open("cpu", &err);
    ck_assert(gpu || cpu);
    ck_assert(!gpu || (ocl_caps(gpu)->gpu && ocl_caps(any)->gpu));
    ck_assert(!cpu || !ocl_caps(cpu)->gpu);
    ck_assert(gpu || !ocl_caps(any)->gpu);
    ocl_close(&any);
    ocl_close(&gpu);
    ocl_close(&cpu);
}
END_TEST

START_TEST(refuses_unknown_devices)
{
    static const char *const specs[] = {"99:0", "0:99", "0:", ":0", "0:0:0", "-1:0", "0:0 ",
                                        "99999:0", "no such device", ":"};
    struct ocl_device *list;
    size_t n;
    ck_assert(ocl_devices(&list, &n, NULL));
    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
        struct error err = {0};
        ck_assert_msg(ocl_open(specs[i], &err) == NULL, "%s", specs[i]);
        ck_assert_int_eq(err.code, ERROR_DEVICE);
        ck_assert_msg(strstr(err.text, specs[i]) && strstr(err.text, list[0].caps.name), "%s",
                      err.text);
    }
    free(list);
}
END_TEST

START_TEST(says_what_to_install)
{
    struct ocl_device *list;
    size_t n;
    struct error err = {0};
    setenv("OCL_ICD_VENDORS", in_folder("nothing"), 1);
    if (ocl_devices(&list, &n, &err)) { /* a loader that does not read that variable */
        free(list);
        return;
    }
    ck_assert_int_eq(err.code, ERROR_DEVICE);
    ck_assert_ptr_nonnull(strstr(err.text, "pocl-opencl-icd"));
    ck_assert_ptr_null(list);
    ck_assert_uint_eq(n, 0);
    ck_assert_ptr_null(ocl_open(NULL, &err));
    ck_assert_int_eq(err.code, ERROR_DEVICE);
}
END_TEST

START_TEST(names_an_unwritable_pocl_cache)
{
    struct error err = {0};
    setenv("POCL_CACHE_DIR", "/dev/null/no", 1);
    struct ocl *ocl = ocl_open(NULL, &err);
    if (ocl) { /* not PoCL */
        ck_assert(!is_pocl(ocl_caps(ocl)));
        ocl_close(&ocl);
        return;
    }
    ck_assert_int_eq(err.code, ERROR_DEVICE);
    ck_assert_msg(strstr(err.text, "POCL_CACHE_DIR") != NULL, "%s", err.text);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("device");
    tcase_add_test(t, lists_devices);
    tcase_add_test(t, opens_by_number_and_name);
    tcase_add_test(t, opens_by_kind);
    tcase_add_test(t, refuses_unknown_devices);
    tcase_add_test(t, says_what_to_install);
    tcase_add_test(t, names_an_unwritable_pocl_cache);
    return run_tests(t);
}
