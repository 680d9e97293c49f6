/* SPDX-License-Identifier: MIT */
/* A device in use: context, queue, and what goes away with them. */
#include "cl/internal.h"

#include <stdlib.h>

/* The queue, and what it needs. */
static bool make_line(struct ocl *o, struct error *err)
{
    cl_int code;
    o->queue = clCreateCommandQueue(o->context, o->device, 0, &code);
    if (!o->queue)
        return ocl_fail(err, ERROR_DEVICE, code, "device \"%s\": clCreateCommandQueue",
                        o->caps.name);
    for (int i = 0; i < DUMMIES; i++) {
        o->dummy[i] = clCreateBuffer(o->context, CL_MEM_READ_WRITE, DUMMY_BYTES, NULL, &code);
        if (!o->dummy[i])
            return ocl_fail(err, ERROR_DEVICE, code, "device \"%s\": clCreateBuffer",
                            o->caps.name);
    }
    return true;
}

static bool make(struct ocl *o, struct error *err)
{
    cl_context_properties platform = (cl_context_properties)o->platform;
    cl_context_properties properties[] = {CL_CONTEXT_PLATFORM, platform, 0};
    cl_int code;
    o->context = clCreateContext(properties, 1, &o->device, NULL, NULL, &code);
    if (!o->context)
        return ocl_fail(err, ERROR_DEVICE, code,
                        "device \"%s\" cannot be opened (with PoCL: is POCL_CACHE_DIR, or else "
                        "~/.cache/pocl, writable?): clCreateContext",
                        o->caps.name);
    build_try_options(o);
    return make_line(o, err);
}

struct ocl *ocl_open(const char *spec, struct error *err)
{
    struct ocl *o = calloc(1, sizeof *o);
    if (!o) {
        fail(err, ERROR_LIMIT, "out of memory");
        return NULL;
    }
    if (!device_choose(spec, &o->platform, &o->device, &o->caps, err) || !make(o, err))
        ocl_close(&o);
    return o;
}

struct ocl *ocl_beside(const struct ocl *ocl, struct error *err)
{
    struct ocl *o = calloc(1, sizeof *o);
    if (!o) {
        fail(err, ERROR_LIMIT, "out of memory");
        return NULL;
    }
    o->platform = ocl->platform;
    o->device = ocl->device;
    o->caps = ocl->caps;
    o->expected = ocl->expected;
    cl_int code = clRetainContext(ocl->context);
    if (code == CL_SUCCESS)
        o->context = ocl->context;
    else
        ocl_fail(err, ERROR_DEVICE, code, "device \"%s\": clRetainContext", o->caps.name);
    if (!o->context || !make_line(o, err))
        ocl_close(&o);
    return o;
}

static void give_back(struct ocl *o)
{
    ocl_profile_stop(o);
    gemm_close(o);
    for (struct program *p = o->programs; p; p = p->next)
        program_release(p);
    if (o->last)
        clReleaseEvent(o->last);
    for (int i = 0; i < DUMMIES; i++)
        if (o->dummy[i])
            clReleaseMemObject(o->dummy[i]);
    if (o->queue)
        clReleaseCommandQueue(o->queue);
    if (o->context)
        clReleaseContext(o->context);
}

void ocl_close(struct ocl **ocl)
{
    struct ocl *o = *ocl;
    if (!o)
        return;
    if (o->queue)
        ocl_finish(o, NULL);
    if (!ocl_hung())
        give_back(o);
    free(o->timed);
    arena_free(&o->arena);
    free(o);
    *ocl = NULL;
}

const struct caps *ocl_caps(const struct ocl *ocl)
{
    return &ocl->caps;
}
