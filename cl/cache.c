/* SPDX-License-Identifier: MIT */
/* Program binaries on disk. A damaged binary can crash a driver, and a binary of another driver can
 * compute nonsense, so a file is believed only when its name, its header and its checksum agree;
 * on any doubt it is removed and the program built again. Nothing here can fail a run.
 *
 *     magic 8 | key 16 | length 8, little-endian | binary | XXH3-128 of all before, 16
 *
 * The key covers all that decides the binary: text, options, launches, device, driver, clact. */
#include "base/file.h"
#include "base/log.h"
#include "cl/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

enum { MAGIC = 8, KEY = 16, LENGTH = 8, HEADER = MAGIC + KEY + LENGTH, SUM = 16 };
enum { MOST = 64 << 20 };
static const char magic[MAGIC] = "CLACTB1"; /* 1: the format's version */

const char *ocl_cache_directory(void)
{
    static char path[4096];
    const char *own = getenv("CLACT_CACHE_DIR"), *xdg = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");
    if (own)
        return *own ? own : NULL;
    if (xdg && *xdg == '/') /* its specification: a relative path is to be ignored */
        snprintf(path, sizeof path, "%s/clact", xdg);
    else if (home && *home)
        snprintf(path, sizeof path, "%s/.cache/clact", home);
    else
        return NULL;
    return path;
}

static void digest(const void *data, size_t n, unsigned char out[16])
{
    XXH128_canonical_t c;
    XXH128_canonicalFromHash(&c, XXH3_128bits(data, n));
    memcpy(out, c.digest, 16);
}

struct cache_key cache_key(const struct caps *caps, const struct program *p,
                           const struct text *text)
{
    struct cache_key key;
    struct text all = {0};
    text_printf(&all, "clact %s\noptions %s\n", CLACT_VERSION,
                ocl_build_options(caps, p->defines, p->plain));
    text_printf(&all, "device %s\nvendor %s\ndriver %s\nplatform %s\n", caps->name, caps->vendor,
                caps->driver, caps->platform);
    for (const struct ocl_kernel *k = p->kernels; k; k = k->next) {
        text_printf(&all, "kernel %s local %zu %zu %zu", k->name, k->local[0], k->local[1],
                    k->local[2]);
        text_printf(&all, " global %zu %zu %zu\n", k->global[0], k->global[1], k->global[2]);
    }
    text_printf(&all, "text %zu\n", text->len);
    text_append(&all, text->s, text->len);
    digest(all.s, all.len, key.bytes);
    text_free(&all);
    for (int i = 0; i < KEY; i++)
        snprintf(key.name + 2 * i, 3, "%02x", key.bytes[i]);
    return key;
}

void ocl_join_keys(char (*keys)[33], size_t count, char key[33])
{
    unsigned char bytes[KEY];
    digest(keys, count * sizeof *keys, bytes);
    for (int i = 0; i < KEY; i++)
        snprintf(key + 2 * i, 3, "%02x", bytes[i]);
}

static bool file_path(char *path, size_t size, const char *dir, const struct cache_key *key)
{
    int n = snprintf(path, size, "%s/%s.program", dir, key->name);
    return n > 0 && (size_t)n < size;
}

static uint64_t get_length(const unsigned char *p)
{
    uint64_t n = 0;
    for (int i = 0; i < LENGTH; i++)
        n |= (uint64_t)p[i] << 8 * i;
    return n;
}

/* NULL, or what is wrong with the file. */
static const char *doubt(const unsigned char *file, size_t size, const struct cache_key *key)
{
    unsigned char sum[SUM];
    if (size < HEADER + SUM)
        return "is too short";
    if (memcmp(file, magic, MAGIC) != 0)
        return "is of another format";
    if (memcmp(file + MAGIC, key->bytes, KEY) != 0)
        return "belongs to another program";
    if (get_length(file + MAGIC + KEY) != size - HEADER - SUM)
        return "is not as long as it says";
    digest(file, size - SUM, sum);
    return memcmp(file + size - SUM, sum, SUM) ? "has a wrong checksum" : NULL;
}

static bool read_all(int fd, unsigned char *to, size_t n)
{
    while (n) {
        ssize_t got = read(fd, to, n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        to += got;
        n -= (size_t)got;
    }
    return true;
}

/* The file as far as it may be trusted to be ours; NULL and *why otherwise. */
static unsigned char *read_own(int fd, size_t *size, const char **why)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        *why = "is not a regular file";
        return NULL;
    }
    if (st.st_uid != geteuid()) {
        *why = "belongs to another user";
        return NULL;
    }
    if (st.st_size <= 0 || st.st_size > MOST) {
        *why = st.st_size ? "is too large" : "is empty";
        return NULL;
    }
    unsigned char *file = malloc((size_t)st.st_size);
    if (file && read_all(fd, file, (size_t)st.st_size)) {
        *size = (size_t)st.st_size;
        return file;
    }
    *why = "cannot be read";
    free(file);
    return NULL;
}

void cache_remove(const char *dir, const struct cache_key *key)
{
    char path[4096];
    if (file_path(path, sizeof path, dir, key) && unlink(path) != 0)
        log_line("build", "cache: %s: %s", path, strerror(errno));
}

unsigned char *cache_load(const char *dir, const struct cache_key *key, size_t *len)
{
    char path[4096];
    if (!file_path(path, sizeof path, dir, key))
        return NULL;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return NULL;
    size_t size = 0;
    const char *why = fd < 0 ? strerror(errno) : NULL;
    unsigned char *file = fd < 0 ? NULL : read_own(fd, &size, &why);
    if (fd >= 0)
        close(fd);
    if (file)
        why = doubt(file, size, key);
    if (why) {
        log_line("build", "cache: %s: %s, ignored", path, why);
        cache_remove(dir, key);
        free(file);
        return NULL;
    }
    *len = size - HEADER - SUM;
    memmove(file, file + HEADER, *len);
    return file;
}

void cache_store(const char *dir, const struct cache_key *key, const void *binary, size_t len)
{
    char path[4096];
    struct stat st;
    struct error err = {0};
    if (!file_path(path, sizeof path, dir, key) || len > MOST - HEADER - SUM)
        return;
    unsigned char *file = malloc(HEADER + len + SUM);
    if (!file)
        return;
    memcpy(file, magic, MAGIC);
    memcpy(file + MAGIC, key->bytes, KEY);
    for (int i = 0; i < LENGTH; i++)
        file[MAGIC + KEY + i] = (unsigned char)((uint64_t)len >> 8 * i);
    memcpy(file + HEADER, binary, len);
    digest(file, HEADER + len, file + HEADER + len);
    /* What lies there and could not be removed is not ours to write through. */
    if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode))
        fail(&err, ERROR_OUTPUT, "%s: is in the way", path);
    else if (file_make_directory(dir, &err))
        file_write(path, file, HEADER + len + SUM, &err);
    if (err.code)
        log_line("build", "cache: %s: not stored", err.text);
    free(file);
}
