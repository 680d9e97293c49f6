/* SPDX-License-Identifier: MIT */
/* Checked arithmetic for sizes that come from a file or from a product of dimensions. */
#ifndef BASE_CHECKED_H
#define BASE_CHECKED_H
#include <stdbool.h>
#include <stdint.h>

/* *r = a + b, or false when it does not fit. */
static inline bool add_ok(uint64_t a, uint64_t b, uint64_t *r)
{
    return !__builtin_add_overflow(a, b, r);
}

/* *r = a * b, or false when it does not fit. */
static inline bool mul_ok(uint64_t a, uint64_t b, uint64_t *r)
{
    return !__builtin_mul_overflow(a, b, r);
}

/* a rounded up to a multiple of `to` (a power of two is not required); a + to must fit. */
static inline uint64_t round_up(uint64_t a, uint64_t to)
{
    return (a + to - 1) / to * to;
}

static inline int64_t ceil_div(int64_t a, int64_t b)
{
    return a >= 0 ? (a + b - 1) / b : -(-a / b);
}

#endif
