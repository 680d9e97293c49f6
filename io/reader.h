/* SPDX-License-Identifier: MIT */
/* The frames of a clip, whatever it is stored as, one after the other and without a queue. */
#ifndef IO_READER_H
#define IO_READER_H
#include "io/video.h"
#include <libavutil/frame.h>

struct reader;

struct reader *reader_open(const char *path, const struct video_options *options,
                           struct error *err);
void reader_close(struct reader *r);
void reader_stop(struct reader *r); /* from another thread: the next read ends the clip */

const struct video_info *reader_info(const struct reader *r);

/* As video_next(); the planes are av's. */
int reader_next(struct reader *r, AVFrame *av, struct frame *frame, struct error *err);
bool reader_rewind(struct reader *r, struct error *err);
bool reader_measure(struct reader *r, struct video_extent *extent, struct error *err);

/* Valid between two calls of reader_next(). */
void reader_damage(const struct reader *r, struct video_damage *damage);

#endif
