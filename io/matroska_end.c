/* SPDX-License-Identifier: MIT */
#include "io/matroska_end.h"

#include <stddef.h>
#include <unistd.h>

static const uint32_t id_header = 0x1a45dfa3, id_segment = 0x18538067, id_void = 0xec;

/* An EBML number: the leading zeros of the first byte tell its length. The marker bit stays when it
 * is part of an ID. 0: not a number. */
static size_t ebml_number(const uint8_t *p, size_t n, bool keep_marker, uint64_t *v)
{
    size_t len = 1;
    while (len <= 8 && n && !(p[0] & (0x80 >> (len - 1))))
        len++;
    if (len > 8 || len > n)
        return 0;
    *v = keep_marker ? p[0] : p[0] & (0x7f >> (len - 1));
    for (size_t i = 1; i < len; i++)
        *v = *v << 8 | p[i];
    return len;
}

bool matroska_is_cut(int fd, uint64_t size)
{
    uint64_t pos = 0, id = 0, length = 0;
    /* The header, perhaps some padding, the segment. */
    for (int element = 0; element < 8 && pos < size; element++) {
        uint8_t p[16];
        ssize_t got = pread(fd, p, sizeof p, (off_t)pos);
        size_t n = got > 0 ? (size_t)got : 0;
        size_t a = ebml_number(p, n, true, &id);
        size_t b = a ? ebml_number(p + a, n - a, false, &length) : 0;
        if (!b || (id != id_header && id != id_segment && id != id_void))
            return false;
        bool unknown = length == ((uint64_t)1 << 7 * b) - 1;
        pos += a + b;
        if (id == id_segment)
            return !unknown && length > size - pos;
        if (unknown || length > size - pos)
            return false;
        pos += length;
    }
    return false;
}
