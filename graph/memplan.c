/* SPDX-License-Identifier: MIT */
#include "graph/memplan.h"
#include "base/arena.h"
#include "base/checked.h"

#include <stdlib.h>
#include <string.h>

static bool together(const struct interval *a, const struct interval *b)
{
    return a->first <= b->last && b->first <= a->last;
}

uint64_t memplan_live(const struct interval *v, int count, uint64_t align)
{
    uint64_t most = 0;
    for (int i = 0; i < count; i++) {
        uint64_t sum = 0; /* the maximum is reached where some interval begins */
        for (int k = 0; k < count; k++)
            if (v[k].first <= v[i].first && v[i].first <= v[k].last)
                sum += round_up(v[k].bytes, align);
        if (sum > most)
            most = sum;
    }
    return most;
}

/* Lowest offset where v[id] fits beside the already placed ones that live with it. `by_offset`
 * holds those, sorted by offset. */
static uint64_t lowest_gap(const struct interval *v, int id, const int *by_offset, int placed,
                           uint64_t bytes, uint64_t align)
{
    uint64_t at = 0;
    for (int i = 0; i < placed; i++) {
        const struct interval *o = &v[by_offset[i]];
        if (!together(&v[id], o))
            continue;
        if (o->offset >= at + bytes)
            break;
        uint64_t end = o->offset + round_up(o->bytes, align);
        if (end > at)
            at = end;
    }
    return at;
}

static uint64_t place_in_order(struct interval *v, const int *order, int count, int *by_offset,
                               uint64_t align)
{
    uint64_t total = 0;
    for (int i = 0; i < count; i++) {
        struct interval *x = &v[order[i]];
        uint64_t bytes = round_up(x->bytes, align);
        int at = i;
        x->offset = lowest_gap(v, order[i], by_offset, i, bytes, align);
        while (at > 0 && v[by_offset[at - 1]].offset > x->offset) {
            by_offset[at] = by_offset[at - 1];
            at--;
        }
        by_offset[at] = order[i];
        if (x->offset + bytes > total)
            total = x->offset + bytes;
    }
    return total;
}

/* Orders to try; which is best depends on the network, and each costs microseconds. */
enum order { BY_SIZE, BY_TIME, BY_AREA, BY_END, ORDERS };

static bool before(const struct interval *a, const struct interval *b, enum order o)
{
    uint64_t area_a = a->bytes * (uint64_t)(a->last - a->first + 1);
    uint64_t area_b = b->bytes * (uint64_t)(b->last - b->first + 1);
    switch (o) {
    case BY_TIME:
        return a->first != b->first ? a->first < b->first : a->bytes > b->bytes;
    case BY_AREA:
        return area_a > area_b;
    case BY_END:
        return a->last != b->last ? a->last > b->last : a->bytes > b->bytes;
    default:
        return a->bytes != b->bytes ? a->bytes > b->bytes : a->first < b->first;
    }
}

static void sort(const struct interval *v, int *order, int count, enum order o)
{
    for (int i = 0; i < count; i++) { /* insertion: stable, and counts are hundreds */
        int at = i;
        while (at > 0 && before(&v[i], &v[order[at - 1]], o)) {
            order[at] = order[at - 1];
            at--;
        }
        order[at] = i;
    }
}

uint64_t memplan_place(struct interval *v, int count, uint64_t align)
{
    struct arena scratch = {0};
    int *order = ARENA_ARRAY(&scratch, int, count), *by_offset = ARENA_ARRAY(&scratch, int, count);
    uint64_t *best_offset = ARENA_ARRAY(&scratch, uint64_t, count), best = UINT64_MAX;
    for (int o = 0; o < ORDERS; o++) {
        sort(v, order, count, (enum order)o);
        uint64_t total = place_in_order(v, order, count, by_offset, align);
        if (total >= best)
            continue;
        best = total;
        for (int i = 0; i < count; i++)
            best_offset[i] = v[i].offset;
    }
    for (int i = 0; i < count; i++)
        v[i].offset = best_offset[i];
    arena_free(&scratch);
    return count ? best : 0;
}
