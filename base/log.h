/* SPDX-License-Identifier: MIT */
/* Diagnostics on stderr, chosen by the environment: CLACT_LOG=build,check,tune,video or all. */
#ifndef BASE_LOG_H
#define BASE_LOG_H
#include "base/error.h"

bool log_wants(const char *topic);
/* "clact: topic: text" when the topic is wanted. */
void log_line(const char *topic, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
