/* SPDX-License-Identifier: MIT */
/* Which frames of a video a recipe's windows read. Pure functions of the recipe and, where the rule
 * asks for it, of the video's length n (>= 1, after resampling to `fps`).
 *
 * A window reads the frames start, start + stride, ... ; its span is the distance from its first
 * frame to its last, plus one. A recipe with `span` says that instead, and the frames are spread
 * over it. Windows are in order of their start. Positions past the end are
 * filled by the recipe's pad rule: its own frames again from the first, or the last of them.
 *
 * slide, all: a window's start does not depend on n. Open window j when frame windows_start(j)
 * arrives, fill slots as frames arrive; at the end keep the first windows_count() of them and fill
 * the open slots from windows_source().
 */
#ifndef GRAPH_WINDOWS_H
#define GRAPH_WINDOWS_H
#include "graph/recipe.h"
#include <stdint.h>

/* Whether windows_start() looks at n. */
bool windows_need_length(const struct recipe *r);

int64_t windows_span(const struct recipe *r);

/* Distance of the frame that slot t reads from the window's first, padding apart. */
int64_t windows_offset(const struct recipe *r, int t);

/* Distance of the starts of neighbouring windows of slide and all; 0 for the other rules. */
int64_t windows_step(const struct recipe *r);

/* Windows that are begun at a time, at most; for rules that look at the length: where a video is
 * long enough for its windows not to overlap. */
int64_t windows_overlap(const struct recipe *r);

/* Windows of a video of n frames, at least 1. */
int64_t windows_count(const struct recipe *r, int64_t n);

/* First frame of window j; n is not read unless windows_need_length(). */
int64_t windows_start(const struct recipe *r, int64_t n, int64_t j);

/* The slot of window j whose frame slot t shows: t itself, or an earlier slot for a padded one. */
int windows_source(const struct recipe *r, int64_t n, int64_t j, int t);

/* The frame in slot t of window j, 0 <= frame < n. */
int64_t windows_frame(const struct recipe *r, int64_t n, int64_t j, int t);

/* The t-th of k frames spread over all n: torch.linspace(0, n - 1, k), in float32 and from both
 * ends as torch does, truncated. */
int64_t windows_spread(int64_t n, int k, int t);

#endif
