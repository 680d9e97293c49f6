/* SPDX-License-Identifier: MIT */
/* One small graph, evaluated by the operators' references and run on a device, twice: as compiled
 * with all passes, and with every node kept, so that nothing is fused. The outputs must agree. */
#ifndef TESTS_TOOLS_OPCASE_H
#define TESTS_TOOLS_OPCASE_H
#include "engine/plan.h"
#include "engine/session.h"
#include "graph/tuning.h"
#include "io/safetensors.h"

enum opcase_fill {
    FILL_INT, /* integers in [-4, 4]: sums of products stay exact */
    FILL_REAL /* standard normal */
};
enum { VARIANT_FUSED, VARIANT_KEPT, VARIANTS };

/* Instead of a tolerance: (n+8) 2^-24 sum |x*w|, the bound of a sum of n products in any order. */
#define TOLERANCE_SUM (-1.0)

struct opcase {
    char name[96];
    double tolerance; /* of the output's root mean square; 0: equal */
    enum opcase_fill fill;
    int windows; /* N */
    bool strict; /* without Winograd */
    bool half;   /* activations and weights stored as half */
    const char *choice; /* NULL, or "f4-fused tile=5" for all convolutions (graph/tuning.h) */
    struct tuning tuning;
    uint64_t seed;
    struct safetensors *torch; /* NULL, or a file with PREFIX.NODE for each source, PREFIX.y */
    char prefix[64];
    struct graph *graph, *compiled[VARIANTS];
    struct plan *plan[VARIANTS];
};

/* What `-v WIDTH` of the tools means: plans for vectors of 16, 8 or 4 floats, or, for "gpu", as for
 * a GPU, whatever the device is. */
bool opcase_caps(struct caps *caps, const char *width);

/* Parses the graph (text without its "clact 1" line), compiles and plans it. */
bool opcase_open(struct opcase *c, const char *text, const struct caps *caps, struct error *err);
void opcase_close(struct opcase *c);

/* Builds the kernels of many cases at once, in parallel. */
bool opcase_build(const struct opcase *cases, size_t count, struct ocl *ocl, struct error *err);

/* Runs and compares. *worst gets the largest error as a part of what is allowed; with nothing
 * allowed, 0. */
bool opcase_check(const struct opcase *c, struct ocl *ocl, double *worst, struct error *err);

#endif
