/* SPDX-License-Identifier: MIT */
/* clact run --overlay: the clip again, with what the network says drawn into it. */
#ifndef CLI_OVERLAY_H
#define CLI_OVERLAY_H
#include "cli/score_tracks.h"

/* Decodes `path` a second time, so it cannot be standard input. progress gets 0 to 1. */
bool overlay_write(const struct network *m, const char *path, const struct video_options *options,
                   const struct video_result *v, const struct score_tracks *t, const char *out,
                   void (*progress)(void *context, double fraction), void *context,
                   struct error *err);

#endif
