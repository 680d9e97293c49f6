/* SPDX-License-Identifier: MIT */
/* One program: from the cache or from source, with its kernels, ready to launch. */
#include "base/log.h"
#include "cl/internal.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define OPTIONS "-cl-std=CL1.2 -cl-kernel-arg-info"
#define PLAIN " -cl-opt-disable"
#define LARGE " -cl-intel-256-GRF-per-thread"

const char *ocl_build_options(const struct caps *caps, const char *defines, bool plain)
{
    static const char *const options[2][2] = {{OPTIONS, OPTIONS PLAIN},
                                              {OPTIONS LARGE, OPTIONS PLAIN LARGE}};
    bool large = caps->large_registers && strstr(defines, "#define LARGE_REGISTERS 1\n");
    return options[large][plain];
}

void build_try_options(struct ocl *ocl)
{
    const char *text = "__kernel void nothing(__global int *x) {}\n";
    cl_int code;
    if (!ocl->caps.large_registers)
        return;
    cl_program program = clCreateProgramWithSource(ocl->context, 1, &text, NULL, &code);
    if (program)
        code = clBuildProgram(program, 1, &ocl->device, OPTIONS LARGE, NULL, NULL);
    if (program)
        clReleaseProgram(program);
    if (code == CL_SUCCESS)
        return;
    log_line("build", "\"%s\": its driver refuses" LARGE ": %d registers a work-item, not %d",
             ocl->caps.name, ocl->caps.registers, ocl->caps.large_registers);
    ocl->caps.large_registers = 0;
}

static const char *options(const struct ocl *ocl, const struct program *p)
{
    return ocl_build_options(&ocl->caps, p->defines, p->plain);
}

/* Of a device that hangs nothing is given back: its driver might wait for what is at work. */
void program_release(struct program *p)
{
    for (struct ocl_kernel *k = p->kernels; k; k = k->next) {
        if (k->kernel && !ocl_hung())
            clReleaseKernel(k->kernel);
        k->kernel = NULL;
    }
    if (p->program && !ocl_hung())
        clReleaseProgram(p->program);
    p->program = NULL;
}

/* The beginning of a text of several lines as one line. */
static void one_line(char *to, size_t size, const char *from)
{
    size_t n = 0;
    for (const char *s = from; *s && n + 4 < size; s++) {
        if (*s != '\n') {
            to[n++] = *s;
        } else if (s[1] && s[1] != '\n') {
            memcpy(to + n, " | ", 3);
            n += 3;
        }
    }
    to[n] = 0;
}

static bool fail_with_log(struct ocl *ocl, struct program *p, cl_int code, struct error *err)
{
    size_t n = 0;
    char line[360] = "no build log";
    clGetProgramBuildInfo(p->program, ocl->device, CL_PROGRAM_BUILD_LOG, 0, NULL, &n);
    char *log = calloc(1, n + 1);
    if (log && n)
        clGetProgramBuildInfo(p->program, ocl->device, CL_PROGRAM_BUILD_LOG, n, log, NULL);
    if (log && *log)
        one_line(line, sizeof line, log);
    free(log);
    return ocl_fail(err, ERROR_BUILD, code, "%s.cl: %s: clBuildProgram", p->source, line);
}

static bool kernel_create(struct program *p, struct ocl_kernel *k, struct error *err)
{
    cl_int code;
    cl_uint args = 0;
    char last[16] = "";
    k->kernel = clCreateKernel(p->program, k->name, &code);
    if (!k->kernel)
        return ocl_fail(err, ERROR_BUILD, code, "%s.cl: clCreateKernel %s", p->source, k->name);
    code = clGetKernelInfo(k->kernel, CL_KERNEL_NUM_ARGS, sizeof args, &args, NULL);
    if (code != CL_SUCCESS)
        return ocl_fail(err, ERROR_BUILD, code, "%s.cl: clGetKernelInfo %s", p->source, k->name);
    if (args)
        code = clGetKernelArgInfo(k->kernel, args - 1, CL_KERNEL_ARG_NAME, sizeof last, last,
                                  NULL);
    /* A driver may have no names, above all for a loaded binary. */
    bool nameless = code == CL_KERNEL_ARG_INFO_NOT_AVAILABLE;
    if (code != CL_SUCCESS && !nameless)
        return ocl_fail(err, ERROR_BUILD, code, "%s.cl: clGetKernelArgInfo %s", p->source,
                        k->name);
    if (!nameless && strcmp(last, "run") != 0)
        return fail(err, ERROR_BUILD,
                    "%s.cl: kernel %s: its last parameter must be `const int run`", p->source,
                    k->name);
    k->args = (int)args - 1;
    return true;
}

/* Sets parameter i for a launch that touches nothing. Every buffer is another one, as drivers may
 * compile differently for buffers that are the same. A driver that knows nothing of a loaded
 * binary's parameters, as NVIDIA's, still refuses a buffer for a number by its size. */
static cl_int set_dummy(struct ocl *ocl, const struct ocl_kernel *k, cl_uint i)
{
    const cl_int zero = 0;
    cl_kernel_arg_address_qualifier where = CL_KERNEL_ARG_ADDRESS_PRIVATE;
    cl_int code = clGetKernelArgInfo(k->kernel, i, CL_KERNEL_ARG_ADDRESS_QUALIFIER, sizeof where,
                                     &where, NULL);
    bool unknown = code == CL_KERNEL_ARG_INFO_NOT_AVAILABLE;
    if (code != CL_SUCCESS && !unknown)
        return code;
    if (unknown || where == CL_KERNEL_ARG_ADDRESS_GLOBAL || where == CL_KERNEL_ARG_ADDRESS_CONSTANT)
        code = clSetKernelArg(k->kernel, i, sizeof(cl_mem), &ocl->dummy[i % DUMMIES]);
    else
        code = CL_INVALID_ARG_SIZE;
    if (code == CL_INVALID_ARG_SIZE)
        code = clSetKernelArg(k->kernel, i, sizeof zero, &zero);
    return code;
}

/* Compiling goes on in parallel, these launches do not: not every driver bears two at a time, and
 * PoCL compiles one after the other anyway. */
static pthread_mutex_t launching = PTHREAD_MUTEX_INITIALIZER;

/* One launch with run = 0, for drivers that compile at the first one. */
static bool warm_up(struct ocl *ocl, struct program *p, struct ocl_kernel *k, struct error *err)
{
    cl_int code = CL_SUCCESS;
    cl_event event = NULL;
    for (int i = 0; i <= k->args && code == CL_SUCCESS; i++)
        code = set_dummy(ocl, k, (cl_uint)i);
    if (code != CL_SUCCESS)
        return ocl_fail(err, ERROR_BUILD, code, "%s.cl: kernel %s: parameters", p->source, k->name);
    pthread_mutex_lock(&launching);
    code = clEnqueueNDRangeKernel(ocl->queue, k->kernel, 3, NULL, k->global,
                                  k->local[0] ? k->local : NULL, 0, NULL, &event);
    bool ok = code == CL_SUCCESS ? wait_event(ocl, event, true, err)
                                 : ocl_fail(err, ERROR_BUILD, code, "clEnqueueNDRangeKernel");
    pthread_mutex_unlock(&launching);
    if (event)
        clReleaseEvent(event);
    return ok || fail_more(err, "%s.cl: kernel %s: first launch of %zux%zux%zu by %zux%zux%zu",
                           p->source, k->name, k->global[0], k->global[1], k->global[2],
                           k->local[0], k->local[1], k->local[2]);
}

static bool finish(struct ocl *ocl, struct program *p, struct error *err)
{
    for (struct ocl_kernel *k = p->kernels; k; k = k->next)
        TRY(kernel_create(p, k, err) && warm_up(ocl, p, k, err));
    return true;
}

/* False without an error when it must be built from source. */
static bool from_cache(struct ocl *ocl, struct program *p, const char *dir,
                       const struct cache_key *key, struct error *err)
{
    size_t len = 0;
    unsigned char *binary = cache_load(dir, key, &len);
    if (!binary)
        return false;
    cl_int code, status = CL_SUCCESS;
    const unsigned char *list[] = {binary};
    p->from_cache = true;
    p->program = clCreateProgramWithBinary(ocl->context, 1, &ocl->device, &len, list, &status,
                                           &code);
    if (p->program && status == CL_SUCCESS)
        code = clBuildProgram(p->program, 1, &ocl->device, options(ocl, p), NULL, NULL);
    free(binary);
    struct error why = {0};
    if (p->program && status == CL_SUCCESS && code == CL_SUCCESS && finish(ocl, p, &why))
        return true;
    if (ocl_hung()) { /* the device is to blame */
        *err = why;
        return false;
    }
    log_line("build", "cache: %s: the driver refuses %s, ignored", p->source, key->name);
    cache_remove(dir, key);
    program_release(p);
    p->from_cache = false;
    return false;
}

static bool from_source(struct ocl *ocl, struct program *p, const struct text *text,
                        struct error *err)
{
    cl_int code;
    const char *s = text->s;
    p->program = clCreateProgramWithSource(ocl->context, 1, &s, &text->len, &code);
    if (!p->program)
        return ocl_fail(err, ERROR_BUILD, code, "%s.cl: clCreateProgramWithSource", p->source);
    code = clBuildProgram(p->program, 1, &ocl->device, options(ocl, p), NULL, NULL);
    if (code != CL_SUCCESS)
        return fail_with_log(ocl, p, code, err);
    return finish(ocl, p, err);
}

/* After the warm-up, so that the binary holds what that made the driver compile. */
static void store(struct program *p, const char *dir, const struct cache_key *key)
{
    size_t len = 0;
    if (clGetProgramInfo(p->program, CL_PROGRAM_BINARY_SIZES, sizeof len, &len, NULL) ||
        len == 0)
        return;
    unsigned char *binary = malloc(len);
    if (binary &&
        clGetProgramInfo(p->program, CL_PROGRAM_BINARIES, sizeof binary, &binary, NULL) ==
            CL_SUCCESS)
        cache_store(dir, key, binary, len);
    free(binary);
}

bool program_build(struct ocl *ocl, struct program *p, const char *cache, struct error *err)
{
    struct text text = {0};
    double start = ocl_seconds();
    bool ok = ocl_source(p->source, p->defines, &text, err);
    if (ok) {
        struct cache_key key = cache_key(&ocl->caps, p, &text);
        bool loaded = cache && from_cache(ocl, p, cache, &key, err);
        ok = loaded || (!err->code && from_source(ocl, p, &text, err));
        if (ok && !loaded && cache)
            store(p, cache, &key);
    }
    text_free(&text);
    if (ok)
        log_line("build", "%s: %s in %.3f s", p->source, p->from_cache ? "loaded" : "compiled",
                 ocl_seconds() - start);
    else
        program_release(p);
    return ok;
}
