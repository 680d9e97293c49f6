/* SPDX-License-Identifier: MIT */
#include "cl/caps.h"
#include "cl/caps_family.h"
#include "base/file.h"
#include "base/text.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

const struct caps caps_default = {
    .name = "two cores, 512-bit vectors",
    .vendor = "clact",
    .driver = "none",
    .platform = "none",
    .gpu = false,
    .vector_width = 16,
    .compute_units = 2,
    .max_work_group = 4096,
    .global_memory = UINT64_C(4) << 30,
    .max_allocation = UINT64_C(2) << 30,
    .local_memory = 512 << 10,
    .base_alignment = 128,
    .launch_limit = 200,
    .wave_width = 1,
};

enum kind { TEXT, BOOL, INT, U64 };

/* The file format, in the order of caps_print. */
static const struct field {
    const char *key;
    enum kind kind;
    size_t offset, size;
    long long least, most;
    bool optional;
} fields[] = {
#define STRING(f) {#f, TEXT, offsetof(struct caps, f), sizeof caps_default.f, 0, 0, false}
#define NUMBER(f, kind, least, most) {#f, kind, offsetof(struct caps, f), 0, least, most, false}
#define OPTION(f, kind, most) {#f, kind, offsetof(struct caps, f), 0, 0, most, true}
    STRING(name),
    STRING(vendor),
    STRING(driver),
    STRING(platform),
    NUMBER(gpu, BOOL, 0, 1),
    NUMBER(vector_width, INT, 1, 16),
    NUMBER(compute_units, INT, 1, 1 << 20),
    NUMBER(max_work_group, U64, 1, LLONG_MAX),
    NUMBER(global_memory, U64, 1, LLONG_MAX),
    NUMBER(max_allocation, U64, 1, LLONG_MAX),
    NUMBER(local_memory, U64, 0, LLONG_MAX),
    NUMBER(base_alignment, U64, 1, 1 << 20),
    OPTION(unified, BOOL, 1),
    OPTION(fp16, BOOL, 1),
    OPTION(sub_groups, BOOL, 1),
    OPTION(clock, INT, 1 << 20),
    OPTION(launch_limit, INT, 1 << 20),
    OPTION(wave_width, INT, 256),
    OPTION(registers, INT, 1 << 10),
    OPTION(large_registers, INT, 1 << 10),
    OPTION(sub_group, INT, 64),
#undef STRING
#undef NUMBER
#undef OPTION
};
enum { FIELDS = sizeof fields / sizeof fields[0] };

static void set_number(const struct field *f, struct caps *caps, long long v)
{
    void *to = (char *)caps + f->offset;
    switch (f->kind) {
    case BOOL:
        *(bool *)to = v;
        break;
    case INT:
        *(int *)to = (int)v;
        break;
    case U64:
        *(uint64_t *)to = (uint64_t)v;
        break;
    case TEXT:
        break;
    }
}

static unsigned long long get_number(const struct field *f, const struct caps *caps)
{
    const void *from = (const char *)caps + f->offset;
    switch (f->kind) {
    case BOOL:
        return *(const bool *)from;
    case INT:
        return (unsigned long long)*(const int *)from;
    default:
        return *(const uint64_t *)from;
    }
}

static bool set(const struct field *f, struct caps *caps, const char *value, struct error *err)
{
    long long v;
    if (f->kind == TEXT) {
        if (strlen(value) >= f->size)
            return fail(err, ERROR_INPUT, "%s is longer than %zu bytes", f->key, f->size - 1);
        strcpy((char *)caps + f->offset, value);
        return true;
    }
    if (!text_to_int(value, &v) || v < f->least || v > f->most)
        return fail(err, ERROR_INPUT, "%s is \"%.40s\", must be an integer from %lld to %lld",
                    f->key, value, f->least, f->most);
    bool power_of_two = f->offset == offsetof(struct caps, vector_width) ||
                        f->offset == offsetof(struct caps, base_alignment);
    if (power_of_two && (v & (v - 1)))
        return fail(err, ERROR_INPUT, "%s is %lld, must be a power of two", f->key, v);
    set_number(f, caps, v);
    return true;
}

static bool line_read(char *line, struct caps *caps, bool seen[FIELDS], struct error *err)
{
    size_t key = strcspn(line, " ");
    const char *value = line + key + (line[key] == ' ');
    line[key] = 0;
    for (size_t i = 0; i < FIELDS; i++) {
        if (strcmp(fields[i].key, line) != 0)
            continue;
        if (seen[i])
            return fail(err, ERROR_INPUT, "%s is given twice", line);
        seen[i] = true;
        return set(&fields[i], caps, value, err);
    }
    return fail(err, ERROR_INPUT, "unknown key \"%.40s\"", line);
}

static bool parse(const char *path, char *text, size_t len, struct caps *caps, struct error *err)
{
    bool seen[FIELDS] = {false};
    if (memchr(text, 0, len))
        return fail(err, ERROR_INPUT, "%s: not a text file (a NUL byte)", path);
    int number = 1;
    for (char *line = text, *end; *line; line = end, number++) {
        end = line + strcspn(line, "\n");
        if (*end)
            *end++ = 0;
        if (*line && *line != '#' && !line_read(line, caps, seen, err))
            return fail_more(err, "%s:%d", path, number);
    }
    for (size_t i = 0; i < FIELDS; i++)
        if (!seen[i] && !fields[i].optional)
            return fail(err, ERROR_INPUT, "%s: has no line for %s", path, fields[i].key);
    return true;
}

bool caps_read(const char *path, struct caps *caps, struct error *err)
{
    size_t len;
    char *text = file_read(path, 1 << 16, ERROR_INPUT, &len, err);
    if (!text)
        return false;
    struct caps read = {.launch_limit = caps_default.launch_limit};
    bool ok = parse(path, text, len, &read, err);
    free(text);
    if (!read.wave_width)
        caps_family(&read);
    if (ok)
        *caps = read;
    return ok;
}

void caps_print(const struct caps *caps, struct text *out)
{
    for (size_t i = 0; i < FIELDS; i++) {
        const struct field *f = &fields[i];
        if (f->kind == TEXT)
            text_printf(out, "%s %s\n", f->key, (const char *)caps + f->offset);
        else
            text_printf(out, "%s %llu\n", f->key, get_number(f, caps));
    }
}
