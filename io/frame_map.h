/* SPDX-License-Identifier: MIT */
/* A decoded AVFrame seen as a struct frame; pixel formats that have no struct frame are converted.
 */
#ifndef IO_FRAME_MAP_H
#define IO_FRAME_MAP_H
#include "io/video.h"
#include <libavutil/frame.h>

/* Fills what *frame says about planes, samples and colour; the planes are av's. Where libswscale
 * has to convert first (or a picture is stored bottom-up), av's content is replaced by the
 * converted one. Time, index and orientation are left alone. */
bool frame_map(AVFrame *av, struct frame *frame, struct error *err);

/* How to show it, from a display matrix of libav (9 words, 16.16 fixed point) or NULL. Anything but
 * quarter turns and mirrors counts as "as stored". */
void frame_orient(struct frame *frame, const int32_t *matrix);

#endif
