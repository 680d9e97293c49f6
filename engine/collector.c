/* SPDX-License-Identifier: MIT */
#include "engine/collector.h"
#include "base/checked.h"
#include "engine/frames.h"
#include "graph/space.h"
#include "graph/windows.h"

#include <stdlib.h>
#include <string.h>

struct open_window {
    int64_t index;
    double start, end;
    int filled; /* slots */
    bool *slot; /* which */
};

struct collector {
    struct ocl *ocl;
    const struct recipe *recipe;
    struct frame_stage *stage;
    int crops;
    uint64_t slot_bytes, window_bytes; /* of one frame, of one crop of a window */
    int64_t length;                    /* -1: not known, not needed             */
    int64_t next;                      /* first window that is not open yet     */
    int cap, first, count;             /* ring of open windows                  */
    struct open_window *ring;
    ocl_buffer pool; /* cap windows of all crops; grows */
};

void collector_close(struct collector **cp)
{
    struct collector *c = *cp;
    if (!c)
        return;
    for (int i = 0; i < c->cap; i++)
        free(c->ring[i].slot);
    free(c->ring);
    frames_close(&c->stage);
    ocl_release(&c->pool);
    free(c);
    *cp = NULL;
}

struct collector *collector_open(struct ocl *ocl, const struct recipe *r, bool half, bool plain,
                                 struct error *err)
{
    struct collector *c = calloc(1, sizeof *c);
    if (!c) {
        fail(err, ERROR_LIMIT, "out of memory");
        return NULL;
    }
    c->ocl = ocl;
    c->recipe = r;
    c->crops = space_crops(r);
    c->slot_bytes = frames_slot_bytes(r, half);
    if (!mul_ok(c->slot_bytes, (uint64_t)r->frames, &c->window_bytes) ||
        c->window_bytes > UINT64_C(1) << 40)
        fail(err, ERROR_LIMIT, "clip %s: a window is too large", r->name);
    else if ((c->stage = frames_open(ocl, r, half, plain, err)))
        return c;
    collector_close(&c);
    return NULL;
}

bool collector_begin(struct collector *c, int64_t length, struct error *err)
{
    c->length = windows_need_length(c->recipe) ? length : -1;
    if (windows_need_length(c->recipe) && length < 1)
        return fail(err, ERROR_BUG, "clip %s: its windows need the video's length",
                    c->recipe->name);
    c->next = 0;
    c->first = c->count = 0;
    return true;
}

static struct open_window *at(const struct collector *c, int i)
{
    return &c->ring[(c->first + i) % c->cap];
}

static uint64_t slot_offset(const struct collector *c, const struct open_window *w, int crop, int t)
{
    uint64_t place = (uint64_t)(w - c->ring) * (uint64_t)c->crops + (uint64_t)crop;
    return place * c->window_bytes + (uint64_t)t * c->slot_bytes;
}

/* Room for one more window: the ring and its memory double. Windows in use keep their place. */
static bool grow(struct collector *c, struct error *err)
{
    int cap = c->cap ? c->cap * 2 : 1;
    uint64_t one = c->window_bytes * (uint64_t)c->crops;
    ocl_buffer pool = ocl_alloc(c->ocl, one * (uint64_t)cap, err);
    struct open_window *ring = pool ? calloc((size_t)cap, sizeof *ring) : NULL;
    bool ok = ring != NULL;
    if (pool && !ok)
        fail(err, ERROR_LIMIT, "out of memory");
    for (int i = 0; ok && i < cap; i++)
        if (!(ring[i].slot = calloc((size_t)c->recipe->frames, sizeof(bool))))
            ok = fail(err, ERROR_LIMIT, "out of memory");
    for (int i = 0; ok && i < c->count; i++) { /* open ones move to the front, in order */
        struct open_window *from = at(c, i);
        bool *slot = ring[i].slot;
        memcpy(slot, from->slot, (size_t)c->recipe->frames * sizeof(bool));
        ring[i] = *from;
        ring[i].slot = slot;
        ok = ocl_copy(c->ocl, pool, (uint64_t)i * one, c->pool, slot_offset(c, from, 0, 0), one,
                      err);
    }
    ok = ok && ocl_finish(c->ocl, err);
    if (!ok) {
        for (int i = 0; ring && i < cap; i++)
            free(ring[i].slot);
        free(ring);
        ocl_release(&pool);
        return false;
    }
    for (int i = 0; i < c->cap; i++)
        free(c->ring[i].slot);
    free(c->ring);
    ocl_release(&c->pool);
    c->ring = ring;
    c->pool = pool;
    c->cap = cap;
    c->first = 0;
    return true;
}

/* Opens the windows that start at or before frame `index`. */
static bool open_windows(struct collector *c, int64_t index, struct error *err)
{
    while ((c->length < 0 || c->next < windows_count(c->recipe, c->length)) &&
           windows_start(c->recipe, c->length, c->next) <= index) {
        if (c->count == c->cap)
            TRY(grow(c, err));
        struct open_window *w = at(c, c->count++);
        memset(w->slot, 0, (size_t)c->recipe->frames * sizeof(bool));
        w->index = c->next++;
        w->filled = 0;
        w->start = w->end = -1;
    }
    return true;
}

/* The frame that slot t of a window reads, when no padding is known to be needed. */
static int64_t wanted(const struct collector *c, const struct open_window *w, int t)
{
    if (c->length >= 0)
        return windows_frame(c->recipe, c->length, w->index, t);
    return windows_start(c->recipe, c->length, w->index) + windows_offset(c->recipe, t);
}

/* Where the current frame already stands, so that other slots copy instead of resizing again. */
struct origin {
    bool there;
    uint64_t offset; /* of crop 0; the crops are window_bytes apart */
};

static bool fill_slot(struct collector *c, struct open_window *w, int t, struct origin *from,
                      struct error *err)
{
    uint64_t to = slot_offset(c, w, 0, t);
    for (int k = 0; k < c->crops; k++) {
        uint64_t step = (uint64_t)k * c->window_bytes;
        if (from->there)
            TRY(ocl_copy(c->ocl, c->pool, to + step, c->pool, from->offset + step, c->slot_bytes,
                         err));
        else
            TRY(frames_store(c->stage, k, c->pool, to + step, err));
    }
    *from = (struct origin){true, to};
    w->slot[t] = true;
    w->filled++;
    return true;
}

static bool hand_out_first(struct collector *c, window_sink *sink, void *context, struct error *err)
{
    struct open_window *w = at(c, 0);
    for (int k = 0; k < c->crops; k++) {
        struct window out = {w->index,       k, w->start, w->end, c->pool, slot_offset(c, w, k, 0),
                             c->window_bytes};
        TRY(sink(context, &out, err));
    }
    c->first = (c->first + 1) % c->cap;
    c->count--;
    return true;
}

bool collector_load(struct collector *c, const struct frame *frame, struct error *err)
{
    return frames_load(c->stage, frame, err);
}

bool collector_frame(struct collector *c, const struct frame *frame, int64_t index, double time,
                     double duration, window_sink *sink, void *context, bool *done,
                     struct error *err)
{
    struct origin from = {0};
    bool loaded = frame == NULL;
    TRY(open_windows(c, index, err));
    for (int i = 0; i < c->count; i++) {
        struct open_window *w = at(c, i);
        for (int t = 0; t < c->recipe->frames; t++) {
            if (w->slot[t] || wanted(c, w, t) != index)
                continue;
            if (!loaded)
                TRY(frames_load(c->stage, frame, err));
            loaded = true;
            TRY(fill_slot(c, w, t, &from, err));
            if (w->start < 0)
                w->start = time;
            w->end = time + duration;
        }
    }
    while (c->count && at(c, 0)->filled == c->recipe->frames)
        TRY(hand_out_first(c, sink, context, err));
    *done = c->length >= 0 && c->next >= windows_count(c->recipe, c->length) && !c->count;
    return true;
}

bool collector_end(struct collector *c, int64_t length, window_sink *sink, void *context,
                   struct error *err)
{
    for (; c->count;) {
        struct open_window *w = at(c, 0);
        if (w->index >= windows_count(c->recipe, length))
            break; /* opened before the end was known, and not a window of this video */
        for (int t = 0; t < c->recipe->frames; t++) {
            int own = windows_source(c->recipe, length, w->index, t);
            if (w->slot[t])
                continue;
            if (!w->slot[own])
                return fail(err, ERROR_BUG, "clip %s: window %lld misses frame %d", c->recipe->name,
                            (long long)w->index, own);
            struct origin from = {true, slot_offset(c, w, 0, own)};
            TRY(fill_slot(c, w, t, &from, err));
        }
        TRY(hand_out_first(c, sink, context, err));
    }
    c->count = 0;
    return true;
}
