/* SPDX-License-Identifier: MIT */
/* Which devices there are. */
#include "cl/caps_family.h"
#include "cl/internal.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PLATFORMS = 32 };

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

/* What a device tells of itself; after the first answer that fails, nothing more is asked. */
struct asking {
    cl_device_id device;
    cl_int code;
};

static void ask_text(struct asking *q, cl_device_info what, char *to, size_t size)
{
    char raw[1024];
    size_t n = 0;
    if (q->code == CL_SUCCESS)
        q->code = clGetDeviceInfo(q->device, what, sizeof raw - 1, raw, &n);
    if (q->code != CL_SUCCESS || n >= sizeof raw)
        n = 0;
    raw[n] = 0;
    clean(to, size, raw);
}

/* A number of `size` bytes; `missing` when a driver gives none. */
static uint64_t ask_number(struct asking *q, cl_device_info what, size_t size, uint64_t missing)
{
    cl_uint u32 = 0;
    cl_ulong u64 = 0;
    if (q->code == CL_SUCCESS)
        q->code = clGetDeviceInfo(q->device, what, size,
                                  size == sizeof u32 ? (void *)&u32 : (void *)&u64, NULL);
    u64 = size == sizeof u32 ? u32 : u64;
    return u64 ? u64 : missing;
}

static bool has_word(const char *list, const char *word)
{
    size_t n = strlen(word);
    for (const char *s = list; (s = strstr(s, word)); s += n)
        if ((s == list || s[-1] == ' ') && (s[n] == ' ' || !s[n]))
            return true;
    return false;
}

/* Needs what the family says of the device. */
static void ask_extensions(struct asking *q, struct caps *caps)
{
    size_t n = 0;
    char *list = NULL;
    if (q->code == CL_SUCCESS)
        q->code = clGetDeviceInfo(q->device, CL_DEVICE_EXTENSIONS, 0, NULL, &n);
    if (q->code == CL_SUCCESS && (list = calloc(1, n + 1)))
        q->code = clGetDeviceInfo(q->device, CL_DEVICE_EXTENSIONS, n, list, NULL);
    if (q->code == CL_SUCCESS && list) {
        caps->fp16 = has_word(list, "cl_khr_fp16");
        caps->sub_groups =
            has_word(list, "cl_khr_subgroups") || has_word(list, "cl_intel_subgroups");
        if (!has_word(list, "cl_intel_required_subgroup_size"))
            caps->sub_group = 0;
    }
    free(list);
}

static cl_int platform_text(cl_platform_id p, char *to, size_t size)
{
    char name[512] = "", version[512] = "", both[1026];
    cl_int code = clGetPlatformInfo(p, CL_PLATFORM_NAME, sizeof name - 1, name, NULL);
    if (code == CL_SUCCESS)
        code = clGetPlatformInfo(p, CL_PLATFORM_VERSION, sizeof version - 1, version, NULL);
    snprintf(both, sizeof both, "%s %s", name, version);
    clean(to, size, both);
    return code;
}

/* False for a device that cannot say what it is: a plan for it would be a guess. */
static bool describe(cl_platform_id p, cl_device_id d, struct caps *caps)
{
    struct asking q = {.device = d}, more = q; /* more: what is not needed */
    uint64_t type = ask_number(&q, CL_DEVICE_TYPE, sizeof(cl_device_type), 0);
    uint64_t width = ask_number(&q, CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT, 4, 1);
    ask_text(&q, CL_DEVICE_NAME, caps->name, sizeof caps->name);
    ask_text(&q, CL_DEVICE_VENDOR, caps->vendor, sizeof caps->vendor);
    ask_text(&q, CL_DRIVER_VERSION, caps->driver, sizeof caps->driver);
    cl_int code = platform_text(p, caps->platform, sizeof caps->platform);
    caps->gpu = (type & CL_DEVICE_TYPE_GPU) != 0;
    caps->vector_width = width >= 16 ? 16 : width >= 8 ? 8 : width >= 4 ? 4 : 1;
    caps->compute_units = (int)ask_number(&q, CL_DEVICE_MAX_COMPUTE_UNITS, 4, 1);
    caps->max_work_group = ask_number(&q, CL_DEVICE_MAX_WORK_GROUP_SIZE, sizeof(size_t), 1);
    caps->global_memory = ask_number(&q, CL_DEVICE_GLOBAL_MEM_SIZE, 8, 128u << 20);
    caps->max_allocation = ask_number(&q, CL_DEVICE_MAX_MEM_ALLOC_SIZE, 8, 128u << 20);
    caps->local_memory = ask_number(&q, CL_DEVICE_LOCAL_MEM_SIZE, 8, 0);
    caps->base_alignment = ask_number(&q, CL_DEVICE_MEM_BASE_ADDR_ALIGN, 4, 8 * 128) / 8;
    caps->unified = ask_number(&more, CL_DEVICE_HOST_UNIFIED_MEMORY, 4, 0) != 0;
    caps->clock = (int)ask_number(&more, CL_DEVICE_MAX_CLOCK_FREQUENCY, 4, 0);
    caps->launch_limit = caps_default.launch_limit;
    caps_family(caps);
    ask_extensions(&more, caps);
    return q.code == CL_SUCCESS && code == CL_SUCCESS;
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
        struct found *f = &list[count];
        *f = (struct found){.platform = p, .device = ids[i]};
        f->is.platform = number;
        f->is.index = (int)i;
        count += describe(p, ids[i], &f->is.caps);
    }
    return count;
}

size_t devices_find(struct found list[MOST_DEVICES], struct error *err)
{
    cl_platform_id platforms[MOST_PLATFORMS];
    cl_uint n = 0;
    size_t count = 0;
    cl_int code = clGetPlatformIDs(MOST_PLATFORMS, platforms, &n);
    if (code != CL_SUCCESS || n == 0) {
        fail(err, ERROR_DEVICE,
             "no OpenCL platform found: install a driver, e.g. `apt-get install pocl-opencl-icd` "
             "for the CPU; 'clact doctor' tells more");
        return 0;
    }
    for (cl_uint i = 0; i < n && i < MOST_PLATFORMS; i++)
        count += find_on(platforms[i], (int)i, list + count, MOST_DEVICES - count);
    if (!count)
        fail(err, ERROR_DEVICE,
             "%u OpenCL platform%s found, but no usable device: check the driver (with PoCL: is "
             "POCL_CACHE_DIR, or else ~/.cache/pocl, writable?), or install `pocl-opencl-icd` for "
             "the CPU; 'clact doctor' tells more",
             (unsigned)n, n == 1 ? "" : "s");
    return count;
}

bool ocl_devices(struct ocl_device **list, size_t *count, struct error *err)
{
    struct found *found = calloc(MOST_DEVICES, sizeof *found);
    size_t n = found ? devices_find(found, err) : 0;
    *list = n ? calloc(n, sizeof **list) : NULL;
    *count = 0;
    if (!found || (n && !*list))
        fail(err, ERROR_LIMIT, "out of memory");
    for (size_t i = 0; *list && i < n; i++)
        (*list)[(*count)++] = found[i].is;
    free(found);
    return *count > 0;
}
