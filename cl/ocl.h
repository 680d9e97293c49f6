/* SPDX-License-Identifier: MIT */
/* The OpenCL layer: devices, one queue, buffers, programs with a binary cache, launches, GEMM.
 *
 * This header needs no OpenCL header, so nothing above it can depend on one. All is OpenCL 1.2.
 * Errors: ERROR_DEVICE (no such device), ERROR_BUILD (a kernel did not build), ERROR_LIMIT
 * (memory), ERROR_RUN (a call failed while working), ERROR_BUG (the caller broke this contract);
 * the text names the call and the OpenCL error name.
 * Waiting: no call waits for a device for ever. Without an answer for 60 s, and for 20 times what
 * was said to be expected (ocl_expect), it gives up with ERROR_RUN; CLACT_TIMEOUT=SECONDS in the
 * environment sets another limit, 0 none. After that nothing in this process waits for a device or
 * speaks to one any more: see ocl_hung().
 * Threads: one at a time per struct ocl and those beside it; ocl_build() uses several inside.
 */
#ifndef CL_OCL_H
#define CL_OCL_H
#include "base/error.h"
#include "cl/caps.h"
#include <stddef.h>
#include <stdint.h>

/* ---- devices --------------------------------------------------------------------------------- */

struct ocl_device {
    int platform, index; /* "0:1" is platform 0, device 1 */
    struct caps caps;
};

/* All usable devices of all platforms, in the driver's order; *list is freed with free(). Zero
 * devices or no platform at all is an error of class ERROR_DEVICE that says what to install. */
bool ocl_devices(struct ocl_device **list, size_t *count, struct error *err);

struct ocl;

/* Opens a device: spec is NULL or "" (the best GPU, else the first device), "gpu" (the best one),
 * "cpu" (the first one), "P:D", or a part of a device's name, case-insensitive (the first match).
 * The best GPU: with memory of its own before one that shares the host's, then by compute units
 * times clock. The error lists what there is. */
struct ocl *ocl_open(const char *spec, struct error *err);
void ocl_close(struct ocl **ocl); /* NULL is fine; releases nothing that the caller owns */
const struct caps *ocl_caps(const struct ocl *ocl);
/* Another line of work on the same device: in order by itself, at the same time as the first. Both
 * may use the same buffers, each builds its own kernels; what one does to a buffer the other sees
 * once it was waited for. Closed before the first. */
struct ocl *ocl_beside(const struct ocl *ocl, struct error *err);

/* ---- memory ---------------------------------------------------------------------------------- */

typedef struct ocl_buffer *ocl_buffer; /* a buffer or a part of one */

/* Device memory; its pages are touched, so that a lack of memory shows here and not in mid-clip. */
ocl_buffer ocl_alloc(struct ocl *ocl, uint64_t bytes, struct error *err);
/* The same, beginning with a copy of `size` <= bytes bytes; zeros behind them. */
ocl_buffer ocl_alloc_with(struct ocl *ocl, uint64_t bytes, const void *data, uint64_t size,
                          struct error *err);
/* A part of a buffer; offset is a multiple of caps.base_alignment. Release it before its parent. */
ocl_buffer ocl_part(struct ocl *ocl, ocl_buffer parent, uint64_t offset, uint64_t bytes,
                    struct error *err);
void ocl_release(ocl_buffer *buffer); /* NULL is fine */

/* Blocking: the host memory may be reused on return. */
bool ocl_write(struct ocl *ocl, ocl_buffer to, uint64_t offset, const void *from, uint64_t bytes,
               struct error *err);
bool ocl_read(struct ocl *ocl, void *to, ocl_buffer from, uint64_t offset, uint64_t bytes,
              struct error *err);
/* In queue order, not blocking: the host memory must stay as it is until the line has come so
 * far. */
bool ocl_write_later(struct ocl *ocl, ocl_buffer to, uint64_t offset, const void *from,
                     uint64_t bytes, struct error *err);
bool ocl_copy(struct ocl *ocl, ocl_buffer to, uint64_t to_offset, ocl_buffer from,
              uint64_t from_offset, uint64_t bytes, struct error *err);
bool ocl_fill(struct ocl *ocl, ocl_buffer to, uint64_t offset, uint64_t bytes, struct error *err);

/* ---- programs and kernels -------------------------------------------------------------------- */

/* A kernel to be built: `source` names a file of cl/kernels (no suffix), `kernel` the function in
 * it, `defines` is text of the form "#define X_C 64\n..." put in front of the source (NULL: none).
 * Equal requests are built once. `local` is the work-group size of its launches (all zero: left to
 * the driver) and `global` a global size they have (all zero: one work-group): drivers such as PoCL
 * compile per work-group size, and apart for grids with a dimension of 65535 or more.
 *
 * Every kernel follows cl/kernels/CONVENTIONS.md: its last parameter is `const int run`, and with 0
 * it touches nothing. ocl_launch() adds that argument itself; the build makes one launch with 0. */
struct ocl_kernel_request {
    const char *source, *kernel, *defines;
    size_t local[3], global[3];
    bool plain; /* -cl-opt-disable: for a driver whose optimisation is known to go wrong here */
};
typedef struct ocl_kernel *ocl_kernel; /* owned by the struct ocl */

/* The driver's options for a program with these defines: LARGE_REGISTERS among them asks for what
 * caps->large_registers promises. */
const char *ocl_build_options(const struct caps *caps, const char *defines, bool plain);

struct ocl_build_report {
    int requested, distinct; /* kernels asked for, different programs among them  */
    int compiled;            /* built from source now                             */
    int cached;              /* loaded from the binary cache on disk; the rest of */
                             /* the programs was there from an earlier ocl_build  */
    double seconds;
};

/* Builds all requests, in parallel, everything included that a driver would otherwise defer to the
 * first launch; kernels[i] answers requests[i]. The binaries go to the cache directory
 * (ocl_cache_directory). With CLACT_KERNELS=dir in the environment the sources are read from that
 * folder. report and progress may be NULL; progress is called by one thread at a time. One line per
 * program goes to CLACT_LOG=build, and a last one "N kernels, N programs, N compiled, N from cache,
 * T s". */
bool ocl_build(struct ocl *ocl, const struct ocl_kernel_request *requests, size_t count,
               ocl_kernel *kernels, struct ocl_build_report *report,
               void (*progress)(void *context, size_t done, size_t all), void *context,
               struct error *err);

/* A name for what the driver makes of one request: kernel text, options, launch, device, driver and
 * version decide it, as 32 hexadecimal digits. */
bool ocl_kernel_key(const struct ocl *ocl, const struct ocl_kernel_request *request, char key[33],
                    struct error *err);
/* One for several that work together. */
void ocl_join_keys(char (*keys)[33], size_t count, char key[33]);
/* The same for CLBlast's GEMM of m x n x k. */
void ocl_gemm_key(const struct ocl *ocl, size_t m, size_t n, size_t k, char key[33]);
/* Appends to a growing text the program that ocl_build gives to the driver; needs no device. */
struct text;
bool ocl_source(const char *source, const char *defines, struct text *text, struct error *err);

/* CLACT_CACHE_DIR, else XDG_CACHE_HOME/clact, else HOME/.cache/clact; NULL when there is none or
 * CLACT_CACHE_DIR is empty: then nothing is cached. A cache that cannot be read or written never
 * fails a run. The text is good until the next call. */
const char *ocl_cache_directory(void);

struct ocl_arg {
    ocl_buffer buffer;  /* or, when NULL, a 32-bit integer */
    int32_t value;
};

/* Enqueues; returns before the kernel has run. local is that of the request, and global a multiple
 * of it. args are all of the kernel's parameters but `run`. */
bool ocl_launch(struct ocl *ocl, ocl_kernel kernel, const size_t global[3], const size_t local[3],
                const struct ocl_arg *args, int arg_count, struct error *err);

/* The same in pieces, one dispatch each, of at most `piece` work-items of dimension `dim`; piece is
 * a multiple of the work-group's size there, 0: not split. The kernel does not ask for the global
 * size of that dimension, nor for the number of groups. Only for GPUs: a driver such as PoCL
 * compiles once more for a launch that begins elsewhere than at 0. */
bool ocl_launch_split(struct ocl *ocl, ocl_kernel kernel, const size_t global[3],
                      const size_t local[3], int dim, size_t piece, const struct ocl_arg *args,
                      int arg_count, struct error *err);

/* The longest stretch of work between two waits takes about so many seconds. */
void ocl_expect(struct ocl *ocl, double seconds);
/* Whether a wait was given up. Then memory and objects of the device are not given back, since a
 * driver might wait for the device to do so, and a program should leave with _exit, since a driver
 * might wait in its exit handlers. */
bool ocl_hung(void);

/* Waits until everything enqueued has run, and reports its failure. */
bool ocl_finish(struct ocl *ocl, struct error *err);

/* Sends everything enqueued to the device, without waiting. */
bool ocl_flush(struct ocl *ocl, struct error *err);

/* What was enqueued last, to wait for; NULL: nothing is on its way. */
typedef struct ocl_mark *ocl_mark;
ocl_mark ocl_mark_here(struct ocl *ocl);
/* Waits for a mark and gives it back; NULL is fine. */
bool ocl_wait(struct ocl *ocl, ocl_mark *mark, struct error *err);

/* ---- times of launches ----------------------------------------------------------------------- */

struct ocl_time {
    double start, end; /* seconds of the device's clock */
};
/* Between these two, every launch and GEMM is timed. */
bool ocl_profile_start(struct ocl *ocl, struct error *err);
void ocl_profile_stop(struct ocl *ocl); /* harmless when not started */
/* Waits for all launches since the start or the last call, and fills the times of these `count`, in
 * order. trusted is false when there were not as many, or when a time makes no sense (drivers have
 * been seen to report zeros): then time by the wall clock. */
bool ocl_profile_take(struct ocl *ocl, struct ocl_time *times, size_t count, bool *trusted,
                      struct error *err);
double ocl_seconds(void); /* a monotonic wall clock */

/* ---- GEMM through CLBlast -------------------------------------------------------------------- */

/* C[M][N] = A[M][K] * B[K][N], row-major float, leading dimensions in elements, beta 0. */
struct ocl_gemm {
    size_t m, n, k, lda, ldb, ldc;
    size_t offset_a, offset_c; /* in floats */
    ocl_buffer a, b, c;
    bool more; /* more rows of the product that the last call began: its time is added to that */
};
bool ocl_gemm_clblast(struct ocl *ocl, const struct ocl_gemm *gemm, struct error *err);

#endif
