/* SPDX-License-Identifier: MIT */
#include "engine/verdicts.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "cl/ocl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MOST = 16 << 20, KEY_DIGITS = VERDICT_KEY - 1 };

struct entry {
    char key[VERDICT_KEY], why[VERDICT_WHY];
    enum verdict is;
};

struct verdicts {
    struct entry *entry;
    size_t count, cap;
};

static struct entry *find(const struct verdicts *v, const char *key)
{
    for (size_t i = v->count; i-- > 0;)
        if (!strcmp(v->entry[i].key, key))
            return &v->entry[i];
    return NULL;
}

static bool put(struct verdicts *v, const char *key, enum verdict is, const char *why)
{
    struct entry *e = find(v, key);
    if (!e && v->count == v->cap) {
        size_t cap = v->cap ? 2 * v->cap : 64;
        struct entry *more = realloc(v->entry, cap * sizeof *more);
        if (!more)
            return false;
        v->entry = more;
        v->cap = cap;
    }
    if (!e)
        e = &v->entry[v->count++];
    e->is = is;
    snprintf(e->key, sizeof e->key, "%s", key);
    snprintf(e->why, sizeof e->why, "%s", why ? why : "");
    return true;
}

/* "KEY right" or "KEY wrong WHY" of a whole line. */
static bool take_line(struct verdicts *v, char *line)
{
    if (strspn(line, "0123456789abcdef") != KEY_DIGITS || line[KEY_DIGITS] != ' ')
        return true;
    line[KEY_DIGITS] = 0;
    const char *rest = line + VERDICT_KEY;
    if (!strcmp(rest, "right"))
        return put(v, line, VERDICT_RIGHT, NULL);
    if (!strncmp(rest, "wrong ", 6))
        return put(v, line, VERDICT_WRONG, rest + 6);
    return true;
}

static bool file_path(char *path, size_t size)
{
    const char *dir = ocl_cache_directory();
    int n = dir ? snprintf(path, size, "%s/checks", dir) : 0;
    return n > 0 && (size_t)n < size;
}

static bool read_file(struct verdicts *v)
{
    char path[4096];
    size_t len;
    struct error err = {0};
    char *text = file_path(path, sizeof path) && access(path, F_OK) == 0
                     ? file_read(path, FILE_MOST, ERROR_INPUT, &len, &err)
                     : NULL;
    bool ok = true;
    if (err.code)
        log_line("check", "%s, ignored", err.text);
    char *end;
    for (char *at = text; at && ok && (end = strchr(at, '\n')); at = end + 1) {
        *end = 0;
        ok = take_line(v, at);
    }
    free(text);
    return ok;
}

struct verdicts *verdicts_none(void)
{
    return calloc(1, sizeof(struct verdicts));
}

struct verdicts *verdicts_open(void)
{
    struct verdicts *v = verdicts_none();
    if (v && !read_file(v))
        verdicts_close(&v);
    return v;
}

void verdicts_close(struct verdicts **v)
{
    if (*v)
        free((*v)->entry);
    free(*v);
    *v = NULL;
}

enum verdict verdicts_find(const struct verdicts *v, const char *key, const char **why)
{
    const struct entry *e = find(v, key);
    if (e && why)
        *why = e->why;
    return e ? e->is : VERDICT_UNKNOWN;
}

/* One write of one line: several processes may append. */
static void append(const char *key, enum verdict is, const char *why)
{
    char path[4096];
    struct error err = {0};
    struct text line = {0};
    if (!file_path(path, sizeof path) || !file_make_directory(ocl_cache_directory(), &err))
        return;
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    text_printf(&line, "%s %s%s%s\n", key, is == VERDICT_RIGHT ? "right" : "wrong", why ? " " : "",
                why ? why : "");
    for (char *s = line.s; s && s[1]; s++)
        if (*s == '\n')
            *s = ' ';
    if (fd < 0 || !line.s || write(fd, line.s, line.len) != (ssize_t)line.len)
        log_line("check", "%s: %s: not stored", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    text_free(&line);
}

bool verdicts_add(struct verdicts *v, const char *key, enum verdict is, const char *why)
{
    if (!put(v, key, is, why))
        return false;
    append(key, is, is == VERDICT_WRONG ? why && *why ? why : "results" : NULL);
    return true;
}
