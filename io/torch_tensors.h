/* SPDX-License-Identifier: MIT */
/* The tensors that a pickle of torch.save names: which dictionary holds them, and for each its
 * shape, strides and storage. Both file formats of PyTorch (io/torch_file.h) share this. */
#ifndef IO_TORCH_TENSORS_H
#define IO_TORCH_TENSORS_H
#include "base/arena.h"
#include "io/pickle.h"
#include "io/safetensors.h"

/* Numbers that tensors lie in; many tensors may share one. */
struct torch_storage {
    struct pickle_text key; /* of the pickle's memory */
    uint64_t bytes;
    unsigned size;  /* of an element: what a file of the other byte order swaps */
    uint64_t place; /* in the file: the file format fills it */
};

struct torch_tensor {
    struct safetensor t; /* first, so that it leads back here; t.begin is not used */
    int storage;
    uint64_t first; /* element of the storage, counted in this tensor's type */
    uint64_t stride[SAFETENSORS_RANK];
    bool contiguous;
    struct torch_storage from; /* as this tensor has it, while they are collected */
};

struct torch_tensors {
    struct arena arena; /* names */
    struct torch_tensor *tensor;
    struct torch_storage *storage;
    int count, room, storage_count;
    char where[80]; /* the dictionary they were found in: "", "state_dict", ... */
};

/* The storages' order: by key. Returns as strcmp does. */
int torch_compare_keys(struct pickle_text a, struct pickle_text b);

/* ERROR_MODEL where there are none or one is not understood; messages name it but not the file. */
bool torch_tensors_find(struct torch_tensors *list, const struct pickle_value *root,
                        struct error *err);
void torch_tensors_free(struct torch_tensors *list);

#endif
