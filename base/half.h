/* SPDX-License-Identifier: MIT */
/* Numbers of 16 bits: a sign, 5 bits of exponent, 10 of mantissa (IEEE 754 binary16). */
#ifndef BASE_HALF_H
#define BASE_HALF_H
#include <stdint.h>
#include <string.h>

#define HALF_MOST 65504.0f /* the largest finite one; from 65520 on, floats become infinite */

static inline float half_to_float(uint16_t h)
{
    uint32_t sign = (uint32_t)(h & 0x8000) << 16, rest = h & 0x7fff, bits;
    float f;
    if (rest < 0x0400) { /* zero and subnormal: rest * 2^-24 is exact */
        f = (float)rest * 0x1p-24f;
        return sign ? -f : f;
    }
    if (rest >= 0x7c00) /* infinity and NaN keep their payload */
        bits = sign | 0x7f800000 | (rest & 0x3ff) << 13;
    else
        bits = sign | ((rest << 13) + 0x38000000);
    memcpy(&f, &bits, sizeof f);
    return f;
}

/* To the nearest, of two equally near ones to the even one, as the kernels' vstore_half_rte. */
static inline uint16_t half_from_float(float f)
{
    uint32_t bits, sign, rest;
    memcpy(&bits, &f, sizeof bits);
    sign = bits >> 16 & 0x8000;
    rest = bits & 0x7fffffff;
    if (rest > 0x7f800000) /* NaN stays NaN */
        return (uint16_t)(sign | 0x7e00 | (rest >> 13 & 0x3ff));
    if (rest >= 0x477ff000) /* 65520 */
        return (uint16_t)(sign | 0x7c00);
    if (rest < 0x38800000) { /* subnormal or zero: the sum has 2^-24 for its last place */
        float sum = (sign ? -f : f) + 0.5f;
        memcpy(&rest, &sum, sizeof rest);
        return (uint16_t)(sign | (rest - 0x3f000000));
    }
    rest += 0xfff + (rest >> 13 & 1); /* may carry into the exponent, as it should */
    return (uint16_t)(sign | ((rest - 0x38000000) >> 13));
}

static inline float half_round(float f)
{
    return half_to_float(half_from_float(f));
}

#endif
