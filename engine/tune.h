/* SPDX-License-Identifier: MIT */
/* Measures what is fastest on a device for single convolutions, and saves it for later runs. */
#ifndef ENGINE_TUNE_H
#define ENGINE_TUNE_H
#include "cl/ocl.h"
#include "engine/tuning_file.h"

struct tune_conv {
    char spec[CONV_SPEC_SIZE];
    double work; /* multiply-adds of all its uses */
};
struct tune_list {
    struct tune_conv *conv;
    int count, cap;
};
/* Adds the convolutions of a graph that can be tuned, each once; compiles the graph. */
bool tune_list_add(struct tune_list *l, struct graph *g, struct error *err);
/* Most work first. */
void tune_list_sort(struct tune_list *l);
void tune_list_free(struct tune_list *l);

struct tune_result {
    const char *spec;
    const struct tuned *found;
    int tried, wrong; /* candidates that ran, and how many were too far from the right result */
};

struct tune_options {
    int batch;      /* windows at once */
    double seconds; /* a time box      */
    bool again;     /* also what is known already */
    bool cpu_time;  /* compare processor time, where others use the machine */
    /* Asked often; true ends the work. */
    bool (*stop)(void *context);
    void (*progress)(void *context, const char *what, double fraction);
    /* After each convolution of which all was tried. */
    void (*report)(void *context, const struct tune_result *r);
    void *context;
};

struct tune_summary {
    int measured, better, known; /* convolutions: of now, those that beat the rule, of earlier */
    int too_large;               /* that do not fit into the device                            */
    bool complete;               /* nothing is left */
};

/* Works through a list. What is found is saved at once: the best so far of a convolution whenever a
 * candidate wins, and the result when all were tried. */
bool tune_run(struct ocl *ocl, const struct tune_list *l, const struct tune_options *o,
              struct tune_summary *s, struct error *err);

#endif
