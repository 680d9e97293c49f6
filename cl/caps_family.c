/* SPDX-License-Identifier: MIT */
#include "cl/caps_family.h"

#include <string.h>
#include <strings.h>

/* The first line whose texts are parts of vendor and name, in any case. By the makers' documents:
 *
 * NVIDIA: 255 registers to a thread, warps of 32. With 128, two groups of 256 threads are on a
 *   multiprocessor.
 * AMD: 256 to a lane; waves of 64 until GCN 5 and on CDNA, of 32 since RDNA.
 * Intel: 128 registers of 32 bytes to a thread, so 128 floats to each of 8 lanes or 64 to each of
 *   16. With 64, sums, what is loaded and addresses fit 8 lanes. Ponte Vecchio has registers of 64
 *   bytes and no less than 16 lanes; left to itself its compiler takes 32, and spills. Since Xe-HPG
 *   a program may have 256 registers a thread, on half as many threads.
 * Arm Mali, Qualcomm Adreno: 64, and half as many threads with more than 32. */
static const struct family {
    const char *vendor, *name;
    int wave_width, registers, large_registers, sub_group;
} families[] = {
    {"nvidia", "", 32, 128, 0, 0},
    {"advanced micro", "gfx8", 64, 128, 0, 0},
    {"advanced micro", "gfx9", 64, 128, 0, 0},
    {"advanced micro", "rx 4", 64, 128, 0, 0},
    {"advanced micro", "rx 5700", 32, 128, 0, 0},
    {"advanced micro", "rx 57", 64, 128, 0, 0},
    {"advanced micro", "rx 58", 64, 128, 0, 0},
    {"advanced micro", "rx 59", 64, 128, 0, 0},
    {"advanced micro", "vega", 64, 128, 0, 0},
    {"advanced micro", "instinct", 64, 128, 0, 0},
    {"advanced micro", "", 32, 128, 0, 0},
    {"amd", "", 32, 128, 0, 0},
    {"intel", "gpu max", 16, 64, 128, 16},
    {"intel", "arc", 8, 64, 128, 0},
    {"intel", "gpu flex", 8, 64, 128, 0},
    {"intel", "", 8, 64, 0, 0},
    {"qualcomm", "", 64, 64, 0, 0},
    {"arm", "", 16, 32, 0, 0},
    {"", "", 32, 128, 0, 0},
};

static bool has_part(const char *text, const char *part)
{
    size_t len = strlen(part);
    for (; strlen(text) >= len; text++)
        if (!strncasecmp(text, part, len))
            return true;
    return false;
}

void caps_family(struct caps *caps)
{
    const struct family *f = families;
    caps->wave_width = 1;
    caps->registers = caps->large_registers = caps->sub_group = 0;
    if (!caps->gpu)
        return;
    while (!has_part(caps->vendor, f->vendor) || !has_part(caps->name, f->name))
        f++;
    caps->wave_width = f->wave_width;
    caps->registers = f->registers;
    caps->large_registers = f->large_registers;
    caps->sub_group = f->sub_group;
}
