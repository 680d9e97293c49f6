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
    for (size_t i = 0; i < ocl->timed_count; i++) {
        struct timed *t = &ocl->timed[i];
        if (t->first)
            clReleaseEvent(t->first);
        if (t->last)
            clReleaseEvent(t->last);
    }
    ocl->timed_count = 0;
}

void ocl_profile_stop(struct ocl *ocl)
{
    if (!ocl->plain_queue)
        return;
    ocl_finish(ocl, NULL);
    if (ocl_hung())
        return;
    forget(ocl);
    free(ocl->timed);
    ocl->timed = NULL;
    ocl->timed_room = 0;
    clReleaseCommandQueue(ocl->queue);
    ocl->queue = ocl->plain_queue;
    ocl->plain_queue = NULL;
}

static cl_event kept(cl_event event)
{
    return event && clRetainEvent(event) == CL_SUCCESS ? event : NULL;
}

/* Keeps a launch's events while profiling; one that cannot be kept has no time. */
void profile_note(struct ocl *ocl, cl_event event, bool more)
{
    if (!ocl->plain_queue)
        return;
    if (more && ocl->timed_count) {
        struct timed *t = &ocl->timed[ocl->timed_count - 1];
        if (t->last)
            clReleaseEvent(t->last);
        t->last = kept(event);
        return;
    }
    if (ocl->timed_count == ocl->timed_room) {
        size_t room = ocl->timed_room ? 2 * ocl->timed_room : 256;
        struct timed *all = realloc(ocl->timed, room * sizeof *all);
        if (!all)
            return;
        ocl->timed = all;
        ocl->timed_room = room;
    }
    ocl->timed[ocl->timed_count++] = (struct timed){kept(event), kept(event)};
}

static bool read_time(const struct timed *e, struct ocl_time *t)
{
    cl_ulong start = 0, end = 0;
    if (!e->first || !e->last ||
        clGetEventProfilingInfo(e->first, CL_PROFILING_COMMAND_START, sizeof start, &start, NULL) ||
        clGetEventProfilingInfo(e->last, CL_PROFILING_COMMAND_END, sizeof end, &end, NULL))
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
        if (!read_time(&ocl->timed[i], &times[i]) || (i && times[i].start < times[i - 1].start))
            *trusted = false;
    forget(ocl);
    return true;
}
