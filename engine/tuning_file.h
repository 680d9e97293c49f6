/* SPDX-License-Identifier: MIT */
/* Where tunings are: what is compiled in for classes of devices, and the user's own measurements,
 * one file for each device and driver in the cache directory. */
#ifndef ENGINE_TUNING_FILE_H
#define ENGINE_TUNING_FILE_H
#include "cl/caps.h"
#include "graph/tuning.h"

/* "cpu-16", "gpu-nvidia", "gpu": the section of what is compiled in. */
const char *tuning_class(const struct caps *caps);

/* The user's file for a device; NULL when there is no cache directory. Freed by the caller. */
char *tuning_path(const struct caps *caps);

/* What is known about a device, the user's measurements before what is compiled in. NULL with
 * CLACT_TUNING=off. A user's file that is damaged counts as missing, and *doubt says why; it is
 * never an error. */
struct tuning *tuning_open(const struct caps *caps, struct error *doubt);
void tuning_close(struct tuning **t);

/* The user's measurements alone. */
bool tuning_read(const struct caps *caps, struct tuning *own, struct error *doubt);

/* Whether anything can be saved. */
bool tuning_may_save(struct error *err);
/* Adds one entry to the user's file, which other processes may be adding to. A damaged file is
 * replaced. */
bool tuning_save(const struct caps *caps, const struct tuned *entry, struct error *err);

#endif
