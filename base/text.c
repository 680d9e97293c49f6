/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void reserve(struct text *t, size_t more)
{
    if (t->cap - t->len > more)
        return;
    size_t cap = t->cap ? t->cap : 256;
    while (cap - t->len <= more)
        cap *= 2;
    char *s = realloc(t->s, cap);
    if (!s) {
        fputs("clact: out of memory\n", stderr);
        exit(ERROR_LIMIT);
    }
    t->s = s;
    t->cap = cap;
}

void text_append(struct text *t, const char *s, size_t n)
{
    reserve(t, n);
    memcpy(t->s + t->len, s, n);
    t->len += n;
    t->s[t->len] = 0;
}

void text_printf(struct text *t, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0)
        return;
    reserve(t, (size_t)n);
    va_start(ap, fmt);
    vsnprintf(t->s + t->len, (size_t)n + 1, fmt, ap);
    va_end(ap);
    t->len += (size_t)n;
}

void text_free(struct text *t)
{
    free(t->s);
    *t = (struct text){0};
}

static char decimal_point(void)
{
    const struct lconv *l = localeconv();
    return l && l->decimal_point && l->decimal_point[0] ? l->decimal_point[0] : '.';
}

const char *text_float(char buf[32], float v)
{
    for (int digits = 1; digits <= 9; digits++) {
        snprintf(buf, 32, "%.*g", digits, (double)v);
        if (strtof(buf, NULL) == v)
            break;
    }
    char *p = strchr(buf, decimal_point());
    if (p)
        *p = '.';
    return buf;
}

bool text_to_int(const char *s, long long *v)
{
    const char *p = s;
    if (*p == '-' || *p == '+')
        p++;
    if (!isdigit((unsigned char)*p))
        return false;
    for (; *p; p++)
        if (!isdigit((unsigned char)*p))
            return false;
    errno = 0;
    *v = strtoll(s, NULL, 10);
    return errno == 0;
}

bool text_to_double(const char *s, double *v)
{
    char buf[64];
    const char *p = s;
    size_t digits = 0, n = strlen(s);
    if (n >= sizeof buf)
        return false;
    if (*p == '-' || *p == '+')
        p++;
    for (; isdigit((unsigned char)*p); p++)
        digits++;
    if (*p == '.')
        for (p++; isdigit((unsigned char)*p); p++)
            digits++;
    if (!digits)
        return false;
    if (*p == 'e' || *p == 'E') {
        p++;
        if (*p == '-' || *p == '+')
            p++;
        if (!isdigit((unsigned char)*p))
            return false;
        while (isdigit((unsigned char)*p))
            p++;
    }
    if (*p)
        return false;
    memcpy(buf, s, n + 1);
    char *dot = strchr(buf, '.');
    if (dot)
        *dot = decimal_point();
    *v = strtod(buf, NULL);
    return isfinite(*v);
}

/* Length of the valid UTF-8 sequence at s, 0 when there is none. */
static size_t utf8_length(const unsigned char *s)
{
    if (s[0] < 0x80)
        return 1;
    size_t n = s[0] >= 0xf0 && s[0] < 0xf5 ? 4 : s[0] >= 0xe0 ? 3 : s[0] >= 0xc2 ? 2 : 0;
    if (!n || s[0] >= 0xf5)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
        (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
        return 0;
    return n;
}

void text_json(struct text *t, const char *s)
{
    text_append(t, "\"", 1);
    for (const unsigned char *p = (const unsigned char *)s; *p;) {
        size_t n = utf8_length(p);
        if (!n) {
            text_append(t, "\xef\xbf\xbd", 3);
            p++;
        } else if (*p == '"' || *p == '\\') {
            text_printf(t, "\\%c", *p++);
        } else if (*p < 0x20 || *p == 0x7f) {
            text_printf(t, "\\u%04x", *p++);
        } else {
            text_append(t, (const char *)p, n);
            p += n;
        }
    }
    text_append(t, "\"", 1);
}

void text_xml(struct text *t, const char *s)
{
    for (const unsigned char *p = (const unsigned char *)s; *p;) {
        size_t n = utf8_length(p);
        if (!n) {
            text_append(t, "\xef\xbf\xbd", 3);
            p++;
            continue;
        }
        if (*p == '&' || *p == '<' || *p == '>' || *p == '"')
            text_printf(t, "&#%d;", *p);
        else if (*p < 0x20 || *p == 0x7f)
            text_append(t, "?", 1);
        else
            text_append(t, (const char *)p, n);
        p += n;
    }
}
