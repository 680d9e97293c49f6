/* SPDX-License-Identifier: MIT */
/* Opening a checkpoint: its tensors by the names that the builders use. */
#include "models/checkpoint.h"
#include "models/namings.h"

#include <stdlib.h>
#include <string.h>

struct checkpoint_memory {
    struct tensor_file *file;
    struct checkpoint_key *keys;
    struct arena arena; /* translated names */
};

static int compare_keys(const void *a, const void *b)
{
    return strcmp(((const struct checkpoint_key *)a)->name,
                  ((const struct checkpoint_key *)b)->name);
}

/* Whether the names are in these words; then c->prefix is what stands in front of them. */
static bool speaks(struct checkpoint *c, const struct naming *n)
{
    if (!checkpoint_locate(c, n->first, n->second ? n->second : n->first))
        return false;
    return checkpoint_find(c, n->first)->rank == n->rank &&
           (!n->frames || checkpoint_dim(c, n->first, 2) == n->frames) &&
           (!n->without || !checkpoint_find(c, n->without));
}

/* Names under the prefix, and those that stand beside it: in TSN's code, module.new_fc beside
 * module.base_model. */
static bool translate(struct checkpoint *c, struct checkpoint_memory *m, const struct naming *n)
{
    size_t inner = strlen(c->prefix), outer = inner;
    int translated = 0;
    while (outer > 1 && c->prefix[outer - 2] != '.')
        outer--;
    outer = outer > 1 ? outer - 1 : 0;
    for (int pass = 0; pass < 2; pass++) { /* nothing changes unless a name is translated */
        for (int i = 0; i < c->count; i++) {
            char name[NAMING_BYTES];
            const char *from = m->keys[i].name;
            bool under = !strncmp(from, c->prefix, inner);
            bool beside = under || !strncmp(from, c->prefix, outer);
            bool known = beside && n->translate(from + (under ? inner : outer), name);
            translated += known;
            if (pass && known)
                m->keys[i].name = arena_dup(&m->arena, name);
            else if (pass && under)
                m->keys[i].name = from + inner;
        }
        if (!translated)
            return false;
    }
    c->prefix[0] = 0;
    c->naming = n->about;
    qsort(m->keys, (size_t)c->count, sizeof *m->keys, compare_keys);
    return true;
}

static bool list_names(struct checkpoint *c, struct checkpoint_memory *m, struct error *err)
{
    c->count = tensor_file_count(m->file);
    m->keys = calloc((size_t)c->count + 1, sizeof *m->keys);
    if (!m->keys)
        return fail(err, ERROR_LIMIT, "out of memory");
    c->keys = m->keys;
    for (int i = 0; i < c->count; i++) {
        const struct safetensor *t = tensor_file_at(m->file, i);
        m->keys[i] = (struct checkpoint_key){t->name, t};
    }
    qsort(m->keys, (size_t)c->count, sizeof *m->keys, compare_keys);
    for (const struct naming *n = namings; n->about; n++) {
        if (speaks(c, n) && translate(c, m, n))
            break;
        c->prefix[0] = 0;
    }
    for (int i = 1; i < c->count; i++)
        if (!strcmp(m->keys[i - 1].name, m->keys[i].name))
            return fail(err, ERROR_MODEL, "%s: tensors '%s' and '%s' are the same in other words",
                        tensor_file_path(m->file), m->keys[i - 1].t->name, m->keys[i].t->name);
    return true;
}

bool checkpoint_open(struct checkpoint *c, const char *path, struct error *err)
{
    *c = (struct checkpoint){0};
    struct checkpoint_memory *m = calloc(1, sizeof *m);
    if (!m)
        return fail(err, ERROR_LIMIT, "out of memory");
    c->memory = m;
    c->file = m->file = tensor_file_open(path, ERROR_MODEL, err);
    if (m->file && list_names(c, m, err))
        return true;
    checkpoint_close(c);
    return false;
}

void checkpoint_close(struct checkpoint *c)
{
    struct checkpoint_memory *m = c->memory;
    if (m) {
        tensor_file_close(&m->file);
        arena_free(&m->arena);
        free(m->keys);
        free(m);
    }
    *c = (struct checkpoint){0};
}
