/* SPDX-License-Identifier: MIT */
/* The programs of a plan as files, for compilers of devices that are not there. */
#ifndef ENGINE_PLAN_DUMP_H
#define ENGINE_PLAN_DUMP_H
#include "engine/plan.h"

/* Writes each different program of the plan to DIR/KERNEL-N.cl, as a driver would get it, with
 * four lines in front: "// kernel NAME", "// local X Y Z" (0 0 0: the driver's choice),
 * "// options ..." (clBuildProgram's) and "// global X Y Z". N counts from 0; DIR is made. */
bool plan_dump(const struct plan *plan, const char *dir, struct error *err);

#endif
