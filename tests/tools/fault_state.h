/* SPDX-License-Identifier: MIT */
/* What the fault layer was asked for, and what it counts: fault_layer.c has the manual. */
#ifndef TESTS_TOOLS_FAULT_STATE_H
#define TESTS_TOOLS_FAULT_STATE_H
#define CL_TARGET_OPENCL_VERSION 120
#define CL_USE_DEPRECATED_OPENCL_1_1_APIS
#include <CL/cl.h>
#include <pthread.h>
#include <stdbool.h>

/* The functions that a program of OpenCL 1.2 without images uses, CLBlast included. */
/* clang-format off */
#define FUNCTIONS(X)                                                                               \
    X(GetPlatformIDs) X(GetPlatformInfo) X(GetDeviceIDs) X(GetDeviceInfo)                          \
    X(CreateContext) X(RetainContext) X(ReleaseContext) X(GetContextInfo)                          \
    X(CreateCommandQueue) X(RetainCommandQueue) X(ReleaseCommandQueue) X(GetCommandQueueInfo)      \
    X(CreateBuffer) X(CreateSubBuffer) X(RetainMemObject) X(ReleaseMemObject) X(GetMemObjectInfo)  \
    X(CreateProgramWithSource) X(CreateProgramWithBinary) X(BuildProgram) X(RetainProgram)         \
    X(ReleaseProgram) X(GetProgramInfo) X(GetProgramBuildInfo)                                     \
    X(CreateKernel) X(RetainKernel) X(ReleaseKernel) X(GetKernelInfo) X(GetKernelArgInfo)          \
    X(GetKernelWorkGroupInfo) X(SetKernelArg)                                                      \
    X(WaitForEvents) X(GetEventInfo) X(RetainEvent) X(ReleaseEvent) X(SetEventCallback)            \
    X(GetEventProfilingInfo) X(Flush) X(Finish)                                                    \
    X(EnqueueReadBuffer) X(EnqueueWriteBuffer) X(EnqueueCopyBuffer) X(EnqueueFillBuffer)           \
    X(EnqueueNDRangeKernel)
/* clang-format on */

enum function {
#define X(name) F_##name,
    FUNCTIONS(X)
#undef X
        F_COUNT
};
enum kind { CONTEXT, QUEUE, MEMORY, PROGRAM, KERNEL, EVENT, KINDS };

/* The words of FAULTS but fail=, and claims of numbers; counts are 0 where nothing is asked for. */
struct asked {
    long lie_read, lie_launch, crash_launch, crash_build, hang_launch;
    char lie_kernel[64], lie_value[64], crash_kernel[64], name[64], vendor[64], driver[64];
    char wrong_kernel[64], wrong_define[64]; /* miscompile= */
    bool lie_done;
    cl_device_type type;
};
extern struct asked asked;

extern pthread_mutex_t lock; /* of all that is counted */
extern bool hung;            /* since the launch that hangs */

/* Reads FAULTS, and reports into FAULTS_LOG when the process exits. */
void faults_begin(void);

/* Counts a call; the code it is to fail with, or CL_SUCCESS. */
cl_int enter(enum function f);

/* Objects alive. released: false when there is no such object; the driver is then not asked, which
 * would crash. hangs: an event that never comes. */
void born(void *handle, enum kind kind);
void retained(void *handle);
bool released(void *handle, enum kind kind);
bool hangs(cl_event event);

/* What a device claims, -1: what is true. exceeds: the first one's, where no device is named. */
long long claimed(cl_device_id d, cl_device_info info);
bool exceeds(size_t n, cl_device_info info);

#endif
