/* SPDX-License-Identifier: MIT */
/* Kernels: requests, reports, errors, launches. */
#include "tests/cl/help.h"

static struct ocl *ocl;
static struct error err;

static const char add[] =
    "__kernel void add(__global int *to, __global const int *from, const int n, const int run)\n"
    "{\n"
    "    if (!run)\n"
    "        return;\n"
    "    int i = (int)get_global_id(0);\n"
    "    if (i < n)\n"
    "        to[i] = from[i] + ADD;\n"
    "}\n"
    "__kernel void count(__global int *to, const int run)\n"
    "{\n"
    "    if (!run)\n"
    "        return;\n"
    "    to[0] = to[0] + ADD + LANE;\n"
    "}\n";

static void setup(void)
{
    kernel_file("add.cl", add);
    kernel_file("lane.h", "#define LANE 100\n");
    ocl = open_device();
}

static void teardown(void)
{
    ocl_close(&ocl);
}

static const size_t one[3] = {1, 1, 1}, eight[3] = {8, 1, 1}, any[3] = {0, 0, 0};

static void run_add(ocl_kernel k, const size_t local[3], int n, int plus)
{
    size_t global[3] = {((size_t)n + 7) / 8 * 8, 1, 1};
    int *host = malloc((size_t)n * sizeof *host);
    ocl_buffer from = ocl_alloc(ocl, (uint64_t)n * 4, &err);
    ocl_buffer to = ocl_alloc(ocl, (uint64_t)n * 4, &err);
    for (int i = 0; i < n; i++)
        host[i] = 3 * i;
    ck_assert(ocl_write(ocl, from, 0, host, (uint64_t)n * 4, &err));
    struct ocl_arg args[] = {{.buffer = to}, {.buffer = from}, {.value = n}};
    ck_assert_msg(ocl_launch(ocl, k, global, local, args, 3, &err), "%s", err.text);
    ck_assert_msg(ocl_finish(ocl, &err), "%s", err.text);
    ck_assert(ocl_read(ocl, host, to, 0, (uint64_t)n * 4, &err));
    for (int i = 0; i < n; i++)
        ck_assert_int_eq(host[i], 3 * i + plus);
    ocl_release(&from);
    ocl_release(&to);
    free(host);
}

static void build(const struct ocl_kernel_request *r, size_t n, ocl_kernel *k,
                  struct ocl_build_report *report)
{
    ck_assert_msg(ocl_build(ocl, r, n, k, report, NULL, NULL, &err), "%s", err.text);
}

struct seen {
    size_t calls, all;
    bool in_order;
};

static void see(void *context, size_t done, size_t all)
{
    struct seen *s = context;
    s->in_order = s->in_order && done == ++s->calls;
    s->all = all;
}

START_TEST(equal_requests_are_one)
{
    const struct ocl_kernel_request r[] = {
        {.source = "add", .kernel = "add", .defines = "#define ADD 1\n", .local = {1, 1, 1}},
        {.source = "add", .kernel = "add", .defines = "#define ADD 1\n", .local = {1, 1, 1}},
        {.source = "add", .kernel = "add", .defines = "#define ADD 1\n", .local = {8, 1, 1}},
        {.source = "add", .kernel = "count", .defines = "#define ADD 1\n", .local = {1, 1, 1}},
        {.source = "add", .kernel = "add", .defines = "#define ADD 2\n", .local = {1, 1, 1}},
        {.source = "add", .kernel = "add", .defines = "#define ADD 2\n", .local = {1, 1, 1},
         .global = {64, 1, 1}},
    };
    ocl_kernel k[6];
    struct ocl_build_report report;
    struct seen seen = {.in_order = true};
    setenv("CLACT_CACHE_DIR", "", 1);
    ck_assert(ocl_build(ocl, r, 6, k, &report, see, &seen, &err));
    ck_assert_int_eq(report.requested, 6);
    ck_assert_int_eq(report.distinct, 2);
    ck_assert_int_eq(report.compiled, 2);
    ck_assert_int_eq(report.cached, 0);
    ck_assert(seen.in_order && seen.calls == 2 && seen.all == 2);
    ck_assert_ptr_eq(k[0], k[1]);
    ck_assert_ptr_ne(k[0], k[2]);
    ck_assert_ptr_ne(k[0], k[3]);
    ck_assert_ptr_ne(k[0], k[4]);
    ck_assert_ptr_eq(k[4], k[5]); /* a small grid is a small grid */
    run_add(k[0], one, 77, 1);
    run_add(k[2], eight, 77, 1);
    run_add(k[4], one, 77, 2);

    ocl_kernel again[6];
    build(r, 6, again, &report);
    ck_assert_int_eq(report.distinct, 2);
    ck_assert_int_eq(report.compiled + report.cached, 0);
    ck_assert_int_eq(memcmp(k, again, sizeof k), 0);
    build(NULL, 0, NULL, &report);
    ck_assert_int_eq(report.distinct, 0);
    build(r, 1, again, NULL);
}
END_TEST

START_TEST(lane_h_and_the_warm_up)
{
    const struct ocl_kernel_request r = {.source = "add", .kernel = "count",
                                         .defines = "#define ADD 1\n", .local = {1, 1, 1}};
    ocl_kernel k;
    int host;
    build(&r, 1, &k, NULL);
    ocl_buffer to = ocl_alloc(ocl, 4, &err);
    struct ocl_arg arg = {.buffer = to};
    for (int i = 0; i < 3; i++)
        ck_assert(ocl_launch(ocl, k, one, one, &arg, 1, &err));
    ck_assert(ocl_finish(ocl, &err));
    ck_assert(ocl_read(ocl, &host, to, 0, 4, &err));
    ck_assert_int_eq(host, 303); /* each launch ran once, after lane.h was read */
    ocl_release(&to);
}
END_TEST

/* Nothing is compiled by launches that keep to their requests: PoCL would leave files. */
static int compiled_files(void)
{
    char line[700];
    int n = -1;
    snprintf(line, sizeof line, "find %s -name '*.so' | wc -l", in_folder("pocl"));
    FILE *f = popen(line, "r");
    ck_assert(f && fscanf(f, "%d", &n) == 1);
    pclose(f);
    return n;
}

START_TEST(launches_compile_nothing)
{
    const struct ocl_kernel_request r[] = {
        {.source = "add", .kernel = "add", .defines = "#define ADD 7\n", .local = {1, 1, 1}},
        {.source = "add", .kernel = "add", .defines = "#define ADD 7\n", .local = {8, 1, 1}},
        {.source = "add", .kernel = "add", .defines = "#define ADD 7\n", .local = {8, 1, 1},
         .global = {1000000, 1, 1}},
        {.source = "add", .kernel = "add", .defines = "#define ADD 7\n", .global = {1000, 1, 1}},
    };
    ocl_kernel k[4];
    build(r, 4, k, NULL);
    int before = compiled_files();
    run_add(k[0], one, 30, 7);
    run_add(k[0], one, 65000, 7);
    run_add(k[1], eight, 65000, 7);
    run_add(k[2], eight, 1000000, 7);
    run_add(k[2], eight, 70000, 7);
    run_add(k[3], any, 1000, 7);
    ck_assert_int_eq(compiled_files(), before);
    if (is_pocl(ocl_caps(ocl)))
        ck_assert_int_ge(before, 4);
}
END_TEST

static void refuse(const char *source, const char *kernel, const char *says)
{
    struct ocl_kernel_request r[] = {
        {.source = source, .kernel = kernel, .local = {1, 1, 1}},
        {.source = "add", .kernel = "count", .defines = "#define ADD 9\n", .local = {1, 1, 1}}};
    ocl_kernel k[2];
    err = (struct error){0};
    ck_assert(!ocl_build(ocl, r, 2, k, NULL, NULL, NULL, &err));
    ck_assert_int_eq(err.code, ERROR_BUILD);
    ck_assert_msg(strstr(err.text, says) && strstr(err.text, source), "%s", err.text);
    ck_assert_ptr_null(strchr(err.text, '\n'));
    build(r + 1, 1, k, NULL); /* a failure leaves the rest in order */
}

START_TEST(build_errors)
{
    kernel_file("syntax.cl", "__kernel void f(__global int *p, const int run)\n"
                             "{\n    p[0] = 1\n}\n");
    kernel_file("norun.cl", "__kernel void f(__global int *p) { p[0] = 1; }\n");
    refuse("syntax", "f", "syntax.cl:3:");
    refuse("syntax", "f", "CL_BUILD_PROGRAM_FAILURE");
    refuse("norun", "f", "const int run");
    refuse("add", "nothing", "add.cl");
    refuse("absent", "f", "absent.cl");
    unsetenv("CLACT_KERNELS"); /* among the embedded ones */
    const struct ocl_kernel_request r = {.source = "absent", .kernel = "f"};
    ocl_kernel k;
    ck_assert(!ocl_build(ocl, &r, 1, &k, NULL, NULL, NULL, &err));
    ck_assert_int_eq(err.code, ERROR_BUG);
}
END_TEST

/* Options follow from the device and what a program's defines ask for; see also cli/devices. */
START_TEST(options)
{
    static const char large[] = "#define STAGED 1\n#define LARGE_REGISTERS 1\n";
    struct caps few = {.registers = 64}, more = {.registers = 64, .large_registers = 128};
    const char *usual = ocl_build_options(&more, "#define STAGED 1\n", false);
    ck_assert(!strstr(usual, "intel") && strstr(usual, "-cl-std=CL1.2"));
    ck_assert_str_eq(ocl_build_options(&few, large, false), usual);
    ck_assert(strstr(ocl_build_options(&more, large, false), " -cl-intel-256-GRF-per-thread"));
    const char *plain = ocl_build_options(&more, large, true);
    ck_assert(strstr(plain, "-cl-opt-disable") && strstr(plain, "-cl-intel-256-GRF-per-thread"));
    ck_assert(!strstr(ocl_build_options(&few, large, true), "intel"));
}
END_TEST

START_TEST(launch_errors)
{
    const struct ocl_kernel_request r = {.source = "add", .kernel = "add",
                                         .defines = "#define ADD 1\n", .local = {8, 1, 1}};
    ocl_kernel k;
    build(&r, 1, &k, NULL);
    ocl_buffer b = ocl_alloc(ocl, 64, &err);
    struct ocl_arg args[] = {{.buffer = b}, {.buffer = b}, {.value = 8}};
    ck_assert(!ocl_launch(ocl, k, eight, eight, args, 2, &err));
    ck_assert_int_eq(err.code, ERROR_BUG);
    ck_assert(!ocl_launch(ocl, k, eight, one, args, 3, &err));
    ck_assert_int_eq(err.code, ERROR_BUG);
    args[1].buffer = NULL; /* an integer for a buffer */
    ck_assert(!ocl_launch(ocl, k, eight, eight, args, 3, &err));
    ck_assert_int_eq(err.code, ERROR_BUG);
    args[1].buffer = b;
    const size_t nine[3] = {9, 1, 1};
    ck_assert(!ocl_launch(ocl, k, nine, eight, args, 3, &err));
    ck_assert_int_eq(err.code, ERROR_RUN);
    ck_assert_msg(strstr(err.text, "add: clEnqueueNDRangeKernel of 9x1x1 by 8x1x1") != NULL, "%s",
                  err.text);
    ck_assert(ocl_launch(ocl, k, eight, eight, args, 3, &err));
    ck_assert(ocl_finish(ocl, &err));
    ocl_release(&b);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("build");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, equal_requests_are_one);
    tcase_add_test(t, lane_h_and_the_warm_up);
    tcase_add_test(t, launches_compile_nothing);
    tcase_add_test(t, build_errors);
    tcase_add_test(t, options);
    tcase_add_test(t, launch_errors);
    return run_tests(t);
}
