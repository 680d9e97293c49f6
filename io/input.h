/* SPDX-License-Identifier: MIT */
/* The bytes of one input: a regular file, or standard input copied to an unlinked temporary file.
 *
 * libav gets them only through input_stream(), so that none of its protocols ever opens anything.
 */
#ifndef IO_INPUT_H
#define IO_INPUT_H
#include "base/error.h"
#include <stdatomic.h>
#include <stdint.h>
#include <libavformat/avio.h>

struct input {
    int fd; /* read with pread(): several streams may share it */
    uint64_t size;
    atomic_bool stop; /* set from another thread: every read fails, a demuxer that is in the middle
                         of the file gives up; opening and closing leave it alone */
};

/* "-" is standard input. On error in->fd is -1. in->stop must be valid before. */
bool input_open(struct input *in, const char *path, struct error *err);
void input_close(struct input *in);

/* A new seekable stream at byte 0; NULL: out of memory. `in` must outlive it. */
AVIOContext *input_stream(struct input *in);
void input_stream_free(AVIOContext **stream);

#endif
