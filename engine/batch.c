/* SPDX-License-Identifier: MIT */
#include "engine/batch.h"
#include "engine/frames.h"

#include <stdlib.h>

bool batch_open(struct batch *b, struct network *m, int part, struct error *err)
{
    const struct plan_part *p = &m->plan->parts[part];
    const struct recipe *r = &m->graph->clips[p->clip];
    *b = (struct batch){.m = m, .part = part, .clip = p->clip};
    b->bytes = frames_slot_bytes(r, m->plan->half) * (uint64_t)r->frames;
    b->window = calloc((size_t)p->batch, sizeof *b->window);
    b->ran = calloc((size_t)p->batch, sizeof *b->ran);
    if (!b->window || !b->ran)
        return fail(err, ERROR_LIMIT, "out of memory");
    return (b->gathered = ocl_alloc(m->feed, b->bytes * (uint64_t)p->batch, err)) != NULL;
}

void batch_close(struct batch *b)
{
    ocl_release(&b->gathered);
    free(b->window);
    free(b->ran);
    *b = (struct batch){0};
}

bool batch_add(struct batch *b, const struct window *w, struct error *err)
{
    TRY(ocl_copy(b->m->feed, b->gathered, (uint64_t)b->waiting * b->bytes, w->buffer, w->offset,
                 w->bytes, err));
    b->window[b->waiting++] = *w;
    return true;
}

bool batch_full(const struct batch *b)
{
    return b->waiting == b->m->plan->parts[b->part].batch;
}

bool batch_start(struct batch *b, struct error *err)
{
    struct network *m = b->m;
    uint64_t bytes = (uint64_t)b->waiting * b->bytes;
    TRY(ocl_finish(m->feed, err));
    for (int i = 0; i < m->graph->count; i++) {
        const struct node *n = &m->graph->nodes[i];
        if ((n->op->traits & OP_SOURCE) && n->part == PART_WINDOW && n->clip == b->clip)
            TRY(ocl_copy(m->ocl, session_input(m->session, i), 0, b->gathered, 0, bytes, err));
    }
    /* Before the next window may take its place. */
    TRY(ocl_finish(m->ocl, err) && session_start(m->session, b->part, err));
    struct window *free_room = b->ran;
    b->ran = b->window;
    b->window = free_room;
    b->running = b->waiting;
    b->waiting = 0;
    return true;
}
