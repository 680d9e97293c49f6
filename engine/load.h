/* SPDX-License-Identifier: MIT */
/* Weights prepared (folded, packed) on the host and brought to the device. */
#ifndef ENGINE_LOAD_H
#define ENGINE_LOAD_H
#include "engine/session.h"

/* By node id: weight[] for weights that device steps read, host[] for those that the video part
 * reads; both are zeroed before. Several weights are prepared at a time, on several threads; the
 * host holds at most load_staging_bytes() of them. */
bool load_weights(const struct plan *plan, struct ocl *ocl, const struct weight_source *source,
                  ocl_buffer *weight, struct tensor *host, struct error *err);

/* What one evaluated weight takes on the device: its memory is rounded up, since vector loads past
 * the last channel stay inside. */
uint64_t load_device_bytes(const struct node *n);

#endif
