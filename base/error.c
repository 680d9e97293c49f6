/* SPDX-License-Identifier: MIT */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* One line for one error, whatever a file name or a driver's log put into it. */
static void flatten(char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s < 0x20 || *s == 0x7f)
            *s = '?';
}

bool fail(struct error *err, enum error_code code, const char *fmt, ...)
{
    if (!err)
        return false;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(err->text, sizeof err->text, fmt, ap);
    va_end(ap);
    flatten(err->text);
    err->code = code;
    return false;
}

bool fail_more(struct error *err, const char *fmt, ...)
{
    if (!err)
        return false;
    char prefix[sizeof err->text], joined[2 * sizeof err->text + 4];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(prefix, sizeof prefix, fmt, ap);
    va_end(ap);
    snprintf(joined, sizeof joined, "%s: %s", prefix, err->text);
    memcpy(err->text, joined, sizeof err->text);
    err->text[sizeof err->text - 1] = 0;
    flatten(err->text);
    return false;
}
