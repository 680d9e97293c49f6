/* SPDX-License-Identifier: MIT */
#include "io/input.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>

enum { STREAM_BUFFER = 32 << 10, SPOOL_BUFFER = 64 << 10 };
static const uint64_t spool_max = (uint64_t)64 << 30;

struct cursor {
    struct input *in;
    int64_t pos;
};

static int cursor_read(void *opaque, uint8_t *buf, int n)
{
    struct cursor *c = opaque;
    ssize_t got;
    if (atomic_load(&c->in->stop))
        return AVERROR_EXIT;
    do {
        got = pread(c->in->fd, buf, (size_t)n, (off_t)c->pos);
    } while (got < 0 && errno == EINTR);
    if (got < 0)
        return AVERROR(errno);
    if (got == 0)
        return AVERROR_EOF;
    c->pos += got;
    return (int)got;
}

static int64_t cursor_seek(void *opaque, int64_t offset, int whence)
{
    struct cursor *c = opaque;
    int64_t size = (int64_t)c->in->size, base = 0;
    if (whence & AVSEEK_SIZE)
        return size;
    switch (whence & ~AVSEEK_FORCE) {
    case SEEK_SET:
        break;
    case SEEK_CUR:
        base = c->pos;
        break;
    case SEEK_END:
        base = size;
        break;
    default:
        return AVERROR(EINVAL);
    }
    /* A place past the end is refused here: a demuxer must not take it for an empty rest. */
    if (offset < -base || offset > size - base)
        return AVERROR(EINVAL);
    return c->pos = base + offset;
}

AVIOContext *input_stream(struct input *in)
{
    struct cursor *c = calloc(1, sizeof *c);
    uint8_t *buffer = av_malloc(STREAM_BUFFER);
    AVIOContext *stream = NULL;
    if (c && buffer) {
        c->in = in;
        stream = avio_alloc_context(buffer, STREAM_BUFFER, 0, c, cursor_read, NULL, cursor_seek);
    }
    if (!stream) {
        av_free(buffer);
        free(c);
    }
    return stream;
}

void input_stream_free(AVIOContext **stream)
{
    if (!*stream)
        return;
    free((*stream)->opaque);
    av_freep(&(*stream)->buffer);
    avio_context_free(stream);
}

/* An anonymous file in $TMPDIR; -1 with errno. */
static int temporary_file(void)
{
    const char *dir = getenv("TMPDIR");
    char path[4096];
    if (!dir || !*dir)
        dir = "/tmp";
    if (snprintf(path, sizeof path, "%s/clact-XXXXXX", dir) >= (int)sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = mkstemp(path);
    if (fd >= 0) {
        unlink(path);
        fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
    return fd;
}

static bool write_all(int fd, const char *p, size_t n)
{
    while (n) {
        ssize_t k = write(fd, p, n);
        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            return false;
        p += k;
        n -= (size_t)k;
    }
    return true;
}

static bool spool_into(struct input *in, char *buffer, struct error *err)
{
    for (;;) {
        ssize_t got = read(STDIN_FILENO, buffer, SPOOL_BUFFER);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail(err, ERROR_INPUT, "standard input: %s", strerror(errno));
        if (got == 0)
            return true;
        in->size += (uint64_t)got;
        if (in->size > spool_max)
            return fail(err, ERROR_LIMIT, "standard input: more than %llu bytes",
                        (unsigned long long)spool_max);
        if (!write_all(in->fd, buffer, (size_t)got))
            return fail(err, ERROR_LIMIT, "standard input: no room for its copy in $TMPDIR: %s",
                        strerror(errno));
    }
}

static bool spool(struct input *in, struct error *err)
{
    char *buffer = malloc(SPOOL_BUFFER);
    if (!buffer)
        return fail(err, ERROR_LIMIT, "standard input: out of memory");
    in->fd = temporary_file();
    bool ok = in->fd >= 0 ? spool_into(in, buffer, err)
                          : fail(err, ERROR_LIMIT, "standard input: no temporary file: %s",
                                 strerror(errno));
    free(buffer);
    return ok;
}

bool input_open(struct input *in, const char *path, struct error *err)
{
    in->fd = -1;
    in->size = 0;
    if (!strcmp(path, "-")) {
        if (spool(in, err))
            return true;
        input_close(in);
        return false;
    }
    in->fd = file_open(path, ERROR_INPUT, &in->size, err);
    return in->fd >= 0;
}

void input_close(struct input *in)
{
    if (in->fd >= 0)
        close(in->fd);
    in->fd = -1;
}
