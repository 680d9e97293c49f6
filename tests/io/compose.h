/* SPDX-License-Identifier: MIT */
/* What the tests of safetensors share: one file, composed of a header and data. */
#ifndef TESTS_IO_COMPOSE_H
#define TESTS_IO_COMPOSE_H
#include "io/safetensors.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[64];
static struct error err;

static inline void setup(void)
{
    strcpy(path, "/tmp/clact-safetensors-XXXXXX");
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    err = (struct error){0};
}

static inline void teardown(void)
{
    unlink(path);
}

/* A new file without a flush, for thousands are made here: some file systems flush a file that is
 * truncated and written again. */
static inline void write_raw(const void *data, size_t n)
{
    unlink(path);
    FILE *f = fopen(path, "wb");
    ck_assert_ptr_nonnull(f);
    ck_assert(!n || fwrite(data, n, 1, f) == 1);
    ck_assert_int_eq(fclose(f), 0);
}

/* A file of a header and n zero bytes. */
static inline size_t compose(char *out, const char *header, size_t header_length, size_t n)
{
    for (int i = 0; i < 8; i++)
        out[i] = (char)((uint64_t)header_length >> 8 * i);
    memcpy(out + 8, header, header_length);
    memset(out + 8 + header_length, 0, n);
    return 8 + header_length + n;
}

#endif
