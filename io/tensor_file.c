/* SPDX-License-Identifier: MIT */
#include "io/tensor_file.h"
#include "base/file.h"
#include "io/safetensors_type.h"
#include "io/torch_file.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct tensor_file { /* one of the two */
    struct safetensors *safetensors;
    struct torch_file *torch;
    bool zip;
};

/* ---- which format ---- */

enum format { FORMAT_UNKNOWN, FORMAT_SAFETENSORS, FORMAT_ZIP, FORMAT_PICKLE, FORMAT_TAR };

enum { START = 300, TAR_MAGIC = 257 };

/* A protocol of 2 or more, or what older ones begin with: a line with the name of a module, or a
 * mark. */
static bool looks_pickled(const unsigned char *p, size_t n)
{
    size_t name = 1;
    while (name < n && (isalnum(p[name]) || p[name] == '_' || p[name] == '.'))
        name++;
    return n >= 2 && ((p[0] == 0x80 && p[1] >= 2 && p[1] <= 5) ||
                      (p[0] == 'c' && name > 1 && name < n && p[name] == '\n') ||
                      (p[0] == '(' && p[1] && strchr("cdilptISV", p[1])));
}

/* The length of a safetensors header may have any first byte, so it is asked first. */
static enum format format_of(const unsigned char *p, size_t n, uint64_t file_size)
{
    uint64_t header = 0;
    for (int i = 7; i >= 0 && n > 8; i--)
        header = header << 8 | p[i];
    if (n > 8 && p[8] == '{' && header <= file_size - 8)
        return FORMAT_SAFETENSORS;
    if (n >= 4 && !memcmp(p, "PK\3\4", 4))
        return FORMAT_ZIP;
    if (n >= 4 && !memcmp(p, "PK\5\6", 4)) /* an empty one */
        return FORMAT_ZIP;
    if (n >= TAR_MAGIC + 5 && !memcmp(p + TAR_MAGIC, "ustar", 5))
        return FORMAT_TAR;
    if (looks_pickled(p, n))
        return FORMAT_PICKLE;
    return FORMAT_UNKNOWN;
}

static bool find_format(const char *path, enum format *format, enum error_code code,
                        struct error *err)
{
    unsigned char start[START];
    uint64_t size;
    int fd = file_open(path, code, &size, err);
    if (fd < 0)
        return false;
    size_t n = size < START ? (size_t)size : START;
    bool ok = file_read_at(fd, path, 0, start, n, code, err);
    if (ok)
        *format = format_of(start, n, size);
    close(fd);
    return ok;
}

bool tensor_file_sniff(const char *path)
{
    enum format format = FORMAT_UNKNOWN;
    struct error ignored;
    return find_format(path, &format, ERROR_MODEL, &ignored) && format != FORMAT_UNKNOWN;
}

/* ---- opening ---- */

struct tensor_file *tensor_file_open(const char *path, enum error_code code, struct error *err)
{
    enum format format = FORMAT_UNKNOWN;
    if (!find_format(path, &format, code, err))
        return NULL;
    if (format == FORMAT_TAR) {
        fail(err, code,
             "%s: a tar archive, as PyTorch wrote before 0.1.10; load and save it with a newer one",
             path);
        return NULL;
    }
    struct tensor_file *f = calloc(1, sizeof *f);
    if (!f) {
        fail(err, ERROR_LIMIT, "%s: out of memory", path);
        return NULL;
    }
    f->zip = format == FORMAT_ZIP;
    if (format == FORMAT_ZIP || format == FORMAT_PICKLE)
        f->torch = torch_open(path, f->zip, code, err);
    else
        f->safetensors = safetensors_open(path, code, err);
    if (!f->torch && !f->safetensors)
        tensor_file_close(&f);
    return f;
}

void tensor_file_close(struct tensor_file **fp)
{
    struct tensor_file *f = *fp;
    if (!f)
        return;
    safetensors_close(&f->safetensors);
    torch_close(&f->torch);
    free(f);
    *fp = NULL;
}

/* ---- looking at it ---- */

const char *tensor_file_path(const struct tensor_file *f)
{
    return f->torch ? torch_path(f->torch) : safetensors_path(f->safetensors);
}

const char *tensor_file_format(const struct tensor_file *f)
{
    return !f->torch ? "safetensors" : f->zip ? "PyTorch zip archive" : "PyTorch, before 1.6";
}

bool tensor_file_is_safetensors(const struct tensor_file *f)
{
    return f->safetensors != NULL;
}

const char *tensor_file_where(const struct tensor_file *f)
{
    return f->torch ? torch_list(f->torch)->where : "";
}

int tensor_file_count(const struct tensor_file *f)
{
    return f->torch ? torch_list(f->torch)->count : safetensors_count(f->safetensors);
}

const struct safetensor *tensor_file_at(const struct tensor_file *f, int i)
{
    return f->torch ? &torch_list(f->torch)->tensor[i].t : safetensors_at(f->safetensors, i);
}

static int compare_name(const void *name, const void *tensor)
{
    return strcmp(name, ((const struct torch_tensor *)tensor)->t.name);
}

const struct safetensor *tensor_file_find(const struct tensor_file *f, const char *name)
{
    if (!f->torch)
        return safetensors_find(f->safetensors, name);
    const struct torch_tensors *l = torch_list(f->torch); /* sorted by name */
    const struct torch_tensor *t =
        bsearch(name, l->tensor, (size_t)l->count, sizeof *l->tensor, compare_name);
    return t ? &t->t : NULL;
}

/* ---- reading ---- */

/* t is the first member of its torch_tensor. */
static bool read_torch(const struct torch_file *f, const struct safetensor *t, uint64_t first,
                       size_t count, float *out, struct error *err)
{
    const struct torch_tensor *tensor = (const struct torch_tensor *)(const void *)t;
    unsigned char piece[16384];
    size_t most = sizeof piece / safetensor_type_size(t->type);
    if (t->type == SAFETENSOR_F32)
        return torch_read_raw(f, tensor, first, count, out, err);
    while (count) {
        size_t n = count < most ? count : most;
        TRY(torch_read_raw(f, tensor, first, n, piece, err));
        safetensor_convert(t->type, piece, n, out);
        first += n;
        out += n;
        count -= n;
    }
    return true;
}

bool tensor_file_read(const struct tensor_file *f, const struct safetensor *t, uint64_t first,
                      size_t count, float *out, struct error *err)
{
    return f->torch ? read_torch(f->torch, t, first, count, out, err)
                    : safetensors_read(f->safetensors, t, first, count, out, err);
}
