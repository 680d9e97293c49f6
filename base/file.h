/* SPDX-License-Identifier: MIT */
/* Whole files: read with limits, written so that a reader sees the old file or the new one. */
#ifndef BASE_FILE_H
#define BASE_FILE_H
#include "base/error.h"
#include <stddef.h>
#include <stdint.h>

/* Opens a regular file for reading; never blocks on a FIFO. -1 and err (class `code`) when it is
 * missing, a directory or anything else that is not a regular file. *size gets its length. */
int file_open(const char *path, enum error_code code, uint64_t *size, struct error *err);

/* Exactly n bytes from `offset` on, from any thread. A file that is shorter than that, perhaps since
 * it was opened, is an error of class `code`; `path` is for the message. */
bool file_read_at(int fd, const char *path, uint64_t offset, void *out, size_t n,
                  enum error_code code, struct error *err);

/* Reads a whole regular file of at most max bytes; the result is NUL-terminated and freed by the
 * caller. NULL on error. */
char *file_read(const char *path, uint64_t max, enum error_code code, size_t *len,
                struct error *err);

/* A file that appears whole or not at all: written beside its final place under a temporary name,
 * flushed to disk, renamed. A path that exists and is not a regular file (/dev/null, a pipe) is
 * written directly. */
struct file_writer;
struct file_writer *file_writer_open(const char *path, struct error *err);
bool file_writer_put(struct file_writer *w, const void *data, size_t n, struct error *err);
/* Where the next bytes go, from the beginning; for formats whose head is written last. */
bool file_writer_seek(struct file_writer *w, uint64_t offset, struct error *err);
bool file_writer_commit(struct file_writer **w, struct error *err); /* closes, also on failure */
void file_writer_abandon(struct file_writer **w);                   /* NULL is fine */

/* The above in one call. */
bool file_write(const char *path, const void *data, size_t n, struct error *err);

/* Makes a directory and its parents, private to the user. */
bool file_make_directory(const char *path, struct error *err);

/* Waits until no other process holds the lock named by this file, which is made where there is none
 * and stays. -1 and err on failure. The lock ends with file_unlock(), or with the process. */
int file_lock(const char *path, struct error *err);
void file_unlock(int lock);

/* "dir/of/path" + "/" + name, or name alone when path has no directory; freed by the caller. */
char *file_beside(const char *path, const char *name);

/* True for a name without '/', not "." or "..", not empty: the only names a model may refer to. */
bool file_is_plain_name(const char *name);

#endif
