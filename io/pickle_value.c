/* SPDX-License-Identifier: MIT */
#include "io/pickle_value.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK = 1 << 16 };

struct pickle_block {
    struct pickle_block *next;
    _Alignas(16) unsigned char bytes[BLOCK];
};

static void *take(struct pickle_memory *m, size_t n, struct error *err)
{
    if (m->count == PICKLE_VALUES_MOST) {
        fail(err, m->code, "pickle: more than %d values", PICKLE_VALUES_MOST);
        return NULL;
    }
    n = (n + 15) / 16 * 16;
    if (m->free < n) {
        struct pickle_block *b = malloc(sizeof *b);
        if (!b) {
            fail(err, ERROR_LIMIT, "pickle: out of memory");
            return NULL;
        }
        b->next = m->blocks;
        m->blocks = b;
        m->free = BLOCK;
    }
    m->count++;
    m->free -= n;
    return memset(m->blocks->bytes + m->free, 0, n);
}

struct pickle_value *pickle_new(struct pickle_memory *m, enum pickle_kind kind, struct error *err)
{
    struct pickle_value *v = take(m, sizeof *v, err);
    if (v)
        v->kind = kind;
    return v;
}

bool pickle_add(struct pickle_memory *m, struct pickle_value *to, const struct pickle_value *key,
                const struct pickle_value *value, struct error *err)
{
    struct pickle_item *item = take(m, sizeof *item, err);
    if (!item)
        return false;
    *item = (struct pickle_item){key, value, NULL};
    if (to->last)
        to->last->next = item;
    else
        to->first = item;
    to->last = item;
    to->count++;
    if (!to->harm && value->kind == PICKLE_GLOBAL)
        to->harm = value->harm;
    return true;
}

/* As much of a text as a message can hold. */
#define SHOWN(t) (int)((t).n < 60 ? (t).n : 60), (t).s

struct pickle_value *pickle_new_call(struct pickle_memory *m, const struct pickle_value *callee,
                                     const struct pickle_value *args, struct error *err)
{
    const struct pickle_value *bad = callee->harm ? callee->harm : args->harm;
    if (callee->kind != PICKLE_GLOBAL && callee->kind != PICKLE_PERSISTENT) {
        fail(err, m->code, "pickle: calls what is no function or class by name: refused");
        return NULL;
    }
    if (bad) {
        fail(err, m->code, "%s %.*s.%.*s: refused", bad == callee ? "calls" : "hands to a call",
             SHOWN(bad->as.global.module), SHOWN(bad->as.global.name));
        return NULL;
    }
    struct pickle_value *v = pickle_new(m, PICKLE_CALL, err);
    if (v) {
        v->as.call.callee = callee;
        v->as.call.args = args;
    }
    return v;
}

void pickle_free(struct pickle **pp)
{
    struct pickle *p = *pp;
    if (!p)
        return;
    for (struct pickle_block *b = p->memory, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    free(p);
    *pp = NULL;
}

bool pickle_text_is(struct pickle_text t, const char *s)
{
    return t.n == strlen(s) && !memcmp(t.s, s, t.n);
}

bool pickle_is_global(const struct pickle_value *v, const char *module, const char *name)
{
    return v && v->kind == PICKLE_GLOBAL && pickle_text_is(v->as.global.module, module) &&
           pickle_text_is(v->as.global.name, name);
}

bool pickle_is_call_of(const struct pickle_value *v, const char *module, const char *name)
{
    return v && v->kind == PICKLE_CALL && pickle_is_global(v->as.call.callee, module, name);
}

const struct pickle_value *pickle_at(const struct pickle_value *v, uint32_t i)
{
    if (!v || (v->kind != PICKLE_TUPLE && v->kind != PICKLE_LIST && v->kind != PICKLE_SET))
        return NULL;
    const struct pickle_item *item = v->first;
    for (; item && i; i--)
        item = item->next;
    return item ? item->value : NULL;
}

const struct pickle_value *pickle_get(const struct pickle_value *v, const char *key)
{
    const struct pickle_value *found = NULL;
    for (const struct pickle_item *i = v ? v->first : NULL; i; i = i->next)
        if (i->key && i->key->kind == PICKLE_TEXT && pickle_text_is(i->key->as.text, key))
            found = i->value;
    return found;
}
