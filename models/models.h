/* SPDX-License-Identifier: MIT */
/* Published architectures: list them, build their graphs, fill them with random weights, and turn
 * checkpoints into graphs.
 *
 * Settings are "key=value,key=value" (models/options.h). Those of the networks here:
 *   depth=10|18|34|50|101|152|200   of 3D ResNets
 *   width=FACTOR or C1,C2,C3,C4     scales the stages' channels (rounded half up), or names them:
 *                                   the channels inside the blocks, before a bottleneck's factor 4
 *   classes=N  shortcut=A|B  act=relu|elu
 *   frames=T                        that the network sees; residuals may read `step` more
 *   size=N or HEIGHTxWIDTH          of the crop; a resize before it keeps its published proportion
 *   norm=hara_old|hara_new|torchvision|unit|...   what is subtracted and divided by
 *   down=stride|pool  fea_diff=0|1  residual=none|abs|signed|half|roll_signed|roll_half  step=S
 */
#ifndef MODELS_MODELS_H
#define MODELS_MODELS_H
#include "graph/graph.h"

struct family;
struct model {
    const char *name, *about;
    const struct family *family;
    const char *settings; /* that make it this one of its family */
};
extern const struct model model_list[]; /* ended by a NULL name */

/* By name or alias ("tao-resnet18-3d", "resnet18-3d", ...: models.c); NULL when there is none. */
const struct model *model_find(const char *name);

struct model_files {
    const char *weights, *labels; /* plain file names for the graph's header; NULL: none */
};
/* The checked graph of a model; `file` names it in messages. settings and files may be NULL. NULL
 * on error: ERROR_USAGE for settings, with the allowed keys. */
struct graph *model_build(const struct model *m, const char *settings,
                          const struct model_files *files, const char *file, struct error *err);

/* Writes weights for all of a graph's weight nodes as a safetensors file: seeded, the same on every
 * machine, scaled so that activations neither vanish nor explode. */
bool model_random_weights(const struct graph *g, const char *path, uint64_t seed,
                          struct error *err);

struct import {
    const char *checkpoint; /* a safetensors file                                       */
    const char *output;     /* M.graph; the weights go to M.safetensors beside it       */
    const char *labels;     /* a label file, copied beside the graph; NULL: none        */
    const char *settings;   /* NULL: all from the checkpoint and the family's defaults  */
    bool link;              /* name the checkpoint, which stands beside, do not copy it */
};
struct import_report {
    char model[48];     /* "resnet3d-18"                                              */
    struct text notes;  /* lines: what was found in the checkpoint, what was assumed  */
    struct text misfit; /* lines: every difference, when the checkpoint does not fit  */
};
/* Recognises, checks, writes weights, labels, and at last the graph. The caller zeroes the report;
 * it is filled as far as the import came, also on error; import_report_free() releases it. */
bool model_import(const struct import *im, struct import_report *report, struct error *err);
void import_report_free(struct import_report *report);

#endif
