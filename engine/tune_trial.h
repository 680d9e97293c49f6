/* SPDX-License-Identifier: MIT */
/* One convolution with one choice of algorithm and tiles on a device: built, checked, timed. */
#ifndef ENGINE_TUNE_TRIAL_H
#define ENGINE_TUNE_TRIAL_H
#include "engine/tune.h"

struct session;

struct trial {
    struct graph *graph;
    struct tuning tuning;
    struct plan *plan;
    struct session *session;
    struct choice choice;
    uint64_t signature; /* of what it runs: equal choices by another name */
    double build;       /* seconds */
    double off;         /* of the right result */
    double best;        /* least seconds of a run so far */
};

/* choice NULL: the device's rules; strict: direct. Not yet built. */
bool trial_plan(struct trial *t, const struct caps *caps, const char *spec, int batch,
                const struct choice *choice, bool strict, struct error *err);
/* Builds and fills it with small integers, the same for every trial of a convolution. */
bool trial_start(struct trial *t, struct ocl *ocl, struct error *err);
void trial_close(struct trial *t);

/* The result of one run; freed by the caller. */
float *trial_values(struct trial *t, struct error *err);
/* The largest difference of a trial's result from another one, as a part of that one's root mean
 * square. */
bool trial_compare(struct trial *t, const float *want, double *off, struct error *err);
/* What is allowed: nothing for direct convolution, whose sums of small integers are exact. */
double trial_allowed(const struct trial *t);

/* Runs both in turn, for `seconds` and at least some times, and fills their best. */
bool trial_race(struct trial *a, struct trial *b, double seconds, const struct tune_options *o,
                struct error *err);

#endif
