/* SPDX-License-Identifier: MIT */
/* Training code saves the tensors alone, or in a dictionary beside the epoch, the optimizer and
 * whatever else it likes. The optimizer's tensors are none of the network's. */
#include "io/torch_tensors.h"
#include "io/torch_rebuild.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MOST = 8, NAME_MOST = 500, STEPS_MOST = 1 << 20 };

/* Where the weights are, the more usual first; and what holds tensors that are no weights. */
static const char *const wrappers[] = {"state_dict", "model_state_dict", "model_state", "model",
                                       "net",        "network",          "weights",     "module",
                                       "params",     "net_state_dict",   "model_dict"};
static const char *const others[] = {"optim", "sched", "lr_sched", "scaler", "amp", "grad", "ema"};

#define COUNT(list) (sizeof(list) / sizeof *(list))

/* ---- dictionaries: of Python, or objects that are some; OrderedDict of Python 2 gets its entries
 * as a list of pairs ---- */

struct entries {
    const struct pickle_item *item;
    bool pairs;
    int *steps; /* of the whole search: a hostile file has many ways to each of its entries */
};

static bool is_mapping(const struct pickle_value *v)
{
    return v->kind == PICKLE_DICT || pickle_is_call_of(v, "collections", "OrderedDict") ||
           pickle_is_call_of(v, "collections", "defaultdict") ||
           (v->kind == PICKLE_CALL && v->first && v->first->key);
}

static struct entries entries_of(const struct pickle_value *v, int *steps)
{
    const struct pickle_value *list = v->kind == PICKLE_CALL ? pickle_at(v->as.call.args, 0) : NULL;
    if (!v->first && list && list->kind == PICKLE_LIST)
        return (struct entries){list->first, true, steps};
    return (struct entries){v->first, false, steps};
}

/* The next entry whose key is text; none when the search has taken too long. */
static const struct pickle_value *next_entry(struct entries *e, struct pickle_text *key)
{
    while (e->item && ++*e->steps <= STEPS_MOST) {
        const struct pickle_item *item = e->item;
        const struct pickle_value *k = e->pairs ? pickle_at(item->value, 0) : item->key;
        const struct pickle_value *v = e->pairs ? pickle_at(item->value, 1) : item->value;
        e->item = item->next;
        if (k && v && k->kind == PICKLE_TEXT) {
            *key = k->as.text;
            return v;
        }
    }
    return NULL;
}

static const struct pickle_value *get(const struct pickle_value *v, const char *name, int *steps)
{
    struct entries e = entries_of(v, steps);
    struct pickle_text key;
    const struct pickle_value *found = NULL;
    for (const struct pickle_value *x; (x = next_entry(&e, &key));)
        if (pickle_text_is(key, name))
            found = x;
    return found;
}

static bool holds_tensors(const struct pickle_value *v, int depth, int *steps)
{
    struct entries e;
    struct pickle_text key;
    if (depth > DEPTH_MOST || !is_mapping(v))
        return false;
    e = entries_of(v, steps);
    for (const struct pickle_value *x; (x = next_entry(&e, &key));)
        if (torch_is_tensor(x) || holds_tensors(x, depth + 1, steps))
            return true;
    return false;
}

/* ---- collecting ---- */

struct collector {
    struct torch_tensors *list;
    int steps;
    struct error *err;
};

static bool is_other(struct pickle_text key)
{
    for (size_t i = 0; i < COUNT(others); i++)
        if (key.n >= strlen(others[i]) && !memcmp(key.s, others[i], strlen(others[i])))
            return true;
    return false;
}

/* prefix + key: NULL when it is no name. */
static const char *join(struct collector *c, const char *prefix, struct pickle_text key)
{
    if (!key.n || memchr(key.s, 0, key.n) || strlen(prefix) + key.n > NAME_MOST) {
        fail(c->err, ERROR_MODEL,
             "a tensor or dictionary has a name that is empty, has a zero "
             "byte, or is longer than %d bytes",
             NAME_MOST);
        return NULL;
    }
    return arena_printf(&c->list->arena, "%s%.*s", prefix, (int)key.n, key.s);
}

static bool add_tensor(struct collector *c, const char *name, const struct pickle_value *v)
{
    struct torch_tensors *l = c->list;
    if (l->count == SAFETENSORS_MOST)
        return fail(c->err, ERROR_MODEL, "more than %d tensors", SAFETENSORS_MOST);
    if (l->count == l->room) {
        int room = l->room ? 2 * l->room : 256;
        struct torch_tensor *p = realloc(l->tensor, (size_t)room * sizeof *p);
        if (!p)
            return fail(c->err, ERROR_LIMIT, "no memory for a list of %d tensors", room);
        l->tensor = p;
        l->room = room;
    }
    struct torch_tensor *t = &l->tensor[l->count];
    *t = (struct torch_tensor){.t = {.name = name}};
    TRY(torch_rebuild(t, v, c->err));
    l->count++;
    return true;
}

static bool collect(struct collector *c, const struct pickle_value *v, const char *prefix,
                    int depth)
{
    struct entries e = entries_of(v, &c->steps);
    struct pickle_text key;
    for (const struct pickle_value *x; (x = next_entry(&e, &key));) {
        bool tensor = torch_is_tensor(x);
        if (!tensor && (depth == DEPTH_MOST || (depth == 0 && is_other(key)) ||
                        !holds_tensors(x, depth + 1, &c->steps)))
            continue;
        const char *name = join(c, prefix, key);
        TRY(name != NULL);
        if (tensor)
            TRY(add_tensor(c, name, x));
        else
            TRY(collect(c, x, arena_printf(&c->list->arena, "%s.", name), depth + 1));
    }
    return true;
}

/* Goes down to the dictionary that is the network's. */
static const struct pickle_value *descend(struct collector *c, const struct pickle_value *v)
{
    struct torch_tensors *l = c->list;
    for (int depth = 0; depth < DEPTH_MOST; depth++) {
        const struct pickle_value *inner = NULL;
        for (size_t i = 0; i < COUNT(wrappers) && !inner; i++) {
            inner = get(v, wrappers[i], &c->steps);
            if (inner && !holds_tensors(inner, 0, &c->steps))
                inner = NULL;
            size_t n = strlen(l->where);
            if (inner)
                snprintf(l->where + n, sizeof l->where - n, "%s%s", n ? "." : "", wrappers[i]);
        }
        if (!inner)
            break;
        v = inner;
    }
    return v;
}

/* ---- what is wrong where there is no tensor ---- */

static bool is_module(const struct pickle_value *v, int *steps)
{
    return v->kind == PICKLE_CALL && v->as.call.state &&
           get(v->as.call.state, "_modules", steps) != NULL;
}

static bool fail_empty(const struct pickle_value *root, struct error *err)
{
    int steps = 0;
    bool module = is_module(root, &steps);
    char keys[160] = "";
    struct pickle_text key;
    if (is_mapping(root)) {
        struct entries e = entries_of(root, &steps);
        for (const struct pickle_value *x; (x = next_entry(&e, &key));) {
            size_t n = strlen(keys);
            module = module || is_module(x, &steps);
            if (n < sizeof keys - 60)
                snprintf(keys + n, sizeof keys - n, "%s%.*s", n ? ", " : "",
                         (int)(key.n < 40 ? key.n : 40), key.s);
        }
    }
    if (torch_is_tensor(root))
        return fail(err, ERROR_MODEL, "holds one tensor alone, not those of a network");
    if (module || root->kind == PICKLE_CALL)
        return fail(err, ERROR_MODEL,
                    "holds a Python object, not its tensors, and only its Python code could read "
                    "it; save them: torch.save(model.state_dict(), 'weights.pth')");
    return fail(err, ERROR_MODEL, "holds no dictionary of tensors%s%s", keys[0] ? "; it has " : "",
                keys);
}

/* ---- storages ---- */

static int compare_name(const void *a, const void *b)
{
    const struct torch_tensor *x = a, *y = b;
    return strcmp(x->t.name, y->t.name);
}

static bool check_names(const struct torch_tensors *l, struct error *err)
{
    for (int i = 1; i < l->count; i++)
        if (!strcmp(l->tensor[i - 1].t.name, l->tensor[i].t.name))
            return fail(err, ERROR_MODEL, "two tensors are called '%s'", l->tensor[i].t.name);
    return true;
}

int torch_compare_keys(struct pickle_text a, struct pickle_text b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n ? memcmp(a.s, b.s, n) : 0;
    return order ? order : (a.n > b.n) - (a.n < b.n);
}

static int compare_key(const void *a, const void *b)
{
    const struct torch_tensor *x = *(struct torch_tensor *const *)a;
    const struct torch_tensor *y = *(struct torch_tensor *const *)b;
    return torch_compare_keys(x->from.key, y->from.key);
}

/* One storage for all tensors of a key, which must agree about its length. */
static bool list_storages(struct torch_tensors *l, struct torch_tensor **by_key, struct error *err)
{
    for (int i = 0; i < l->count; i++)
        by_key[i] = &l->tensor[i];
    qsort(by_key, (size_t)l->count, sizeof *by_key, compare_key);
    for (int i = 0; i < l->count; i++) {
        struct torch_tensor *t = by_key[i];
        if (i == 0 || compare_key(&by_key[i - 1], &t) != 0)
            l->storage[l->storage_count++] = t->from;
        const struct torch_storage *s = &l->storage[l->storage_count - 1];
        if (t->from.bytes != s->bytes || t->from.size != s->size)
            return fail(err, ERROR_MODEL,
                        "tensor '%s': its storage has other lengths elsewhere in the file",
                        t->t.name);
        t->storage = l->storage_count - 1;
    }
    return true;
}

bool torch_tensors_find(struct torch_tensors *l, const struct pickle_value *root, struct error *err)
{
    struct collector c = {l, 0, err};
    if (is_mapping(root))
        TRY(collect(&c, descend(&c, root), "", 0));
    if (c.steps > STEPS_MOST)
        return fail(err, ERROR_MODEL, "more than %d dictionary entries", STEPS_MOST);
    if (!l->count)
        return fail_empty(root, err);
    qsort(l->tensor, (size_t)l->count, sizeof *l->tensor, compare_name);
    TRY(check_names(l, err));
    struct torch_tensor **by_key = calloc((size_t)l->count, sizeof *by_key);
    l->storage = calloc((size_t)l->count, sizeof *l->storage);
    bool ok = by_key && l->storage ? list_storages(l, by_key, err)
                                   : fail(err, ERROR_LIMIT, "out of memory");
    free(by_key);
    return ok;
}

void torch_tensors_free(struct torch_tensors *l)
{
    arena_free(&l->arena);
    free(l->tensor);
    free(l->storage);
    *l = (struct torch_tensors){0};
}
