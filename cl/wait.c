/* SPDX-License-Identifier: MIT */
/* Waiting for the device, but not for ever. clFinish and its kin cannot be given up, so it is an
 * event's callback that is waited for, up to a deadline; that costs no time when all is well. */
#include "base/text.h"
#include "cl/internal.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

/* Seconds: any wait, and one that a driver may compile in. */
#define DEADLINE_LEAST 60.0
#define DEADLINE_BUILD 600.0
/* How much longer than expected. */
#define DEADLINE_FACTOR 20.0

static _Atomic double hung; /* seconds that were waited, 0: not hung */

bool ocl_hung(void)
{
    return atomic_load(&hung) > 0;
}

void ocl_expect(struct ocl *ocl, double seconds)
{
    ocl->expected = seconds;
}

/* CLACT_TIMEOUT, else *seconds; 0: no deadline. */
static double deadline(double seconds)
{
    const char *own = getenv("CLACT_TIMEOUT");
    double v;
    return own && text_to_double(own, &v) && v >= 0 && v < 1e9 ? v : seconds;
}

/* Shared by who waits and the driver, which may call back late, or never. */
struct waiter {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int users;
    bool done;
    cl_int status;
};

static struct waiter *waiter_make(void)
{
    struct waiter *w = calloc(1, sizeof *w);
    pthread_condattr_t attr;
    if (!w)
        return NULL;
    w->users = 2;
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&w->changed, &attr);
    pthread_condattr_destroy(&attr);
    return w;
}

/* With the lock held, which is given back. */
static void waiter_leave(struct waiter *w)
{
    bool last = --w->users == 0;
    pthread_mutex_unlock(&w->lock);
    if (!last)
        return;
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

static void CL_CALLBACK notify(cl_event event, cl_int status, void *context)
{
    struct waiter *w = context;
    (void)event;
    pthread_mutex_lock(&w->lock);
    w->done = true;
    w->status = status;
    pthread_cond_signal(&w->changed);
    waiter_leave(w);
}

static bool wait_until(struct waiter *w, double seconds, cl_int *status)
{
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += (time_t)seconds;
    end.tv_nsec += (long)((seconds - (double)(time_t)seconds) * 1e9);
    if (end.tv_nsec >= 1000000000)
        end.tv_sec++, end.tv_nsec -= 1000000000;
    pthread_mutex_lock(&w->lock);
    while (!w->done && pthread_cond_timedwait(&w->changed, &w->lock, &end) != ETIMEDOUT)
        ;
    bool done = w->done;
    *status = w->status;
    waiter_leave(w);
    return done;
}

static bool done_or_failed(cl_int status, struct error *err)
{
    return status >= 0 || ocl_fail(err, ERROR_RUN, status, "the device failed while it worked");
}

bool wait_hung(const struct ocl *ocl, struct error *err)
{
    return fail(err, ERROR_RUN,
                "device \"%s\": no answer for %g s, given up (CLACT_TIMEOUT=SECONDS waits longer, "
                "0 for ever)",
                ocl->caps.name, atomic_load(&hung));
}

bool wait_event(struct ocl *ocl, cl_event event, bool building, struct error *err)
{
    double expected = DEADLINE_FACTOR * ocl->expected;
    double least = building ? DEADLINE_BUILD : DEADLINE_LEAST;
    double seconds = deadline(expected > least ? expected : least);
    cl_int status = CL_QUEUED, code;
    if (ocl_hung())
        return wait_hung(ocl, err);
    code = clFlush(ocl->queue);
    if (code != CL_SUCCESS)
        return ocl_fail(err, ERROR_RUN, code, "clFlush");
    code = clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof status, &status, NULL);
    if (code != CL_SUCCESS)
        return ocl_fail(err, ERROR_RUN, code, "clGetEventInfo");
    if (status <= CL_COMPLETE)
        return done_or_failed(status, err);
    if (seconds == 0) {
        code = clWaitForEvents(1, &event);
        return code == CL_SUCCESS || ocl_fail(err, ERROR_RUN, code, "clWaitForEvents");
    }
    struct waiter *w = waiter_make();
    if (!w)
        return fail(err, ERROR_LIMIT, "out of memory");
    code = clSetEventCallback(event, CL_COMPLETE, notify, w);
    if (code != CL_SUCCESS) {
        w->users = 1; /* nobody will call back */
        pthread_mutex_lock(&w->lock);
        waiter_leave(w);
        return ocl_fail(err, ERROR_RUN, code, "clSetEventCallback");
    }
    if (wait_until(w, seconds, &status))
        return done_or_failed(status, err);
    atomic_store(&hung, seconds);
    return wait_hung(ocl, err);
}
