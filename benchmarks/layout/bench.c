// SPDX-License-Identifier: MIT
#include "bench.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

cl_context context;
cl_command_queue queue;
bool verbose;
double seconds_per_case = 2.0;
const char *only = "";
static cl_device_id device;
static cl_uint units = 1;
static cl_mem live[256];
static int live_count;

static double now(void)
{
    struct timespec t;
    timespec_get(&t, TIME_UTC);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void check(cl_int e, const char *what)
{
    if (e != CL_SUCCESS) {
        fprintf(stderr, "%s: OpenCL error %d\n", what, e);
        exit(1);
    }
}

void bench_open(void)
{
    cl_platform_id platforms[8];
    cl_uint n = 0;
    cl_int e;
    check(clGetPlatformIDs(8, platforms, &n), "clGetPlatformIDs");
    for (cl_uint i = 0; i < n && !device; i++)
        if (clGetDeviceIDs(platforms[i], CL_DEVICE_TYPE_CPU, 1, &device, NULL) != CL_SUCCESS)
            device = NULL;
    if (!device) {
        fprintf(stderr, "no OpenCL CPU device\n");
        exit(1);
    }
    char name[256], version[256];
    clGetDeviceInfo(device, CL_DEVICE_NAME, sizeof name, name, NULL);
    clGetDeviceInfo(device, CL_DRIVER_VERSION, sizeof version, version, NULL);
    clGetDeviceInfo(device, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof units, &units, NULL);
    printf("device: %s, driver %s, %u compute units\n", name, version, units);
    context = clCreateContext(NULL, 1, &device, NULL, NULL, &e);
    check(e, "clCreateContext");
    queue = clCreateCommandQueue(context, device, 0, &e);
    check(e, "clCreateCommandQueue");
}

cl_program bench_program(const char *file, const char *options)
{
    static char source[1 << 16], log[1 << 14];
    FILE *f = fopen(file, "r");
    if (!f) {
        perror(file);
        exit(1);
    }
    source[fread(source, 1, sizeof source - 1, f)] = 0;
    fclose(f);
    const char *text = source;
    cl_int e;
    cl_program p = clCreateProgramWithSource(context, 1, &text, NULL, &e);
    check(e, "clCreateProgramWithSource");
    e = clBuildProgram(p, 1, &device, options, NULL, NULL);
    if (e != CL_SUCCESS) {
        clGetProgramBuildInfo(p, device, CL_PROGRAM_BUILD_LOG, sizeof log, log, NULL);
        fprintf(stderr, "%s %s\n%s\n", file, options, log);
    }
    check(e, "clBuildProgram");
    return p;
}

cl_kernel bench_kernel(cl_program program, const char *name)
{
    cl_int e;
    cl_kernel k = clCreateKernel(program, name, &e);
    check(e, name);
    return k;
}

cl_mem bench_buffer(size_t floats, const float *data)
{
    cl_int e;
    cl_mem b = clCreateBuffer(context, CL_MEM_READ_WRITE, floats * sizeof(float), NULL, &e);
    check(e, "clCreateBuffer");
    float zero = 0;
    if (data)
        e = clEnqueueWriteBuffer(queue, b, CL_TRUE, 0, floats * sizeof(float), data, 0, 0, 0);
    else
        e = clEnqueueFillBuffer(queue, b, &zero, sizeof zero, 0, floats * sizeof(float), 0, 0, 0);
    check(e, "fill buffer");
    live[live_count++] = b;
    return b;
}

void bench_args(cl_kernel kernel, int n, ...)
{
    va_list list;
    va_start(list, n);
    for (int i = 0; i < n; i++) {
        cl_mem m = va_arg(list, cl_mem);
        check(clSetKernelArg(kernel, (cl_uint)i, sizeof m, &m), "clSetKernelArg");
    }
    va_end(list);
}

void bench_launch(const struct variant *v, int i)
{
    static const size_t one[3] = {1, 1, 1};
    check(clEnqueueNDRangeKernel(queue, v->kernel[i], 3, NULL, v->size[i], one, 0, NULL, NULL),
          v->name);
}

// Processor time per run, divided by the device's compute units, in ms: a neighbour that takes a
// core away does not count. It hides idle threads, so wall time is printed next to it (-v).
static double time_runs(const struct variant *v, int first, int end, int runs, double *wall)
{
    const double begin = now();
    const clock_t cpu = clock();
    for (int n = 0; n < runs; n++)
        for (int i = first; i < end; i++)
            bench_launch(v, i);
    check(clFinish(queue), "clFinish");
    if (wall)
        *wall = (now() - begin) * 1e3 / runs;
    return (double)(clock() - cpu) * 1e3 / CLOCKS_PER_SEC / runs / units;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

bool bench_wanted(const char *name)
{
    return strstr(name, only) != NULL;
}

void bench_time(struct variant *v, int n)
{
    int runs[MAX_VARIANTS];
    for (int i = 0; i < n; i++) {
        v[i].samples = 0;
        v[i].wall = 1e9;
        time_runs(&v[i], 0, v[i].launches, 1, NULL); // PoCL compiles at the first enqueue
        double t = time_runs(&v[i], 0, v[i].launches, 2, NULL);
        runs[i] = t > 2 ? 1 : (int)(2 / (t + 1e-3)) + 1; // short kernels: samples of 2 ms
    }
    // Rounds alternate over the variants, each with one untimed run to bring its data into cache.
    const double end = now() + seconds_per_case * n / 4;
    for (int round = 0; round < MAX_SAMPLES && (round < 8 || now() < end); round++)
        for (int i = 0; i < n; i++) {
            double wall;
            time_runs(&v[i], 0, v[i].launches, 1, NULL);
            const int at = v[i].samples++;
            v[i].ms[at] = time_runs(&v[i], 0, v[i].launches, runs[i], &wall);
            v[i].wall = wall < v[i].wall ? wall : v[i].wall;
            for (int k = 0; k < v[i].launches && v[i].launches > 1; k++)
                v[i].part_ms[k][at] = time_runs(&v[i], k, k + 1, runs[i], NULL);
        }
    for (int i = 0; i < n; i++) {
        const size_t count = (size_t)v[i].samples;
        qsort(v[i].ms, count, sizeof(double), by_value);
        for (int k = 0; k < v[i].launches && v[i].launches > 1; k++) {
            qsort(v[i].part_ms[k], count, sizeof(double), by_value);
            v[i].part[k] = v[i].part_ms[k][count / 4];
        }
    }
}

struct result bench_best(const char *name, double gflop, const struct variant *v, int n)
{
    struct result r = {1e9, 1e9, {{0}}};
    for (int i = 0; i < n; i++) {
        // Lower quartile: robust against the odd sample whose processor time was undercounted.
        const double q = v[i].ms[v[i].samples / 4];
        double *best = v[i].last ? &r.last : &r.blocks;
        *best = q < *best ? q : *best;
        for (int k = 0; k < v[i].launches; k++) { // parts: each at its own best order
            double *part = &r.part[v[i].last][k];
            *part = *part == 0 || v[i].part[k] < *part ? v[i].part[k] : *part;
        }
        if (verbose) {
            printf("  %-24s %-6s %-44s q1 %8.3f min %8.3f wall min %8.3f ms %6.0f GF/s", name,
                   v[i].last ? "last" : "blocks", v[i].name, q, v[i].ms[0], v[i].wall,
                   gflop / q * 1e3);
            for (int k = 0; k < v[i].launches && v[i].launches > 1; k++)
                printf(" %.3f", v[i].part[k]);
            printf("\n");
        }
    }
    return r;
}

struct result bench_run(const char *name, double gflop, struct variant *v, int n)
{
    bench_time(v, n);
    return bench_best(name, gflop, v, n);
}

void bench_row(const char *name, double gflop, struct result r)
{
    double best = r.last < r.blocks ? r.last : r.blocks;
    printf("| %-34s | %8.3f | %8.3f | %5.2f |", name, r.blocks, r.last, r.last / r.blocks);
    if (gflop > 0)
        printf(" %6.0f |\n", gflop / best * 1e3);
    else
        printf("      - |\n");
    fflush(stdout);
}

void bench_release(struct variant *v, int n)
{
    for (int i = 0; i < n; i++)
        for (int k = 0; k < v[i].launches; k++)
            clReleaseKernel(v[i].kernel[k]);
    while (live_count)
        clReleaseMemObject(live[--live_count]);
}

double bench_peak(void)
{
    cl_kernel k = bench_kernel(bench_program("transforms.cl", "-DPEAK"), "peak");
    cl_mem y = bench_buffer(16 * 16, NULL);
    bench_args(k, 1, y);
    static struct variant v = {.name = "peak", .launches = 1, .size = {{16, 1, 1}}};
    v.kernel[0] = k;
    double samples[40];
    for (int i = 0; i < 40; i++)
        samples[i] = time_runs(&v, 0, 1, 1, NULL);
    qsort(samples, 40, sizeof(double), by_value);
    return 2e-6 * 16 * 24 * 16 * 20000 / samples[10];
}
