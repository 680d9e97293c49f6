/* SPDX-License-Identifier: MIT */
/* What lowering must know of a device, as plain data: from a real device (ocl_caps) or from a text
 * file of "key value" lines (caps_read), so that plans can be made without any OpenCL. */
#ifndef CL_CAPS_H
#define CL_CAPS_H
#include "base/error.h"
#include <stddef.h>
#include <stdint.h>

struct caps {
    char name[128];           /* CL_DEVICE_NAME                                              */
    char vendor[64];          /* CL_DEVICE_VENDOR                                            */
    char driver[64];          /* CL_DRIVER_VERSION                                           */
    char platform[256];       /* CL_PLATFORM_NAME and CL_PLATFORM_VERSION                    */
    bool gpu;                 /* kernels in lane form: work-items share 16 channels          */
    int vector_width;         /* CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT: 16, 8, 4 or 1          */
    int compute_units;        /* CL_DEVICE_MAX_COMPUTE_UNITS                                 */
    uint64_t max_work_group;  /* CL_DEVICE_MAX_WORK_GROUP_SIZE                               */
    uint64_t global_memory;   /* bytes                                                       */
    uint64_t max_allocation;  /* bytes, CL_DEVICE_MAX_MEM_ALLOC_SIZE                         */
    uint64_t local_memory;    /* bytes                                                       */
    uint64_t base_alignment;  /* bytes, CL_DEVICE_MEM_BASE_ADDR_ALIGN / 8                    */
    /* Of a GPU, from its family (caps_family.h), also where a file says nothing: */
    int wave_width;           /* work-items that run in step; 1 on a CPU                     */
    int registers;            /* floats of a work-item that do not spill and leave room for  */
                              /* others; 0 on a CPU: vector_width says it                    */
    int large_registers;      /* the same of programs that ask for half as many threads with */
                              /* twice the registers (LARGE_REGISTERS); 0: there are none    */
    int sub_group;            /* kernels are to be compiled for so many lanes; 0: any        */
    /* Those that a file may leave out: */
    bool unified;             /* CL_DEVICE_HOST_UNIFIED_MEMORY: shares the host's memory     */
    bool fp16;                /* arithmetic with half; stored as half is possible anyway     */
    bool sub_groups;
    int clock;                /* MHz, CL_DEVICE_MAX_CLOCK_FREQUENCY; 0: not known            */
    int launch_limit;         /* ms: launches that may take longer are split on a GPU; 0: no */
};

/* The embedded description: PoCL on a two-core CPU with 512-bit vectors. */
extern const struct caps caps_default;

/* Every key once, in any order, but for those that may be left out (then 0; 200 for launch_limit);
 * blank lines and lines that begin with '#' are skipped. ERROR_INPUT with file and line
 * otherwise. */
bool caps_read(const char *path, struct caps *caps, struct error *err);
/* Text that caps_read accepts, appended to a growing buffer. */
struct text;
void caps_print(const struct caps *caps, struct text *out);

#endif
