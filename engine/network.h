/* SPDX-License-Identifier: MIT */
/* A graph file ready to run: read, checked against its weights, compiled, planned, on a device. */
#ifndef ENGINE_NETWORK_H
#define ENGINE_NETWORK_H
#include "base/text.h"
#include "engine/session.h"
#include "engine/tuning_file.h"
#include "io/labels.h"
#include "io/safetensors.h"

struct network_feed {
    const char *node;
    struct shape shape; /* dim[0] is ignored: the window axis */
};

struct network_options {
    const char *device;   /* as ocl_open */
    int batch;            /* windows a run, 0: 1 */
    bool half;            /* activations and weights stored as half, see plan.h */
    uint64_t max_memory;  /* bytes on the device, 0: what it has */
    bool strict;          /* algorithms that sum as the definitions do: no Winograd */
    const char *const *keep; /* nodes that must stay fetchable; "all" */
    int keep_count;
    const struct network_feed *feeds; /* nodes that become inputs */
    int feed_count;
    /* The program whose command self-check compares kernels with plain C before their first use
     * on a device (engine/checker.h). NULL: unknown ones are used, those known to be wrong are
     * not. */
    const char *checker;
    bool no_video; /* it is never fed with frames, so their kernels are not checked */
    void (*progress)(void *context, size_t done, size_t all); /* building; may be NULL */
    void *context;
};

struct network {
    struct graph *graph; /* compiled */
    struct safetensors *weights;
    struct labels *labels; /* NULL: none; else as many as the first output has classes */
    struct ocl *ocl;
    struct ocl *feed; /* beside it, for frames on their way; NULL before the first video */
    struct tuning *tuning;     /* of this device; the graph refers to it */
    struct error tuning_doubt; /* a damaged file of measurements was ignored: why */
    struct text replaced; /* lines: kernels that are wrong on this device, and what runs instead */
    bool plain_frames;    /* for collector_open() */
    struct plan *plan;
    struct session *session;
    struct ocl_build_report build;
    double weight_seconds, open_seconds; /* preparing the weights; all of network_open */
    struct network_options options; /* what it was opened with; pointers are the caller's */
};

struct network *network_open(const char *path, const struct network_options *options,
                             struct error *err);
/* The same of a graph in memory, which it owns from then on, also on error, and of weights that
 * come from elsewhere. */
struct network *network_make(struct graph *graph, const struct weight_source *weights,
                             const struct network_options *options, struct error *err);
void network_close(struct network **model);
/* Reads the names of its classes, which there must be as many of. */
bool network_set_labels(struct network *m, const char *path, struct error *err);

/* Elements of the first output beyond its first axis: the classes. 0 when it is not [.., C]. */
int network_classes(const struct graph *g);
/* labels->name[i], or "class i" where there is none; buf is used for the latter. */
const char *network_label(const struct network *m, int i, char buf[32]);

/* Every weight of the graph is in the file with its shape, and the file has nothing else (counters
 * of batches aside). */
bool weights_check(const struct graph *g, const struct safetensors *file, struct error *err);
/* For session_make: reads by name, refuses values that are not finite. context: struct
 * safetensors. */
bool weights_load(void *context, const struct graph *g, const struct node *n, float *out,
                  struct error *err);

#endif
