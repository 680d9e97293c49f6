/* SPDX-License-Identifier: MIT */
/* What the fuzz targets share. A target is tests/fuzz/NAME.c with LLVMFuzzerTestOneInput;
 * scripts/fuzz runs it under libFuzzer, tests/tools/replay.c on tests/fuzz/corpus/NAME. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H
#include "io/tensor_file.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input as a file, the same one each time: its path. */
static inline const char *fuzz_file(const uint8_t *data, size_t size)
{
    static char path[] = "/dev/shm/clact-fuzz-XXXXXX";
    static int fd = -1;
    if (fd < 0) {
        fd = mkstemp(path);
        if (fd < 0) { /* no such place here */
            perror(path);
            abort();
        }
    }
    if (ftruncate(fd, 0) != 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
        abort();
    return path;
}

/* The start and the end of every tensor. */
static inline void fuzz_read_all(const struct tensor_file *f)
{
    float x[64];
    struct error err;
    for (int i = 0; i < tensor_file_count(f) && i < 200; i++) {
        const struct safetensor *t = tensor_file_at(f, i);
        size_t n = t->elements < 64 ? (size_t)t->elements : 64;
        if (tensor_file_find(f, t->name) != t)
            abort();
        if (tensor_file_read(f, t, 0, n, x, &err))
            tensor_file_read(f, t, t->elements - n, n, x, &err);
    }
}

/* Opens, reads, closes; an error has a class and one line. */
static inline int fuzz_tensor_file(const uint8_t *data, size_t size)
{
    struct error err = {0};
    struct tensor_file *f = tensor_file_open(fuzz_file(data, size), ERROR_MODEL, &err);
    if (!f && (err.code == ERROR_NONE || !err.text[0]))
        abort();
    if (f)
        fuzz_read_all(f);
    tensor_file_close(&f);
    return 0;
}

#endif
