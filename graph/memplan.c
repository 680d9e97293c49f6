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

/* Bytes alive when interval i begins. */
static uint64_t live_at(const struct interval *v, int count, int i, uint64_t align)
{
    uint64_t sum = 0;
    for (int k = 0; k < count; k++)
        if (v[k].first <= v[i].first && v[i].first <= v[k].last)
            sum += round_up(v[k].bytes, align);
    return sum;
}

uint64_t memplan_live(const struct interval *v, int count, uint64_t align)
{
    uint64_t most = 0;
    for (int i = 0; i < count; i++) { /* the maximum is reached where some interval begins */
        uint64_t sum = live_at(v, count, i, align);
        if (sum > most)
            most = sum;
    }
    return most;
}

/* For each interval: the most that is alive at any time during it. */
static void find_crowds(const struct interval *v, int count, uint64_t align, uint64_t *crowd)
{
    for (int i = 0; i < count; i++) {
        uint64_t live = live_at(v, count, i, align);
        for (int k = 0; k < count; k++)
            if (v[k].first <= v[i].first && v[i].first <= v[k].last && live > crowd[k])
                crowd[k] = live;
    }
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
enum order { BY_SIZE, BY_TIME, BY_AREA, BY_END, BY_CROWD, ORDERS };

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

static void sort(const struct interval *v, const uint64_t *crowd, int *order, int count,
                 enum order o)
{
    for (int i = 0; i < count; i++) { /* insertion: stable, and counts are hundreds */
        int at = i;
        while (at > 0) {
            int other = order[at - 1];
            bool tie = o != BY_CROWD || crowd[i] == crowd[other];
            if (tie ? !before(&v[i], &v[other], o) : crowd[i] < crowd[other])
                break;
            order[at] = order[at - 1];
            at--;
        }
        order[at] = i;
    }
}

/* Moves the interval that reaches highest to the front: it is placed first the next time. */
static void promote_highest(const struct interval *v, int *order, int count)
{
    int highest = 0;
    for (int i = 1; i < count; i++) {
        const struct interval *a = &v[order[i]], *b = &v[order[highest]];
        if (a->offset + a->bytes > b->offset + b->bytes)
            highest = i;
    }
    int id = order[highest];
    memmove(order + 1, order, sizeof *order * (size_t)highest);
    order[0] = id;
}

/* Each order, and then a few times what it placed highest first. A set as small as the largest that
 * is alive at once ends the search: none is smaller. */
uint64_t memplan_place(struct interval *v, int count, uint64_t align)
{
    enum { PROMOTIONS = 24, INTERVALS_MOST = 2000 }; /* each costs the square of their number */
    struct arena scratch = {0};
    int *order = ARENA_ARRAY(&scratch, int, count), *by_offset = ARENA_ARRAY(&scratch, int, count);
    uint64_t *best_offset = ARENA_ARRAY(&scratch, uint64_t, count), best = UINT64_MAX;
    uint64_t *crowd = ARENA_ARRAY(&scratch, uint64_t, count), least = memplan_live(v, count, align);
    find_crowds(v, count, align, crowd);
    for (int o = 0; o < ORDERS && count && best > least; o++) {
        sort(v, crowd, order, count, (enum order)o);
        for (int i = 0; i <= (count > INTERVALS_MOST ? 0 : PROMOTIONS) && best > least; i++) {
            if (i)
                promote_highest(v, order, count);
            uint64_t total = place_in_order(v, order, count, by_offset, align);
            for (int k = 0; total < best && k < count; k++)
                best_offset[k] = v[k].offset;
            if (total < best)
                best = total;
        }
    }
    for (int i = 0; i < count; i++)
        v[i].offset = best_offset[i];
    arena_free(&scratch);
    return count ? best : 0;
}
