/* SPDX-License-Identifier: MIT */
/* The roof of a device, measured: what no kernel on it can beat. */
#ifndef ENGINE_ROOF_H
#define ENGINE_ROOF_H
#include "cl/ocl.h"

enum { ROOF_SIZES = 4 };
struct roof {
    double flops;                  /* a second: independent multiply-adds in registers  */
    double set[ROOF_SIZES];        /* bytes that a copy reads and writes, small to large */
    double bandwidth[ROOF_SIZES];  /* bytes a second, read and written, for each set     */
};

/* Takes about half a second; the best of several tries. */
bool roof_measure(struct ocl *ocl, struct roof *roof, struct error *err);

/* Bandwidth for work that touches this many bytes: caches are faster than memory. */
double roof_bandwidth(const struct roof *roof, double bytes);

/* The least time for this work: the larger of its two bounds. */
double roof_seconds(const struct roof *roof, double flops, double bytes);

#endif
