/* SPDX-License-Identifier: MIT */
/* torch.save before PyTorch 1.6: pickles of a magic number, a version, the machine's properties,
 * the object, and the list of storages; then each storage, eight bytes of length and its elements.
 */
#include "base/checked.h"
#include "base/file.h"
#include "io/torch_internal.h"
#include "io/torch_rebuild.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_WINDOW = 1 << 20, VERSION = 1001 };

static const unsigned char magic[] = {0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19};

/* The pickle at *at, which moves behind it. How long it is, only reading tells: the window grows.
 * *data is the memory it refers to. */
static struct pickle *read_pickle(const struct torch_file *f, uint64_t *at, char **data,
                                  struct error *err)
{
    for (uint64_t window = FIRST_WINDOW;; window *= 8) {
        uint64_t n = f->size - *at;
        struct error why = {0};
        n = n < window ? n : window;
        char *bytes = malloc(n + 1);
        if (!bytes) {
            fail(err, ERROR_LIMIT, "%s: out of memory", f->path);
            return NULL;
        }
        if (!file_read_at(f->fd, f->path, *at, bytes, (size_t)n, f->code, err)) {
            free(bytes);
            return NULL;
        }
        struct pickle *p = pickle_parse(bytes, (size_t)n, f->code, &why);
        if (p) {
            *at += p->used;
            *data = bytes;
            return p;
        }
        free(bytes);
        if (n < window || window >= PICKLE_BYTES_MOST) {
            fail(err, why.code, "%s: %s", f->path, why.text);
            return NULL;
        }
    }
}

static bool is_magic(const struct pickle_value *v)
{
    return v->kind == PICKLE_LONG && v->as.text.n == sizeof magic &&
           !memcmp(v->as.text.s, magic, sizeof magic);
}

/* The three in front of the object. */
static bool read_start(struct torch_file *f, uint64_t *at, struct error *err)
{
    bool ok = true;
    for (int i = 0; ok && i < 3; i++) {
        char *data = NULL;
        struct pickle *p = read_pickle(f, at, &data, err);
        if (!p)
            return false;
        const struct pickle_value *little = pickle_get(p->root, "little_endian");
        if (i == 0 && !is_magic(p->root))
            ok = fail(err, f->code, "%s: a Python pickle, but not one of torch.save", f->path);
        else if (i == 1 && (p->root->kind != PICKLE_INT || p->root->as.integer != VERSION))
            ok = fail(err, f->code, "%s: not version %d of torch.save", f->path, VERSION);
        else if (i == 2)
            f->swapped = little && little->kind == PICKLE_BOOL && !little->as.integer;
        pickle_free(&p);
        free(data);
    }
    return ok;
}

/* ---- storages, also of tensors that nobody wants: they must be passed over ---- */

static int compare_storages(const void *a, const void *b)
{
    const struct torch_storage *x = a, *y = b;
    return torch_compare_keys(x->key, y->key);
}

/* All storages that the object mentions, sorted by key; freed by the caller. */
static struct torch_storage *list_mentioned(const struct torch_file *f, size_t *count,
                                            struct error *err)
{
    const struct pickle_value *v;
    struct torch_storage *list;
    enum safetensor_type type;
    *count = 0;
    for (v = f->pickle->persistent; v; v = v->as.persistent.next)
        ++*count;
    list = calloc(*count + 1, sizeof *list);
    if (!list) {
        fail(err, ERROR_LIMIT, "%s: out of memory", f->path);
        return NULL;
    }
    *count = 0;
    for (v = f->pickle->persistent; v; v = v->as.persistent.next)
        *count += torch_read_storage(&list[*count], v, &type);
    qsort(list, *count, sizeof *list, compare_storages);
    return list;
}

/* One storage at *at, which moves behind it. */
static bool place_storage(struct torch_file *f, struct pickle_text key,
                          const struct torch_storage *mentioned, size_t count, uint64_t *at,
                          struct error *err)
{
    struct torch_storage wanted = {.key = key};
    const struct torch_storage *s =
        bsearch(&wanted, mentioned, count, sizeof *mentioned, compare_storages);
    struct torch_storage *used = bsearch(&wanted, f->list.storage, (size_t)f->list.storage_count,
                                         sizeof *f->list.storage, compare_storages);
    unsigned char raw[8];
    uint64_t elements = 0, bytes = 0, end;
    if (!s || !s->size)
        return fail(err, f->code, "%s: storage '%.*s' is of no known type", f->path,
                    (int)(key.n < 40 ? key.n : 40), key.s);
    if (f->size - *at < 8)
        return fail(err, f->code, "%s: cut off: %llu bytes are left where a storage begins",
                    f->path, (unsigned long long)(f->size - *at));
    TRY(file_read_at(f->fd, f->path, *at, raw, 8, f->code, err));
    *at += 8;
    for (int i = 0; i < 8; i++)
        elements = elements << 8 | raw[f->swapped ? i : 7 - i];
    /* where the file mentions it with several lengths, that of the tensors was checked */
    uint64_t expected = used ? used->bytes : s->bytes;
    if (!mul_ok(elements, s->size, &bytes) || bytes != expected || !add_ok(*at, bytes, &end) ||
        end > f->size)
        return fail(err, f->code,
                    "%s: storage '%.*s' has %llu elements of %u bytes, expected are %llu bytes of "
                    "%llu left: cut off, or damaged",
                    f->path, (int)(key.n < 40 ? key.n : 40), key.s, (unsigned long long)elements,
                    s->size, (unsigned long long)expected, (unsigned long long)(f->size - *at));
    if (used)
        used->place = *at;
    *at = end;
    return true;
}

static bool place_storages(struct torch_file *f, const struct pickle_value *keys, uint64_t at,
                           struct error *err)
{
    size_t count;
    struct torch_storage *mentioned = list_mentioned(f, &count, err);
    bool ok = mentioned != NULL;
    if (ok && keys->kind != PICKLE_LIST)
        ok = fail(err, f->code, "%s: its list of storages is none", f->path);
    for (const struct pickle_item *i = ok ? keys->first : NULL; ok && i; i = i->next)
        ok = i->value->kind == PICKLE_TEXT
                 ? place_storage(f, i->value->as.text, mentioned, count, &at, err)
                 : fail(err, f->code, "%s: a storage without a name", f->path);
    free(mentioned);
    for (int i = 0; ok && i < f->list.storage_count; i++)
        if (!f->list.storage[i].place)
            ok = fail(err, f->code, "%s: storage '%.*s' is missing", f->path,
                      (int)(f->list.storage[i].key.n < 40 ? f->list.storage[i].key.n : 40),
                      f->list.storage[i].key.s);
    return ok;
}

bool torch_legacy_open(struct torch_file *f, struct error *err)
{
    uint64_t at = 0;
    char *data = NULL;
    TRY(read_start(f, &at, err));
    TRY(f->pickle = read_pickle(f, &at, &f->data, err));
    TRY(torch_find_tensors(f, err));
    struct pickle *keys = read_pickle(f, &at, &data, err);
    bool ok = keys && place_storages(f, keys->root, at, err);
    pickle_free(&keys);
    free(data);
    return ok;
}
