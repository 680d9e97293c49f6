/* SPDX-License-Identifier: MIT */
#include "graph/space.h"

#include <assert.h>
#include <stdint.h>

enum { SIDE_MOST = 1 << 30 };

int space_crops(const struct recipe *r)
{
    return r->crops == CROPS_TEN ? 10 : r->crops == CROPS_THREE ? 3 : 1;
}

/* The other side when `side` becomes `to`: torchvision truncates, mmcv multiplies by a rounded
 * factor and rounds. */
static int64_t other_side(enum long_rule rule, int64_t other, int64_t side, int64_t to)
{
    if (rule == LONG_TRUNC)
        return to * other / side;
    return (int64_t)((double)other * ((double)to / (double)side) + 0.5);
}

/* Where a centred crop begins. A crop larger than the picture has the odd row of padding at its
 * end, as torchvision pads. */
static int centre(enum crop_rule rule, int size, int crop)
{
    int rest = size - crop;
    if (rest < 0)
        return -(-rest / 2);
    int half = rest / 2;
    bool up = rule == CROP_EVEN && rest % 2 && half % 2; /* Python's round(): half to even */
    return half + up;
}

/* Three crops: both ends and the middle of the longer rest. */
static void place_three(int index, struct space_stage *s)
{
    int rest_w = s->out_w - s->w, rest_h = s->out_h - s->h;
    int *at = rest_w >= rest_h ? &s->x : &s->y;
    int rest = rest_w >= rest_h ? rest_w : rest_h;
    if (rest > 0)
        *at = rest / 2 * index;
}

/* Ten crops: four corners and the centre, then the same mirrored. */
static void place_ten(int index, struct space_stage *s)
{
    int rest_w = s->out_w - s->w, rest_h = s->out_h - s->h;
    index %= 5;
    if (index == 4)
        return;
    if (rest_w > 0)
        s->x = index & 1 ? rest_w : 0;
    if (rest_h > 0)
        s->y = index & 2 ? rest_h : 0;
}

static void add_stage(struct space_stage *s, int in_w, int in_h, int64_t out_w, int64_t out_h)
{
    *s = (struct space_stage){.in_w = in_w, .in_h = in_h, .out_w = (int)out_w,
                              .out_h = (int)out_h, .w = (int)out_w, .h = (int)out_h};
}

bool space_stages(const struct recipe *r, int w, int h, int crop,
                  struct space_stage stages[SPACE_STEPS], int *count, bool *mirror,
                  struct error *err)
{
    assert(w > 0 && h > 0 && crop >= 0 && crop < space_crops(r));
    int n = 0;
    bool cropped = true; /* the last stage is complete: a crop must begin another */
    for (int i = 0; i < r->space_count; i++) {
        const struct space_step *step = &r->space[i];
        int64_t out_w = step->w, out_h = step->h;
        if (step->kind == SPACE_SHORT) {
            out_w = w <= h ? step->w : other_side(r->longside, w, h, step->w);
            out_h = w <= h ? other_side(r->longside, h, w, step->w) : step->w;
        }
        if (out_w > SIDE_MOST || out_h > SIDE_MOST)
            return fail(err, ERROR_LIMIT, "clip %s: short:%d makes %lldx%lld of %dx%d", r->name,
                        step->w, (long long)out_w, (long long)out_h, w, h);
        if (step->kind != SPACE_CROP) {
            add_stage(&stages[n++], w, h, out_w, out_h);
            cropped = false;
        } else {
            if (cropped)
                add_stage(&stages[n++], w, h, w, h);
            struct space_stage *s = &stages[n - 1];
            s->w = step->w, s->h = step->h;
            s->x = centre(r->cropround, s->out_w, s->w);
            s->y = centre(r->cropround, s->out_h, s->h);
            cropped = true;
        }
        w = stages[n - 1].w, h = stages[n - 1].h;
    }
    if (n && r->crops == CROPS_THREE)
        place_three(crop, &stages[n - 1]);
    if (n && r->crops == CROPS_TEN)
        place_ten(crop, &stages[n - 1]);
    *mirror = r->crops == CROPS_TEN && crop >= 5;
    *count = n;
    return true;
}
