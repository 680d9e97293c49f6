/* SPDX-License-Identifier: MIT */
#include "io/pickle_machine.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

bool machine_fail(struct machine *m, const char *what)
{
    return fail(m->err, m->memory.code, "pickle, byte %zu: %s", (size_t)(m->at - m->begin), what);
}

/* ---- stack, marks, memo ---- */

/* Room for one more element; a list grows with what is in it, up to `most`. */
static bool grow(struct machine *m, void **list, size_t count, size_t *room, size_t size,
                 size_t most)
{
    if (count < *room)
        return true;
    if (count >= most)
        return machine_fail(m, "its stack or memo is too large");
    size_t more = *room ? *room * 2 : 64;
    void *p = realloc(*list, more * size);
    if (!p)
        return fail(m->err, ERROR_LIMIT, "pickle: out of memory");
    *list = p;
    *room = more;
    return true;
}

bool machine_push(struct machine *m, struct pickle_value *v)
{
    TRY(v &&
        grow(m, (void **)&m->stack, m->depth, &m->stack_room, sizeof *m->stack, PICKLE_STACK_MOST));
    m->stack[m->depth++] = v;
    return true;
}

size_t machine_floor(const struct machine *m)
{
    return m->mark_count ? m->marks[m->mark_count - 1] : 0;
}

struct pickle_value *machine_pop(struct machine *m)
{
    if (m->depth > machine_floor(m))
        return m->stack[--m->depth];
    machine_fail(m, "takes a value from an empty stack");
    return NULL;
}

struct pickle_value *machine_top(struct machine *m)
{
    if (m->depth > machine_floor(m))
        return m->stack[m->depth - 1];
    machine_fail(m, "looks at a value of an empty stack");
    return NULL;
}

bool machine_set_mark(struct machine *m)
{
    TRY(grow(m, (void **)&m->marks, m->mark_count, &m->mark_room, sizeof *m->marks,
             PICKLE_STACK_MOST));
    m->marks[m->mark_count++] = m->depth;
    return true;
}

bool machine_take_mark(struct machine *m, size_t *from)
{
    if (!m->mark_count)
        return machine_fail(m, "wants a mark where there is none");
    *from = m->marks[--m->mark_count];
    return true;
}

bool machine_put(struct machine *m, uint64_t number)
{
    struct pickle_value *v = machine_top(m);
    TRY(v != NULL);
    if (number >= (uint64_t)(m->end - m->begin) || number >= PICKLE_VALUES_MOST)
        return machine_fail(m, "its memo has larger numbers than it has operations");
    while (m->memo_count <= number) {
        TRY(grow(m, (void **)&m->memo, m->memo_count, &m->memo_room, sizeof *m->memo,
                 PICKLE_VALUES_MOST));
        m->memo[m->memo_count++] = NULL;
    }
    m->memo[number] = v;
    return true;
}

bool machine_get(struct machine *m, uint64_t number)
{
    if (number >= m->memo_count || !m->memo[number])
        return machine_fail(m, "asks its memo for what was not put there");
    return machine_push(m, m->memo[number]);
}

/* ---- operands ---- */

const unsigned char *machine_bytes(struct machine *m, uint64_t n)
{
    const unsigned char *p = m->at;
    if (n > (uint64_t)(m->end - m->at)) {
        machine_fail(m, "ends in the middle of an operation");
        return NULL;
    }
    m->at += n;
    return p;
}

bool machine_number(struct machine *m, int n, uint64_t *v)
{
    const unsigned char *p = machine_bytes(m, (uint64_t)n);
    TRY(p != NULL);
    *v = 0;
    for (int i = n - 1; i >= 0; i--)
        *v = *v << 8 | p[i];
    return true;
}

bool machine_line(struct machine *m, struct pickle_text *t)
{
    const unsigned char *end = memchr(m->at, '\n', (size_t)(m->end - m->at));
    if (!end)
        return machine_fail(m, "ends in the middle of a line");
    *t = (struct pickle_text){(const char *)m->at, (size_t)(end - m->at)};
    m->at = end + 1;
    return true;
}

bool machine_line_number(struct machine *m, long long *v)
{
    struct pickle_text t = {0};
    char buf[32];
    TRY(machine_line(m, &t));
    if (t.n && t.s[t.n - 1] == 'L')
        t.n--;
    if (t.n >= sizeof buf || memchr(t.s, 0, t.n))
        return machine_fail(m, "has a number of too many digits");
    memcpy(buf, t.s, t.n);
    buf[t.n] = 0;
    return text_to_int(buf, v) || machine_fail(m, "has a number that is none");
}
