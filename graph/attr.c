/* SPDX-License-Identifier: MIT */
/* Attributes: text to struct member and back, driven by the operator's table. */
#include "graph/op.h"

#include <stdio.h>
#include <string.h>

const struct attr *attr_find(const struct op *op, const char *name)
{
    for (const struct attr *a = op->attrs; a && a->name; a++)
        if (!strcmp(a->name, name))
            return a;
    return NULL;
}

int attr_choice(const struct attr *a, const char *word)
{
    size_t n = strlen(word);
    const char *s = a->choices;
    for (int i = 0;; i++) {
        size_t k = strcspn(s, "|");
        if (k == n && !memcmp(s, word, n))
            return i;
        if (!s[k])
            return -1;
        s += k + 1;
    }
}

static void *member(const struct node *n, const struct attr *a)
{
    return (char *)n->attrs + a->offset;
}

int attr_get_enum(const struct node *n, const char *name)
{
    const struct attr *a = attr_find(n->op, name);
    return a && a->type == ATTR_ENUM ? *(int *)member(n, a) : -1;
}

int attr_get_int(const struct node *n, const char *name)
{
    const struct attr *a = attr_find(n->op, name);
    return a && a->type == ATTR_INT ? *(int *)member(n, a) : -1;
}

bool attr_set_enum(struct node *n, const char *name, const char *word)
{
    const struct attr *a = attr_find(n->op, name);
    int v = a && a->type == ATTR_ENUM ? attr_choice(a, word) : -1;
    if (v >= 0)
        *(int *)member(n, a) = v;
    return v >= 0;
}

const char *attr_enum_word(const struct node *n, const struct attr *a, char buf[32])
{
    const char *s = a->choices;
    for (int i = *(const int *)member(n, a); i > 0; i--)
        s += strcspn(s, "|") + 1;
    snprintf(buf, 32, "%.*s", (int)strcspn(s, "|"), s);
    return buf;
}

static size_t attr_size(enum attr_type t)
{
    switch (t) {
    case ATTR_INT:
    case ATTR_ENUM:
        return sizeof(int);
    case ATTR_INT3:
        return 3 * sizeof(int);
    case ATTR_FLOAT:
        return sizeof(float);
    case ATTR_FLOAT3:
        return 3 * sizeof(float);
    case ATTR_STRING:
        break;
    }
    return sizeof(char *);
}

void attr_copy_shared(struct node *to, const struct node *from)
{
    for (const struct attr *a = to->op->attrs; a && a->name; a++) {
        const struct attr *b = attr_find(from->op, a->name);
        if (b && b->type == a->type)
            memcpy(member(to, a), member(from, b), attr_size(a->type));
    }
}

/* One or three comma-separated numbers; at most 3 words of value are looked at. */
static bool parse_numbers(const struct attr *a, const char *value, bool whole, double out[3],
                          struct error *err)
{
    int count = 0, most = a->type == ATTR_INT3 || a->type == ATTR_FLOAT3 ? 3 : 1;
    for (const char *s = value;;) {
        char word[48];
        size_t n = strcspn(s, ",");
        long long i;
        if (count == most)
            return fail(err, ERROR_MODEL, "%s=%.60s: at most %d number%s", a->name, value, most,
                        most > 1 ? "s" : "");
        if (n >= sizeof word)
            return fail(err, ERROR_MODEL, "%s=%.60s: not a number", a->name, value);
        memcpy(word, s, n);
        word[n] = 0;
        if (whole ? !text_to_int(word, &i) : !text_to_double(word, &out[count]))
            return fail(err, ERROR_MODEL, "%s=%.60s: '%s' is not %s", a->name, value, word,
                        whole ? "a whole number" : "a number");
        if (whole)
            out[count] = (double)i;
        if ((a->min != 0 || a->max != 0) && (out[count] < a->min || out[count] > a->max))
            return fail(err, ERROR_MODEL, "%s=%.60s: %s is outside %g to %g", a->name, value, word,
                        a->min, a->max);
        if (whole && (out[count] < -2147483647.0 || out[count] > 2147483647.0))
            return fail(err, ERROR_MODEL, "%s=%.60s: out of range", a->name, value);
        count++;
        if (!s[n])
            break;
        s += n + 1;
    }
    if (count == 2)
        return fail(err, ERROR_MODEL, "%s=%.60s: one number or three, not two", a->name, value);
    if (count == 1)
        out[1] = out[2] = out[0];
    return true;
}

bool attr_parse(struct graph *g, struct node *n, const struct attr *a, const char *value,
                struct error *err)
{
    void *p = member(n, a);
    double v[3];
    switch (a->type) {
    case ATTR_INT:
        TRY(parse_numbers(a, value, true, v, err));
        *(int *)p = (int)v[0];
        return true;
    case ATTR_INT3:
        TRY(parse_numbers(a, value, true, v, err));
        for (int i = 0; i < 3; i++)
            ((int *)p)[i] = (int)v[i];
        return true;
    case ATTR_FLOAT:
        TRY(parse_numbers(a, value, false, v, err));
        *(float *)p = (float)v[0];
        return true;
    case ATTR_FLOAT3:
        TRY(parse_numbers(a, value, false, v, err));
        for (int i = 0; i < 3; i++)
            ((float *)p)[i] = (float)v[i];
        return true;
    case ATTR_ENUM: {
        int c = attr_choice(a, value);
        if (c < 0)
            return fail(err, ERROR_MODEL, "%s=%.60s: allowed are %s", a->name, value, a->choices);
        *(int *)p = c;
        return true;
    }
    case ATTR_STRING:
        *(const char **)p = arena_dup(&g->arena, value);
        return true;
    }
    return false;
}

void attr_defaults(struct graph *g, struct node *n)
{
    for (const struct attr *a = n->op->attrs; a && a->name; a++)
        if (a->def)
            attr_parse(g, n, a, a->def, NULL);
}

static void print_value(const struct node *n, const struct attr *a, struct text *out)
{
    const void *p = member(n, a);
    char buf[32];
    switch (a->type) {
    case ATTR_INT:
        text_printf(out, "%d", *(const int *)p);
        break;
    case ATTR_INT3: {
        const int *v = p;
        text_printf(out, "%d", v[0]);
        if (v[1] != v[0] || v[2] != v[0])
            text_printf(out, ",%d,%d", v[1], v[2]);
        break;
    }
    case ATTR_FLOAT:
        text_printf(out, "%s", text_float(buf, *(const float *)p));
        break;
    case ATTR_FLOAT3: {
        const float *v = p;
        text_printf(out, "%s", text_float(buf, v[0]));
        if (v[1] != v[0] || v[2] != v[0]) {
            text_printf(out, ",%s", text_float(buf, v[1]));
            text_printf(out, ",%s", text_float(buf, v[2]));
        }
        break;
    }
    case ATTR_ENUM:
        text_printf(out, "%s", attr_enum_word(n, a, buf));
        break;
    case ATTR_STRING:
        text_printf(out, "%s", *(const char *const *)p);
        break;
    }
}

/* The default in the form the printer uses, so that "1,1,1" and "1" compare equal. */
static void print_default(const struct node *n, const struct attr *a, struct text *out)
{
    struct graph scratch = {0};
    struct node d = {.op = n->op};
    d.attrs = arena_alloc(&scratch.arena, n->op->attrs_size);
    attr_parse(&scratch, &d, a, a->def, NULL);
    print_value(&d, a, out);
    arena_free(&scratch.arena);
}

void attr_print(const struct node *n, struct text *out)
{
    for (const struct attr *a = n->op->attrs; a && a->name; a++) {
        struct text now = {0}, def = {0};
        text_append(&now, "", 0);
        text_append(&def, "", 0);
        print_value(n, a, &now);
        if (a->def)
            print_default(n, a, &def);
        if (!a->def || strcmp(now.s, def.s))
            text_printf(out, " %s=%s", a->name, now.s);
        text_free(&now);
        text_free(&def);
    }
}
