/* SPDX-License-Identifier: MIT */
/* Independent pieces of host work on several threads. */
#ifndef BASE_PARALLEL_H
#define BASE_PARALLEL_H
#include <stddef.h>

/* Processors this process may use, at least 1. */
int parallel_threads(void);

/* Calls work(context, i) once for each i < n, on at most `threads` threads (0: all processors).
 * Returns when all are done. Order is not defined; work must not call parallel_for. */
void parallel_for(size_t n, int threads, void (*work)(void *context, size_t i), void *context);

#endif
