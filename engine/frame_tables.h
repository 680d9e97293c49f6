/* SPDX-License-Identifier: MIT */
/* The way from a stored picture of one size to one crop of a recipe, as tables for the kernels of
 * cl/kernels/frame_rgb.cl and frame_resize.cl. Host only.
 *
 * Columns and rows are planned apart, from the last stage back to the source: each stage asks for
 * the positions it reads, and only those are made by the stage before.
 */
#ifndef ENGINE_FRAME_TABLES_H
#define ENGINE_FRAME_TABLES_H
#include "graph/recipe.h"
#include "graph/space.h"
#include <stdint.h>

/* What the tables depend on besides the recipe and the crop. */
struct frame_geometry {
    int width, height; /* as stored */
    int chroma_w, chroma_h;
    bool transpose, flip_x, flip_y;
};

/* One pass over one axis: `in` samples become `out`; tables begin at these words. */
struct frame_pass {
    int in, out, each, index_at, weight_at;
};

struct frame_tables {
    int32_t *words;
    int count, capacity;
    int columns_at, rows_at; /* 4 words for each source column and row, see frame_rgb.cl */
    int stages;
    struct frame_pass across[SPACE_STEPS], down[SPACE_STEPS];
};

bool frame_tables_make(struct frame_tables *tables, const struct recipe *r,
                       const struct frame_geometry *geometry, int crop, struct error *err);
void frame_tables_free(struct frame_tables *tables);

#endif
