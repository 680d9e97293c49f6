/* SPDX-License-Identifier: MIT */
/* cost_volume and displacement in one, made by fuse-matching: the volume never stands in memory.
 *
 * First every feature is brought to length 1 and pixels of a row become neighbours in memory (they
 * are pixels of two pairs, so it pays), in a workspace of the size of x. Then similarities are a
 * banded product of rows of two frames: pixels of one, neighbouring columns of the other. */
#include "engine/op/match_staged.h"

static const struct attr attrs[] = {MATCHING_WINDOW, MATCHING_EPS, MATCHING_ASSIGN, {0}};

static bool infer(const struct graph *g, struct node *n, struct error *err)
{
    return matching_infer_pairs(g, n, 2, err);
}

static void reference(const struct node *n, const struct tensor *in, struct tensor *out)
{
    const struct matching *a = n->attrs;
    struct axes x = axes_of(&in[0].shape), y = axes_of(&out->shape);
    int64_t frame = y.h * y.w, map = y.t * frame;
    float places[MATCHING_PLACES_MOST];
    for (int64_t m = 0; m < y.n * map; m++) {
        int64_t w = m / map, p = m % map, i = p % frame / y.w, j = p % y.w;
        double v[2];
        const unsigned char *wanted = out->wanted ? out->wanted + 2 * w * map + p : NULL;
        if (wanted && !wanted[0] && !wanted[map])
            continue;
        matching_similarities(a, in[0].data, x, w, p / frame, i, j, places, 1);
        matching_assign(a, places, 1, i, j, y, v);
        for (int k = 0; k < 2; k++)
            out->data[(2 * w + k) * map + p] = (float)v[k];
    }
}

/* What a work-item computes at once: windows of 2 columns x tile_h rows of pixels, `lanes` lanes of
 * neighbouring columns in each of `rows` rows of the next frame. */
struct tile {
    int tile_w, tile_h, rows, lanes;
    struct match_rows of; /* what it reads */
};

/* Accumulators stay in registers, beside a row of lanes: 32 registers of 16 floats, 16 of 8 or 4;
 * on a GPU what its registers hold. */
static struct tile tile_of(const struct matching *a, const struct caps *caps, int columns)
{
    enum { TILE_W = 16, ROWS_MOST = 5 };
    int vec = lane_width(caps), reach = matching_columns(a), waste_least = 0;
    int accumulators = caps->gpu ? group_accumulators(caps->registers) : vec == 16 ? 20 : 10;
    struct tile t = {.tile_w = caps->gpu ? 2 : TILE_W};
    t.lanes = (int)ceil_div(2 * reach + 2, vec);
    t.tile_h = t.lanes * 4 <= accumulators ? 2 : 1;
    int window = 2 * a->radius + t.tile_h;
    for (int rows = 1; rows <= ROWS_MOST; rows++) {
        int waste = (int)ceil_div(window, rows) * rows - window;
        bool fits = rows == 1 || t.tile_h * 2 * t.lanes * rows <= accumulators;
        if (fits && (rows == 1 || waste <= waste_least)) {
            t.rows = rows;
            waste_least = waste;
        }
    }
    /* The windows of a tile begin with a line. */
    t.of = match_rows_of(reach, (columns - 1) / 2 * 2 + (int64_t)vec * t.lanes);
    return t;
}

static void lower_match(const struct node *n, struct lower *lo, const struct tile *t,
                        const struct operand *x, node_id rows)
{
    struct operand y = lower_output(lo, n);
    char name[48];
    snprintf(name, sizeof name, "direct p2x%d w%dx%d", t->tile_h, t->rows, t->lanes);
    struct step *s = lower_launch(lo, n, "match_frames", "match_frames", name);
    lower_define(lo, "GPU", lower_caps(lo)->gpu);
    lower_define(lo, "TILE_W", t->tile_w);
    lower_define(lo, "TILE_H", t->tile_h);
    lower_define(lo, "WINDOW_ROWS", t->rows);
    lower_define(lo, "WINDOW_LANES", t->lanes);
    match_defines(lo, n->attrs, &t->of, x, &y);
    lower_arg(lo, s, rows);
    lower_arg_output(lo, s, n);
    lower_size(s, (size_t)ceil_div(y.w, t->tile_w), (size_t)ceil_div(y.h, t->tile_h),
               (size_t)y.n * (size_t)y.t);
    if (!lower_caps(lo)->gpu) /* 8 KB an item, and PoCL has those of a whole group on its stack */
        lower_local(s, 1, 1, 1);
}

static bool lower(const struct node *n, struct lower *lo, struct error *err)
{
    (void)err;
    struct operand x = lower_operand(lo, n->in[0]);
    struct match_staged staged = {0};
    if (match_stages(n->attrs, lower_caps(lo), &x, &staged)) {
        match_staged_lower(lo, n, &staged, &x, false);
        return true;
    }
    struct tile t = tile_of(n->attrs, lower_caps(lo), x.w);
    lower_match(n, lo, &t, &x, match_rows_lower(lo, n, &t.of, &x));
    return true;
}

const struct op op_match_frames = {
    .name = "match_frames",
    .about = "displacement(cost_volume(x)), without the volume",
    .inputs = "x",
    .traits = OP_INTERNAL,
    .attrs_size = sizeof(struct matching),
    .attrs = attrs,
    .infer = infer,
    .cost = matching_cost,
    .reference = reference,
    .lower = lower,
};
