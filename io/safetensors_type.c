/* SPDX-License-Identifier: MIT */
/* Element types of safetensors: names, sizes, and conversion to float. */
#include "io/safetensors_type.h"
#include "base/half.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The format is little-endian; elements are copied as they are. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "safetensors needs byte swapping here");

static const struct {
    const char *name;
    unsigned size;
} types[SAFETENSOR_TYPES] = {
    [SAFETENSOR_BOOL] = {"BOOL", 1}, [SAFETENSOR_U8] = {"U8", 1},     [SAFETENSOR_I8] = {"I8", 1},
    [SAFETENSOR_U16] = {"U16", 2},   [SAFETENSOR_I16] = {"I16", 2},   [SAFETENSOR_F16] = {"F16", 2},
    [SAFETENSOR_BF16] = {"BF16", 2}, [SAFETENSOR_U32] = {"U32", 4},   [SAFETENSOR_I32] = {"I32", 4},
    [SAFETENSOR_F32] = {"F32", 4},   [SAFETENSOR_U64] = {"U64", 8},   [SAFETENSOR_I64] = {"I64", 8},
    [SAFETENSOR_F64] = {"F64", 8},
};

const char *safetensor_type_name(enum safetensor_type type)
{
    return types[type].name;
}

unsigned safetensor_type_size(enum safetensor_type type)
{
    return types[type].size;
}

bool safetensor_is_float(enum safetensor_type type)
{
    return type == SAFETENSOR_F16 || type == SAFETENSOR_BF16 || type == SAFETENSOR_F32 ||
           type == SAFETENSOR_F64;
}

bool safetensor_type_find(const char *name, enum safetensor_type *type)
{
    for (int i = 0; i < SAFETENSOR_TYPES; i++) {
        if (!strcmp(types[i].name, name)) {
            *type = (enum safetensor_type)i;
            return true;
        }
    }
    return false;
}

const char *safetensor_text(const struct safetensor *t, char buf[112])
{
    int n = snprintf(buf, 112, "%s[", types[t->type].name);
    for (int i = 0; i < t->rank; i++)
        n += snprintf(buf + n, 112 - (size_t)n, "%s%" PRId64, i ? "," : "", t->dim[i]);
    snprintf(buf + n, 112 - (size_t)n, "]");
    return buf;
}

static float from_bits(uint32_t bits)
{
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

#define EACH(type, expression)                                                                     \
    for (size_t i = 0; i < n; i++) {                                                               \
        type v;                                                                                    \
        memcpy(&v, in + i * sizeof v, sizeof v);                                                   \
        out[i] = (float)(expression);                                                              \
    }                                                                                              \
    break

void safetensor_convert(enum safetensor_type type, const unsigned char *in, size_t n, float *out)
{
    switch (type) {
    case SAFETENSOR_BOOL: EACH(uint8_t, v != 0);
    case SAFETENSOR_U8:   EACH(uint8_t, v);
    case SAFETENSOR_I8:   EACH(int8_t, v);
    case SAFETENSOR_U16:  EACH(uint16_t, v);
    case SAFETENSOR_I16:  EACH(int16_t, v);
    case SAFETENSOR_F16:  EACH(uint16_t, half_to_float(v));
    case SAFETENSOR_BF16: EACH(uint16_t, from_bits((uint32_t)v << 16));
    case SAFETENSOR_U32:  EACH(uint32_t, v);
    case SAFETENSOR_I32:  EACH(int32_t, v);
    case SAFETENSOR_F32:  EACH(float, v);
    case SAFETENSOR_U64:  EACH(uint64_t, v);
    case SAFETENSOR_I64:  EACH(int64_t, v);
    case SAFETENSOR_F64:  EACH(double, v);
    case SAFETENSOR_TYPES: assert(!"no type");
    }
}
