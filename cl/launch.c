/* SPDX-License-Identifier: MIT */
#include "cl/internal.h"

#include <string.h>

/* Of a refused argument: ours, unless the driver lacks something. */
static enum error_code blame(cl_int code)
{
    return code <= CL_INVALID_KERNEL && code >= CL_INVALID_ARG_SIZE ? ERROR_BUG : ERROR_RUN;
}

static bool set_args(const struct ocl_kernel *k, const struct ocl_arg *args, struct error *err)
{
    const cl_int run = 1;
    for (int i = 0; i <= k->args; i++) {
        const struct ocl_arg *a = i < k->args ? &args[i] : NULL;
        cl_int code;
        if (a && a->buffer)
            code = clSetKernelArg(k->kernel, (cl_uint)i, sizeof(cl_mem), &a->buffer->mem);
        else
            code = clSetKernelArg(k->kernel, (cl_uint)i, sizeof run, a ? &a->value : &run);
        if (code != CL_SUCCESS)
            return ocl_fail(err, blame(code), code, "kernel %s: clSetKernelArg %d", k->name, i);
    }
    return true;
}

void launch_note(struct ocl *ocl, cl_event event)
{
    if (ocl->last)
        clReleaseEvent(ocl->last);
    ocl->last = event;
}

/* A piece of a launch: `count` work-items of dimension `dim` from `first` on. */
static bool enqueue(struct ocl *ocl, const struct ocl_kernel *k, const size_t global[3], int dim,
                    size_t first, size_t count, struct error *err)
{
    size_t offset[3] = {0}, size[3];
    bool whole = first == 0 && count == global[dim];
    cl_event event = NULL;
    memcpy(size, global, sizeof size);
    offset[dim] = first;
    size[dim] = count;
    cl_int code = clEnqueueNDRangeKernel(ocl->queue, k->kernel, 3, whole ? NULL : offset, size,
                                         k->local[0] ? k->local : NULL, 0, NULL, &event);
    if (code != CL_SUCCESS)
        return ocl_fail(err, ERROR_RUN, code,
                        "kernel %s: clEnqueueNDRangeKernel of %zux%zux%zu by %zux%zux%zu", k->name,
                        size[0], size[1], size[2], k->local[0], k->local[1], k->local[2]);
    profile_note(ocl, event, first > 0);
    launch_note(ocl, event);
    return whole || ocl_flush(ocl, err); /* a piece by itself: the driver may not join them */
}

bool ocl_launch_split(struct ocl *ocl, ocl_kernel k, const size_t global[3], const size_t local[3],
                      int dim, size_t piece, const struct ocl_arg *args, int arg_count,
                      struct error *err)
{
    if (arg_count != k->args)
        return fail(err, ERROR_BUG, "kernel %s: has %d arguments, launched with %d", k->name,
                    k->args, arg_count);
    /* Otherwise the driver might compile now, in the middle of a clip. */
    if (memcmp(local, k->local, sizeof k->local) != 0)
        return fail(err, ERROR_BUG,
                    "kernel %s: built for the work-group size %zux%zux%zu, "
                    "launched with %zux%zux%zu",
                    k->name, k->local[0], k->local[1], k->local[2], local[0], local[1], local[2]);
    TRY(set_args(k, args, err));
    if (!piece)
        return enqueue(ocl, k, global, dim, 0, global[dim], err);
    for (size_t first = 0; first < global[dim]; first += piece) {
        size_t left = global[dim] - first;
        TRY(enqueue(ocl, k, global, dim, first, left < piece ? left : piece, err));
    }
    return true;
}

bool ocl_launch(struct ocl *ocl, ocl_kernel k, const size_t global[3], const size_t local[3],
                const struct ocl_arg *args, int arg_count, struct error *err)
{
    return ocl_launch_split(ocl, k, global, local, 0, 0, args, arg_count, err);
}

bool line_finish(struct ocl *ocl, bool building, struct error *err)
{
    cl_event last = ocl->last;
    bool ok = true;
    ocl->last = NULL;
    if (last) {
        ok = wait_event(ocl, last, building, err);
        clReleaseEvent(last);
    }
    if (ocl_hung())
        return ok ? wait_hung(ocl, err) : false;
    cl_int code = clFinish(ocl->queue); /* also what failed before the last one */
    return ok && (code == CL_SUCCESS || ocl_fail(err, ERROR_RUN, code, "clFinish"));
}

bool ocl_finish(struct ocl *ocl, struct error *err)
{
    return line_finish(ocl, false, err);
}

bool ocl_flush(struct ocl *ocl, struct error *err)
{
    cl_int code = clFlush(ocl->queue);
    return code == CL_SUCCESS || ocl_fail(err, ERROR_RUN, code, "clFlush");
}

ocl_mark ocl_mark_here(struct ocl *ocl)
{
    if (ocl->last && clRetainEvent(ocl->last) != CL_SUCCESS) {
        ocl_finish(ocl, NULL); /* NULL says that nothing is under way */
        return NULL;
    }
    return (ocl_mark)ocl->last;
}

bool ocl_wait(struct ocl *ocl, ocl_mark *mark, struct error *err)
{
    cl_event event = (cl_event)*mark;
    if (!event)
        return true;
    bool ok = wait_event(ocl, event, false, err);
    clReleaseEvent(event);
    *mark = NULL;
    return ok;
}
