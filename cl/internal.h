/* SPDX-License-Identifier: MIT */
/* What the files of cl/ share, and nobody else sees. */
#ifndef CL_INTERNAL_H
#define CL_INTERNAL_H
#define CL_TARGET_OPENCL_VERSION 120
#include "base/arena.h"
#include "base/text.h"
#include "cl/ocl.h"

#include <CL/cl.h>

enum { DUMMIES = 16, DUMMY_BYTES = 4096 };

/* The events of a launch: of its first piece and its last, or of the whole. NULL: not known. */
struct timed {
    cl_event first, last;
};

struct ocl {
    cl_platform_id platform;
    cl_device_id device;
    cl_context context;
    cl_command_queue queue; /* in order */
    cl_command_queue plain_queue; /* while profiling: the queue that this one stands for */
    struct timed *timed;          /* while profiling: all launches                       */
    size_t timed_count, timed_room;
    cl_event last;   /* of what was enqueued last; NULL when nothing is on its way */
    double expected; /* seconds of the longest stretch of work, see ocl_expect    */
    struct caps caps;
    cl_mem dummy[DUMMIES];    /* the buffers of warm-up launches                        */
    struct program *programs; /* built ones */
    struct gemm_shape *gemms; /* seen by CLBlast */
    struct arena arena;       /* the two lists above */
};

struct ocl_buffer {
    cl_mem mem, root; /* the same unless this is a part */
    uint64_t origin, bytes;
};

/* One kernel function for one kind of launch. */
struct ocl_kernel {
    const char *name;
    size_t local[3], global[3]; /* of the warm-up: stands for all launches of the kind */
    cl_kernel kernel;
    int args; /* without `run` */
    struct ocl_kernel *next;
};

struct program {
    const char *source, *defines;
    bool plain; /* without optimisation */
    struct ocl_kernel *kernels;
    cl_program program; /* NULL until built */
    bool from_cache;
    struct program *same; /* the built one that takes this one's place, or NULL */
    struct program *next;
};

/* ---- launch.c -------------------------------------------------------------------------------- */

void launch_note(struct ocl *ocl, cl_event event); /* makes it the latest; takes it over */
/* ocl_finish(); building: what is waited for may compile first. */
bool line_finish(struct ocl *ocl, bool building, struct error *err);

/* ---- wait.c ---------------------------------------------------------------------------------- */

/* Waits for an event of this line, which stays the caller's, until its deadline. */
bool wait_event(struct ocl *ocl, cl_event event, bool building, struct error *err);
/* The error of whoever waits after a deadline has passed. */
bool wait_hung(const struct ocl *ocl, struct error *err);

/* ---- status.c -------------------------------------------------------------------------------- */

const char *ocl_error_name(cl_int code);

/* fail() with "what: CL_ERROR_NAME"; a lack of memory changes the class to ERROR_LIMIT. */
bool ocl_fail(struct error *err, enum error_code class, cl_int code, const char *fmt, ...)
    PRINTF_LIKE(4, 5);

/* ---- device.c -------------------------------------------------------------------------------- */

enum { MOST_DEVICES = 64 };

struct found {
    cl_platform_id platform;
    cl_device_id device;
    struct ocl_device is;
};
/* The number found, 0 with an error. */
size_t devices_find(struct found list[MOST_DEVICES], struct error *err);

/* ---- choose.c -------------------------------------------------------------------------------- */

/* spec as for ocl_open. */
bool device_choose(const char *spec, cl_platform_id *platform, cl_device_id *device,
                   struct caps *caps, struct error *err);

/* ---- build.c --------------------------------------------------------------------------------- */

/* Tries the options that a device's description promises; what its driver refuses is taken out of
 * the description. */
void build_try_options(struct ocl *ocl);

/* From the cache in directory `cache` (NULL: none) or from source; warmed up. Called by several
 * threads at once for different programs. */
bool program_build(struct ocl *ocl, struct program *p, const char *cache, struct error *err);
void program_release(struct program *p);

/* ---- cache.c --------------------------------------------------------------------------------- */

struct cache_key {
    unsigned char bytes[16];
    char name[33]; /* hexadecimal */
};

struct cache_key cache_key(const struct caps *caps, const struct program *p,
                           const struct text *text);
/* The binary, freed by the caller, or NULL: no file, or a doubtful one, which is then removed. */
unsigned char *cache_load(const char *dir, const struct cache_key *key, size_t *len);
void cache_store(const char *dir, const struct cache_key *key, const void *binary, size_t len);
void cache_remove(const char *dir, const struct cache_key *key);

/* ---- profile.c ------------------------------------------------------------------------------- */

/* more: the event belongs to the launch that was noted last. */
void profile_note(struct ocl *ocl, cl_event event, bool more);

/* ---- gemm.c ---------------------------------------------------------------------------------- */

void gemm_close(struct ocl *ocl);

#endif
