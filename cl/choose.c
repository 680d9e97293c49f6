/* SPDX-License-Identifier: MIT */
/* Which device a name means, and which one is taken without a name. */
#include "cl/internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static bool has_part(const char *text, const char *part)
{
    size_t n = strlen(part);
    for (; strlen(text) >= n; text++) {
        size_t i = 0;
        while (i < n && tolower((unsigned char)text[i]) == tolower((unsigned char)part[i]))
            i++;
        if (i == n)
            return true;
    }
    return false;
}

/* "P:D", digits only. */
static bool is_numbers(const char *spec, int *platform, int *index)
{
    size_t p = strspn(spec, "0123456789");
    size_t d = spec[p] == ':' ? strspn(spec + p + 1, "0123456789") : 0;
    if (!p || p > 4 || !d || d > 4 || spec[p + 1 + d])
        return false;
    *platform = atoi(spec);
    *index = atoi(spec + p + 1);
    return true;
}

enum want { ANY, GPU, CPU };

/* GPUs before others, those with memory of their own before those that share the host's, then by
 * units and clock: more cannot be known of a device before it has been used. */
static bool is_better(const struct caps *a, const struct caps *b)
{
    if (a->gpu != b->gpu)
        return a->gpu;
    if (!a->gpu)
        return false; /* the first processor */
    if (a->unified != b->unified)
        return b->unified;
    return (double)a->compute_units * a->clock > (double)b->compute_units * b->clock;
}

static const struct found *best(const struct found *list, size_t n, enum want want)
{
    const struct found *f = NULL;
    for (size_t i = 0; i < n; i++) {
        const struct caps *c = &list[i].is.caps;
        if (want == ANY || c->gpu == (want == GPU))
            f = !f || is_better(c, &f->is.caps) ? &list[i] : f;
    }
    return f;
}

static const struct found *named(const struct found *list, size_t n, const char *spec)
{
    int platform, index;
    bool numbers = is_numbers(spec, &platform, &index);
    for (size_t i = 0; i < n; i++) {
        const struct ocl_device *d = &list[i].is;
        if (numbers ? d->platform == platform && d->index == index : has_part(d->caps.name, spec))
            return &list[i];
    }
    return NULL;
}

static const struct found *choose(const struct found *list, size_t n, const char *spec,
                                  struct error *err)
{
    bool gpu = spec && !strcmp(spec, "gpu"), cpu = spec && !strcmp(spec, "cpu");
    const struct found *f = !spec || !*spec ? best(list, n, ANY)
                            : gpu || cpu    ? best(list, n, gpu ? GPU : CPU)
                                            : named(list, n, spec);
    if (f)
        return f;
    struct text all = {0};
    for (size_t i = 0; i < n; i++)
        text_printf(&all, "%s%d:%d \"%s\"", i ? ", " : "", list[i].is.platform, list[i].is.index,
                    list[i].is.caps.name);
    fail(err, ERROR_DEVICE, "no device matches \"%.100s\"; there is: %s", spec, all.s);
    text_free(&all);
    return NULL;
}

bool device_choose(const char *spec, cl_platform_id *platform, cl_device_id *device,
                   struct caps *caps, struct error *err)
{
    struct found *list = calloc(MOST_DEVICES, sizeof *list);
    if (!list)
        return fail(err, ERROR_LIMIT, "out of memory");
    size_t n = devices_find(list, err);
    const struct found *f = n ? choose(list, n, spec, err) : NULL;
    if (f) {
        *platform = f->platform;
        *device = f->device;
        *caps = f->is.caps;
    }
    free(list);
    return f != NULL;
}
