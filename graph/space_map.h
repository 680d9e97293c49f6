/* SPDX-License-Identifier: MIT */
/* Where a place of a picture lies in what the network sees of it: all of a recipe's spatial steps
 * for one source size as one scale and shift an axis. Places are continuous: a picture of width w
 * reaches from 0 to w, pixel 0 is from 0 to 1. */
#ifndef GRAPH_SPACE_MAP_H
#define GRAPH_SPACE_MAP_H
#include "graph/recipe.h"

struct space_map {
    int w, h;                /* of the network's input */
    double x_scale, x_shift; /* network = source * scale + shift */
    double y_scale, y_shift;
};

/* For a picture of w x h as shown, and a crop of the recipe (graph/space.h). */
bool space_map_make(struct space_map *m, const struct recipe *r, int w, int h, int crop,
                    struct error *err);

#endif
