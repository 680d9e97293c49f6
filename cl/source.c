/* SPDX-License-Identifier: MIT */
/* The text of a program: defines, then lane.h, then the header of the kernel's family, if it has
 * one, then the kernel source. */
#include "cl/source.h"
#include "base/file.h"
#include "cl/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *embedded(const char *file)
{
    for (const struct kernel_source *s = kernel_table; s->file; s++)
        if (!strcmp(s->file, file))
            return s->text;
    return NULL;
}

/* #line, so that a driver's messages name our files and lines. */
static void append_part(struct text *text, const char *file, const char *part, size_t len)
{
    text_printf(text, "#line 1 \"%s\"\n", file);
    text_append(text, part, len);
    text_append(text, "\n", 1);
}

static bool append_file(struct text *text, const char *dir, const char *file, bool optional,
                        struct error *err)
{
    if (!dir) {
        const char *part = embedded(file);
        if (part)
            append_part(text, file, part, strlen(part));
        else if (!optional)
            return fail(err, ERROR_BUG, "there is no kernel source %s", file);
        return true;
    }
    char path[4096];
    size_t len;
    snprintf(path, sizeof path, "%s/%s", dir, file);
    if (optional && access(path, F_OK) != 0)
        return true;
    char *part = file_read(path, 4 << 20, ERROR_BUILD, &len, err);
    if (!part)
        return fail_more(err, "CLACT_KERNELS");
    append_part(text, file, part, len);
    free(part);
    return true;
}

/* "winograd.h" of "winograd" and "winograd_time": the name up to its first underscore. */
static void family_header(const char *source, char *name, size_t size)
{
    snprintf(name, size, "%.*s.h", (int)strcspn(source, "_"), source);
}

bool ocl_source(const char *source, const char *defines, struct text *text, struct error *err)
{
    const char *dir = getenv("CLACT_KERNELS");
    char file[256], family[256];
    if (dir && !*dir)
        dir = NULL;
    snprintf(file, sizeof file, "%s.cl", source);
    family_header(source, family, sizeof family);
    append_part(text, "defines", defines, strlen(defines));
    return append_file(text, dir, "lane.h", true, err) &&
           append_file(text, dir, family, true, err) && append_file(text, dir, file, false, err);
}
