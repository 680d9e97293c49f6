/* SPDX-License-Identifier: MIT */
/* An OpenCL layer that shows what reads and writes memory that it should not:
 *   OPENCL_LAYERS=memory_layer.so MEMORY=WORD,... PROGRAM
 *   end, start  every buffer ends (begins) at a page that must not be touched: what goes past it
 *               ends the process with SIGSEGV. For drivers that run on the processor
 *   nan         with these, buffers hold NaN first: what is used before it was written shows in the
 *               result
 *   apart       parts of a buffer are buffers of their own. clact plans its activations into parts
 *               of one buffer, where two share memory only if their times differ; apart, each is
 *               guarded and holds NaN, and a driver that checks memory tells them from each other
 *   simulator   for Oclgrind, whose check for uninitialised values forgets the earlier writes to a
 *               buffer at each one, and knows no fills: buffers are created with NaN, and every
 *               write is one of the whole buffer
 * ocl-icd cuts OPENCL_LAYERS at its first colon, for the processes that the program starts as well.
 * ALL_LAYERS, where there are several, is what they shall find there.
 *
 * Buffers end at multiples of 128 bytes, the strictest alignment that drivers ask for. Fills from a
 * buffer's first byte on are those of its allocation, so with `nan` they fill with NaN.
 */
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl_layer.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ALIGN = 128 };

struct region {
    void *map;
    size_t size;
};

static const cl_icd_dispatch *next;
static cl_icd_dispatch table;
static bool at_start, guarded, with_nan, simulator;
static size_t page;

static size_t up(size_t n, size_t to)
{
    return (n + to - 1) / to * to;
}

static void CL_CALLBACK unmap(cl_mem mem, void *data)
{
    struct region *r = data;
    (void)mem;
    munmap(r->map, r->size);
    free(r);
}

/* Whole pages between two that nobody may touch; *first: where the buffer begins in them. */
static struct region *map(size_t size, void **first)
{
    size_t inside = up(up(size, ALIGN), page);
    struct region *r = malloc(sizeof *r);
    *r = (struct region){NULL, inside + 2 * page};
    r->map = mmap(NULL, r->size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (r->map == MAP_FAILED ||
        mprotect((char *)r->map + page, inside, PROT_READ | PROT_WRITE) != 0) {
        free(r);
        return NULL;
    }
    *first = (char *)r->map + page + (at_start ? 0 : inside - up(size, ALIGN));
    if (with_nan)
        memset(*first, 0xff, size);
    return r;
}

static cl_mem create_with_nan(cl_context context, cl_mem_flags flags, size_t size, cl_int *code)
{
    char *nan = malloc(size);
    if (nan)
        memset(nan, 0xff, size);
    cl_mem mem = next->clCreateBuffer(context, flags | CL_MEM_COPY_HOST_PTR, size, nan, code);
    free(nan);
    return mem;
}

static cl_mem CL_API_CALL CreateBuffer(cl_context context, cl_mem_flags flags, size_t size,
                                       void *host, cl_int *code)
{
    void *first = NULL;
    struct region *r = host || !size || !guarded ? NULL : map(size, &first);
    if (!r && simulator && !host)
        return create_with_nan(context, flags, size, code);
    if (!r)
        return next->clCreateBuffer(context, flags, size, host, code);
    cl_mem mem = next->clCreateBuffer(context, flags | CL_MEM_USE_HOST_PTR, size, first, code);
    if (!mem || next->clSetMemObjectDestructorCallback(mem, unmap, r) != CL_SUCCESS) {
        fprintf(stderr, "memory_layer: the driver takes no memory of ours\n");
        _exit(99);
    }
    return mem;
}

static cl_mem CL_API_CALL CreateSubBuffer(cl_mem whole, cl_mem_flags flags,
                                          cl_buffer_create_type type, const void *info,
                                          cl_int *code)
{
    const cl_buffer_region *region = info;
    cl_context context;
    cl_int got = next->clGetMemObjectInfo(whole, CL_MEM_CONTEXT, sizeof context, &context, NULL);
    if (got != CL_SUCCESS || type != CL_BUFFER_CREATE_TYPE_REGION)
        return next->clCreateSubBuffer(whole, flags, type, info, code);
    return CreateBuffer(context, flags, region->size, NULL, code);
}

/* What the buffer holds, changed and written again. */
static cl_int CL_API_CALL write_whole(cl_command_queue queue, cl_mem mem, cl_bool blocking,
                                      size_t offset, size_t size, const void *from, cl_uint count,
                                      const cl_event *wait, cl_event *event)
{
    size_t all;
    cl_int code = next->clGetMemObjectInfo(mem, CL_MEM_SIZE, sizeof all, &all, NULL);
    char *data = code == CL_SUCCESS && offset <= all && size <= all - offset ? malloc(all) : NULL;
    (void)blocking;
    if (!data)
        return code ? code : CL_INVALID_VALUE;
    code = next->clEnqueueReadBuffer(queue, mem, CL_TRUE, 0, all, data, count, wait, NULL);
    memcpy(data + offset, from, size);
    if (code == CL_SUCCESS)
        code = next->clEnqueueWriteBuffer(queue, mem, CL_TRUE, 0, all, data, 0, NULL, event);
    free(data);
    return code;
}

static cl_int fill_by_write(cl_command_queue queue, cl_mem mem, const void *pattern,
                            size_t pattern_size, size_t offset, size_t size, cl_uint count,
                            const cl_event *wait, cl_event *event)
{
    char *data = malloc(size);
    if (!data)
        return CL_OUT_OF_HOST_MEMORY;
    for (size_t i = 0; i < size; i += pattern_size)
        memcpy(data + i, pattern, pattern_size);
    cl_int code = write_whole(queue, mem, CL_TRUE, offset, size, data, count, wait, event);
    free(data);
    return code;
}

static cl_int CL_API_CALL EnqueueFillBuffer(cl_command_queue queue, cl_mem mem, const void *pattern,
                                            size_t pattern_size, size_t offset, size_t size,
                                            cl_uint count, const cl_event *wait, cl_event *event)
{
    if (simulator)
        return fill_by_write(queue, mem, pattern, pattern_size, offset, size, count, wait, event);
    unsigned char nan[128];
    memset(nan, 0xff, sizeof nan);
    bool poison = with_nan && !offset && pattern_size <= sizeof nan;
    return next->clEnqueueFillBuffer(queue, mem, poison ? nan : pattern, pattern_size, offset, size,
                                     count, wait, event);
}

CL_API_ENTRY cl_int CL_API_CALL clGetLayerInfo(cl_layer_info what, size_t size, void *value,
                                               size_t *needed)
{
    static const char name[] = "clact: guarded memory";
    const cl_layer_api_version version = CL_LAYER_API_VERSION_100;
    const void *from = what == CL_LAYER_NAME ? (const void *)name : &version;
    size_t n = what == CL_LAYER_NAME ? sizeof name : sizeof version;
    if (value && size >= n)
        memcpy(value, from, n);
    if (needed)
        *needed = n;
    return CL_SUCCESS;
}

CL_API_ENTRY cl_int CL_API_CALL clInitLayer(cl_uint count, const cl_icd_dispatch *target,
                                            cl_uint *count_out, const cl_icd_dispatch **out)
{
    const char *spec = getenv("MEMORY"), *all = getenv("ALL_LAYERS");
    if (all)
        setenv("OPENCL_LAYERS", all, 1);
    at_start = spec && strstr(spec, "start");
    guarded = at_start || (spec && strstr(spec, "end"));
    simulator = spec && !guarded && strstr(spec, "simulator");
    with_nan = guarded && strstr(spec, "nan");
    page = (size_t)sysconf(_SC_PAGESIZE);
    next = target;
    memcpy(&table, target, count * sizeof(void *) < sizeof table ? count * sizeof(void *)
                                                                 : sizeof table);
    table.clCreateBuffer = CreateBuffer;
    if (spec && strstr(spec, "apart"))
        table.clCreateSubBuffer = CreateSubBuffer;
    table.clEnqueueFillBuffer = EnqueueFillBuffer;
    if (simulator)
        table.clEnqueueWriteBuffer = write_whole;
    *count_out = sizeof table / sizeof(void *);
    *out = &table;
    return CL_SUCCESS;
}
