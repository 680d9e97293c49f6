/* SPDX-License-Identifier: MIT */
#include "engine/frame_tables.h"

#include "base/checked.h"
#include "graph/taps.h"

#include <stdlib.h>
#include <string.h>

enum { ACROSS_VECTOR = 8 }; /* frame_across takes so many samples at a time */

/* Room for n more words; NULL and err when there is none. Where they begin goes to *at. */
static int32_t *grow(struct frame_tables *t, int64_t n, int *at, struct error *err)
{
    if (t->count + n > t->capacity) {
        int64_t most = (t->count + n) * 2;
        int32_t *p = most < INT32_MAX / 4 ? realloc(t->words, (size_t)most * sizeof *p) : NULL;
        if (!p) {
            fail(err, ERROR_LIMIT, "out of memory: %lld words of resize tables", (long long)most);
            return NULL;
        }
        t->words = p;
        t->capacity = (int)most;
    }
    *at = t->count;
    t->count += (int)n;
    return t->words + *at;
}

/* The pass down reads every index; the pass across the first, and its weights in vectors. */
static bool add_pass(struct frame_tables *t, struct frame_pass *pass, const struct taps *taps,
                     bool down, bool floats, struct error *err)
{
    int from = taps->each, each = down ? from : (int)round_up((uint64_t)from, ACROSS_VECTOR);
    int indices = down ? from : 1;
    *pass = (struct frame_pass){.in = taps->used_count, .out = taps->count, .each = each};
    int32_t *index = grow(t, (int64_t)taps->count * indices, &pass->index_at, err);
    TRY(index);
    for (int i = 0; i < taps->count * indices; i++)
        index[i] = taps->index[down ? i : i * from];
    int32_t *weight = grow(t, (int64_t)taps->count * each, &pass->weight_at, err);
    TRY(weight);
    for (int i = 0; i < taps->count; i++)
        for (int k = 0; k < each; k++) {
            double w = k < from ? taps->weight[i * from + k] : 0;
            float f = (float)w;
            int32_t *to = &weight[i * each + k];
            if (floats)
                memcpy(to, &f, sizeof f);
            else
                *to = (int32_t)w;
        }
    return true;
}

/* The stored picture's axis that a shown axis runs along. */
struct source_axis {
    int size, chroma; /* log2 of the subsampling */
    bool across, flip;
};

/* {position, chroma 0, chroma 1, weight of chroma 1 in sixteenths} of stored position p. Chroma
 * sample i of 2^k sits at (i + 0.5) * 2^k - 0.5 when centred, across at i * 2^k when left-sited. */
static void source_entry(int32_t entry[4], enum chroma_rule rule, const struct source_axis *axis,
                         int p)
{
    int k = axis->chroma, last = -(-axis->size >> k) - 1;
    int sixteenths = p * (16 >> k); /* exact for up to 8 to 1 */
    if (rule == CHROMA_CENTER || !axis->across)
        sixteenths += (8 >> k) - 8;
    if (rule == CHROMA_NEAREST)
        sixteenths = (p >> k) * 16;
    int whole = (sixteenths + 16) / 16 - 1, rest = sixteenths - whole * 16;
    entry[0] = p;
    entry[1] = whole < 0 ? 0 : whole > last ? last : whole;
    entry[2] = whole + 1 > last ? last : whole + 1;
    entry[3] = rest;
}

static bool add_source(struct frame_tables *t, int *at, const struct recipe *r,
                       const struct source_axis *axis, const int32_t *used, int count,
                       struct error *err)
{
    int32_t *entries = grow(t, (int64_t)count * 4, at, err);
    TRY(entries);
    for (int i = 0; i < count; i++)
        source_entry(entries + i * 4, r->chroma, axis,
                     axis->flip ? axis->size - 1 - used[i] : used[i]);
    return true;
}

/* One axis of all stages, last to first; `down` says which. */
static bool plan_axis(struct frame_tables *t, const struct recipe *r,
                      const struct space_stage *stages, bool down, bool mirror,
                      const struct source_axis *axis, struct error *err)
{
    bool floats = r->filter == FILTER_BILINEAR || r->filter == FILTER_TRIANGLE, ok = true;
    const struct space_stage *last = &stages[t->stages - 1];
    int count = down ? last->h : last->w;
    int32_t *wanted = malloc((size_t)count * sizeof *wanted);
    if (!wanted)
        return fail(err, ERROR_LIMIT, "out of memory: %d positions", count);
    for (int i = 0; i < count; i++)
        wanted[i] = mirror ? count - 1 - i : i;
    for (int i = t->stages - 1; i >= 0 && ok; i--) {
        const struct space_stage *s = &stages[i];
        for (int j = 0; j < count; j++)
            wanted[j] += down ? s->y : s->x;
        struct taps taps;
        ok = taps_make(&taps, r->filter, down, down ? s->in_h : s->in_w,
                       down ? s->out_h : s->out_w, wanted, count, err);
        if (!ok)
            break;
        ok = add_pass(t, down ? &t->down[i] : &t->across[i], &taps, down, floats, err);
        free(wanted);
        wanted = taps.used;
        count = taps.used_count;
        taps.used = NULL;
        taps_free(&taps);
    }
    ok = ok && add_source(t, down ? &t->rows_at : &t->columns_at, r, axis, wanted, count, err);
    free(wanted);
    return ok;
}

bool frame_tables_make(struct frame_tables *t, const struct recipe *r,
                       const struct frame_geometry *g, int crop, struct error *err)
{
    *t = (struct frame_tables){0};
    struct space_stage stages[SPACE_STEPS];
    bool mirror;
    struct source_axis x = {g->width, g->chroma_w, true, g->flip_x};
    struct source_axis y = {g->height, g->chroma_h, false, g->flip_y};
    if (g->transpose) {
        x = (struct source_axis){g->height, g->chroma_h, false, g->flip_x};
        y = (struct source_axis){g->width, g->chroma_w, true, g->flip_y};
    }
    TRY(space_stages(r, x.size, y.size, crop, stages, &t->stages, &mirror, err));
    if (plan_axis(t, r, stages, false, mirror, &x, err) &&
        plan_axis(t, r, stages, true, false, &y, err))
        return true;
    frame_tables_free(t);
    return false;
}

void frame_tables_free(struct frame_tables *t)
{
    free(t->words);
    *t = (struct frame_tables){0};
}
