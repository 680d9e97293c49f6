/* SPDX-License-Identifier: MIT */
/* The model that comes with clact, for 'clact run CLIP' without one. */
#ifndef CLI_SHIPPED_H
#define CLI_SHIPPED_H
#include <stdbool.h>

/* True when an argument of 'clact run' is a clip rather than a model: "-", a folder, a pattern of
 * pictures, a file that is neither text (as graphs are) nor called or begun as checkpoints are, or
 * no file at all with a name that is not a model's. */
bool shipped_is_clip(const char *argument);

/* Path of the shipped model's graph, freed by the caller: in $CLACT_MODELS when that is set, else
 * beside the program or where it was installed. NULL after a message when there is none. */
char *shipped_model(void);

#endif
