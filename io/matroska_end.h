/* SPDX-License-Identifier: MIT */
/* Whether a Matroska or WebM file ends before its segment does.
 *
 * libavformat takes the end of a cut file for the end of the clip.
 */
#ifndef IO_MATROSKA_END_H
#define IO_MATROSKA_END_H
#include <stdbool.h>
#include <stdint.h>

/* False also for a segment of unknown size (a live recording) and for what is not Matroska. */
bool matroska_is_cut(int fd, uint64_t size);

#endif
