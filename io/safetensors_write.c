/* SPDX-License-Identifier: MIT */
/* Writing safetensors, one tensor after the other: memory does not grow with the file. */
#include "base/checked.h"
#include "base/file.h"
#include "base/text.h"
#include "io/safetensors.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

struct safetensors_writer {
    struct file_writer *file;
    uint64_t left; /* bytes still to come */
};

/* The header's text; *bytes gets the size of the data that it announces. */
static bool print_header(struct text *h, const char *path, const struct safetensor *list, int count,
                         uint64_t *bytes, struct error *err)
{
    *bytes = 0;
    text_append(h, "{", 1);
    for (int i = 0; i < count; i++) {
        const struct safetensor *t = &list[i];
        uint64_t n = safetensor_type_size(t->type), end;
        text_append(h, ",", i > 0);
        text_json(h, t->name);
        text_printf(h, ":{\"dtype\":\"%s\",\"shape\":[", safetensor_type_name(t->type));
        for (int d = 0; d < t->rank; d++) {
            text_printf(h, "%s%" PRId64, d ? "," : "", t->dim[d]);
            if (!mul_ok(n, (uint64_t)t->dim[d], &n))
                return fail(err, ERROR_LIMIT, "%s: tensor '%s' is too large", path, t->name);
        }
        if (!add_ok(*bytes, n, &end) || end > INT64_MAX)
            return fail(err, ERROR_LIMIT, "%s: tensor '%s': the file is too large", path, t->name);
        text_printf(h, "],\"data_offsets\":[%" PRIu64 ",%" PRIu64 "]}", *bytes, end);
        *bytes = end;
    }
    text_append(h, "}", 1);
    while (h->len % 8) /* so that the data is aligned, as readers that map the file wish */
        text_append(h, " ", 1);
    return true;
}

struct safetensors_writer *safetensors_create(const char *path, const struct safetensor *list,
                                              int count, struct error *err)
{
    struct text header = {0};
    unsigned char length[8];
    struct safetensors_writer *w = calloc(1, sizeof *w);
    if (!w) {
        fail(err, ERROR_LIMIT, "%s: out of memory", path);
        return NULL;
    }
    if (print_header(&header, path, list, count, &w->left, err) &&
        (w->file = file_writer_open(path, err))) {
        for (int i = 0; i < 8; i++)
            length[i] = (unsigned char)((uint64_t)header.len >> 8 * i);
        if (!file_writer_put(w->file, length, 8, err) ||
            !file_writer_put(w->file, header.s, header.len, err))
            file_writer_abandon(&w->file);
    }
    if (!w->file)
        safetensors_abandon(&w);
    text_free(&header);
    return w;
}

bool safetensors_put(struct safetensors_writer *w, const void *data, size_t bytes,
                     struct error *err)
{
    assert(bytes <= w->left);
    w->left -= bytes;
    return file_writer_put(w->file, data, bytes, err);
}

bool safetensors_commit(struct safetensors_writer **w, struct error *err)
{
    assert((*w)->left == 0);
    bool ok = file_writer_commit(&(*w)->file, err);
    safetensors_abandon(w);
    return ok;
}

void safetensors_abandon(struct safetensors_writer **w)
{
    if (!*w)
        return;
    file_writer_abandon(&(*w)->file);
    free(*w);
    *w = NULL;
}
