/* SPDX-License-Identifier: MIT */
/* Where an ONNX graph begins and ends: clips and inputs, scores, names. */
#ifndef MODELS_ONNX_ENDS_H
#define MODELS_ONNX_ENDS_H
#include "models/models.h"
#include "models/onnx_import.h"

/* A graph with the inputs alone, and their values. */
bool import_inputs(struct import_state *m, const char *recipe, const struct model_files *files,
                   struct error *err);
/* Scores, their mean over windows, the output; drops what it does not need; names everything. */
bool import_outputs(struct import_state *m, struct text *notes, struct error *err);

#endif
