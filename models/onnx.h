/* SPDX-License-Identifier: MIT */
/* Networks from ONNX files: docs/onnx.md says which operators, and what is done with them. */
#ifndef MODELS_ONNX_H
#define MODELS_ONNX_H
#include "models/models.h"

/* By its name: ends in .onnx, in small or large letters. */
bool onnx_is_file(const char *path);

struct onnx_model;
/* Reads and translates a file. recipe: how clips become its input, a name or a file (see
 * models/video_recipes.h), for several inputs "INPUT=RECIPE,INPUT=RECIPE"; NULL: tensors can be fed
 * alone. files and report may be NULL; report->misfit gets a line for each node that is not
 * supported, of which err says how many there are. */
struct onnx_model *onnx_model_open(const char *path, const char *recipe,
                                   const struct model_files *files, struct import_report *report,
                                   struct error *err);
/* The same of a file in memory, whose data is all in it. */
struct onnx_model *onnx_model_read(const void *data, size_t len, const char *name,
                                   const char *recipe, struct import_report *report,
                                   struct error *err);
void onnx_model_close(struct onnx_model **m);

/* Its checked graph, the caller's from then on; NULL when it has been taken already. */
struct graph *onnx_model_graph(struct onnx_model *m);
/* The same to look at, while it has not been taken. */
const struct graph *onnx_model_peek(const struct onnx_model *m);
/* For a weight source, as random_weights_load; context is the model. */
bool onnx_model_load(void *context, const struct graph *g, const struct node *n, float *out,
                     struct error *err);
/* All weights of a graph of this model as a safetensors file. */
bool onnx_model_write(struct onnx_model *m, const struct graph *g, const char *path,
                      struct error *err);

#endif
