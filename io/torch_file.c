/* SPDX-License-Identifier: MIT */
#include "base/file.h"
#include "io/torch_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool init(struct torch_file *f, const char *path, enum error_code code, struct error *err)
{
    f->code = code;
    f->fd = file_open(path, code, &f->size, err);
    if (f->fd < 0)
        return false;
    f->path = strdup(path);
    f->reader = calloc(1, sizeof *f->reader);
    if (f->reader)
        pthread_mutex_init(&f->reader->lock, NULL);
    return (f->path && f->reader) || fail(err, ERROR_LIMIT, "%s: out of memory", path);
}

bool torch_find_tensors(struct torch_file *f, struct error *err)
{
    if (torch_tensors_find(&f->list, f->pickle->root, err))
        return true;
    if (err && err->code == ERROR_MODEL)
        err->code = f->code;
    return fail_more(err, "%s", f->path);
}

struct torch_file *torch_open(const char *path, bool zip, enum error_code code, struct error *err)
{
    struct torch_file *f = calloc(1, sizeof *f);
    if (!f) {
        fail(err, ERROR_LIMIT, "%s: out of memory", path);
        return NULL;
    }
    if (!init(f, path, code, err) || !(zip ? torch_zip_open(f, err) : torch_legacy_open(f, err)))
        torch_close(&f);
    return f;
}

void torch_close(struct torch_file **fp)
{
    struct torch_file *f = *fp;
    if (!f)
        return;
    torch_zip_close(f);
    if (f->reader) {
        pthread_mutex_destroy(&f->reader->lock);
        free(f->reader->bytes);
    }
    free(f->reader);
    torch_tensors_free(&f->list);
    pickle_free(&f->pickle);
    free(f->data);
    free(f->path);
    if (f->fd >= 0)
        close(f->fd);
    free(f);
    *fp = NULL;
}

const char *torch_path(const struct torch_file *f)
{
    return f->path;
}

const struct torch_tensors *torch_list(const struct torch_file *f)
{
    return &f->list;
}

static void swap_elements(unsigned char *p, size_t count, unsigned size)
{
    for (; count; count--, p += size)
        for (unsigned i = 0; i < size / 2; i++) {
            unsigned char byte = p[i];
            p[i] = p[size - 1 - i];
            p[size - 1 - i] = byte;
        }
}

static bool read_storage(const struct torch_file *f, const struct torch_tensor *t, uint64_t at,
                         void *out, size_t n, struct error *err)
{
    const struct torch_storage *s = &f->list.storage[t->storage];
    TRY(f->archive ? torch_zip_read(f, s, at, out, n, err)
                   : file_read_at(f->fd, f->path, s->place + at, out, n, f->code, err));
    if (f->swapped)
        swap_elements(out, n / s->size, s->size);
    return true;
}

/* Brings all of the storage from the tensor's first element to its last into memory. */
static bool hold(const struct torch_file *f, const struct torch_tensor *t, struct error *err)
{
    struct torch_reader *r = f->reader;
    uint64_t elements = 1;
    if (r->held == t)
        return true;
    free(r->bytes);
    r->held = NULL;
    for (int i = 0; i < t->t.rank; i++) /* checked when it was opened */
        elements += (uint64_t)(t->t.dim[i] - 1) * t->stride[i];
    unsigned size = safetensor_type_size(t->t.type);
    r->bytes = malloc(elements * size);
    if (!r->bytes)
        return fail(err, ERROR_LIMIT, "%s: tensor '%s': no memory for its %llu bytes", f->path,
                    t->t.name, (unsigned long long)(elements * size));
    TRY(read_storage(f, t, t->first * size, r->bytes, elements * size, err));
    r->held = t;
    return true;
}

static void gather(const struct torch_tensor *t, const unsigned char *from, uint64_t first,
                   size_t count, unsigned char *out)
{
    unsigned size = safetensor_type_size(t->t.type);
    uint64_t index[SAFETENSORS_RANK], rest = first;
    for (int d = t->t.rank - 1; d >= 0; d--) {
        index[d] = rest % (uint64_t)t->t.dim[d];
        rest /= (uint64_t)t->t.dim[d];
    }
    for (size_t i = 0; i < count; i++) {
        uint64_t at = 0;
        for (int d = 0; d < t->t.rank; d++)
            at += index[d] * t->stride[d];
        memcpy(out + i * size, from + at * size, size);
        for (int d = t->t.rank - 1; d >= 0 && ++index[d] == (uint64_t)t->t.dim[d]; d--)
            index[d] = 0;
    }
}

bool torch_read_raw(const struct torch_file *f, const struct torch_tensor *t, uint64_t first,
                    size_t count, void *out, struct error *err)
{
    assert(first <= t->t.elements && count <= t->t.elements - first);
    unsigned size = safetensor_type_size(t->t.type);
    bool ok = true;
    if (!count)
        return true;
    pthread_mutex_lock(&f->reader->lock);
    if (t->contiguous)
        ok = read_storage(f, t, (t->first + first) * size, out, count * size, err);
    else if ((ok = hold(f, t, err)))
        gather(t, f->reader->bytes, first, count, out);
    pthread_mutex_unlock(&f->reader->lock);
    return ok;
}
