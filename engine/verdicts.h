/* SPDX-License-Identifier: MIT */
/* What self-checks found: which compiled kernels compute the right thing on their device. Kept in
 * the file "checks" of the cache directory, a line each, "KEY right" or "KEY wrong WHY"; a key
 * (ocl_kernel_key) is of one kernel on one device with one driver. What is not understood there
 * counts as missing. */
#ifndef ENGINE_VERDICTS_H
#define ENGINE_VERDICTS_H
#include "base/error.h"

enum { VERDICT_KEY = 33, VERDICT_WHY = 160 };
enum verdict { VERDICT_UNKNOWN, VERDICT_RIGHT, VERDICT_WRONG };

struct verdicts;
struct verdicts *verdicts_open(void); /* NULL: out of memory */
struct verdicts *verdicts_none(void); /* as if there were no file yet */
void verdicts_close(struct verdicts **v);
/* *why (or NULL): of a wrong one, good until the next call with this v. */
enum verdict verdicts_find(const struct verdicts *v, const char *key, const char **why);
/* Also into the file, if there is a cache directory: false only without memory. */
bool verdicts_add(struct verdicts *v, const char *key, enum verdict is, const char *why);

#endif
