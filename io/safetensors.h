/* SPDX-License-Identifier: MIT */
/* The safetensors file format: eight bytes of header length (little-endian), a JSON header that
 * names every tensor with its type, shape and byte range, then the bytes.
 *
 * A file is believed only when its header is consistent to the last byte: ranges are contiguous
 * from the header's end to the file's end, and each has exactly the size that its shape and type
 * need.
 * Nothing is mapped or read ahead; readers say what they want and bring their own memory.
 */
#ifndef IO_SAFETENSORS_H
#define IO_SAFETENSORS_H
#include "base/error.h"
#include <stddef.h>
#include <stdint.h>

enum safetensor_type {
    SAFETENSOR_BOOL, SAFETENSOR_U8, SAFETENSOR_I8, SAFETENSOR_U16, SAFETENSOR_I16, SAFETENSOR_F16,
    SAFETENSOR_BF16, SAFETENSOR_U32, SAFETENSOR_I32, SAFETENSOR_F32, SAFETENSOR_U64, SAFETENSOR_I64,
    SAFETENSOR_F64, SAFETENSOR_TYPES
};
enum { SAFETENSORS_RANK = 6, SAFETENSORS_MOST = 100000, SAFETENSORS_HEADER_MOST = 100000000 };

struct safetensor {
    const char *name; /* UTF-8 */
    enum safetensor_type type;
    int rank; /* 0 .. SAFETENSORS_RANK */
    int64_t dim[SAFETENSORS_RANK]; /* each 0 .. 2^31-1 */
    uint64_t elements, bytes;
    uint64_t begin; /* of its data, from the end of the header; the writer fills it */
};

const char *safetensor_type_name(enum safetensor_type type); /* "F32" */
unsigned safetensor_type_size(enum safetensor_type type);
bool safetensor_is_float(enum safetensor_type type);
/* "F32[64,3,7,7,7]" for messages; returns buf. */
const char *safetensor_text(const struct safetensor *t, char buf[112]);

/* ---- reading; what takes `const struct safetensors *` may be called from many threads ---- */
struct safetensors;
/* code: the class of every error of this file, ERROR_MODEL for weights, ERROR_INPUT for data. */
struct safetensors *safetensors_open(const char *path, enum error_code code, struct error *err);
void safetensors_close(struct safetensors **s);
const char *safetensors_path(const struct safetensors *s);
int safetensors_count(const struct safetensors *s);
const struct safetensor *safetensors_at(const struct safetensors *s, int i); /* in file order */
const struct safetensor *safetensors_find(const struct safetensors *s, const char *name); /* NULL */
/* Elements [first, first + count) as float. I32, U32, I64, U64 and F64 round to nearest. */
bool safetensors_read(const struct safetensors *s, const struct safetensor *t, uint64_t first,
                      size_t count, float *out, struct error *err);
/* The same elements as they are in the file. */
bool safetensors_read_raw(const struct safetensors *s, const struct safetensor *t, uint64_t first,
                          size_t count, void *out, struct error *err);

/* ---- writing: all names, types and shapes first, then the data in the same order, in any pieces.
 * The file appears at commit, whole, or not at all (base/file.h). ---- */
struct safetensors_writer;
struct safetensors_writer *safetensors_create(const char *path, const struct safetensor *list,
                                              int count, struct error *err);
bool safetensors_put(struct safetensors_writer *w, const void *data, size_t bytes,
                     struct error *err);
/* Asserts that exactly the announced bytes were put. Releases w, also on failure. */
bool safetensors_commit(struct safetensors_writer **w, struct error *err);
void safetensors_abandon(struct safetensors_writer **w); /* NULL is fine */

#endif
