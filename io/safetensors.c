/* SPDX-License-Identifier: MIT */
/* Reading safetensors: the header is checked completely at open, so that reading needs no checks
 * but those of the disk. */
#include "io/safetensors.h"
#include "base/checked.h"
#include "base/file.h"
#include "io/safetensors_type.h"

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct safetensors {
    char *path;
    int fd;
    enum error_code code;
    uint64_t data, size; /* offset of the data, and its length */
    json_t *header;      /* owns the names */
    struct safetensor *tensors;
    const struct safetensor **by_name;
    int count;
};

static bool read_at(const struct safetensors *s, uint64_t offset, void *out, size_t n,
                    struct error *err)
{
    return file_read_at(s->fd, s->path, offset, out, n, s->code, err);
}

/* Bounds what the JSON parser may build: it needs some 40 bytes for each value, so that a header of
 * commas alone could take gigabytes. */
static bool values_bounded(const struct safetensors *s, const char *h, size_t n, struct error *err)
{
    uint64_t values = 0, most = (uint64_t)SAFETENSORS_MOST * 16;
    bool text = false;
    for (size_t i = 0; i < n; i++) {
        if (h[i] == '"')
            text = !text;
        else if (text && h[i] == '\\')
            i++;
        else if (!text && (h[i] == ',' || h[i] == '[' || h[i] == '{'))
            values++;
    }
    if (values > most)
        return fail(err, s->code, "%s: header has more than %llu values", s->path,
                    (unsigned long long)most);
    return true;
}

static bool read_header(struct safetensors *s, uint64_t file_size, struct error *err)
{
    unsigned char raw[8];
    uint64_t n = 0;
    if (file_size < 8)
        return fail(err, s->code, "%s: %llu bytes, a safetensors file has at least 8", s->path,
                    (unsigned long long)file_size);
    TRY(read_at(s, 0, raw, 8, err));
    for (int i = 7; i >= 0; i--)
        n = n << 8 | raw[i];
    if (n > SAFETENSORS_HEADER_MOST || n > file_size - 8)
        return fail(err, s->code,
                    "%s: header length %llu in a file of %llu bytes, at most %d are allowed: not a "
                    "safetensors file, or cut off",
                    s->path, (unsigned long long)n, (unsigned long long)file_size,
                    SAFETENSORS_HEADER_MOST);
    char *text = malloc((size_t)n + 1);
    if (!text)
        return fail(err, ERROR_LIMIT, "%s: no memory for its header of %llu bytes", s->path,
                    (unsigned long long)n);
    json_error_t why;
    bool ok = read_at(s, 8, text, (size_t)n, err) && values_bounded(s, text, (size_t)n, err);
    if (ok && (n == 0 || text[0] != '{'))
        ok = fail(err, s->code, "%s: header does not begin with '{': not a safetensors file",
                  s->path);
    if (ok && !(s->header = json_loadb(text, (size_t)n, JSON_REJECT_DUPLICATES, &why)))
        ok = fail(err, s->code, "%s: header is no valid JSON, at byte %d: %s", s->path,
                  why.position, why.text);
    free(text);
    s->data = 8 + n;
    s->size = file_size - s->data;
    return ok;
}

static bool check_metadata(const struct safetensors *s, json_t *meta, struct error *err)
{
    const char *key;
    json_t *value;
    if (!json_is_object(meta))
        return fail(err, s->code, "%s: __metadata__ is not an object", s->path);
    json_object_foreach(meta, key, value)
        if (!json_is_string(value))
            return fail(err, s->code, "%s: __metadata__: '%s' is not a string", s->path, key);
    return true;
}

static bool parse_shape(const struct safetensors *s, struct safetensor *t, json_t *shape,
                        struct error *err)
{
    if (!json_is_array(shape))
        return fail(err, s->code, "%s: tensor '%s': 'shape' is missing or not a list", s->path,
                    t->name);
    size_t rank = json_array_size(shape);
    if (rank > SAFETENSORS_RANK)
        return fail(err, s->code, "%s: tensor '%s': rank %zu, at most %d is allowed", s->path,
                    t->name, rank, SAFETENSORS_RANK);
    t->rank = (int)rank;
    t->elements = 1;
    for (int i = 0; i < t->rank; i++) {
        json_t *d = json_array_get(shape, (size_t)i);
        if (!json_is_integer(d))
            return fail(err, s->code, "%s: tensor '%s': dimension %d is not an integer", s->path,
                        t->name, i);
        t->dim[i] = json_integer_value(d);
        if (t->dim[i] < 0 || t->dim[i] > INT32_MAX)
            return fail(err, s->code, "%s: tensor '%s': dimension %d is %lld, allowed is 0 to %d",
                        s->path, t->name, i, (long long)t->dim[i], INT32_MAX);
        if (!mul_ok(t->elements, (uint64_t)t->dim[i], &t->elements))
            return fail(err, s->code, "%s: tensor '%s': the shape's product does not fit 64 bits",
                        s->path, t->name);
    }
    return true;
}

static bool parse_tensor(const struct safetensors *s, struct safetensor *t, json_t *v,
                         struct error *err)
{
    const char *type = json_string_value(json_object_get(v, "dtype"));
    json_t *range = json_object_get(v, "data_offsets");
    if (!type)
        return fail(err, s->code, "%s: tensor '%s': 'dtype' is missing or not a string", s->path,
                    t->name);
    if (!safetensor_type_find(type, &t->type))
        return fail(err, s->code,
                    "%s: tensor '%s': dtype '%.20s', known are " SAFETENSOR_TYPE_NAMES, s->path,
                    t->name, type);
    TRY(parse_shape(s, t, json_object_get(v, "shape"), err));
    json_t *begin = json_array_get(range, 0), *end = json_array_get(range, 1);
    if (json_array_size(range) != 2 || !json_is_integer(begin) || !json_is_integer(end))
        return fail(err, s->code, "%s: tensor '%s': 'data_offsets' is not a pair of integers",
                    s->path, t->name);
    long long b = json_integer_value(begin), e = json_integer_value(end);
    if (b < 0 || e < b || (uint64_t)e > s->size)
        return fail(err, s->code, "%s: tensor '%s': data_offsets [%lld,%lld], the file has bytes "
                    "0 to %llu", s->path, t->name, b, e, (unsigned long long)s->size);
    t->begin = (uint64_t)b;
    char shape[112];
    if (!mul_ok(t->elements, safetensor_type_size(t->type), &t->bytes) ||
        t->bytes != (uint64_t)(e - b))
        return fail(err, s->code, "%s: tensor '%s': %s does not fill its range of %lld bytes",
                    s->path, t->name, safetensor_text(t, shape), e - b);
    return true;
}

static int compare_place(const void *a, const void *b)
{
    const struct safetensor *x = a, *y = b;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    if (x->bytes != y->bytes) /* empty tensors come before the one that begins at the same byte */
        return x->bytes < y->bytes ? -1 : 1;
    return strcmp(x->name, y->name);
}

static int compare_name(const void *a, const void *b)
{
    const struct safetensor *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

/* Every byte of the data belongs to exactly one tensor. */
static bool check_places(struct safetensors *s, struct error *err)
{
    uint64_t at = 0;
    qsort(s->tensors, (size_t)s->count, sizeof *s->tensors, compare_place);
    for (int i = 0; i < s->count; i++) {
        const struct safetensor *t = &s->tensors[i];
        if (t->begin != at)
            return fail(err, s->code, "%s: tensor '%s': data begins at %llu, expected is %llu (%s)",
                        s->path, t->name, (unsigned long long)t->begin, (unsigned long long)at,
                        t->begin < at ? "tensors overlap" : "bytes that no tensor owns");
        at += t->bytes;
    }
    if (at != s->size)
        return fail(err, s->code, "%s: tensors end at byte %llu, the file's data at %llu", s->path,
                    (unsigned long long)at, (unsigned long long)s->size);
    return true;
}

static bool parse_header(struct safetensors *s, struct error *err)
{
    const char *key;
    json_t *value;
    size_t n = json_object_size(s->header);
    if (n > SAFETENSORS_MOST)
        return fail(err, s->code, "%s: %zu tensors, at most %d are allowed", s->path, n,
                    SAFETENSORS_MOST);
    s->tensors = calloc(n + 1, sizeof *s->tensors);
    s->by_name = calloc(n + 1, sizeof *s->by_name);
    if (!s->tensors || !s->by_name)
        return fail(err, ERROR_LIMIT, "%s: no memory for a list of %zu tensors", s->path, n);
    json_object_foreach(s->header, key, value) {
        if (!strcmp(key, "__metadata__")) {
            TRY(check_metadata(s, value, err));
            continue;
        }
        struct safetensor *t = &s->tensors[s->count++];
        t->name = key;
        TRY(parse_tensor(s, t, value, err));
    }
    TRY(check_places(s, err));
    for (int i = 0; i < s->count; i++)
        s->by_name[i] = &s->tensors[i];
    qsort(s->by_name, (size_t)s->count, sizeof *s->by_name, compare_name);
    return true;
}

struct safetensors *safetensors_open(const char *path, enum error_code code, struct error *err)
{
    uint64_t size;
    int fd = file_open(path, code, &size, err);
    if (fd < 0)
        return NULL;
    struct safetensors *s = calloc(1, sizeof *s);
    if (!s) {
        close(fd);
        fail(err, ERROR_LIMIT, "%s: out of memory", path);
        return NULL;
    }
    s->fd = fd;
    s->code = code;
    s->path = strdup(path);
    if (!s->path)
        fail(err, ERROR_LIMIT, "%s: out of memory", path);
    if (!s->path || !read_header(s, size, err) || !parse_header(s, err))
        safetensors_close(&s);
    return s;
}

void safetensors_close(struct safetensors **sp)
{
    struct safetensors *s = *sp;
    if (!s)
        return;
    close(s->fd);
    json_decref(s->header);
    free(s->by_name);
    free(s->tensors);
    free(s->path);
    free(s);
    *sp = NULL;
}

const char *safetensors_path(const struct safetensors *s)
{
    return s->path;
}

int safetensors_count(const struct safetensors *s)
{
    return s->count;
}

const struct safetensor *safetensors_at(const struct safetensors *s, int i)
{
    return &s->tensors[i];
}

const struct safetensor *safetensors_find(const struct safetensors *s, const char *name)
{
    struct safetensor wanted = {.name = name};
    const struct safetensor *key = &wanted;
    const struct safetensor **hit =
        bsearch(&key, s->by_name, (size_t)s->count, sizeof *s->by_name, compare_name);
    return hit ? *hit : NULL;
}

bool safetensors_read_raw(const struct safetensors *s, const struct safetensor *t, uint64_t first,
                          size_t count, void *out, struct error *err)
{
    assert(first <= t->elements && count <= t->elements - first);
    unsigned size = safetensor_type_size(t->type);
    return read_at(s, s->data + t->begin + first * size, out, count * size, err);
}

bool safetensors_read(const struct safetensors *s, const struct safetensor *t, uint64_t first,
                      size_t count, float *out, struct error *err)
{
    unsigned char piece[16384];
    size_t most = sizeof piece / safetensor_type_size(t->type);
    if (t->type == SAFETENSOR_F32)
        return safetensors_read_raw(s, t, first, count, out, err);
    while (count) {
        size_t n = count < most ? count : most;
        TRY(safetensors_read_raw(s, t, first, n, piece, err));
        safetensor_convert(t->type, piece, n, out);
        first += n;
        out += n;
        count -= n;
    }
    return true;
}
