/* SPDX-License-Identifier: MIT */
/* An OpenCL layer that makes a driver fail, lie, hang, crash or look like another one, and counts
 * what the program gives back:
 *   OPENCL_LAYERS=/path/fault_layer.so FAULTS="..." FAULTS_LOG=FILE clact ...
 * The loader must know layers: ocl-icd from 2.3, or Khronos's.
 *
 * FAULTS, words with blanks between them:
 *   fail=NAME:K:CODE    the K-th call of NAME fails once, with the (negative) code CODE; with the
 *   fail=NAME:K+:CODE   + every one from the K-th on. NAME * counts all calls. A release that fails
 *                       has released all the same
 *   lie=read:K          from the K-th read of a buffer on, every read's first float has 1 added
 *   lie=launch:K        the same for every read after the K-th launch
 *   lie=kernel:NAME     launches of kernels of this name do nothing, and succeed
 *   lie=value:NAME      they work, and then 1 is added to the first float of each memory they write
 *   lie=done            reads of buffers say that they are done, and have read nothing
 *   miscompile=NAME:A=B programs that have such a kernel are compiled with #define A B, except with
 *                       -cl-opt-disable: a compiler that takes one function for another
 *   crash=launch:K      the process aborts in the K-th launch
 *   crash=build:K       or in the K-th clBuildProgram
 *   crash=kernel:NAME   or in the first launch of a kernel of this name
 *   hang=launch:K       nothing that was enqueued from the K-th launch on is ever done
 *   type=gpu|cpu  name=TEXT  vendor=TEXT  driver=TEXT  units=N  clock=MHZ  unified=0|1
 *   local=BYTES  group=N  alloc=BYTES  global=BYTES  vector=N
 *                       what devices say of themselves; group and alloc are enforced. A number N/M:
 *                       N for the first device, M for the others
 *
 * FAULTS_LOG: at exit (not after a crash or _exit) appends the lines
 *   calls NAME N        for each function called, and "calls * N" for all
 *   failed NAME K       where a fault was put in: the K-th call of all
 *   leaked KIND N       objects never released; "released too often KIND" as soon as it happens
 */
#include "tests/tools/fault_state.h"

#include <CL/cl_layer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const cl_icd_dispatch *next;
static cl_icd_dispatch table; /* ours */
static long reads, launches, builds;

static void wait_for_ever(void)
{
    for (;;)
        pause();
}

/* ---- calls without a twist ------------------------------------------------------------------- */

/* FORWARD(name, (parameters), (arguments)): fails or is passed on. */
#define FORWARD(name, parameters, arguments)                                                       \
    static cl_int CL_API_CALL my_##name parameters                                                 \
    {                                                                                              \
        cl_int code = enter(F_##name);                                                             \
        return code ? code : next->cl##name arguments;                                             \
    }
/* CREATE: makes an object, and has an error code for its last parameter. */
#define CREATE(type, kind, name, parameters, arguments)                                            \
    static type CL_API_CALL my_##name parameters                                                   \
    {                                                                                              \
        cl_int code = enter(F_##name);                                                             \
        type made = code ? NULL : next->cl##name arguments;                                        \
        if (code && result)                                                                        \
            *result = code;                                                                        \
        born(made, kind);                                                                          \
        return made;                                                                               \
    }
#define RETAIN_RELEASE(type, kind, what)                                                           \
    static cl_int CL_API_CALL my_Retain##what(type object)                                         \
    {                                                                                              \
        cl_int code = enter(F_Retain##what);                                                       \
        code = code ? code : next->clRetain##what(object);                                         \
        if (!code)                                                                                 \
            retained(object);                                                                      \
        return code;                                                                               \
    }                                                                                              \
    static cl_int CL_API_CALL my_Release##what(type object)                                        \
    {                                                                                              \
        cl_int code = enter(F_Release##what);                                                      \
        cl_int done = released(object, kind) ? next->clRelease##what(object) : CL_INVALID_VALUE;   \
        return code ? code : done;                                                                 \
    }
/* INFO: the usual five parameters of a query. */
#define INFO(name, type, what)                                                                     \
    FORWARD(name, (type object, what key, size_t size, void *value, size_t *needed),               \
            (object, key, size, value, needed))

RETAIN_RELEASE(cl_context, CONTEXT, Context)
RETAIN_RELEASE(cl_command_queue, QUEUE, CommandQueue)
RETAIN_RELEASE(cl_mem, MEMORY, MemObject)
RETAIN_RELEASE(cl_program, PROGRAM, Program)
RETAIN_RELEASE(cl_kernel, KERNEL, Kernel)
RETAIN_RELEASE(cl_event, EVENT, Event)

INFO(GetPlatformInfo, cl_platform_id, cl_platform_info)
INFO(GetContextInfo, cl_context, cl_context_info)
INFO(GetCommandQueueInfo, cl_command_queue, cl_command_queue_info)
INFO(GetMemObjectInfo, cl_mem, cl_mem_info)
INFO(GetProgramInfo, cl_program, cl_program_info)
INFO(GetKernelInfo, cl_kernel, cl_kernel_info)
INFO(GetEventProfilingInfo, cl_event, cl_profiling_info)

FORWARD(GetPlatformIDs, (cl_uint room, cl_platform_id *list, cl_uint *count), (room, list, count))
FORWARD(GetDeviceIDs,
        (cl_platform_id p, cl_device_type t, cl_uint room, cl_device_id *list, cl_uint *count),
        (p, t, room, list, count))
FORWARD(GetProgramBuildInfo,
        (cl_program p, cl_device_id d, cl_program_build_info key, size_t size, void *value,
         size_t *needed),
        (p, d, key, size, value, needed))
FORWARD(GetKernelArgInfo,
        (cl_kernel k, cl_uint i, cl_kernel_arg_info key, size_t size, void *value, size_t *needed),
        (k, i, key, size, value, needed))
FORWARD(GetKernelWorkGroupInfo,
        (cl_kernel k, cl_device_id d, cl_kernel_work_group_info key, size_t size, void *value,
         size_t *needed),
        (k, d, key, size, value, needed))
FORWARD(Flush, (cl_command_queue q), (q))

CREATE(cl_context, CONTEXT, CreateContext,
       (const cl_context_properties *properties, cl_uint count, const cl_device_id *devices,
        void(CL_CALLBACK *notify)(const char *, const void *, size_t, void *), void *user,
        cl_int *result),
       (properties, count, devices, notify, user, result))
CREATE(cl_command_queue, QUEUE, CreateCommandQueue,
       (cl_context c, cl_device_id d, cl_command_queue_properties properties, cl_int *result),
       (c, d, properties, result))
CREATE(cl_mem, MEMORY, CreateSubBuffer,
       (cl_mem whole, cl_mem_flags flags, cl_buffer_create_type type, const void *region,
        cl_int *result),
       (whole, flags, type, region, result))
CREATE(cl_program, PROGRAM, CreateProgramWithBinary,
       (cl_context c, cl_uint count, const cl_device_id *devices, const size_t *lengths,
        const unsigned char **binaries, cl_int *status, cl_int *result),
       (c, count, devices, lengths, binaries, status, result))
CREATE(cl_kernel, KERNEL, CreateKernel, (cl_program p, const char *name, cl_int *result),
       (p, name, result))

/* ---- devices that say something else --------------------------------------------------------- */

static cl_int give(const void *from, size_t bytes, size_t size, void *value, size_t *needed)
{
    if (needed)
        *needed = bytes;
    if (value && size < bytes)
        return CL_INVALID_VALUE;
    if (value)
        memcpy(value, from, bytes);
    return CL_SUCCESS;
}

static cl_int CL_API_CALL my_GetDeviceInfo(cl_device_id d, cl_device_info key, size_t size,
                                           void *value, size_t *needed)
{
    cl_int code = enter(F_GetDeviceInfo);
    long long other = claimed(d, key);
    if (code)
        return code;
    if (key == CL_DEVICE_TYPE && asked.type)
        return give(&asked.type, sizeof asked.type, size, value, needed);
    if (key == CL_DEVICE_NAME && *asked.name)
        return give(asked.name, strlen(asked.name) + 1, size, value, needed);
    if (key == CL_DEVICE_VENDOR && *asked.vendor)
        return give(asked.vendor, strlen(asked.vendor) + 1, size, value, needed);
    if (key == CL_DRIVER_VERSION && *asked.driver)
        return give(asked.driver, strlen(asked.driver) + 1, size, value, needed);
    size_t bytes = 0;
    if (other < 0 || next->clGetDeviceInfo(d, key, 0, NULL, &bytes) != CL_SUCCESS)
        return next->clGetDeviceInfo(d, key, size, value, needed);
    return give(&other, bytes, size, value,
                needed); /* its low bytes; big ends are not known here */
}

static cl_mem CL_API_CALL my_CreateBuffer(cl_context c, cl_mem_flags flags, size_t size, void *host,
                                          cl_int *result)
{
    cl_int code = enter(F_CreateBuffer);
    if (!code && exceeds(size, CL_DEVICE_MAX_MEM_ALLOC_SIZE))
        code = CL_INVALID_BUFFER_SIZE;
    cl_mem made = code ? NULL : next->clCreateBuffer(c, flags, size, host, result);
    if (code && result)
        *result = code;
    born(made, MEMORY);
    return made;
}

/* ---- work ------------------------------------------------------------------------------------ */

/* Behind the driver's own headers, which may define the word as well. */
static char *wrong_text(const char *text, size_t length)
{
    char call[80], name[64] = "", other[64] = "";
    size_t room = length + 256;
    char *copy = calloc(length + 1, 1), *all = NULL;
    snprintf(call, sizeof call, "%s(__global", asked.wrong_kernel);
    if (copy)
        memcpy(copy, text, length);
    if (copy && *asked.wrong_kernel && strstr(copy, call) &&
        sscanf(asked.wrong_define, "%63[^=]=%63s", name, other) == 2 && (all = malloc(room)))
        snprintf(all, room, "#ifdef MISCOMPILED\n#undef %s\n#define %s %s\n#endif\n%s", name, name,
                 other, copy);
    free(copy);
    return all;
}

static cl_program CL_API_CALL my_CreateProgramWithSource(cl_context c, cl_uint count,
                                                         const char **texts, const size_t *lengths,
                                                         cl_int *result)
{
    cl_int code = enter(F_CreateProgramWithSource);
    char *wrong = count == 1 && lengths && lengths[0] ? wrong_text(texts[0], lengths[0]) : NULL;
    const char *other = wrong;
    cl_program made = code ? NULL
                           : next->clCreateProgramWithSource(c, count, wrong ? &other : texts,
                                                             wrong ? NULL : lengths, result);
    if (code && result)
        *result = code;
    born(made, PROGRAM);
    free(wrong);
    return made;
}

static cl_int CL_API_CALL my_BuildProgram(cl_program p, cl_uint count, const cl_device_id *devices,
                                          const char *options,
                                          void(CL_CALLBACK *notify)(cl_program, void *), void *user)
{
    cl_int code = enter(F_BuildProgram);
    pthread_mutex_lock(&lock);
    bool crash = ++builds == asked.crash_build;
    pthread_mutex_unlock(&lock);
    if (crash)
        abort();
    if (code)
        return code;
    char wrong[1024];
    if (*asked.wrong_kernel && options && !strstr(options, "-cl-opt-disable")) {
        snprintf(wrong, sizeof wrong, "%s -D MISCOMPILED", options);
        options = wrong;
    }
    return next->clBuildProgram(p, count, devices, options, notify, user);
}

static bool is_named(cl_kernel kernel, const char *wanted)
{
    char name[128] = "";
    return *wanted &&
           next->clGetKernelInfo(kernel, CL_KERNEL_FUNCTION_NAME, sizeof name - 1, name, NULL) ==
               CL_SUCCESS &&
           !strcmp(name, wanted);
}

/* The memory that was given to a kernel last, by its parameters. One thread launches at a time. */
enum { PARAMETERS = 16 };
static struct {
    cl_kernel kernel;
    cl_mem memory[PARAMETERS];
} given;

static cl_int CL_API_CALL my_SetKernelArg(cl_kernel k, cl_uint i, size_t size, const void *value)
{
    cl_int code = enter(F_SetKernelArg);
    if (*asked.lie_value && is_named(k, asked.lie_value)) {
        if (given.kernel != k)
            memset(&given, 0, sizeof given);
        given.kernel = k;
        if (i < PARAMETERS && size == sizeof(cl_mem) && value)
            memcpy(&given.memory[i], value, sizeof(cl_mem));
    }
    return code ? code : next->clSetKernelArg(k, i, size, value);
}

/* Adds 1 to the first float of what the kernel may write: parameters that are not const. */
static void change_values(cl_command_queue q, cl_kernel k)
{
    for (cl_uint i = 0; given.kernel == k && i < PARAMETERS; i++) {
        cl_kernel_arg_type_qualifier type = CL_KERNEL_ARG_TYPE_NONE;
        float first;
        next->clGetKernelArgInfo(k, i, CL_KERNEL_ARG_TYPE_QUALIFIER, sizeof type, &type, NULL);
        if (!given.memory[i] || type & CL_KERNEL_ARG_TYPE_CONST ||
            next->clEnqueueReadBuffer(q, given.memory[i], CL_TRUE, 0, sizeof first, &first, 0, NULL,
                                      NULL) != CL_SUCCESS)
            continue;
        first += 1;
        next->clEnqueueWriteBuffer(q, given.memory[i], CL_TRUE, 0, sizeof first, &first, 0, NULL,
                                   NULL);
    }
}

static bool group_fits(cl_uint dims, const size_t *local)
{
    size_t items = 1;
    for (cl_uint i = 0; local && i < dims; i++)
        items *= local[i];
    return !exceeds(items, CL_DEVICE_MAX_WORK_GROUP_SIZE);
}

static cl_int CL_API_CALL my_EnqueueNDRangeKernel(cl_command_queue q, cl_kernel k, cl_uint dims,
                                                  const size_t *offset, const size_t *global,
                                                  const size_t *local, cl_uint waits,
                                                  const cl_event *list, cl_event *event)
{
    cl_int code = enter(F_EnqueueNDRangeKernel);
    pthread_mutex_lock(&lock);
    long n = ++launches;
    if (n == asked.hang_launch)
        hung = true;
    pthread_mutex_unlock(&lock);
    if (n == asked.crash_launch || is_named(k, asked.crash_kernel))
        abort();
    if (!code && !group_fits(dims, local))
        code = CL_INVALID_WORK_GROUP_SIZE;
    if (code)
        return code;
    if (is_named(k, asked.lie_kernel)) { /* with run = 0 it touches nothing, and gives an event */
        static const cl_int zero;
        cl_uint count = 0;
        next->clGetKernelInfo(k, CL_KERNEL_NUM_ARGS, sizeof count, &count, NULL);
        next->clSetKernelArg(k, count - 1, sizeof zero, &zero);
    }
    code = next->clEnqueueNDRangeKernel(q, k, dims, offset, global, local, waits, list, event);
    if (!code && event)
        born(*event, EVENT);
    if (!code && is_named(k, asked.lie_value))
        change_values(q, k);
    return code;
}

static cl_int CL_API_CALL my_EnqueueReadBuffer(cl_command_queue q, cl_mem from, cl_bool blocking,
                                               size_t offset, size_t size, void *to, cl_uint waits,
                                               const cl_event *list, cl_event *event)
{
    cl_int code = enter(F_EnqueueReadBuffer);
    pthread_mutex_lock(&lock);
    bool lies = (asked.lie_read && ++reads >= asked.lie_read) ||
                (asked.lie_launch && launches >= asked.lie_launch);
    pthread_mutex_unlock(&lock);
    if (code)
        return code;
    if (blocking && hung)
        wait_for_ever();
    if (asked.lie_done) /* somewhere else, which is never given back */
        to = calloc(size, 1);
    code = next->clEnqueueReadBuffer(q, from, lies ? CL_TRUE : blocking, offset, size, to, waits,
                                     list, event);
    if (!code && event)
        born(*event, EVENT);
    float first;
    if (!code && lies && size >= sizeof first) {
        memcpy(&first, to, sizeof first);
        first += 1;
        memcpy(to, &first, sizeof first);
    }
    return code;
}

static cl_int CL_API_CALL my_EnqueueWriteBuffer(cl_command_queue q, cl_mem to, cl_bool blocking,
                                                size_t offset, size_t size, const void *from,
                                                cl_uint waits, const cl_event *list,
                                                cl_event *event)
{
    cl_int code = enter(F_EnqueueWriteBuffer);
    if (code)
        return code;
    if (blocking && hung)
        wait_for_ever();
    code = next->clEnqueueWriteBuffer(q, to, blocking, offset, size, from, waits, list, event);
    if (!code && event)
        born(*event, EVENT);
    return code;
}

static cl_int CL_API_CALL my_EnqueueCopyBuffer(cl_command_queue q, cl_mem from, cl_mem to,
                                               size_t from_at, size_t to_at, size_t size,
                                               cl_uint waits, const cl_event *list, cl_event *event)
{
    cl_int code = enter(F_EnqueueCopyBuffer);
    code = code ? code
                : next->clEnqueueCopyBuffer(q, from, to, from_at, to_at, size, waits, list, event);
    if (!code && event)
        born(*event, EVENT);
    return code;
}

static cl_int CL_API_CALL my_EnqueueFillBuffer(cl_command_queue q, cl_mem to, const void *pattern,
                                               size_t length, size_t offset, size_t size,
                                               cl_uint waits, const cl_event *list, cl_event *event)
{
    cl_int code = enter(F_EnqueueFillBuffer);
    code =
        code ? code
             : next->clEnqueueFillBuffer(q, to, pattern, length, offset, size, waits, list, event);
    if (!code && event)
        born(*event, EVENT);
    return code;
}

/* ---- waiting --------------------------------------------------------------------------------- */

static cl_int CL_API_CALL my_Finish(cl_command_queue q)
{
    cl_int code = enter(F_Finish);
    if (!code && hung)
        wait_for_ever();
    return code ? code : next->clFinish(q);
}

static cl_int CL_API_CALL my_WaitForEvents(cl_uint count, const cl_event *list)
{
    cl_int code = enter(F_WaitForEvents);
    for (cl_uint i = 0; !code && i < count; i++)
        if (hangs(list[i]))
            wait_for_ever();
    return code ? code : next->clWaitForEvents(count, list);
}

static cl_int CL_API_CALL my_GetEventInfo(cl_event event, cl_event_info key, size_t size,
                                          void *value, size_t *needed)
{
    static const cl_int running = CL_RUNNING;
    cl_int code = enter(F_GetEventInfo);
    if (!code && key == CL_EVENT_COMMAND_EXECUTION_STATUS && hangs(event))
        return give(&running, sizeof running, size, value, needed);
    return code ? code : next->clGetEventInfo(event, key, size, value, needed);
}

static cl_int CL_API_CALL my_SetEventCallback(cl_event event, cl_int when,
                                              void(CL_CALLBACK *notify)(cl_event, cl_int, void *),
                                              void *user)
{
    cl_int code = enter(F_SetEventCallback);
    if (!code && hangs(event))
        return CL_SUCCESS;
    return code ? code : next->clSetEventCallback(event, when, notify, user);
}

/* ---- the layer ------------------------------------------------------------------------------- */

#define EXPORT __attribute__((visibility("default"))) /* and nothing else */

EXPORT cl_int CL_API_CALL clGetLayerInfo(cl_layer_info key, size_t size, void *value,
                                         size_t *needed)
{
    static const cl_layer_api_version version = CL_LAYER_API_VERSION_100;
    if (key == CL_LAYER_API_VERSION)
        return give(&version, sizeof version, size, value, needed);
    return CL_INVALID_VALUE;
}

EXPORT cl_int CL_API_CALL clInitLayer(cl_uint entries, const cl_icd_dispatch *target,
                                      cl_uint *own_entries, const cl_icd_dispatch **own)
{
    size_t theirs = entries * sizeof(void *);
    if (!target || !own_entries || !own)
        return CL_INVALID_VALUE;
    memcpy(&table, target, theirs < sizeof table ? theirs : sizeof table);
    next = target;
#define X(name) table.cl##name = my_##name;
    FUNCTIONS(X)
#undef X
    faults_begin();
    *own = &table;
    *own_entries = (cl_uint)(sizeof table / sizeof(void *));
    if (*own_entries > entries)
        *own_entries = entries;
    return CL_SUCCESS;
}
