/* SPDX-License-Identifier: MIT */
/* A growing string, and the number formats that files use (independent of the locale). */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H
#include "base/error.h"
#include <stddef.h>

struct text {
    char *s; /* NUL-terminated; NULL while empty */
    size_t len, cap;
};

void text_printf(struct text *t, const char *fmt, ...) PRINTF_LIKE(2, 3);
void text_append(struct text *t, const char *s, size_t n);
void text_free(struct text *t);

/* The shortest decimal that reads back as the same float, such as 0.003921569; never a locale's
 * comma. buf needs 32 bytes. Returns buf. */
const char *text_float(char buf[32], float v);

/* Strict grammar, whole string: [+-]digits, or decimal with optional exponent. No blanks, no hex,
 * no inf or nan. */
bool text_to_int(const char *s, long long *v);
bool text_to_double(const char *s, double *v);

/* Appends s as a JSON string with its quotes; bytes that are not UTF-8 become U+FFFD. */
void text_json(struct text *t, const char *s);

/* Appends s as text or attribute of XML or HTML: & < > " escaped, control characters as '?', bytes
 * that are not UTF-8 as U+FFFD. */
void text_xml(struct text *t, const char *s);

#endif
