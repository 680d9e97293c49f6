/* SPDX-License-Identifier: MIT */
/* Files that torch.save wrote: since PyTorch 1.6 zip archives, a pickle and one record for each
 * storage; before, pickles and storages one behind the other. Nothing in them is ever called
 * (io/pickle.h). Storages are read where they are wanted, a piece at a time. */
#ifndef IO_TORCH_FILE_H
#define IO_TORCH_FILE_H
#include "io/torch_tensors.h"

struct torch_file;
/* zip: which of the two it is. Every error has the class `code`, or ERROR_LIMIT. */
struct torch_file *torch_open(const char *path, bool zip, enum error_code code, struct error *err);
void torch_close(struct torch_file **f); /* NULL is fine */
const char *torch_path(const struct torch_file *f);
const struct torch_tensors *torch_list(const struct torch_file *f);
/* Elements [first, first + count) in rows, whatever the strides, in this machine's byte order. From
 * any thread; one at a time reads. */
bool torch_read_raw(const struct torch_file *f, const struct torch_tensor *t, uint64_t first,
                    size_t count, void *out, struct error *err);

#endif
