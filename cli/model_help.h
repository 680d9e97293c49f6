/* SPDX-License-Identifier: MIT */
/* What `clact model NAME --help` says of a network, and docs/models.md says of all. */
#ifndef CLI_MODEL_HELP_H
#define CLI_MODEL_HELP_H
#include "models/models.h"

/* The network, its paper, input, clip recipe, counts, memory, and options with their defaults. */
bool model_help(const struct model *m, struct text *out, struct error *err);
/* All networks as a Markdown page, one section a family. */
bool model_page(struct text *out, struct error *err);

#endif
