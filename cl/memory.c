/* SPDX-License-Identifier: MIT */
/* Buffers, parts of buffers, and transfers. */
#include "cl/internal.h"

#include <stdlib.h>

/* Drivers refuse empty buffers, and fill them fastest in words. */
static uint64_t device_bytes(uint64_t bytes)
{
    return bytes ? (bytes + 3) / 4 * 4 : 4;
}

static ocl_buffer wrap(cl_mem mem, cl_mem root, uint64_t origin, uint64_t bytes,
                       struct error *err)
{
    ocl_buffer b = malloc(sizeof *b);
    if (!b) {
        clReleaseMemObject(mem);
        fail(err, ERROR_LIMIT, "out of memory");
        return NULL;
    }
    *b = (struct ocl_buffer){.mem = mem, .root = root, .origin = origin, .bytes = bytes};
    return b;
}

/* Without contents; drivers may not even have memory for it yet. */
static ocl_buffer create(struct ocl *ocl, uint64_t bytes, struct error *err)
{
    cl_int code;
    if (bytes > ocl->caps.max_allocation || bytes > SIZE_MAX - 3) {
        fail(err, ERROR_LIMIT,
             "device \"%s\": a buffer of %llu bytes is needed, it allows at most %llu",
             ocl->caps.name, (unsigned long long)bytes,
             (unsigned long long)ocl->caps.max_allocation);
        return NULL;
    }
    uint64_t size = device_bytes(bytes);
    cl_mem mem = clCreateBuffer(ocl->context, CL_MEM_READ_WRITE, (size_t)size, NULL, &code);
    if (!mem) {
        /* Whatever a driver calls it, this is a lack of memory. */
        ocl_fail(err, ERROR_LIMIT, code, "device \"%s\": clCreateBuffer of %llu bytes",
                 ocl->caps.name, (unsigned long long)size);
        return NULL;
    }
    return wrap(mem, mem, 0, size, err);
}

ocl_buffer ocl_alloc(struct ocl *ocl, uint64_t bytes, struct error *err)
{
    return ocl_alloc_with(ocl, bytes, NULL, 0, err);
}

ocl_buffer ocl_alloc_with(struct ocl *ocl, uint64_t bytes, const void *data, uint64_t size,
                          struct error *err)
{
    ocl_buffer b = create(ocl, bytes, err);
    uint64_t begin = size / 4 * 4; /* fills go by words */
    if (b && (!ocl_fill(ocl, b, begin, b->bytes - begin, err) ||
              !ocl_write(ocl, b, 0, data, size, err) || !ocl_finish(ocl, err))) {
        if (err && !ocl_hung())
            err->code = ERROR_LIMIT;
        fail_more(err, "a buffer of %llu bytes", (unsigned long long)b->bytes);
        ocl_release(&b);
    }
    return b;
}

static bool inside(const struct ocl_buffer *b, uint64_t offset, uint64_t bytes)
{
    return offset <= b->bytes && bytes <= b->bytes - offset;
}

static bool check(const struct ocl_buffer *b, const char *what, uint64_t offset, uint64_t bytes,
                  struct error *err)
{
    if (inside(b, offset, bytes))
        return true;
    return fail(err, ERROR_BUG, "%s of %llu bytes at %llu in a buffer of %llu", what,
                (unsigned long long)bytes, (unsigned long long)offset,
                (unsigned long long)b->bytes);
}

ocl_buffer ocl_part(struct ocl *ocl, ocl_buffer parent, uint64_t offset, uint64_t bytes,
                    struct error *err)
{
    uint64_t size = device_bytes(bytes);
    cl_int code;
    if (!check(parent, "a part", offset, size, err))
        return NULL;
    if (offset % ocl->caps.base_alignment) {
        fail(err, ERROR_BUG, "a part at %llu, must be a multiple of %llu",
             (unsigned long long)offset, (unsigned long long)ocl->caps.base_alignment);
        return NULL;
    }
    /* OpenCL has no parts of parts: always one of the whole. */
    uint64_t origin = parent->origin + offset;
    cl_buffer_region region = {.origin = (size_t)origin, .size = (size_t)size};
    cl_mem mem = clCreateSubBuffer(parent->root, CL_MEM_READ_WRITE, CL_BUFFER_CREATE_TYPE_REGION,
                                   &region, &code);
    if (!mem) {
        ocl_fail(err, ERROR_RUN, code, "clCreateSubBuffer of %llu bytes at %llu",
                 (unsigned long long)size, (unsigned long long)origin);
        return NULL;
    }
    return wrap(mem, parent->root, origin, size, err);
}

void ocl_release(ocl_buffer *buffer)
{
    if (!*buffer)
        return;
    if (!ocl_hung()) /* a driver may wait for what is at work on it */
        clReleaseMemObject((*buffer)->mem);
    free(*buffer);
    *buffer = NULL;
}

bool ocl_write(struct ocl *ocl, ocl_buffer to, uint64_t offset, const void *from, uint64_t bytes,
               struct error *err)
{
    TRY(check(to, "a write", offset, bytes, err));
    if (!bytes)
        return true;
    TRY(ocl_finish(ocl, err)); /* with its deadline, which a blocking call has not */
    cl_int code = clEnqueueWriteBuffer(ocl->queue, to->mem, CL_TRUE, (size_t)offset, (size_t)bytes,
                                       from, 0, NULL, NULL);
    return code == CL_SUCCESS || ocl_fail(err, ERROR_RUN, code, "clEnqueueWriteBuffer");
}

bool ocl_write_later(struct ocl *ocl, ocl_buffer to, uint64_t offset, const void *from,
                     uint64_t bytes, struct error *err)
{
    cl_event event = NULL;
    TRY(check(to, "a write", offset, bytes, err));
    if (!bytes)
        return true;
    cl_int code = clEnqueueWriteBuffer(ocl->queue, to->mem, CL_FALSE, (size_t)offset,
                                       (size_t)bytes, from, 0, NULL, &event);
    if (code != CL_SUCCESS)
        return ocl_fail(err, ERROR_RUN, code, "clEnqueueWriteBuffer");
    launch_note(ocl, event);
    return true;
}

bool ocl_read(struct ocl *ocl, void *to, ocl_buffer from, uint64_t offset, uint64_t bytes,
              struct error *err)
{
    TRY(check(from, "a read", offset, bytes, err));
    if (!bytes)
        return true;
    TRY(ocl_finish(ocl, err));
    cl_int code = clEnqueueReadBuffer(ocl->queue, from->mem, CL_TRUE, (size_t)offset,
                                      (size_t)bytes, to, 0, NULL, NULL);
    return code == CL_SUCCESS || ocl_fail(err, ERROR_RUN, code, "clEnqueueReadBuffer");
}

bool ocl_copy(struct ocl *ocl, ocl_buffer to, uint64_t to_offset, ocl_buffer from,
              uint64_t from_offset, uint64_t bytes, struct error *err)
{
    TRY(check(to, "a copy to", to_offset, bytes, err));
    TRY(check(from, "a copy from", from_offset, bytes, err));
    if (!bytes)
        return true;
    cl_event event = NULL;
    cl_int code = clEnqueueCopyBuffer(ocl->queue, from->mem, to->mem, (size_t)from_offset,
                                      (size_t)to_offset, (size_t)bytes, 0, NULL, &event);
    if (code != CL_SUCCESS)
        return ocl_fail(err, ERROR_RUN, code, "clEnqueueCopyBuffer");
    launch_note(ocl, event);
    return true;
}

bool ocl_fill(struct ocl *ocl, ocl_buffer to, uint64_t offset, uint64_t bytes, struct error *err)
{
    static const char zeros[128];
    size_t pattern = sizeof zeros; /* the largest that fits is the fastest */
    TRY(check(to, "a fill", offset, bytes, err));
    if (!bytes)
        return true;
    while ((offset | bytes) % pattern)
        pattern /= 2;
    cl_event event = NULL;
    cl_int code = clEnqueueFillBuffer(ocl->queue, to->mem, zeros, pattern, (size_t)offset,
                                      (size_t)bytes, 0, NULL, &event);
    if (code != CL_SUCCESS)
        return ocl_fail(err, ERROR_RUN, code, "clEnqueueFillBuffer");
    launch_note(ocl, event);
    return true;
}
