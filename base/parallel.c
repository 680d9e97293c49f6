/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "base/parallel.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

struct job {
    atomic_size_t next;
    size_t n;
    void (*work)(void *, size_t);
    void *context;
};

int parallel_threads(void)
{
    cpu_set_t set;
    int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return n > 0 ? n : 1;
}

static void *run(void *arg)
{
    struct job *j = arg;
    for (size_t i; (i = atomic_fetch_add(&j->next, 1)) < j->n;)
        j->work(j->context, i);
    return NULL;
}

void parallel_for(size_t n, int threads, void (*work)(void *, size_t), void *context)
{
    enum { MOST = 64 };
    struct job job = {.n = n, .work = work, .context = context};
    pthread_t id[MOST];
    int started = 0;
    if (threads <= 0)
        threads = parallel_threads();
    if (threads > MOST)
        threads = MOST;
    if ((size_t)threads > n)
        threads = (int)n;
    while (started < threads - 1 && pthread_create(&id[started], NULL, run, &job) == 0)
        started++; /* a thread that cannot start is no error: this one does its share */
    run(&job);
    for (int i = 0; i < started; i++)
        pthread_join(id[i], NULL);
}
