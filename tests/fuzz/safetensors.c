/* SPDX-License-Identifier: MIT */
/* A safetensors file: its header, and reading its tensors. */
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_tensor_file(data, size);
}
