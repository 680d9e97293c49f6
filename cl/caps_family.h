/* SPDX-License-Identifier: MIT */
/* What OpenCL does not say of a GPU and tiles depend on: waves and registers of known families. */
#ifndef CL_CAPS_FAMILY_H
#define CL_CAPS_FAMILY_H
#include "cl/caps.h"

/* Sets wave_width, registers, large_registers and sub_group by vendor and name. */
void caps_family(struct caps *caps);

#endif
