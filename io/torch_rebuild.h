/* SPDX-License-Identifier: MIT */
/* One tensor of a pickle: the call that would rebuild it. */
#ifndef IO_TORCH_REBUILD_H
#define IO_TORCH_REBUILD_H
#include "io/torch_tensors.h"

/* Something that holds a tensor, whether or not it is understood. */
bool torch_is_tensor(const struct pickle_value *v);
/* Key, bytes and element size of a storage, from ('storage', type, key, device, elements, ...);
 * type is SAFETENSOR_TYPES for one that is not read. False: it is no storage. */
bool torch_read_storage(struct torch_storage *s, const struct pickle_value *v,
                        enum safetensor_type *type);
/* Fills out, whose t.name is set. */
bool torch_rebuild(struct torch_tensor *out, const struct pickle_value *v, struct error *err);

#endif
