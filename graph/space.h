/* SPDX-License-Identifier: MIT */
/* The spatial steps of a recipe for one source size: a list of stages, each a resize and the part
 * of its result that the next stage (or the network) sees.
 *
 * Nothing here says that the whole result of a resize is ever made: short:112 of a 16x2048 picture
 * is 112x14336, of which a crop needs 112 rows.
 */
#ifndef GRAPH_SPACE_H
#define GRAPH_SPACE_H
#include "graph/recipe.h"

struct space_stage {
    int in_w, in_h;   /* the picture this stage resizes ...                                   */
    int out_w, out_h; /* ... to this size; equal sizes: nothing to resize                     */
    int x, y, w, h;   /* the part of the result that is kept. It may reach beyond it: zeros   */
};

/* Pictures per frame that the recipe's `crops` asks for: 1, 3 or 10. */
int space_crops(const struct recipe *r);

/* Stages for a picture of w x h (as shown: after orientation) and crop 0 <= crop < space_crops().
 * *mirror: the last result is to be mirrored left-right. False when a side would pass 2^30. */
bool space_stages(const struct recipe *r, int w, int h, int crop,
                  struct space_stage stages[SPACE_STEPS], int *count, bool *mirror,
                  struct error *err);

#endif
