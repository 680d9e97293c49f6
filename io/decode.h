/* SPDX-License-Identifier: MIT */
/* Packets of a demuxer to frames in display order, with their times. */
#ifndef IO_DECODE_H
#define IO_DECODE_H
#include "io/demux.h"
#include <libavcodec/avcodec.h>

struct decoder {
    struct demux *demux; /* borrowed */
    const char *name;    /* the file in messages */
    AVCodecContext *codec;
    AVPacket *packet;
    bool draining;
    uint64_t max_pixels;
    int64_t errors;  /* packets and frames that were refused, and damaged frames */
    int64_t frames;  /* so far                                                 */
    AVRational rate; /* frames a second, where timestamps are missing          */
    bool timed;      /* the first frame had a timestamp: `origin`              */
    int64_t origin;
    double time; /* of the last frame */
};

bool decoder_open(struct decoder *d, struct demux *demux, const char *name, int threads,
                  uint64_t max_pixels, struct error *err);
void decoder_close(struct decoder *d);

/* 1: *frame is the next one and *time its time in seconds from the first frame; 0: the end; -1: out
 * of memory or over the limit of pixels. Damage is counted and passed over. */
int decoder_next(struct decoder *d, AVFrame *frame, double *time, struct error *err);

/* Continues at a keyframe that is shown at or before `seconds`; needs one decoded frame (it is the
 * origin of time). False: the stream is where it was or nowhere useful, start anew. */
bool decoder_seek(struct decoder *d, double seconds);

#endif
