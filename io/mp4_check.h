/* SPDX-License-Identifier: MIT */
/* Counts in MP4 and QuickTime boxes, held against the sizes that must carry them.
 *
 * libavformat builds one index entry for every sample that a header announces. A run of samples
 * without stored fields costs no byte each, so a file of a few kilobytes can ask for gigabytes.
 */
#ifndef IO_MP4_CHECK_H
#define IO_MP4_CHECK_H
#include "base/error.h"
#include <stdint.h>

/* Reads box headers only. False: ERROR_INPUT (a table larger than its box) or ERROR_LIMIT (more
 * samples than the file has bytes); `name` is the file in the message. */
bool mp4_check(int fd, uint64_t size, const char *name, struct error *err);

#endif
