/* SPDX-License-Identifier: MIT */
/* From a checkpoint to the graph that it fits. */
#ifndef MODELS_RECOGNISE_H
#define MODELS_RECOGNISE_H
#include "models/checkpoint.h"
#include "models/models.h"

/* The graph for a checkpoint, or NULL with report->misfit. c->file is set; c->prefix is found here.
 * Fills the report's model and notes. */
struct graph *recognise(struct checkpoint *c, const char *settings, const struct model_files *files,
                        const char *graph_file, struct import_report *report, struct error *err);

/* The same for one family, whatever others say: whether its first layers are there, and what it is
 * then. *differences: lines of report->misfit. NULL on error. */
struct family;
struct options;
bool family_fits(const struct family *f, struct checkpoint *c);
struct graph *recognise_as(const struct family *f, struct checkpoint *c, struct options *o,
                           const struct model_files *files, const char *graph_file,
                           struct import_report *report, int *differences, struct error *err);

#endif
