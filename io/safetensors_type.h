/* SPDX-License-Identifier: MIT */
/* What the safetensors reader needs of element types beyond io/safetensors.h. */
#ifndef IO_SAFETENSORS_TYPE_H
#define IO_SAFETENSORS_TYPE_H
#include "io/safetensors.h"

#define SAFETENSOR_TYPE_NAMES                                                                      \
    "BOOL, U8, I8, U16, I16, F16, BF16, U32, I32, F32, U64, I64, F64"

bool safetensor_type_find(const char *name, enum safetensor_type *type);
/* n elements at `in` (any alignment) as float. */
void safetensor_convert(enum safetensor_type type, const unsigned char *in, size_t n, float *out);

#endif
