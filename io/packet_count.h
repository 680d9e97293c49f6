/* SPDX-License-Identifier: MIT */
/* How many frames a stream shows, found from its packets alone. */
#ifndef IO_PACKET_COUNT_H
#define IO_PACKET_COUNT_H
#include "io/demux.h"
#include "io/video.h"

/* Reads the freshly opened demuxer to its end. 1: *extent holds the frames with from <= time < to
 * (to <= 0: no end); 0: the packets of this stream do not tell, decode it; -1: error. */
int packet_count(struct demux *d, const char *name, double from, double to,
                 struct video_extent *extent, struct error *err);

#endif
