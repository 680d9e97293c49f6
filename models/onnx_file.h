/* SPDX-License-Identifier: MIT */
/* An ONNX file as it is stored: read whole, with limits, and its tensors as constants.
 *
 * Nothing in it is believed before it is checked: how deep messages are nested and how much memory
 * they take, types, dimensions, and that a tensor's data has exactly the size of its shape. Data in
 * other files is read from plain names beside the file, never through links.
 */
#ifndef MODELS_ONNX_FILE_H
#define MODELS_ONNX_FILE_H
#include "base/arena.h"
#include "base/error.h"
#include <onnx.pb-c.h>
#include <stddef.h>
#include <stdint.h>

enum { ONNX_RANK = 8, ONNX_OPSET_LEAST = 11, ONNX_OPSET_MOST = 17, ONNX_NODES_MOST = 20000 };

struct onnx_file {
    const char *path;
    bool beside; /* it has a folder, in which other files may stand */
    Onnx__ModelProto *model;
    const Onnx__GraphProto *graph;
    int opset;
    struct arena arena;
    struct onnx_block *blocks; /* memory of constants */
    uint64_t bytes;            /* of them */
    uint64_t budget;           /* elements that may still be computed or gone through */
};

/* NULL on error. The memory form keeps nothing of `data`; name stands for the path in messages. */
struct onnx_file *onnx_open(const char *path, struct error *err);
struct onnx_file *onnx_open_memory(const void *data, size_t len, const char *name,
                                   struct error *err);
void onnx_close(struct onnx_file **f);

/* Zeroed memory that lives as long as the file; the sum of all is limited. NULL on error. */
void *onnx_alloc(struct onnx_file *f, uint64_t count, size_t size, struct error *err);

/* A tensor whose elements are known. Numbers of any integer type, and truth values, are `whole`. */
struct constant {
    const char *name; /* "" when it is computed */
    bool whole;
    int rank;
    int64_t dim[ONNX_RANK];
    uint64_t count;
    int64_t *i;                      /* the elements of a whole one; NULL until constant_load() */
    float *f;                        /* those of another */
    const Onnx__TensorProto *tensor; /* where they come from */
    uint64_t offset, bytes;          /* in another file */
};

/* Checks a tensor; its data is not loaded yet. NULL on error. */
struct constant *constant_of(struct onnx_file *f, const Onnx__TensorProto *t, struct error *err);
/* Takes elements off the budget; false when they are more than is left. */
bool constant_spend(struct onnx_file *f, uint64_t count, struct error *err);
/* A new one with memory for its elements, which are spent. */
struct constant *constant_new(struct onnx_file *f, bool whole, int rank, const int64_t *dim,
                              struct error *err);
/* Makes the elements addressable. */
bool constant_load(struct onnx_file *f, struct constant *c, struct error *err);
/* All elements as floats, without keeping them. */
bool constant_floats(struct onnx_file *f, const struct constant *c, float *out, struct error *err);

#endif
