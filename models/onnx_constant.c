/* SPDX-License-Identifier: MIT */
/* Tensors of an ONNX file: checked, then read from where their bytes are. */
#include "base/checked.h"
#include "base/file.h"
#include "base/half.h"
#include "base/text.h"
#include "models/onnx_file.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ELEMENTS_MOST (UINT64_C(1) << 31)

enum kind { KIND_FLOAT, KIND_HALF, KIND_BFLOAT, KIND_DOUBLE, KIND_WHOLE, KIND_UNSIGNED };

/* The types that constants may have, and which typed field holds them when raw_data does not. */
static const struct type {
    int type;
    const char *name;
    enum kind kind;
    int size; /* bytes of an element in raw data */
} types[] = {
    {ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, "FLOAT", KIND_FLOAT, 4},
    {ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16, "FLOAT16", KIND_HALF, 2},
    {ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16, "BFLOAT16", KIND_BFLOAT, 2},
    {ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE, "DOUBLE", KIND_DOUBLE, 8},
    {ONNX__TENSOR_PROTO__DATA_TYPE__INT8, "INT8", KIND_WHOLE, 1},
    {ONNX__TENSOR_PROTO__DATA_TYPE__INT16, "INT16", KIND_WHOLE, 2},
    {ONNX__TENSOR_PROTO__DATA_TYPE__INT32, "INT32", KIND_WHOLE, 4},
    {ONNX__TENSOR_PROTO__DATA_TYPE__INT64, "INT64", KIND_WHOLE, 8},
    {ONNX__TENSOR_PROTO__DATA_TYPE__UINT8, "UINT8", KIND_UNSIGNED, 1},
    {ONNX__TENSOR_PROTO__DATA_TYPE__BOOL, "BOOL", KIND_UNSIGNED, 1},
    {ONNX__TENSOR_PROTO__DATA_TYPE__UINT16, "UINT16", KIND_UNSIGNED, 2},
    {ONNX__TENSOR_PROTO__DATA_TYPE__UINT32, "UINT32", KIND_UNSIGNED, 4},
};

static const struct type *type_of(const Onnx__TensorProto *t)
{
    for (size_t i = 0; t->has_data_type && i < sizeof types / sizeof *types; i++)
        if (types[i].type == t->data_type)
            return &types[i];
    return NULL;
}

static const char *name_of(const Onnx__TensorProto *t)
{
    return t->name ? t->name : "";
}

static bool is_external(const Onnx__TensorProto *t)
{
    return t->has_data_location && t->data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
}

/* Elements in the typed field of its type. */
static size_t typed_count(const Onnx__TensorProto *t, const struct type *y)
{
    if (y->kind == KIND_FLOAT)
        return t->n_float_data;
    if (y->kind == KIND_DOUBLE)
        return t->n_double_data;
    if (y->type == ONNX__TENSOR_PROTO__DATA_TYPE__INT64)
        return t->n_int64_data;
    if (y->type == ONNX__TENSOR_PROTO__DATA_TYPE__UINT32)
        return t->n_uint64_data;
    return t->n_int32_data;
}

static const char *external_entry(const Onnx__TensorProto *t, const char *key)
{
    for (size_t i = 0; i < t->n_external_data; i++)
        if (t->external_data[i]->key && !strcmp(t->external_data[i]->key, key))
            return t->external_data[i]->value;
    return NULL;
}

/* The path of the other file, freed by the caller; it is there, regular and no link. */
static char *external_path(const struct onnx_file *f, const Onnx__TensorProto *t, uint64_t *size,
                           struct error *err)
{
    const char *location = external_entry(t, "location");
    struct stat s;
    if (!f->beside || !location || !file_is_plain_name(location)) {
        fail(err, ERROR_MODEL,
             "%s: tensor '%.80s' lies in '%.80s': only a plain name beside the "
             "file is allowed",
             f->path, name_of(t), location ? location : "");
        return NULL;
    }
    char *path = file_beside(f->path, location);
    bool ok = path != NULL || fail(err, ERROR_LIMIT, "out of memory");
    if (ok && lstat(path, &s) != 0)
        ok = fail(err, ERROR_MODEL, "%s: %s: with data of %s", path, strerror(errno), f->path);
    else if (ok && !S_ISREG(s.st_mode))
        ok = fail(err, ERROR_MODEL, "%s: with data of %s: a link, or no regular file", path,
                  f->path);
    if (!ok) {
        free(path);
        return NULL;
    }
    *size = (uint64_t)s.st_size;
    return path;
}

static bool entry_number(const Onnx__TensorProto *t, const char *key, uint64_t absent, uint64_t *to)
{
    const char *value = external_entry(t, key);
    long long v;
    *to = absent;
    if (!value)
        return true;
    if (!text_to_int(value, &v) || v < 0)
        return false;
    *to = (uint64_t)v;
    return true;
}

static bool check_external(struct onnx_file *f, struct constant *c, struct error *err)
{
    const Onnx__TensorProto *t = c->tensor;
    uint64_t size, end, length;
    char *path = external_path(f, t, &size, err);
    if (!path)
        return false;
    bool ok = entry_number(t, "offset", 0, &c->offset) &&
              entry_number(t, "length", c->bytes, &length) && length == c->bytes &&
              add_ok(c->offset, c->bytes, &end) && end <= size;
    if (!ok)
        fail(err, ERROR_MODEL,
             "%s: tensor '%.80s' needs %llu bytes, its range in a file of %llu "
             "does not have them",
             path, name_of(t), (unsigned long long)c->bytes, (unsigned long long)size);
    free(path);
    f->budget += ok ? c->bytes : 0;
    return ok;
}

static bool check_shape(const struct onnx_file *f, struct constant *c, struct error *err)
{
    const Onnx__TensorProto *t = c->tensor;
    if (t->n_dims > ONNX_RANK)
        return fail(err, ERROR_MODEL, "%s: tensor '%.80s' has %zu dimensions, at most %d", f->path,
                    name_of(t), t->n_dims, ONNX_RANK);
    c->rank = (int)t->n_dims;
    c->count = 1;
    for (int i = 0; i < c->rank; i++) {
        c->dim[i] = t->dims[i];
        if (t->dims[i] < 0 || !mul_ok(c->count, (uint64_t)t->dims[i], &c->count) ||
            c->count > ELEMENTS_MOST)
            return fail(err, ERROR_MODEL,
                        "%s: tensor '%.80s': dimension %d is %lld: negative, or "
                        "too many elements",
                        f->path, name_of(t), i, (long long)t->dims[i]);
    }
    return true;
}

struct constant *constant_of(struct onnx_file *f, const Onnx__TensorProto *t, struct error *err)
{
    struct constant *c = ARENA_NEW(&f->arena, struct constant);
    const struct type *y = type_of(t);
    c->tensor = t;
    c->name = name_of(t);
    if (!y) {
        fail(err, ERROR_MODEL, "%s: tensor '%.80s' has data type %d, which is not supported",
             f->path, c->name, t->has_data_type ? t->data_type : 0);
        return NULL;
    }
    c->whole = y->kind == KIND_WHOLE || y->kind == KIND_UNSIGNED;
    if (!check_shape(f, c, err))
        return NULL;
    c->bytes = c->count * (uint64_t)y->size;
    if (is_external(t))
        return check_external(f, c, err) ? c : NULL;
    uint64_t have = t->has_raw_data ? t->raw_data.len : (uint64_t)typed_count(t, y);
    uint64_t want = t->has_raw_data ? c->bytes : c->count;
    if (have != want) {
        fail(err, ERROR_MODEL, "%s: tensor '%.80s' (%s) has %llu %s, its shape needs %llu", f->path,
             c->name, y->name, (unsigned long long)have, t->has_raw_data ? "bytes" : "elements",
             (unsigned long long)want);
        return NULL;
    }
    return c;
}

bool constant_spend(struct onnx_file *f, uint64_t count, struct error *err)
{
    if (count > f->budget)
        return fail(err, ERROR_MODEL, "%s: a computed constant is too large, or too many are",
                    f->path);
    f->budget -= count;
    return true;
}

struct constant *constant_new(struct onnx_file *f, bool whole, int rank, const int64_t *dim,
                              struct error *err)
{
    struct constant *c = ARENA_NEW(&f->arena, struct constant);
    c->name = "";
    c->whole = whole;
    c->rank = rank;
    c->count = 1;
    bool ok = rank <= ONNX_RANK;
    for (int i = 0; ok && i < rank; i++) {
        c->dim[i] = dim[i];
        ok = dim[i] >= 0 && mul_ok(c->count, (uint64_t)dim[i], &c->count) &&
             c->count <= ELEMENTS_MOST;
    }
    if (!ok) {
        fail(err, ERROR_MODEL, "%s: a computed constant has a negative dimension or is too large",
             f->path);
        return NULL;
    }
    if (!constant_spend(f, c->count, err))
        return NULL;
    void *data = onnx_alloc(f, c->count, whole ? sizeof *c->i : sizeof *c->f, err);
    if (whole)
        c->i = data;
    else
        c->f = data;
    return data ? c : NULL;
}

/* Little-endian bytes of an element as a number; files are read on little-endian machines alone, as
 * everywhere in this project, but need not be aligned. */
static int64_t whole_at(const struct type *y, const uint8_t *raw, uint64_t i)
{
    uint64_t v = 0;
    memcpy(&v, raw + i * (uint64_t)y->size, (size_t)y->size);
    int shift = 64 - 8 * y->size;
    return y->kind == KIND_UNSIGNED ? (int64_t)v : (int64_t)(v << shift) >> shift;
}

static float float_at(const struct type *y, const uint8_t *raw, uint64_t i)
{
    uint16_t bits;
    uint32_t wide;
    float f;
    double d;
    switch (y->kind) {
    case KIND_FLOAT:
        memcpy(&f, raw + i * sizeof f, sizeof f);
        return f;
    case KIND_DOUBLE:
        memcpy(&d, raw + i * sizeof d, sizeof d);
        return (float)d;
    case KIND_HALF:
        memcpy(&bits, raw + i * sizeof bits, sizeof bits);
        return half_to_float(bits);
    case KIND_BFLOAT:
        memcpy(&bits, raw + i * sizeof bits, sizeof bits);
        wide = (uint32_t)bits << 16;
        memcpy(&f, &wide, sizeof f);
        return f;
    case KIND_WHOLE:
    case KIND_UNSIGNED:
        break;
    }
    return (float)whole_at(y, raw, i);
}

static int64_t typed_whole(const Onnx__TensorProto *t, const struct type *y, uint64_t i)
{
    if (y->type == ONNX__TENSOR_PROTO__DATA_TYPE__INT64)
        return t->int64_data[i];
    if (y->type == ONNX__TENSOR_PROTO__DATA_TYPE__UINT32)
        return (int64_t)(t->uint64_data[i] & UINT32_MAX);
    return t->int32_data[i];
}

static float typed_float(const Onnx__TensorProto *t, const struct type *y, uint64_t i)
{
    if (y->kind == KIND_FLOAT)
        return t->float_data[i];
    if (y->kind == KIND_DOUBLE)
        return (float)t->double_data[i];
    if (y->kind == KIND_HALF || y->kind == KIND_BFLOAT) {
        uint16_t bits = (uint16_t)t->int32_data[i];
        return float_at(y, (const uint8_t *)&bits, 0);
    }
    return (float)typed_whole(t, y, i);
}

/* The bytes of a tensor: in memory, or read into *owned, which the caller frees. */
static const uint8_t *raw_bytes(struct onnx_file *f, const struct constant *c, uint8_t **owned,
                                struct error *err)
{
    const Onnx__TensorProto *t = c->tensor;
    uint64_t size;
    *owned = NULL;
    if (!is_external(t))
        return t->raw_data.data;
    char *path = external_path(f, t, &size, err);
    int fd = path ? file_open(path, ERROR_MODEL, &size, err) : -1;
    bool ok = fd >= 0;
    if (ok && !(*owned = malloc((size_t)c->bytes + 1)))
        ok = fail(err, ERROR_LIMIT, "%s: no memory for tensor '%.80s'", path, c->name);
    for (uint64_t at = 0; ok && at < c->bytes;) {
        ssize_t n = pread(fd, *owned + at, (size_t)(c->bytes - at), (off_t)(c->offset + at));
        ok = n > 0 || fail(err, ERROR_MODEL, "%s: tensor '%.80s' cannot be read", path, c->name);
        at += ok ? (uint64_t)n : 0;
    }
    if (fd >= 0)
        close(fd);
    free(path);
    if (!ok) {
        free(*owned);
        *owned = NULL;
    }
    return *owned;
}

static bool has_raw(const struct constant *c)
{
    return is_external(c->tensor) || c->tensor->has_raw_data;
}

bool constant_floats(struct onnx_file *f, const struct constant *c, float *out, struct error *err)
{
    uint8_t *owned = NULL;
    const struct type *y = c->tensor ? type_of(c->tensor) : NULL;
    if (!c->count)
        return true;
    if (c->f) {
        memcpy(out, c->f, (size_t)c->count * sizeof *out);
        return true;
    }
    const uint8_t *raw = !c->i && has_raw(c) ? raw_bytes(f, c, &owned, err) : NULL;
    if (!c->i && has_raw(c) && !raw)
        return false;
    if (raw && y->kind == KIND_FLOAT)
        memcpy(out, raw, (size_t)c->bytes);
    else
        for (uint64_t i = 0; i < c->count; i++)
            out[i] = c->i  ? (float)c->i[i]
                     : raw ? float_at(y, raw, i)
                           : typed_float(c->tensor, y, i);
    free(owned);
    return true;
}

bool constant_load(struct onnx_file *f, struct constant *c, struct error *err)
{
    if (c->i || c->f)
        return true;
    if (!c->whole) {
        float *to = onnx_alloc(f, c->count, sizeof *to, err);
        TRY(to && constant_floats(f, c, to, err));
        c->f = to;
        return true;
    }
    uint8_t *owned;
    const struct type *y = type_of(c->tensor);
    int64_t *to = onnx_alloc(f, c->count, sizeof *to, err);
    const uint8_t *raw = to && has_raw(c) && c->count ? raw_bytes(f, c, &owned, err) : NULL;
    TRY(to && (raw || !has_raw(c) || !c->count));
    for (uint64_t i = 0; i < c->count; i++)
        to[i] = raw ? whole_at(y, raw, i) : typed_whole(c->tensor, y, i);
    if (raw)
        free(owned);
    c->i = to;
    return true;
}
