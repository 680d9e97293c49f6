/* SPDX-License-Identifier: MIT */
/* NumPy's .npy format, version 1.0: float32, C order. */
#ifndef IO_NPY_H
#define IO_NPY_H
#include "base/error.h"
#include <stdint.h>

bool npy_write(const char *path, int rank, const int64_t *dim, const float *data,
               struct error *err);

#endif
