/* SPDX-License-Identifier: MIT */
/* The self-check of a network on a device, with all that is found: clact self-check and clact
 * devices --check. */
#ifndef CLI_CHECK_KERNELS_H
#define CLI_CHECK_KERNELS_H
#include "base/text.h"
#include "cl/ocl.h"
#include "graph/graph.h"

struct kernel_check {
    const char *device; /* as ocl_open() */
    int batch;
    uint64_t max_memory;
    const char *network; /* for its lines */
};

struct kernel_report {
    int nodes, nodes_wrong, nodes_unknown; /* unknown: the check did not come so far */
    int clips, clips_wrong, clips_unknown; /* whose frames are brought to their size */
    struct text lines; /* of what is wrong, for people; released by the caller */
    struct text json;  /* the same, as elements of an array with commas between them */
};

/* All kernels of the graph's plan, also those that are known, in a process of its own; the report
 * is added to. The graph is prepared as for trust_plan(). */
bool check_kernels(const struct kernel_check *check, struct ocl *ocl, const struct graph *g,
                   struct kernel_report *report, struct error *err);

#endif
