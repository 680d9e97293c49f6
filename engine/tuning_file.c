/* SPDX-License-Identifier: MIT */
#include "engine/tuning_file.h"
#include "base/file.h"
#include "base/text.h"
#include "cl/ocl.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SECTION = 320, BYTES_MOST = 8 << 20 };

extern const unsigned char shipped_tuning[]; /* engine/shipped.tuning */

static bool has_part(const char *text, const char *part)
{
    size_t n = strlen(part);
    for (; strlen(text) >= n; text++) {
        size_t i = 0;
        while (i < n && tolower((unsigned char)text[i]) == part[i])
            i++;
        if (i == n)
            return true;
    }
    return false;
}

const char *tuning_class(const struct caps *caps)
{
    static const char *const vendors[][2] = {
        {"nvidia", "gpu-nvidia"}, {"advanced micro", "gpu-amd"}, {"amd", "gpu-amd"},
        {"intel", "gpu-intel"},   {"qualcomm", "gpu-qualcomm"},  {"arm", "gpu-arm"},
    };
    if (!caps->gpu)
        return caps->vector_width >= 16 ? "cpu-16" : caps->vector_width >= 8 ? "cpu-8" : "cpu-4";
    for (size_t i = 0; i < sizeof vendors / sizeof *vendors; i++)
        if (has_part(caps->vendor, vendors[i][0]))
            return vendors[i][1];
    return "gpu";
}

/* All that decides whether a measurement still holds: another one is another file. */
static const char *section_of(const struct caps *caps, char buf[SECTION])
{
    snprintf(buf, SECTION, "%s, driver %s, %d units, vectors of %d%s, clact %s", caps->name,
             caps->driver, caps->compute_units, caps->vector_width, caps->gpu ? ", GPU" : "",
             CLACT_VERSION);
    return buf;
}

char *tuning_path(const struct caps *caps)
{
    const char *dir = ocl_cache_directory();
    char section[SECTION];
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
    if (!dir)
        return NULL;
    for (const char *p = section_of(caps, section); *p; p++)
        hash = (hash ^ (unsigned char)*p) * UINT64_C(1099511628211);
    size_t n = strlen(dir) + 40;
    char *path = malloc(n);
    if (path)
        snprintf(path, n, "%s/%016llx.tuning", dir, (unsigned long long)hash);
    return path;
}

/* A missing file is an empty one. Without keep_partial its entries replace those that t has: the
 * best so far on this device is better than what a class of devices has. */
static bool read_own(const struct caps *caps, const char *path, bool keep_partial,
                     struct tuning *t, struct error *err)
{
    char section[SECTION];
    struct tuning own = {0};
    size_t len;
    if (access(path, F_OK) != 0)
        return true;
    char *text = file_read(path, BYTES_MOST, ERROR_INPUT, &len, err);
    bool ok = text && tuning_parse(&own, text, len, path, section_of(caps, section), err);
    for (int i = 0; ok && i < own.count; i++) {
        struct tuned e = own.entry[i];
        e.partial = e.partial && keep_partial;
        ok = tuning_put(t, &e, err);
    }
    free(text);
    tuning_free(&own);
    return ok;
}

static bool read_file(const struct caps *caps, bool keep_partial, struct tuning *t,
                      struct error *doubt)
{
    char *path = tuning_path(caps);
    bool ok = !path || read_own(caps, path, keep_partial, t, doubt);
    free(path);
    return ok;
}

bool tuning_read(const struct caps *caps, struct tuning *own, struct error *doubt)
{
    return read_file(caps, true, own, doubt);
}

struct tuning *tuning_open(const struct caps *caps, struct error *doubt)
{
    const char *wanted = getenv("CLACT_TUNING"), *shipped = (const char *)shipped_tuning;
    struct tuning *t = calloc(1, sizeof *t);
    struct error err = {0};
    if (!t || (wanted && !strcmp(wanted, "off"))) {
        free(t);
        return NULL;
    }
    bool ok = tuning_parse(t, shipped, strlen(shipped), "shipped.tuning", tuning_class(caps), &err);
    assert(ok); /* a test reads every class */
    (void)ok;
    read_file(caps, false, t, doubt);
    return t;
}

void tuning_close(struct tuning **t)
{
    if (*t)
        tuning_free(*t);
    free(*t);
    *t = NULL;
}

static bool save_locked(const struct caps *caps, const char *path, const struct tuned *entry,
                        struct error *err)
{
    struct tuning t = {0};
    struct text text = {0};
    struct error doubt = {0};
    char section[SECTION];
    if (!read_own(caps, path, true, &t, &doubt)) /* whoever began with it has said so */
        tuning_free(&t);
    bool ok = tuning_put(&t, entry, err);
    text_printf(&text, "# clact tune: fastest algorithms of convolutions, milliseconds a window\n");
    tuning_print(&t, section_of(caps, section), &text);
    ok = ok && file_write(path, text.s, text.len, err);
    text_free(&text);
    tuning_free(&t);
    return ok;
}

/* Of all files of tunings; -1 on error. */
static int lock_files(struct error *err)
{
    const char *dir = ocl_cache_directory();
    char path[4096];
    if (!dir) {
        fail(err, ERROR_OUTPUT,
             "no folder to save in: CLACT_CACHE_DIR is empty, or there is no HOME");
        return -1;
    }
    if (!file_make_directory(dir, err))
        return -1;
    snprintf(path, sizeof path, "%s/tuning.lock", dir);
    return file_lock(path, err);
}

bool tuning_may_save(struct error *err)
{
    int lock = lock_files(err);
    file_unlock(lock);
    return lock >= 0;
}

bool tuning_save(const struct caps *caps, const struct tuned *entry, struct error *err)
{
    int lock = lock_files(err);
    char *path = lock >= 0 ? tuning_path(caps) : NULL;
    bool ok = lock >= 0 && (path || fail(err, ERROR_LIMIT, "out of memory")) &&
              save_locked(caps, path, entry, err);
    file_unlock(lock);
    free(path);
    return ok;
}
