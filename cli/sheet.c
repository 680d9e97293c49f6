/* SPDX-License-Identifier: MIT */
#include "cli/sheet.h"
#include "cli/captions.h"

enum {
    MARGIN = 14,
    SCALE = 2,
    LINE = 26,
    HEAD = MARGIN + 2 * LINE + 4,
    GAP = 6,
    WIDE = 232,  /* of a cell: its longer side */
    WIDER = 420, /* where there are few */
    FEW = 4,
    FOOT = LINE + 6
};

static const struct rgb paper = {252, 251, 248}, ink = {30, 30, 30}, faint = {100, 100, 100};

bool sheet_make(struct sheet *s, int columns, int rows, int picture_w, int picture_h,
                struct error *err)
{
    int side = picture_w > picture_h ? picture_w : picture_h;
    *s = (struct sheet){.columns = columns, .rows = rows};
    int wide = columns * rows <= FEW ? WIDER : WIDE;
    s->cell_w = (int)((int64_t)picture_w * wide / side);
    s->cell_h = (int)((int64_t)picture_h * wide / side);
    s->cell_w = s->cell_w > 0 ? s->cell_w : 1;
    s->cell_h = s->cell_h > 0 ? s->cell_h : 1;
    int w = 2 * MARGIN + columns * (s->cell_w + GAP) - GAP;
    TRY(canvas_make(&s->picture, w < 640 ? 640 : w, HEAD + rows * (LINE + s->cell_h + GAP) + FOOT,
                    err));
    canvas_fill(&s->picture, 0, 0, s->picture.w, s->picture.h, paper, 1);
    return true;
}

void sheet_free(struct sheet *s)
{
    canvas_free(&s->picture);
}

static void caption(struct sheet *s, int x, int y, int width, struct rgb color, const char *text)
{
    char fit[200];
    caption_fit(text, width, SCALE, fit, sizeof fit);
    canvas_text(&s->picture, x, y, SCALE, color, fit);
}

static int row_y(const struct sheet *s, int row)
{
    return HEAD + row * (LINE + s->cell_h + GAP);
}

static int column_x(const struct sheet *s, int column)
{
    return MARGIN + column * (s->cell_w + GAP);
}

void sheet_title(struct sheet *s, int line, const char *text)
{
    caption(s, MARGIN, MARGIN + line * LINE, s->picture.w - 2 * MARGIN, line ? faint : ink, text);
}

void sheet_row(struct sheet *s, int row, const char *text)
{
    caption(s, MARGIN, row_y(s, row) + 4, s->picture.w - 2 * MARGIN, ink, text);
}

void sheet_column(struct sheet *s, int column, const char *text)
{
    caption(s, column_x(s, column), row_y(s, s->rows), s->cell_w, faint, text);
}

void sheet_put(struct sheet *s, int column, int row, const struct canvas *picture)
{
    canvas_blit_sized(&s->picture, column_x(s, column), row_y(s, row) + LINE, s->cell_w, s->cell_h,
                      picture);
}
