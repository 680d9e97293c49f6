/* SPDX-License-Identifier: MIT */
/* The values of a case on the host: sources from its seed or file, results from the references. */
#ifndef TESTS_TOOLS_OPVALUES_H
#define TESTS_TOOLS_OPVALUES_H
#include "tests/tools/opcase.h"

struct values_source {
    const struct opcase *c;
    bool absolute; /* |values|, for the bound of a sum */
};

/* PREFIX.NODE of the case's file. */
bool values_torch(const struct opcase *c, const struct node *n, size_t count, float *out,
                  struct error *err);
/* A struct weight_source's load, with a struct values_source as context. */
bool values_weight(void *context, const struct graph *g, const struct node *n, float *out,
                   struct error *err);

bool values_is_input(const struct node *n);
bool values_is_output(const struct graph *g, node_id id);

/* One tensor a node, empty; values_free releases their data too. */
struct tensor *values_new(const struct graph *g);
void values_free(const struct graph *g, struct tensor *values);
bool values_alloc(const struct graph *g, node_id id, int windows, struct tensor *t,
                  struct error *err);

bool values_fill_inputs(const struct graph *g, struct tensor *values, struct values_source *s,
                        struct error *err);
/* The outputs that are not there yet, through the references; _all fills the inputs first. */
bool values_evaluate(const struct graph *g, struct tensor *values, struct values_source *s,
                     struct error *err);
bool values_evaluate_all(const struct graph *g, struct tensor *values, struct values_source *s,
                         struct error *err);

#endif
