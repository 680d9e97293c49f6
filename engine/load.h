/* SPDX-License-Identifier: MIT */
/* Weights prepared (folded, packed) on the host and brought to the device. */
#ifndef ENGINE_LOAD_H
#define ENGINE_LOAD_H
#include "engine/session.h"

/* By node id: weight[0][] for weights that device steps read as float, weight[1][] as half, host[]
 * for those that the video part reads; all are zeroed before. Several weights are prepared at a
 * time, on several threads; the host holds at most plan_staging_bytes() of them. */
bool load_weights(const struct plan *plan, struct ocl *ocl, const struct weight_source *source,
                  ocl_buffer *const weight[2], struct tensor *host, struct error *err);

/* What one evaluated weight takes on the device, as half or float: its memory is rounded up, since
 * vector loads past the last channel stay inside. */
uint64_t load_device_bytes(const struct node *n, bool half);

#endif
