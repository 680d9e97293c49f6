/* SPDX-License-Identifier: MIT */
/* The packets of one video stream of one container. */
#ifndef IO_DEMUX_H
#define IO_DEMUX_H
#include "io/input.h"
#include <libavformat/avformat.h>

struct demux {
    AVIOContext *io;
    AVFormatContext *format;
    AVStream *stream; /* the chosen one */
    int64_t packets;  /* handed out                                                         */
    bool sought;      /* not read from the beginning: `packets` says nothing about the file */
    bool truncated;   /* reading ended in the middle of a packet, or the container broke off */
    bool cut;         /* the file ends before its container says                            */
};

/* `name` is the file in messages; stream -1: the best. The formats libavformat may try are limited
 * to real media containers and pictures; nothing but `in` is ever opened. */
bool demux_open(struct demux *d, struct input *in, const char *name, int stream,
                uint64_t max_pixels, struct error *err);
void demux_close(struct demux *d);

/* The next packet of the stream, to be unreferenced by the caller; false: the end. */
bool demux_next(struct demux *d, AVPacket *packet);

/* After the last packet: did the file end well before what its header announced? */
bool demux_ended_early(const struct demux *d);

bool demux_format_is(const struct demux *d, const char *name);

#endif
