/* SPDX-License-Identifier: MIT */
/* How many channels one work-item handles: the VEC of cl/kernels/lane.h. */
#ifndef ENGINE_OP_LANE_H
#define ENGINE_OP_LANE_H
#include "engine/plan.h"

/* A CPU work-item is one whole vector; on a GPU four channels a work-item give 16-byte loads that
 * neighbouring work-items coalesce. */
static inline int lane_width(const struct caps *caps)
{
    if (caps->gpu || caps->vector_width < 8)
        return 4;
    return caps->vector_width < 16 ? 8 : 16;
}

#endif
