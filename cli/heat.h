/* SPDX-License-Identifier: MIT */
/* Heat over a picture: where something is, as colours from blue (little) to red (much). */
#ifndef CLI_HEAT_H
#define CLI_HEAT_H
#include "io/canvas.h"

/* heat: w * h of the picture, 0 to 1; below 0 where nothing is known: there it becomes darker. */
void heat_lay(struct canvas *c, const float *heat);

/* The colour of a heat of 0 to 1. */
struct rgb heat_color(float heat);

#endif
