/* SPDX-License-Identifier: MIT */
/* Values for self-checks: made up, and any value of a plan's window part on the device, also those
 * that stand inside another one. */
#ifndef ENGINE_SELF_CHECK_VALUE_H
#define ENGINE_SELF_CHECK_VALUE_H
#include "engine/session.h"

/* Multiples of 1/parts from -4 to 4, or bytes. Weights are integers from -4 to 4: with 64 parts
 * any sum of 2^14 products is exact in float, and of many more with signs as they come. 512
 * parts are as fine as a half can be. Sums are no halfs then, so results show how they are
 * rounded. */
void value_fill(float *to, size_t count, enum dtype dtype, int parts, uint64_t seed);
void value_fill_weight(float *to, size_t count, uint64_t seed);

/* Absolute values and a half more. */
void value_make_positive(float *x, size_t count);

/* Of four channels the third has only negative values and the fourth only positive ones: which of
 * them is the largest or smallest shows there, and not what it is compared with at first. */
void value_make_signed(struct tensor *x);

/* A node's shape for the windows of one run of its part. */
struct shape value_shape(const struct plan *plan, int part, node_id id);

/* Where the numbers of a value stand: pixel p, channel c at (p * row + first + c) * bytes. */
struct place {
    ocl_buffer buffer;
    size_t n, channels, pixels, row, first, bytes;
    size_t around; /* channels of the value around it, which is itself where there is none */
};
struct place value_place(struct session *s, const struct plan *plan, node_id id,
                         const struct shape *shape);
/* The memory from its first pixel to its last; NULL on error. */
unsigned char *value_around(struct ocl *ocl, const struct place *p, struct error *err);

/* The whole batch, in the order of the shape (N C T H W). Writing makes what fills up rows NaN,
 * which no kernel may let into a result. */
bool value_write(struct session *s, struct ocl *ocl, const struct plan *plan, node_id id,
                 const struct tensor *value, struct error *err);
bool value_read(struct session *s, struct ocl *ocl, const struct plan *plan, node_id id,
                const struct shape *shape, float *to, struct error *err);

/* A flag for each of count elements of a result: all of a small one, else some 1500, half of them
 * near its edges, with the first and the last ones. The caller frees it; NULL: out of memory. */
unsigned char *value_sample(const struct shape *s, size_t count);

/* The largest difference of what want->wanted flags, as a part of its root mean square; each value
 * may be rounded by `round` of its own. Infinite where only one of two is a number. */
double value_difference(const struct tensor *want, const float *got, double round);

#endif
