/* SPDX-License-Identifier: MIT */
/* Decoded frames onto the device, and there to a network's size.
 *
 * One frame is uploaded as it was decoded (frames_load) and then written into any number of slots
 * of any buffer (frames_store), once per crop and place where it is needed. Steps on the device: to
 * RGB, always rounded to 8 bits as decoders do; then per resize of the recipe a pass across and a
 * pass down. Each computes only what the last crop reads. A new size or pixel format in mid-stream
 * costs new tables, no compilation.
 *
 * Threads: one at a time. The recipe and the struct ocl outlive the stage.
 */
#ifndef ENGINE_FRAMES_H
#define ENGINE_FRAMES_H
#include "cl/ocl.h"
#include "graph/recipe.h"
#include "io/video.h"

struct frame_stage;

/* Builds all kernels that the recipe can need. half: what would be floats is stored as half; plain:
 * compiled without optimisation. */
struct frame_stage *frames_open(struct ocl *ocl, const struct recipe *r, bool half, bool plain,
                                struct error *err);
/* One key for all of them, as ocl_kernel_key(). */
bool frames_key(struct ocl *ocl, const struct recipe *r, bool half, bool plain, char key[33],
                struct error *err);
void frames_close(struct frame_stage **stage); /* NULL is fine */

/* Bytes of one finished frame: W x H pixels of 3 bytes, or of a device tensor's row of floats or
 * halfs when the recipe says round=none. */
uint64_t frames_slot_bytes(const struct recipe *r, bool half);

/* Enqueues the way of the planes to the device; they must stay as they are until the line has come
 * so far (ocl_mark_here, ocl_finish). */
bool frames_load(struct frame_stage *stage, const struct frame *frame, struct error *err);

/* Enqueues the way from the loaded frame to one slot of `to`, that starts at `offset` bytes (a
 * multiple of 4 for floats, 2 for halfs). crop counts from 0 to space_crops() - 1. Returns before
 * it is done. */
bool frames_store(struct frame_stage *stage, int crop, ocl_buffer to, uint64_t offset,
                  struct error *err);

#endif
