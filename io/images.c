/* SPDX-License-Identifier: MIT */
#include "io/images.h"
#include "base/file.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { MAX_IMAGES = 16 << 20 };

/* A name around one number: "img_%05d.png" has prefix "img_", width 5, suffix ".png". */
struct pattern {
    const char *prefix, *suffix;
    size_t prefix_len;
    int width; /* least number of digits */
};

static bool parse_pattern(const char *name, struct pattern *p)
{
    const char *percent = strchr(name, '%');
    if (!percent)
        return false;
    const char *s = percent + 1;
    *p = (struct pattern){.prefix = name, .prefix_len = (size_t)(percent - name), .width = 1};
    if (*s == '0' && isdigit((unsigned char)s[1]) && s[2] == 'd') {
        p->width = s[1] - '0';
        s += 2;
    }
    p->suffix = s + 1;
    return *s == 'd' && p->width > 0 && !strchr(p->suffix, '%');
}

static bool matches(const struct pattern *p, const char *name)
{
    if (strncmp(name, p->prefix, p->prefix_len))
        return false;
    name += p->prefix_len;
    int digits = (int)strspn(name, "0123456789");
    /* More digits than the width are right only for a number that needs them. */
    if (digits < p->width || (digits > p->width && name[0] == '0'))
        return false;
    return !strcmp(name + digits, p->suffix);
}

static bool is_picture_name(const char *name)
{
    static const char endings[][6] = {"png", "jpg", "jpeg", "bmp",  "ppm",  "pgm",
                                      "pbm", "pam", "tif",  "tiff", "webp", "exr",
                                      "dpx", "qoi", "jp2",  "jxl",  "gif"};
    const char *dot = strrchr(name, '.');
    if (!dot || dot == name || name[0] == '.')
        return false;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (!strcasecmp(dot + 1, endings[i]))
            return true;
    return false;
}

/* Runs of digits by value, the rest by byte; equal that way: by byte, so that the order is total.
 */
static int by_name(const void *a, const void *b)
{
    const char *x = *(char *const *)a, *y = *(char *const *)b;
    const char *x0 = x, *y0 = y;
    while (*x && *y) {
        if (isdigit((unsigned char)*x) && isdigit((unsigned char)*y)) {
            x += strspn(x, "0");
            y += strspn(y, "0");
            size_t m = strspn(x, "0123456789"), n = strspn(y, "0123456789");
            int order = m != n ? (m < n ? -1 : 1) : memcmp(x, y, m);
            if (order)
                return order;
            x += m;
            y += n;
        } else if (*x != *y) {
            break;
        } else {
            x++;
            y++;
        }
    }
    if (*x != *y)
        return (unsigned char)*x < (unsigned char)*y ? -1 : 1;
    return strcmp(x0, y0);
}

static bool add(struct images *list, char *path)
{
    if (path && list->count == list->cap) {
        size_t cap = list->cap ? list->cap * 2 : 64;
        char **grown = realloc(list->path, cap * sizeof *grown);
        if (grown) {
            list->path = grown;
            list->cap = cap;
        }
    }
    if (!path || list->count == list->cap || list->count == MAX_IMAGES) {
        free(path);
        return false;
    }
    list->path[list->count++] = path;
    return true;
}

/* `inside` is any path in the directory that is read; pattern NULL: all pictures. */
static bool scan(struct images *list, const char *inside, const struct pattern *pattern,
                 struct error *err)
{
    char *dir = file_beside(inside, ".");
    DIR *handle = dir ? opendir(dir) : NULL;
    bool ok = handle || fail(err, ERROR_INPUT, "%s: %s", inside, strerror(errno));
    const struct dirent *e;
    while (ok && (e = readdir(handle)))
        if (pattern ? matches(pattern, e->d_name) : is_picture_name(e->d_name))
            ok = add(list, file_beside(inside, e->d_name)) ||
                 fail(err, ERROR_LIMIT, "%s: no memory for the names of its pictures", inside);
    if (handle)
        closedir(handle);
    free(dir);
    return ok;
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool is_directory(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool images_are_at(const char *path)
{
    struct pattern pattern;
    struct stat st;
    return is_directory(path) ||
           (lstat(path, &st) != 0 && parse_pattern(last_part(path), &pattern));
}

bool images_list(struct images *list, const char *path, struct error *err)
{
    struct pattern pattern;
    bool folder = is_directory(path), ok;
    *list = (struct images){0};
    if (folder) {
        size_t n = strlen(path) + 2;
        char *inside = malloc(n);
        if (!inside)
            return fail(err, ERROR_LIMIT, "%s: out of memory", path);
        snprintf(inside, n, "%s/", path);
        ok = scan(list, inside, NULL, err);
        free(inside);
    } else {
        ok = parse_pattern(last_part(path), &pattern) && scan(list, path, &pattern, err);
    }
    if (ok && !list->count)
        ok = fail(err, ERROR_INPUT,
                  folder ? "%s: is a directory without pictures"
                         : "%s: no such file, and no picture of that pattern",
                  path);
    if (!ok) {
        images_free(list);
        return false;
    }
    qsort(list->path, list->count, sizeof *list->path, by_name);
    return true;
}

void images_free(struct images *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->path[i]);
    free(list->path);
    *list = (struct images){0};
}
