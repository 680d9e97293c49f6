/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool log_wants(const char *topic)
{
    const char *s = getenv("CLACT_LOG");
    size_t n = strlen(topic);
    while (s && *s) {
        size_t len = strcspn(s, ",");
        if ((len == n && !memcmp(s, topic, n)) || (len == 3 && !memcmp(s, "all", 3)))
            return true;
        s += len + (s[len] == ',');
    }
    return false;
}

void log_line(const char *topic, const char *fmt, ...)
{
    if (!log_wants(topic))
        return;
    char line[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    fprintf(stderr, "clact: %s: %s\n", topic, line);
}
