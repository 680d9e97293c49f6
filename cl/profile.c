/* SPDX-License-Identifier: MIT */
/* Times of launches by the device's own clock: a queue with profiling in the place of the plain one
 * for as long as it is asked for, since some drivers run such a queue more slowly. */
#include "cl/internal.h"

#include <stdlib.h>

bool ocl_profile_start(struct ocl *ocl, struct error *err)
{
    cl_int code;
    if (ocl->plain_queue)
        return fail(err, ERROR_BUG, "profiling has been started already");
    TRY(ocl_finish(ocl, err));
    cl_command_queue queue =
        clCreateCommandQueue(ocl->context, ocl->device, CL_QUEUE_PROFILING_ENABLE, &code);
    if (!queue)
        return ocl_fail(err, ERROR_DEVICE, code,
                        "device \"%s\": clCreateCommandQueue with profiling", ocl->caps.name);
    ocl->plain_queue = ocl->queue;
    ocl->queue = queue;
    return true;
}

static void forget(struct ocl *ocl)
{
    for (size_t i = 0; i < ocl->timed_count; i++)
        if (ocl->timed[i])
            clReleaseEvent(ocl->timed[i]);
    ocl->timed_count = 0;
}

void ocl_profile_stop(struct ocl *ocl)
{
    if (!ocl->plain_queue)
        return;
    clFinish(ocl->queue);
    forget(ocl);
    free(ocl->timed);
    ocl->timed = NULL;
    ocl->timed_room = 0;
    clReleaseCommandQueue(ocl->queue);
    ocl->queue = ocl->plain_queue;
    ocl->plain_queue = NULL;
}

/* Keeps a launch's event while profiling; one that cannot be kept has no time. */
void profile_note(struct ocl *ocl, cl_event event)
{
    if (!ocl->plain_queue)
        return;
    if (ocl->timed_count == ocl->timed_room) {
        size_t room = ocl->timed_room ? 2 * ocl->timed_room : 256;
        cl_event *more = realloc(ocl->timed, room * sizeof *more);
        if (!more)
            return;
        ocl->timed = more;
        ocl->timed_room = room;
    }
    if (event)
        clRetainEvent(event);
    ocl->timed[ocl->timed_count++] = event;
}

static bool read_time(cl_event event, struct ocl_time *t)
{
    cl_ulong start = 0, end = 0;
    if (!event ||
        clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_START, sizeof start, &start, NULL) ||
        clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_END, sizeof end, &end, NULL))
        return false;
    *t = (struct ocl_time){(double)start * 1e-9, (double)end * 1e-9};
    return start > 0 && end > start;
}

bool ocl_profile_take(struct ocl *ocl, struct ocl_time *times, size_t count, bool *trusted,
                      struct error *err)
{
    TRY(ocl_finish(ocl, err));
    *trusted = ocl->timed_count == count;
    for (size_t i = 0; i < count && i < ocl->timed_count; i++)
        if (!read_time(ocl->timed[i], &times[i]) || (i && times[i].start < times[i - 1].start))
            *trusted = false;
    forget(ocl);
    return true;
}
