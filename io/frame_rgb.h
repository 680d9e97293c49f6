/* SPDX-License-Identifier: MIT */
/* A decoded frame as a picture to look at: as it is shown, 8-bit RGB. The network has its own,
 * exact conversion (engine/frames.h); here chroma samples are simply repeated. */
#ifndef IO_FRAME_RGB_H
#define IO_FRAME_RGB_H
#include "io/canvas.h"
#include "io/video.h"

/* *c is made anew where it has another size; zeros at first. */
bool frame_rgb(struct canvas *c, const struct frame *f, struct error *err);

#endif
