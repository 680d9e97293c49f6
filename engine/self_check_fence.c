/* SPDX-License-Identifier: MIT */
#include "engine/self_check_fence.h"
#include "engine/self_check_value.h"

#include <stdlib.h>
#include <string.h>

enum { PIECE = 1 << 20 };

static void add_written(struct fence *f, node_id id)
{
    const struct plan_part *p = &f->plan->parts[f->part];
    int i = plan_value(p, id);
    for (int k = 0; i >= 0 && k < f->written_count; k++)
        if (f->written[k].offset == p->values[i].offset &&
            f->written[k].bytes == p->values[i].bytes)
            return; /* one workspace of several steps */
    if (i >= 0 && f->written_count < FENCE_WRITTEN)
        f->written[f->written_count++] =
            (struct fence_range){.offset = p->values[i].offset, .bytes = p->values[i].bytes};
}

static bool poison(const struct fence *f, const struct fence_range *r, const void *piece,
                   struct error *err)
{
    for (uint64_t done = 0, n; done < r->bytes; done += n) {
        n = r->bytes - done < PIECE ? r->bytes - done : PIECE;
        TRY(ocl_write(f->ocl, session_arena(f->session), r->offset + done, piece, n, err));
    }
    return true;
}

bool fence_poison(struct fence *f, struct session *s, struct ocl *ocl, const struct plan *plan,
                  int part, int begin, int end, struct error *err)
{
    const struct step *steps = plan->parts[part].steps;
    *f = (struct fence){
        .session = s, .ocl = ocl, .plan = plan, .part = part, .node = steps[begin].node};
    add_written(f, plan_storage(plan, f->node, NULL));
    for (int i = begin; i < end; i++)
        for (int a = 0; a < steps[i].arg_count; a++)
            if (plan_is_workspace(plan, steps[i].args[a]))
                add_written(f, steps[i].args[a]);
    uint16_t *piece = malloc(PIECE);
    bool ok = piece || fail(err, ERROR_LIMIT, "out of memory");
    for (size_t i = 0; ok && i < PIECE / sizeof *piece; i++)
        piece[i] = 0x7fff; /* NaN as a half, and two of them as a float */
    for (int i = 0; ok && i < f->written_count; i++)
        ok = poison(f, &f->written[i], piece, err);
    free(piece);
    return ok;
}

static bool watch(struct fence *f, uint64_t from, uint64_t to, struct error *err)
{
    struct fence_range *r = &f->watched[f->watched_count];
    if (from >= to)
        return true;
    *r = (struct fence_range){from, to - from, malloc(to - from)};
    f->watched_count++;
    return (r->was || fail(err, ERROR_LIMIT, "out of memory")) &&
           ocl_read(f->ocl, r->was, session_arena(f->session), from, r->bytes, err);
}

static struct place place_of(const struct fence *f)
{
    struct shape shape = value_shape(f->plan, f->part, f->node);
    return value_place(f->session, f->plan, f->node, &shape);
}

bool fence_raise(struct fence *f, struct error *err)
{
    uint64_t all = f->plan->activation_bytes;
    struct place p = place_of(f);
    for (int i = 0; i < f->written_count; i++) {
        uint64_t from = f->written[i].offset, to = from + f->written[i].bytes;
        TRY(watch(f, from > FENCE_WIDTH ? from - FENCE_WIDTH : 0, from, err) &&
            watch(f, to, all - to > FENCE_WIDTH ? to + FENCE_WIDTH : all, err));
    }
    return p.channels == p.around || (f->inside = value_around(f->ocl, &p, err)) != NULL;
}

static bool is_written(const struct fence *f, uint64_t at)
{
    for (int i = 0; i < f->written_count; i++)
        if (at - f->written[i].offset < f->written[i].bytes)
            return true;
    return false;
}

static bool same_outside(const struct fence *f, const struct fence_range *r,
                         const unsigned char *now)
{
    for (uint64_t i = 0; i < r->bytes; i++)
        if (now[i] != r->was[i] && !is_written(f, r->offset + i))
            return false;
    return true;
}

/* Channels of others; what fills up the row may be anything. */
static bool same_inside(const struct fence *f, const struct place *p, const unsigned char *now)
{
    size_t own = p->first * p->bytes, behind = (p->first + p->channels) * p->bytes;
    size_t rest = p->around * p->bytes - behind;
    for (size_t i = 0; i < p->n * p->pixels; i++) {
        size_t at = i * p->row * p->bytes;
        if (memcmp(now + at, f->inside + at, own) != 0 ||
            memcmp(now + at + behind, f->inside + at + behind, rest) != 0)
            return false;
    }
    return true;
}

bool fence_check(struct fence *f, bool *held, struct error *err)
{
    unsigned char now[FENCE_WIDTH];
    *held = true;
    for (int i = 0; i < f->watched_count; i++) {
        const struct fence_range *r = &f->watched[i];
        TRY(ocl_read(f->ocl, now, session_arena(f->session), r->offset, r->bytes, err));
        *held = *held && same_outside(f, r, now);
    }
    if (!f->inside)
        return true;
    struct place p = place_of(f);
    unsigned char *rows = value_around(f->ocl, &p, err);
    *held = *held && rows && same_inside(f, &p, rows);
    free(rows);
    return rows != NULL;
}

void fence_free(struct fence *f)
{
    for (int i = 0; i < f->watched_count; i++)
        free(f->watched[i].was);
    free(f->inside);
    *f = (struct fence){.session = NULL};
}
