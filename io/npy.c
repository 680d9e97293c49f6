/* SPDX-License-Identifier: MIT */
#include "io/npy.h"
#include "base/file.h"
#include "base/text.h"

#include <inttypes.h>

enum { NPY_PREFIX = 10 }; /* magic, version, header length */

bool npy_write(const char *path, int rank, const int64_t *dim, const float *data,
               struct error *err)
{
    struct text h = {0};
    size_t elements = 1;
    text_printf(&h, "{'descr': '<f4', 'fortran_order': False, 'shape': (");
    for (int i = 0; i < rank; i++) {
        text_printf(&h, "%s%" PRId64, i ? ", " : "", dim[i]);
        elements *= (size_t)dim[i];
    }
    text_printf(&h, "%s), }", rank == 1 ? "," : ""); /* a tuple of one is written (5,) */
    while ((NPY_PREFIX + h.len + 1) % 64)
        text_append(&h, " ", 1);
    text_append(&h, "\n", 1);

    const unsigned char prefix[NPY_PREFIX] = {
        0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (unsigned char)h.len, (unsigned char)(h.len >> 8)};
    struct file_writer *w = file_writer_open(path, err);
    bool ok = w && file_writer_put(w, prefix, sizeof prefix, err) &&
              file_writer_put(w, h.s, h.len, err) &&
              file_writer_put(w, data, elements * sizeof *data, err);
    text_free(&h);
    if (ok)
        return file_writer_commit(&w, err);
    file_writer_abandon(&w);
    return false;
}
