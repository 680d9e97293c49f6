/* SPDX-License-Identifier: MIT */
/* A pickle in memory, and the search for tensors in what it describes. */
#include "io/torch_tensors.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err = {0};
    struct pickle *p = pickle_parse(data, size, ERROR_MODEL, &err);
    if (!p && (err.code == ERROR_NONE || !err.text[0]))
        abort();
    struct torch_tensors list = {0};
    if (p)
        torch_tensors_find(&list, p->root, &err);
    torch_tensors_free(&list);
    pickle_free(&p);
    return 0;
}
