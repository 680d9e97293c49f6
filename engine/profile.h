/* SPDX-License-Identifier: MIT */
/* Where a network's time goes: every step of its plan timed, on inputs of noise. */
#ifndef ENGINE_PROFILE_H
#define ENGINE_PROFILE_H
#include "engine/network.h"
#include "engine/roof.h"

struct stats {
    double min, median, p95; /* seconds */
};
struct step_profile {
    int part;
    const struct step *step;
    struct stats seconds;
    struct ocl_time last; /* of the last run, for a trace; from that run's first step */
};
struct profile {
    int repeats;
    bool by_events;       /* steps timed by the device's clock, else one by one by the wall's */
    struct stats run[GRAPH_CLIPS_MOST]; /* of each part: a whole batch, by the wall clock       */
    struct step_profile *steps;
    int count;
};

/* Fills the inputs with noise, runs everything twice to warm up, then `repeats` times whole and
 * `repeats` times with its steps timed. */
bool profile_network(struct network *m, int repeats, struct profile *p, struct error *err);
void profile_free(struct profile *p);

#endif
