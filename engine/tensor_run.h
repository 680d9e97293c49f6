/* SPDX-License-Identifier: MIT */
/* Stored tensors through a network: for checking a conversion node by node. */
#ifndef ENGINE_TENSOR_RUN_H
#define ENGINE_TENSOR_RUN_H
#include "engine/network.h"

struct tensor_run_options {
    const char *device;
    int batch;
    bool half; /* storage, see plan.h */
    uint64_t max_memory;
    bool strict;
    const char *feed; /* "NODE=TENSOR,..."; NULL: every graph input the file has, else "input" */
    const char *taps; /* "NODE,..." or "all"; NULL: none. `logits` and `probs` are always saved */
    /* A model that is no graph file: its graph, the caller's, and where its weights are. NULL: it
     * is one. */
    struct graph *(*graph)(void *context, struct error *err);
    struct weight_source source;
    void *context;
};

/* Reads the tensors of `in` (u8 as T H W C or N T H W C, floats as N C T H W, N C H W or N C),
 * runs, and writes the values as f32 N C T H W under the nodes' names to the safetensors file
 * `out`. */
bool tensor_run(const char *model, const char *in, const char *out,
                const struct tensor_run_options *options, struct error *err);

#endif
