/* SPDX-License-Identifier: MIT */
#include "io/labels.h"
#include "base/file.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* Valid UTF-8 without control characters: what a terminal and a JSON file can show. */
static bool is_clean(const char *s)
{
    for (const char *p = s; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            return false;
    json_t *checked = json_string(s); /* NULL when it is not UTF-8 */
    json_decref(checked);
    return checked != NULL;
}

static char *trim(char *s)
{
    s += strspn(s, " \t");
    size_t n = strlen(s);
    while (n && strchr(" \t\r", s[n - 1]))
        s[--n] = 0;
    return s;
}

/* Cuts the text into lines. Empty ones may only end it: elsewhere they would shift classes. */
static bool split(struct labels *l, const char *path, enum error_code code, struct error *err)
{
    int line = 0;
    char *at = l->text, *next;
    if (!strncmp(at, "\xef\xbb\xbf", 3))
        at += 3;
    for (; at; at = next) {
        next = strchr(at, '\n');
        if (next)
            *next++ = 0;
        line++;
        char *name = trim(at);
        if (!*name)
            continue;
        if (l->count != line - 1)
            return fail(err, code, "%s:%d: line is empty, each line names one class", path,
                        l->count + 1);
        for (char *tab = strchr(name, '\t'); tab; tab = strchr(tab, '\t'))
            *tab = ' ';
        if (!is_clean(name))
            return fail(err, code, "%s:%d: not UTF-8 text without control characters", path, line);
        l->name[l->count++] = name;
    }
    if (!l->count)
        return fail(err, code, "%s: no class names", path);
    return true;
}

/* The name behind "number ", or NULL when the line does not begin so. */
static char *after_number(char *s, long number)
{
    char *end;
    if (*s < '0' || *s > '9' || strtol(s, &end, 10) != number || *end != ' ')
        return NULL;
    return trim(end);
}

static void drop_numbers(struct labels *l)
{
    long first = l->name[0][0] == '0' ? 0 : 1;
    for (int i = 0; i < l->count; i++)
        if (!after_number(l->name[i], first + i))
            return;
    for (int i = 0; i < l->count; i++)
        l->name[i] = after_number(l->name[i], first + i);
}

struct labels *labels_read(const char *path, enum error_code code, struct error *err)
{
    size_t len, lines = 1;
    struct labels *l = calloc(1, sizeof *l);
    if (!l) {
        fail(err, ERROR_LIMIT, "%s: out of memory", path);
        return NULL;
    }
    l->text = file_read(path, LABELS_BYTES_MOST, code, &len, err);
    bool ok = l->text != NULL;
    if (ok && memchr(l->text, 0, len))
        ok = fail(err, code, "%s: has a zero byte, not a text file", path);
    for (const char *p = ok ? l->text : ""; (p = strchr(p, '\n')); p++)
        lines++;
    if (ok && !(l->name = calloc(lines, sizeof *l->name)))
        ok = fail(err, ERROR_LIMIT, "%s: no memory for %zu class names", path, lines);
    if (!ok || !split(l, path, code, err)) {
        labels_free(&l);
        return NULL;
    }
    drop_numbers(l);
    return l;
}

void labels_free(struct labels **l)
{
    if (!*l)
        return;
    free((*l)->name);
    free((*l)->text);
    free(*l);
    *l = NULL;
}
