/* SPDX-License-Identifier: MIT */
/* A contact sheet: pictures of one size in rows and columns, with captions. */
#ifndef CLI_SHEET_H
#define CLI_SHEET_H
#include "io/canvas.h"

struct sheet {
    struct canvas picture;
    int columns, rows, cell_w, cell_h;
};

/* Cells for pictures of picture_w x picture_h, brought to a size at which all of them can be looked
 * at. */
bool sheet_make(struct sheet *s, int columns, int rows, int picture_w, int picture_h,
                struct error *err);
void sheet_free(struct sheet *s);

void sheet_title(struct sheet *s, int line, const char *text); /* line 0 or 1 */
void sheet_row(struct sheet *s, int row, const char *text);
void sheet_column(struct sheet *s, int column, const char *text);
void sheet_put(struct sheet *s, int column, int row, const struct canvas *picture);

#endif
