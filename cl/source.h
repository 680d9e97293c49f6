/* SPDX-License-Identifier: MIT */
/* The kernel sources, embedded: one entry a file of cl/kernels, ended by {NULL, NULL}. */
#ifndef CL_SOURCE_H
#define CL_SOURCE_H

struct kernel_source {
    const char *file; /* "conv3d.cl", "lane.h" */
    const char *text; /* NUL-terminated        */
};
extern const struct kernel_source kernel_table[];

#endif
