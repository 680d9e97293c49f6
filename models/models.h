/* SPDX-License-Identifier: MIT */
/* Published architectures: list them, build their graphs, fill them with random weights, and turn
 * checkpoints into graphs.
 *
 * Settings are "key=value,key=value"; docs/models.md lists every network with its keys.
 */
#ifndef MODELS_MODELS_H
#define MODELS_MODELS_H
#include "graph/graph.h"

struct model;
/* All published networks one after another, family by family: NULL begins and ends. */
const struct model *model_next(const struct model *m);
const char *model_name(const struct model *m);
const char *model_about(const struct model *m);

/* By name or alias ("resnet18-3d"); NULL when there is none. */
const struct model *model_find(const char *name);

struct model_files {
    const char *weights, *labels; /* plain file names for the graph's header; NULL: none */
};
/* The checked graph of a model; `file` names it in messages. settings and files may be NULL. NULL
 * on error: ERROR_USAGE for settings, with the allowed keys. */
struct graph *model_build(const struct model *m, const char *settings,
                          const struct model_files *files, const char *file, struct error *err);

/* For help: what a network is, and its options as they stand when it is built by its name alone. */
const char *model_paper(const struct model *m);        /* lines */
const char *model_family(const struct model *m);       /* its name: networks of one share options */
const char *model_family_about(const struct model *m);
struct model_option {
    const char *name, *values, *value, *about; /* value: the default; "" when it is open */
};
bool model_options(const struct model *m,
                   void (*each)(void *context, const struct model_option *option), void *context,
                   struct error *err);
/* Every option of every network, without defaults. */
void model_all_options(void (*each)(void *context, const struct model_option *option),
                       void *context);

/* Weights for all of a graph's weight nodes: seeded, the same on every machine, scaled so that
 * activations neither vanish nor explode. The source keeps nothing of the graph. */
struct random_weights;
struct random_weights *random_weights_make(const struct graph *g, uint64_t seed);
void random_weights_free(struct random_weights **r);
/* Fills out with the elements of a weight node of that graph, compiled or not; context is the
 * source. */
bool random_weights_load(void *context, const struct graph *g, const struct node *n, float *out,
                         struct error *err);
/* As a safetensors file. */
bool model_random_weights(const struct graph *g, const char *path, uint64_t seed,
                          struct error *err);

struct import {
    const char *checkpoint; /* safetensors, or a file of torch.save                     */
    const char *output;     /* M.graph; the weights go to M.safetensors beside it       */
    const char *labels;     /* a label file, copied beside the graph; NULL: none        */
    const char *settings;   /* NULL: all from the checkpoint and the family's defaults  */
    bool link;              /* name the checkpoint, which stands beside, do not copy it */
    const char *recipe;     /* of an ONNX file: see models/onnx.h; NULL: none           */
};
struct import_report {
    char model[48];     /* "resnet3d-18"                                              */
    struct text notes;  /* lines: what was found in the checkpoint, what was assumed  */
    struct text misfit; /* lines: every difference, when the checkpoint does not fit  */
};
/* Recognises, checks, writes weights, labels, and at last the graph. The caller zeroes the report;
 * it is filled as far as the import came, also on error; import_report_free() releases it. */
bool model_import(const struct import *im, struct import_report *report, struct error *err);
/* The same without files: the graph of a checkpoint, whose weights are read from it with
 * checkpoint_load (models/checkpoint.h). im->output and im->link are not used, im->labels only
 * checked. The caller closes c, also on error. */
struct checkpoint;
struct graph *model_from_checkpoint(const struct import *im, struct checkpoint *c,
                                    struct import_report *report, struct error *err);
/* Lines about a checkpoint for a person: its tensors, and the families that explain them best, with
 * what each of these misses or cannot use. */
bool model_list_checkpoint(const char *path, const char *settings, struct text *out,
                           struct error *err);
void import_report_free(struct import_report *report);

#endif
