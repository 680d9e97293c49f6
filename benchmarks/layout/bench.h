// SPDX-License-Identifier: MIT
//
// What every measurement needs: programs, buffers, and alternating timing of variants.
#ifndef BENCH_H
#define BENCH_H
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <stdbool.h>
#include <stddef.h>

enum { MAX_VARIANTS = 24, MAX_SAMPLES = 200 };

// One way to do the work of a case: up to 3 launches in order.
struct variant {
    char name[80];
    bool last; // channels-last, else channel blocks
    int launches;
    cl_kernel kernel[3];
    size_t size[3][3];
    int samples;
    double ms[MAX_SAMPLES];         // sorted by bench_time
    double part_ms[3][MAX_SAMPLES]; // each launch alone
    double part[3];                 // its lower quartile
    double wall;                    // best wall time, ms
};

struct result {
    double blocks, last; // lower quartile of the best variant of each layout, ms
    double part[2][3];   // the same for each launch, [channels-last]
};

extern cl_context context;
extern cl_command_queue queue;

void bench_open(void);
cl_program bench_program(const char *file, const char *options);
cl_kernel bench_kernel(cl_program program, const char *name);
cl_mem bench_buffer(size_t floats, const float *data); // zero-filled without data
void bench_args(cl_kernel kernel, int n, ...);         // n cl_mem
void bench_launch(const struct variant *v, int i);
double bench_peak(void); // GFLOP/s of float16 fma on all cores

// Times all variants in turn; the best of each layout (all are printed when verbose); both.
void bench_time(struct variant *v, int n);
struct result bench_best(const char *name, double gflop, const struct variant *v, int n);
struct result bench_run(const char *name, double gflop, struct variant *v, int n);
// One line of the final table.
void bench_row(const char *name, double gflop, struct result r);
extern bool verbose;
extern double seconds_per_case;
extern const char *only; // substring of the cases to run
bool bench_wanted(const char *name);
void bench_release(struct variant *v, int n);
#endif
