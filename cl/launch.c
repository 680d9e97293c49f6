/* SPDX-License-Identifier: MIT */
#include "cl/internal.h"

#include <string.h>

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
            return ocl_fail(err, ERROR_BUG, code, "kernel %s: clSetKernelArg %d", k->name, i);
    }
    return true;
}

void launch_note(struct ocl *ocl, cl_event event)
{
    if (ocl->last)
        clReleaseEvent(ocl->last);
    ocl->last = event;
}

bool ocl_launch(struct ocl *ocl, ocl_kernel k, const size_t global[3], const size_t local[3],
                const struct ocl_arg *args, int arg_count, struct error *err)
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
    cl_event event;
    cl_int code = clEnqueueNDRangeKernel(ocl->queue, k->kernel, 3, NULL, global,
                                         local[0] ? local : NULL, 0, NULL, &event);
    if (code != CL_SUCCESS)
        return ocl_fail(err, ERROR_RUN, code,
                        "kernel %s: clEnqueueNDRangeKernel of %zux%zux%zu by %zux%zux%zu", k->name,
                        global[0], global[1], global[2], local[0], local[1], local[2]);
    profile_note(ocl, event);
    launch_note(ocl, event);
    return true;
}

bool ocl_finish(struct ocl *ocl, struct error *err)
{
    cl_int code = clFinish(ocl->queue), status = CL_COMPLETE;
    if (code != CL_SUCCESS)
        return ocl_fail(err, ERROR_RUN, code, "clFinish");
    if (!ocl->last)
        return true;
    code = clGetEventInfo(ocl->last, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof status, &status,
                          NULL);
    launch_note(ocl, NULL);
    if (code != CL_SUCCESS)
        return ocl_fail(err, ERROR_RUN, code, "clGetEventInfo");
    if (status < 0)
        return ocl_fail(err, ERROR_RUN, status, "the device failed while it worked");
    return true;
}

bool ocl_flush(struct ocl *ocl, struct error *err)
{
    cl_int code = clFlush(ocl->queue);
    return code == CL_SUCCESS || ocl_fail(err, ERROR_RUN, code, "clFlush");
}

ocl_mark ocl_mark_here(struct ocl *ocl)
{
    if (ocl->last && clRetainEvent(ocl->last) != CL_SUCCESS) {
        clFinish(ocl->queue); /* NULL says that nothing is under way */
        return NULL;
    }
    return (ocl_mark)ocl->last;
}

bool ocl_wait(ocl_mark *mark, struct error *err)
{
    cl_event event = (cl_event)*mark;
    if (!event)
        return true;
    cl_int code = clWaitForEvents(1, &event);
    clReleaseEvent(event);
    *mark = NULL;
    return code == CL_SUCCESS ||
           ocl_fail(err, ERROR_RUN, code, "the device failed while it worked: clWaitForEvents");
}
