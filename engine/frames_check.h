/* SPDX-License-Identifier: MIT */
/* The kernels that bring frames to a network's size, against engine/frames_reference.h: made-up
 * pictures of the layouts, sizes and orientations that the kernels have code of their own for. */
#ifndef ENGINE_FRAMES_CHECK_H
#define ENGINE_FRAMES_CHECK_H
#include "engine/frames.h"
#include "engine/verdicts.h"

/* Builds and runs what frames_open() with the same arguments builds. *why stays empty when all is
 * right; false: the check could not be made. */
bool frames_check(struct ocl *ocl, const struct recipe *r, bool half, bool plain,
                  char why[VERDICT_WHY], struct error *err);

#endif
