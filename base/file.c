/* SPDX-License-Identifier: MIT */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

int file_open(const char *path, enum error_code code, uint64_t *size, struct error *err)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct stat st;
    if (fd < 0) {
        fail(err, code, "%s: %s", path, strerror(errno));
        return -1;
    }
    if (fstat(fd, &st) != 0) {
        fail(err, code, "%s: %s", path, strerror(errno));
    } else if (S_ISDIR(st.st_mode)) {
        fail(err, code, "%s: is a directory, a file is needed", path);
    } else if (!S_ISREG(st.st_mode)) {
        fail(err, code, "%s: not a regular file", path);
    } else {
        if (size)
            *size = (uint64_t)st.st_size;
        return fd;
    }
    close(fd);
    return -1;
}

bool file_read_at(int fd, const char *path, uint64_t offset, void *out, size_t n,
                  enum error_code code, struct error *err)
{
    unsigned char *p = out;
    while (n) {
        ssize_t k = pread(fd, p, n, (off_t)offset);
        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            return fail(err, code, "%s: %s", path, strerror(errno));
        if (k == 0)
            return fail(err, code, "%s: the file became shorter while it was read", path);
        p += k;
        offset += (uint64_t)k;
        n -= (size_t)k;
    }
    return true;
}

char *file_read(const char *path, uint64_t max, enum error_code code, size_t *len,
                struct error *err)
{
    uint64_t size;
    int fd = file_open(path, code, &size, err);
    if (fd < 0)
        return NULL;
    char *data = NULL;
    size_t got = 0;
    if (size > max) {
        fail(err, code, "%s: %llu bytes, at most %llu are allowed here", path,
             (unsigned long long)size, (unsigned long long)max);
        goto done;
    }
    data = malloc((size_t)size + 1);
    if (!data) {
        fail(err, ERROR_LIMIT, "%s: no memory for its %llu bytes", path, (unsigned long long)size);
        goto done;
    }
    while (got < size) {
        ssize_t n = read(fd, data + got, (size_t)size - got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            fail(err, code, "%s: %s", path, strerror(errno));
            free(data);
            data = NULL;
            goto done;
        }
        if (n == 0)
            break;
        got += (size_t)n;
    }
    data[got] = 0;
    if (len)
        *len = got;
done:
    close(fd);
    return data;
}

struct file_writer {
    int fd;
    char *path, *temp; /* temp is NULL when path is written directly */
};

static void release(struct file_writer **w)
{
    if (!*w)
        return;
    if ((*w)->fd >= 0)
        close((*w)->fd);
    free((*w)->path);
    free((*w)->temp);
    free(*w);
    *w = NULL;
}

struct file_writer *file_writer_open(const char *path, struct error *err)
{
    struct file_writer *w = calloc(1, sizeof *w);
    struct stat st;
    if (!w || !(w->path = strdup(path))) {
        free(w);
        fail(err, ERROR_LIMIT, "%s: out of memory", path);
        return NULL;
    }
    w->fd = -1;
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
        w->fd = open(path, O_WRONLY | O_CLOEXEC);
    } else {
        size_t n = strlen(path) + 32;
        w->temp = malloc(n);
        if (w->temp) {
            snprintf(w->temp, n, "%s.clact-XXXXXX.tmp", path);
            w->fd = mkstemps(w->temp, 4);
        }
        if (w->fd >= 0) {
            mode_t mask = umask(0);
            umask(mask);
            if (fchmod(w->fd, 0666 & ~mask) != 0)
                errno = 0; /* the private mode of mkstemps stays: still a good file */
        }
    }
    if (w->fd < 0) {
        fail(err, ERROR_OUTPUT, "%s: cannot be written: %s", path, strerror(errno));
        release(&w);
    }
    return w;
}

bool file_writer_put(struct file_writer *w, const void *data, size_t n, struct error *err)
{
    const char *p = data;
    while (n) {
        ssize_t k = write(w->fd, p, n);
        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            return fail(err, ERROR_OUTPUT, "%s: cannot be written: %s", w->path, strerror(errno));
        p += k;
        n -= (size_t)k;
    }
    return true;
}

bool file_writer_seek(struct file_writer *w, uint64_t offset, struct error *err)
{
    if (offset > INT64_MAX || lseek(w->fd, (off_t)offset, SEEK_SET) < 0)
        return fail(err, ERROR_OUTPUT, "%s: cannot be written: %s", w->path,
                    offset > INT64_MAX ? "too long" : strerror(errno));
    return true;
}

void file_writer_abandon(struct file_writer **w)
{
    if (*w && (*w)->temp)
        unlink((*w)->temp);
    release(w);
}

static void sync_directory_of(const char *path)
{
    char *dir = file_beside(path, ".");
    int fd = dir ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (fd >= 0) {
        fsync(fd); /* a file system that cannot is no reason to fail: the rename has happened */
        close(fd);
    }
    free(dir);
}

bool file_writer_commit(struct file_writer **wp, struct error *err)
{
    struct file_writer *w = *wp;
    bool ok = true;
    if (w->temp && fsync(w->fd) != 0)
        ok = false;
    if (close(w->fd) != 0)
        ok = false;
    w->fd = -1;
    if (ok && w->temp && rename(w->temp, w->path) != 0)
        ok = false;
    if (!ok) {
        fail(err, ERROR_OUTPUT, "%s: cannot be written: %s", w->path, strerror(errno));
        file_writer_abandon(wp);
        return false;
    }
    if (w->temp)
        sync_directory_of(w->path);
    release(wp);
    return true;
}

bool file_write(const char *path, const void *data, size_t n, struct error *err)
{
    struct file_writer *w = file_writer_open(path, err);
    if (!w)
        return false;
    if (!file_writer_put(w, data, n, err)) {
        file_writer_abandon(&w);
        return false;
    }
    return file_writer_commit(&w, err);
}

bool file_make_directory(const char *path, struct error *err)
{
    char *p = strdup(path);
    if (!p)
        return fail(err, ERROR_LIMIT, "%s: out of memory", path);
    for (char *s = p;; s++) {
        char c = *s;
        if ((c != '/' && c != 0) || (c == '/' && s == p))
            continue;
        *s = 0;
        struct stat st;
        bool made = mkdir(p, 0700) == 0;
        if (!made && errno == EEXIST && stat(p, &st) == 0) {
            made = S_ISDIR(st.st_mode);
            errno = ENOTDIR;
        }
        if (!made) {
            fail(err, ERROR_OUTPUT, "%s: %s", p, strerror(errno));
            free(p);
            return false;
        }
        *s = c;
        if (c == 0)
            break;
    }
    free(p);
    return true;
}

int file_lock(const char *path, struct error *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    while (fd >= 0 && flock(fd, LOCK_EX) != 0) {
        if (errno == EINTR)
            continue;
        int code = errno;
        close(fd);
        errno = code;
        fd = -1;
    }
    if (fd < 0)
        fail(err, ERROR_OUTPUT, "%s: cannot be locked: %s", path, strerror(errno));
    return fd;
}

void file_unlock(int lock)
{
    if (lock >= 0)
        close(lock);
}

char *file_beside(const char *path, const char *name)
{
    const char *slash = strrchr(path, '/');
    size_t dir = slash ? (size_t)(slash - path) + 1 : 0, n = strlen(name);
    char *r = malloc(dir + n + 1);
    if (!r)
        return NULL;
    memcpy(r, path, dir);
    memcpy(r + dir, name, n + 1);
    return r;
}

bool file_is_plain_name(const char *name)
{
    if (!*name || !strcmp(name, ".") || !strcmp(name, ".."))
        return false;
    for (; *name; name++)
        if (*name == '/' || (unsigned char)*name < 0x20)
            return false;
    return true;
}
