/* SPDX-License-Identifier: MIT */
/* Which devices there are, and which one a name means. */
#include "cl/caps_family.h"
#include "cl/internal.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PLATFORMS = 32, MOST_DEVICES = 64 };

struct found {
    cl_platform_id platform;
    cl_device_id device;
    struct ocl_device is;
};

/* A driver's text as one clean line; too long a text is cut. */
static void clean(char *to, size_t size, const char *from)
{
    snprintf(to, size, "%s", from);
    for (char *p = to; *p; p++)
        if (iscntrl((unsigned char)*p))
            *p = ' ';
    for (size_t n = strlen(to); n && to[n - 1] == ' '; n--)
        to[n - 1] = 0;
}

static void device_text(cl_device_id d, cl_device_info what, char *to, size_t size)
{
    char raw[1024];
    size_t n = 0;
    if (clGetDeviceInfo(d, what, sizeof raw - 1, raw, &n) != CL_SUCCESS || n >= sizeof raw)
        n = 0;
    raw[n] = 0;
    clean(to, size, raw);
}

static void platform_text(cl_platform_id p, char *to, size_t size)
{
    char name[512] = "", version[512] = "", both[1026];
    clGetPlatformInfo(p, CL_PLATFORM_NAME, sizeof name - 1, name, NULL);
    clGetPlatformInfo(p, CL_PLATFORM_VERSION, sizeof version - 1, version, NULL);
    snprintf(both, sizeof both, "%s %s", name, version);
    clean(to, size, both);
}

/* A number of any width that the call gives; otherwise `missing`. */
static uint64_t device_number(cl_device_id d, cl_device_info what, size_t size, uint64_t missing)
{
    cl_uint u32;
    cl_ulong u64;
    if (size == sizeof u32)
        return clGetDeviceInfo(d, what, size, &u32, NULL) == CL_SUCCESS && u32 ? u32 : missing;
    return clGetDeviceInfo(d, what, sizeof u64, &u64, NULL) == CL_SUCCESS && u64 ? u64 : missing;
}

static size_t work_group_limit(cl_device_id d)
{
    size_t n = 0;
    clGetDeviceInfo(d, CL_DEVICE_MAX_WORK_GROUP_SIZE, sizeof n, &n, NULL);
    return n ? n : 1;
}

static bool has_extension(cl_device_id d, const char *name)
{
    char all[16384];
    size_t n = 0;
    if (clGetDeviceInfo(d, CL_DEVICE_EXTENSIONS, sizeof all - 1, all, &n) != CL_SUCCESS)
        return false;
    all[n] = 0;
    return strstr(all, name) != NULL;
}

static void describe(cl_platform_id p, cl_device_id d, struct caps *caps)
{
    cl_device_type type = 0;
    clGetDeviceInfo(d, CL_DEVICE_TYPE, sizeof type, &type, NULL);
    device_text(d, CL_DEVICE_NAME, caps->name, sizeof caps->name);
    device_text(d, CL_DEVICE_VENDOR, caps->vendor, sizeof caps->vendor);
    device_text(d, CL_DRIVER_VERSION, caps->driver, sizeof caps->driver);
    platform_text(p, caps->platform, sizeof caps->platform);
    uint64_t width = device_number(d, CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT, 4, 1);
    caps->gpu = (type & CL_DEVICE_TYPE_GPU) != 0;
    caps->vector_width = width >= 16 ? 16 : width >= 8 ? 8 : width >= 4 ? 4 : 1;
    caps->compute_units = (int)device_number(d, CL_DEVICE_MAX_COMPUTE_UNITS, 4, 1);
    caps->max_work_group = work_group_limit(d);
    caps->global_memory = device_number(d, CL_DEVICE_GLOBAL_MEM_SIZE, 8, 128u << 20);
    caps->max_allocation = device_number(d, CL_DEVICE_MAX_MEM_ALLOC_SIZE, 8, 128u << 20);
    caps->local_memory = device_number(d, CL_DEVICE_LOCAL_MEM_SIZE, 8, 0);
    caps->base_alignment = device_number(d, CL_DEVICE_MEM_BASE_ADDR_ALIGN, 4, 8 * 128) / 8;
    caps_family(caps);
    if (caps->sub_group && !has_extension(d, "cl_intel_required_subgroup_size"))
        caps->sub_group = 0;
}

static size_t find_on(cl_platform_id p, int number, struct found *list, size_t room)
{
    cl_device_id ids[MOST_DEVICES];
    cl_uint n = 0;
    size_t count = 0;
    if (clGetDeviceIDs(p, CL_DEVICE_TYPE_ALL, MOST_DEVICES, ids, &n) != CL_SUCCESS)
        return 0; /* CL_DEVICE_NOT_FOUND, or a driver without its hardware: not this one */
    for (cl_uint i = 0; i < n && i < MOST_DEVICES && count < room; i++) {
        cl_bool available = CL_FALSE, compiler = CL_FALSE;
        clGetDeviceInfo(ids[i], CL_DEVICE_AVAILABLE, sizeof available, &available, NULL);
        clGetDeviceInfo(ids[i], CL_DEVICE_COMPILER_AVAILABLE, sizeof compiler, &compiler, NULL);
        if (!available || !compiler)
            continue;
        struct found *f = &list[count++];
        *f = (struct found){.platform = p, .device = ids[i]};
        f->is.platform = number;
        f->is.index = (int)i;
        describe(p, ids[i], &f->is.caps);
    }
    return count;
}

/* The number found, 0 with an error. */
static size_t find_all(struct found list[MOST_DEVICES], struct error *err)
{
    cl_platform_id platforms[MOST_PLATFORMS];
    cl_uint n = 0;
    size_t count = 0;
    cl_int code = clGetPlatformIDs(MOST_PLATFORMS, platforms, &n);
    if (code != CL_SUCCESS || n == 0) {
        fail(err, ERROR_DEVICE,
             "no OpenCL platform found: install a driver, e.g. `apt-get install pocl-opencl-icd` "
             "for the CPU");
        return 0;
    }
    for (cl_uint i = 0; i < n && i < MOST_PLATFORMS; i++)
        count += find_on(platforms[i], (int)i, list + count, MOST_DEVICES - count);
    if (!count)
        fail(err, ERROR_DEVICE,
             "%u OpenCL platform%s found, but no usable device: check the driver (with PoCL: is "
             "POCL_CACHE_DIR, or else ~/.cache/pocl, writable?), or install `pocl-opencl-icd` for "
             "the CPU",
             (unsigned)n, n == 1 ? "" : "s");
    return count;
}

bool ocl_devices(struct ocl_device **list, size_t *count, struct error *err)
{
    struct found *found = calloc(MOST_DEVICES, sizeof *found);
    size_t n = found ? find_all(found, err) : 0;
    *list = n ? calloc(n, sizeof **list) : NULL;
    *count = 0;
    if (!found || (n && !*list))
        fail(err, ERROR_LIMIT, "out of memory");
    for (size_t i = 0; *list && i < n; i++)
        (*list)[(*count)++] = found[i].is;
    free(found);
    return *count > 0;
}

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

static const struct found *choose(const struct found *list, size_t n, const char *spec,
                                  struct error *err)
{
    int platform, index;
    bool any = !spec || !*spec, numbers = !any && is_numbers(spec, &platform, &index);
    for (size_t i = 0; i < n; i++) {
        const struct ocl_device *d = &list[i].is;
        if (any ? d->caps.gpu
                : numbers ? d->platform == platform && d->index == index
                          : has_part(d->caps.name, spec))
            return &list[i];
    }
    if (any)
        return &list[0];
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
    size_t n = find_all(list, err);
    const struct found *f = n ? choose(list, n, spec, err) : NULL;
    if (f) {
        *platform = f->platform;
        *device = f->device;
        *caps = f->is.caps;
    }
    free(list);
    return f != NULL;
}
