/* SPDX-License-Identifier: MIT */
#include "cli/explain.h"
bool explain_flow(const struct explain_request *r, struct error *err)
{
    (void)r;
    return fail(err, ERROR_BUG, "not yet");
}
