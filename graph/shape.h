/* SPDX-License-Identifier: MIT */
/* Logical shapes, always N C T H W (or N C, or whatever rank a weight has). N, the window axis of a
 * clip, is not known when a graph is compiled: it is DIM_N until a plan binds it to a batch. */
#ifndef GRAPH_SHAPE_H
#define GRAPH_SHAPE_H
#include "base/error.h"
#include "base/text.h"
#include <stdint.h>

enum dtype { DTYPE_F32, DTYPE_U8 };
enum { SHAPE_RANK = 6, DIM_N = -1 };
#define SHAPE_MOST (INT64_C(1) << 40) /* elements in one tensor */

struct shape {
    enum dtype dtype;
    int rank;
    int64_t dim[SHAPE_RANK]; /* each 1 .. 2^31-1; dim[0] may be DIM_N */
};

static inline struct shape shape_f32(int rank, const int64_t *dim)
{
    struct shape s = {.dtype = DTYPE_F32, .rank = rank};
    for (int i = 0; i < rank && i < SHAPE_RANK; i++)
        s.dim[i] = dim[i];
    return s;
}

bool shape_equal(const struct shape *a, const struct shape *b);
/* Product of the dimensions, DIM_N counted as n. The dimensions have passed shape_check. */
int64_t shape_elements(const struct shape *s, int64_t n);
/* False unless every dimension is in range and the product is at most SHAPE_MOST. */
bool shape_check(const struct shape *s);
/* "f32[N,64,16,56,56]" */
void shape_print(const struct shape *s, struct text *out);
/* The same into a fixed buffer, for messages; returns buf. */
const char *shape_text(const struct shape *s, char buf[96]);

/* A tensor in host memory: contiguous, in the shape's own order, float whatever the dtype. */
struct tensor {
    struct shape shape; /* no DIM_N */
    float *data;
    /* Of a result, one for each element: 0 is not asked for and may be left alone. NULL: all are. */
    const unsigned char *wanted;
};

#endif
