/* SPDX-License-Identifier: MIT */
/* A zip archive of torch.save: records, the pickle in it, and reading storages. */
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_tensor_file(data, size);
}
