/* SPDX-License-Identifier: MIT */
/* Static memory planning: live ranges in, offsets in one arena out. A pure function. */
#ifndef GRAPH_MEMPLAN_H
#define GRAPH_MEMPLAN_H
#include <stdint.h>

struct interval {
    int first, last; /* alive during steps first..last, both included */
    uint64_t bytes;
    uint64_t offset; /* the result */
};

/* Places every interval; those alive together do not overlap. Sizes and offsets are multiples of
 * `align`. Returns the bytes of the arena. */
uint64_t memplan_place(struct interval *v, int count, uint64_t align);

/* The largest sum of bytes alive at one step: no plan can be smaller. */
uint64_t memplan_live(const struct interval *v, int count, uint64_t align);

#endif
