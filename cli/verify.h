/* SPDX-License-Identifier: MIT */
/* The comparison of `clact verify`. */
#ifndef CLI_VERIFY_H
#define CLI_VERIFY_H
#include "cli/onnx.h"
#include "io/safetensors.h"

struct verdict {
    bool scores_only;  /* of a run without taps */
    int compared, bad; /* values */
    int scores;        /* of these, logits and probabilities */
    char first[128];   /* the first bad one, in the graph's order */
    struct text lines; /* the table */
};

/* What to feed ("NODE=TENSOR,...") and which nodes the file has values of ("NODE,..."). */
bool verify_names(const struct graph *g, const struct safetensors *wanted, struct text *feeds,
                  struct text *taps, struct error *err);
bool verify_compare(const struct graph *g, const struct safetensors *wanted,
                    const struct safetensors *got, double tolerance, struct verdict *v,
                    struct error *err);
void verify_print(const struct verdict *v);

#endif
