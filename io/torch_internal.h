/* SPDX-License-Identifier: MIT */
/* What the two formats of io/torch_file.h bring: the pickle, and the bytes of storages. */
#ifndef IO_TORCH_INTERNAL_H
#define IO_TORCH_INTERNAL_H
#include "io/torch_file.h"

#include <pthread.h>

/* What changes while tensors are read. */
struct torch_reader {
    pthread_mutex_t lock;
    struct zip_file *record; /* the one that is open, at byte `at`; NULL: none */
    uint64_t place, at;
    const struct torch_tensor *held; /* the tensor whose part of a storage is in memory, where */
    unsigned char *bytes;            /* elements do not follow each other; NULL: none */
};

struct torch_file {
    char *path;
    enum error_code code;
    int fd;
    uint64_t size;
    char *data; /* the pickle's bytes */
    struct pickle *pickle;
    struct torch_tensors list;
    bool swapped; /* the other byte order */
    struct zip *archive;
    char prefix[256]; /* of the records' names */
    struct torch_reader *reader;
};

/* Each fills data, pickle, list and swapped. */
bool torch_zip_open(struct torch_file *f, struct error *err);
bool torch_legacy_open(struct torch_file *f, struct error *err);
/* Fills list from the pickle. */
bool torch_find_tensors(struct torch_file *f, struct error *err);
/* n bytes of a storage; the lock is held. */
bool torch_zip_read(const struct torch_file *f, const struct torch_storage *s, uint64_t at,
                    void *out, size_t n, struct error *err);
void torch_zip_close(struct torch_file *f);

#endif
