/* SPDX-License-Identifier: MIT */
/* Every kernel variant of a plan against its operator's specification in plain C, and those that
 * bring frames to a network's size.
 *
 * Each node's steps run on their own, with the plan's very kernels and shapes, on made-up weights
 * and inputs whose sums are exact in float, and sampled elements of the result must be what the
 * reference says. A driver may crash or hang meanwhile: that is for a process of its own
 * (engine/checker.h).
 */
#ifndef ENGINE_SELF_CHECK_H
#define ENGINE_SELF_CHECK_H
#include "engine/trust.h"

/* What is found, as it is found; keys as of trust_group_key(), or trust_key() while building. */
struct self_check_report {
    void *context;
    void (*building)(void *context, size_t done, size_t all);
    void (*trying)(void *context, const char *key);
    void (*found)(void *context, const char *key, enum verdict is, const char *why);
};

/* Checks the groups of t->plan that t->verdicts does not know. one_by_one: programs are built
 * one at a time, each announced by trying(), to find one that crashes the compiler. False when
 * the check itself could not be made. */
bool self_check(const struct trust *t, bool one_by_one, const struct self_check_report *report,
                struct error *err);

#endif
