/* SPDX-License-Identifier: MIT */
/* The colour wheel of the Middlebury flow benchmark (Baker et al., A Database and Evaluation
 * Methodology for Optical Flow, 2011): the hue is the direction, white is no motion. */
#ifndef CLI_FLOW_WHEEL_H
#define CLI_FLOW_WHEEL_H
#include "io/canvas.h"

/* The colour of a motion of dx, dy (right, down): 1 has the full colour, beyond it is darker. */
struct rgb flow_color(double dx, double dy);

/* The wheel itself, as a key: a disc in a square of `side` pixels. */
void flow_key(struct canvas *c, int x, int y, int side);

#endif
