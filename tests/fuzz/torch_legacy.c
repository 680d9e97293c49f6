/* SPDX-License-Identifier: MIT */
/* A file of torch.save before PyTorch 1.6: five pickles, and reading storages. */
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_tensor_file(data, size);
}
