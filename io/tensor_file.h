/* SPDX-License-Identifier: MIT */
/* A file of named tensors, whatever its format: safetensors (io/safetensors.h) or what torch.save
 * wrote (io/torch_file.h). The content tells, not the name.
 *
 * Opening checks all there is but the numbers themselves, so that reading needs no checks but those
 * of the disk. Nothing is mapped: a file that is cut off while it is read is an error, no signal.
 */
#ifndef IO_TENSOR_FILE_H
#define IO_TENSOR_FILE_H
#include "io/safetensors.h"

struct tensor_file;

/* Whether a file looks like one of these. False also for a file that cannot be read. */
bool tensor_file_sniff(const char *path);
/* code: the class of every error of this file; but ERROR_LIMIT without memory. What looks like no
 * known format is refused as safetensors. */
struct tensor_file *tensor_file_open(const char *path, enum error_code code, struct error *err);
void tensor_file_close(struct tensor_file **f); /* NULL is fine */

/* What takes a const file may be called from many threads. */
const char *tensor_file_path(const struct tensor_file *f);
const char *tensor_file_format(const struct tensor_file *f); /* "PyTorch zip archive" */
bool tensor_file_is_safetensors(const struct tensor_file *f);
/* The dictionary that the tensors were found in, such as "state_dict"; "" when there is none. */
const char *tensor_file_where(const struct tensor_file *f);
int tensor_file_count(const struct tensor_file *f);
/* Name, type and shape; `begin` has no meaning here. In an order that the file alone decides. */
const struct safetensor *tensor_file_at(const struct tensor_file *f, int i);
const struct safetensor *tensor_file_find(const struct tensor_file *f, const char *name);
/* Elements [first, first + count) of one of its tensors, in rows, as float. I32, U32, I64, U64 and
 * F64 round to nearest. */
bool tensor_file_read(const struct tensor_file *f, const struct safetensor *t, uint64_t first,
                      size_t count, float *out, struct error *err);

#endif
