/* SPDX-License-Identifier: MIT */
/* A plan at work on a device: programs built, weights prepared and uploaded, memory held.
 *
 * Threads: one at a time. The plan, its graph and the device outlive the session.
 */
#ifndef ENGINE_SESSION_H
#define ENGINE_SESSION_H
#include "cl/ocl.h"
#include "engine/plan.h"

/* Fills out (shape_elements floats, in the weight's own order) for a `weight` node. Several threads
 * may call it at a time. */
struct weight_source {
    bool (*load)(void *context, const struct graph *g, const struct node *n, float *out,
                 struct error *err);
    void *context;
};

struct session;

/* Evaluates weight-only nodes, uploads, builds all programs (progress as in ocl_build; may be
 * NULL). */
struct session *session_make(const struct plan *plan, struct ocl *ocl,
                             const struct weight_source *weights,
                             struct ocl_build_report *report,
                             void (*progress)(void *context, size_t done, size_t all),
                             void *context, struct error *err);
void session_free(struct session **session);

/* The device memory of an input node: batch x T x H x W x 3 bytes for u8, channels-last floats with
 * rows of layout_row(C) for f32; of another value of a window part, what it or the value around it
 * stands in. Owned by the session. */
ocl_buffer session_input(struct session *s, node_id input);

/* All of them, placed as plan->parts[..].values say. Owned by the session. */
ocl_buffer session_arena(struct session *s);

/* Host data into an input, for `windows` <= batch: u8 as N T H W C bytes, RGB (brought to the
 * clip's order here), f32 as N C T H W floats. */
bool session_feed(struct session *s, node_id input, const void *data, int windows,
                  struct error *err);

/* Enqueues the steps of one part and sends them off; wait with ocl_finish. Its inputs share memory
 * with later values: they are not touched until then. */
bool session_start(struct session *s, int part, struct error *err);

/* Runs the steps of one part over its inputs; returns when the device has finished. */
bool session_run(struct session *s, int part, struct error *err);

/* Enqueues one step of it, for timing. */
bool session_run_step(struct session *s, int part, int step, struct error *err);

/* A value of the last run of its part as N C T H W floats of `windows` windows. The node is an
 * input, a kept node, an output, or read by a mean over windows: others share their memory. */
bool session_fetch(struct session *s, node_id node, float *out, int windows, struct error *err);

/* How long reading, preparing and uploading the weights took. */
double session_weight_seconds(const struct session *s);

/* Values of weight-only nodes that the video part reads, prepared at load; data is NULL
 * elsewhere. */
const struct tensor *session_weights(const struct session *s);

/* Plain C on the host, through the operators' references: evaluates the `wanted` nodes and all they
 * need, except nodes whose values[id].data is already there. Results are malloc'ed into values[id];
 * those that are not wanted are freed again once nothing needs them. */
bool eval_nodes(const struct graph *g, struct tensor *values, const bool *wanted,
                const struct weight_source *weights, struct error *err);

#endif
