/* SPDX-License-Identifier: MIT */
/* What the steps of one node may write, and what they must leave alone: FENCE_WIDTH bytes on both
 * sides of their result and their workspaces, and their neighbours inside a concat. */
#ifndef ENGINE_SELF_CHECK_FENCE_H
#define ENGINE_SELF_CHECK_FENCE_H
#include "engine/session.h"

enum { FENCE_WRITTEN = 16, FENCE_WIDTH = 4096 };

struct fence_range {
    uint64_t offset, bytes; /* in the arena */
    unsigned char *was;
};

struct fence {
    struct session *session;
    struct ocl *ocl;
    const struct plan *plan;
    int part;
    node_id node;
    int written_count, watched_count;
    struct fence_range written[FENCE_WRITTEN], watched[2 * FENCE_WRITTEN];
    unsigned char *inside; /* of the value around a slice, else NULL */
};

/* Which values the steps begin .. end - 1 of a part write; all of them become NaN, so that what is
 * never written shows; another NaN than at the ends of rows that are fed, which may be copied.
 * Before inputs are fed. */
bool fence_poison(struct fence *f, struct session *s, struct ocl *ocl, const struct plan *plan,
                  int part, int begin, int end, struct error *err);
/* Remembers what is around them. After inputs are fed. */
bool fence_raise(struct fence *f, struct error *err);
/* *held: nothing of that has changed. */
bool fence_check(struct fence *f, bool *held, struct error *err);
void fence_free(struct fence *f);

#endif
