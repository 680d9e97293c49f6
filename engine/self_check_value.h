/* SPDX-License-Identifier: MIT */
/* Values for self-checks: made up, and any value of a plan's window part on the device, also those
 * that stand inside another one. */
#ifndef ENGINE_SELF_CHECK_VALUE_H
#define ENGINE_SELF_CHECK_VALUE_H
#include "engine/session.h"

/* Eighths from -4 to 4, or bytes; weights are integers from -4 to 4: sums of 2^17 products stay
 * exact in float. */
void value_fill(float *to, size_t count, enum dtype dtype, uint64_t seed);
void value_fill_weight(float *to, size_t count, uint64_t seed);

/* Absolute values and a half more. */
void value_make_positive(float *x, size_t count);

/* A node's shape for the windows of one run of its part. */
struct shape value_shape(const struct plan *plan, int part, node_id id);

/* The whole batch, in the order of the shape (N C T H W). */
bool value_write(struct session *s, struct ocl *ocl, const struct plan *plan, node_id id,
                 const struct tensor *value, struct error *err);
bool value_read(struct session *s, struct ocl *ocl, const struct plan *plan, node_id id,
                const struct shape *shape, float *to, struct error *err);

#endif
