/* SPDX-License-Identifier: MIT */
/* Operations that make one value: numbers and texts. */
#include "io/pickle_machine.h"

#include <string.h>

static bool push_integer(struct machine *m, enum pickle_kind kind, int64_t value)
{
    struct pickle_value *v = pickle_new(&m->memory, kind, m->err);
    if (v)
        v->as.integer = value;
    return machine_push(m, v);
}

static bool push_number(struct machine *m, int size)
{
    uint64_t v;
    TRY(machine_number(m, size, &v));
    return push_integer(m, PICKLE_INT, size == 4 ? (int32_t)(uint32_t)v : (int64_t)v);
}

static bool push_real(struct machine *m)
{
    const unsigned char *p = machine_bytes(m, 8);
    struct pickle_value *v = p ? pickle_new(&m->memory, PICKLE_REAL, m->err) : NULL;
    uint64_t bits = 0;
    for (int i = 0; v && i < 8; i++) /* the one number that is big-endian */
        bits = bits << 8 | p[i];
    if (v)
        memcpy(&v->as.real, &bits, sizeof bits);
    return machine_push(m, v);
}

/* A number written in decimal digits: text until somebody wants it. */
static bool push_line_real(struct machine *m)
{
    struct pickle_text t;
    TRY(machine_line(m, &t));
    struct pickle_value *v = pickle_new(&m->memory, PICKLE_LONG, m->err);
    if (v)
        v->as.text = t;
    return machine_push(m, v);
}

static bool push_line_integer(struct machine *m)
{
    const unsigned char *p = m->at;
    long long v;
    bool flag = m->end - p >= 3 && p[0] == '0' && (p[1] == '0' || p[1] == '1') && p[2] == '\n';
    TRY(machine_line_number(m, &v));
    return push_integer(m, flag ? PICKLE_BOOL : PICKLE_INT, v);
}

static bool push_text(struct machine *m, enum pickle_kind kind, uint64_t n)
{
    const unsigned char *p = machine_bytes(m, n);
    struct pickle_value *v = p ? pickle_new(&m->memory, kind, m->err) : NULL;
    if (v)
        v->as.text = (struct pickle_text){(const char *)p, (size_t)n};
    return machine_push(m, v);
}

static bool push_sized_text(struct machine *m, enum pickle_kind kind, int size)
{
    uint64_t n;
    return machine_number(m, size, &n) && push_text(m, kind, n);
}

/* Whole numbers of up to 255 or 2^31 bytes. */
static bool push_long(struct machine *m, int size)
{
    uint64_t n, v = 0;
    TRY(machine_number(m, size, &n));
    if (n > 8)
        return push_text(m, PICKLE_LONG, n);
    TRY(n == 0 || machine_number(m, (int)n, &v));
    if (n && n < 8 && v >> (8 * n - 1)) /* negative */
        v |= ~UINT64_C(0) << (8 * n);
    return push_integer(m, PICKLE_INT, (int64_t)v);
}

/* Quotes of protocol 0's strings come off; escapes stay as they are written. */
bool machine_push_line_text(struct machine *m, bool quoted)
{
    struct pickle_text t;
    TRY(machine_line(m, &t));
    if (quoted && (t.n < 2 || t.s[0] != t.s[t.n - 1]))
        return machine_fail(m, "has a string without quotes");
    if (quoted)
        t = (struct pickle_text){t.s + 1, t.n - 2};
    struct pickle_value *v = pickle_new(&m->memory, PICKLE_TEXT, m->err);
    if (v)
        v->as.text = t;
    return machine_push(m, v);
}

/* Values, by the letters of Python's pickle module. */
bool machine_scalar(struct machine *m, int op, bool *known)
{
    *known = true;
    switch (op) {
    case 'N':
        return machine_push(m, pickle_new(&m->memory, PICKLE_NONE, m->err));
    case 0x88:
        return push_integer(m, PICKLE_BOOL, 1);
    case 0x89:
        return push_integer(m, PICKLE_BOOL, 0);
    case 'I':
    case 'L':
        return push_line_integer(m);
    case 'J':
        return push_number(m, 4);
    case 'K':
        return push_number(m, 1);
    case 'M':
        return push_number(m, 2);
    case 0x8a:
        return push_long(m, 1);
    case 0x8b:
        return push_long(m, 4);
    case 'G':
        return push_real(m);
    case 'F':
        return push_line_real(m);
    case 'S':
        return machine_push_line_text(m, true);
    case 'V':
        return machine_push_line_text(m, false);
    case 'U':
        return push_sized_text(m, PICKLE_TEXT, 1);
    case 'T':
    case 'X':
        return push_sized_text(m, PICKLE_TEXT, 4);
    case 0x8c:
        return push_sized_text(m, PICKLE_TEXT, 1);
    case 0x8d:
        return push_sized_text(m, PICKLE_TEXT, 8);
    case 'C':
        return push_sized_text(m, PICKLE_BYTES, 1);
    case 'B':
        return push_sized_text(m, PICKLE_BYTES, 4);
    case 0x8e:
    case 0x96:
        return push_sized_text(m, PICKLE_BYTES, 8);
    default:
        *known = false;
        return true;
    }
}
