/* SPDX-License-Identifier: MIT */
/* ONNX files in place of graph files. */
#ifndef CLI_ONNX_H
#define CLI_ONNX_H
#include "engine/tensor_run.h"

struct onnx_model;
bool cli_is_onnx(const char *path);
/* Ready to run. recipe: NULL is an error that names all of them when clips are wanted. What is not
 * supported is printed, and what was assumed, unless quiet. */
struct network *cli_open_onnx(const char *path, const char *recipe, bool clips, bool quiet,
                              const struct network_options *o, struct error *err);
/* The model behind a run of tensors: fills o->graph, o->source and o->context. */
struct onnx_model *cli_onnx_tensors(const char *path, const char *recipe, bool quiet,
                                    struct tensor_run_options *o, struct error *err);
void cli_onnx_close(struct onnx_model **m);
/* Prints the names of recipes; returns an exit code. */
int cli_list_recipes(void);

#endif
