/* SPDX-License-Identifier: MIT */
/* The end of the window part: running means over a video's windows, and what the graph computes
 * from them once a video, in plain C through the operators' references. */
#ifndef ENGINE_WINDOW_MEAN_H
#define ENGINE_WINDOW_MEAN_H
#include "engine/network.h"

struct window_mean;

struct window_mean *window_mean_open(const struct network *m, struct error *err);
void window_mean_close(struct window_mean **w);
void window_mean_reset(struct window_mean *w);

/* Adds the last run's windows of a clip to every mean over them. */
bool window_mean_add(struct window_mean *w, struct session *s, int clip, int windows,
                     struct error *err);

/* What a clip's first mean read in the last window_mean_add, windows x classes: the scores of the
 * windows. NULL for a clip without a mean. Valid until the next window_mean_add. */
const float *window_mean_batch(const struct window_mean *w, int clip, int *classes);

/* Evaluates the video part: the values of all wanted nodes (by id), malloc'ed; those of the means
 * included. values has graph->count entries. */
bool window_mean_eval(struct window_mean *w, const struct network *m, const bool *wanted,
                      struct tensor *values, struct error *err);

/* The first output: malloc'ed scores, their number in *classes; NULL on error. */
float *window_mean_finish(struct window_mean *w, const struct network *m, int *classes,
                          struct error *err);

#endif
