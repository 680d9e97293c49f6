/* SPDX-License-Identifier: MIT */
#include "graph/shape.h"

#include <stdio.h>
#include <string.h>

bool shape_equal(const struct shape *a, const struct shape *b)
{
    if (a->dtype != b->dtype || a->rank != b->rank)
        return false;
    for (int i = 0; i < a->rank; i++)
        if (a->dim[i] != b->dim[i])
            return false;
    return true;
}

int64_t shape_elements(const struct shape *s, int64_t n)
{
    int64_t e = 1;
    for (int i = 0; i < s->rank; i++)
        e *= s->dim[i] == DIM_N ? n : s->dim[i];
    return e;
}

bool shape_check(const struct shape *s)
{
    int64_t e = 1;
    if (s->rank < 0 || s->rank > SHAPE_RANK)
        return false;
    for (int i = 0; i < s->rank; i++) {
        int64_t d = s->dim[i] == DIM_N && i == 0 ? 1 : s->dim[i];
        if (d < 1 || d > INT32_MAX || __builtin_mul_overflow(e, d, &e) || e > SHAPE_MOST)
            return false;
    }
    return true;
}

void shape_print(const struct shape *s, struct text *out)
{
    text_printf(out, "%s[", s->dtype == DTYPE_U8 ? "u8" : "f32");
    for (int i = 0; i < s->rank; i++) {
        if (s->dim[i] == DIM_N)
            text_printf(out, "%sN", i ? "," : "");
        else
            text_printf(out, "%s%lld", i ? "," : "", (long long)s->dim[i]);
    }
    text_append(out, "]", 1);
}

const char *shape_text(const struct shape *s, char buf[96])
{
    struct text t = {0};
    shape_print(s, &t);
    snprintf(buf, 96, "%s", t.s);
    text_free(&t);
    return buf;
}
