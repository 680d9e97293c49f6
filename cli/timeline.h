/* SPDX-License-Identifier: MIT */
/* clact run --timeline: the scores of the best classes over time, as SVG or HTML. */
#ifndef CLI_TIMELINE_H
#define CLI_TIMELINE_H
#include "cli/score_tracks.h"

/* `top` classes at most, and at most as many as there are hues. */
void timeline(const struct network *m, const char *path, const struct video_result *v,
              const struct score_tracks *t, int top, bool html, struct text *out);

#endif
