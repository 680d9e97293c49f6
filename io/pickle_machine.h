/* SPDX-License-Identifier: MIT */
/* What the operations of a pickle work on: a stack of values, marks on it, a memo of values by
 * number, and the bytes that follow. Part of io/pickle.c. */
#ifndef IO_PICKLE_MACHINE_H
#define IO_PICKLE_MACHINE_H
#include "io/pickle_value.h"

struct machine {
    const unsigned char *begin, *at, *end;
    struct pickle_memory memory;
    struct pickle_value **stack;
    size_t depth, stack_room;
    size_t *marks; /* depths of the stack */
    size_t mark_count, mark_room;
    struct pickle_value **memo;
    size_t memo_count, memo_room;          /* count: numbers up to it may be used */
    const struct pickle_value *persistent; /* all so far */
    struct error *err;
};

bool machine_fail(struct machine *m, const char *what); /* with the place; returns false */

bool machine_push(struct machine *m, struct pickle_value *v); /* NULL: has failed before */
struct pickle_value *machine_pop(struct machine *m);          /* NULL: there is none */
struct pickle_value *machine_top(struct machine *m);
/* The stack begins anew at each mark: here. */
size_t machine_floor(const struct machine *m);
bool machine_set_mark(struct machine *m);
/* Removes the last mark; the values since it are stack[*from .. depth). */
bool machine_take_mark(struct machine *m, size_t *from);
bool machine_put(struct machine *m, uint64_t number); /* the top value into the memo */
bool machine_get(struct machine *m, uint64_t number);

/* ---- operands: what follows an operation ---- */
const unsigned char *machine_bytes(struct machine *m, uint64_t n); /* NULL: it ends before */
bool machine_number(struct machine *m, int n, uint64_t *v);        /* little-endian, 1 to 8 bytes */
bool machine_line(struct machine *m, struct pickle_text *t);       /* without its end */
bool machine_line_number(struct machine *m, long long *v);

/* ---- io/pickle_scalars.c ---- */
/* Does the operation when it is one that makes a number or a text; *known: whether it is. */
bool machine_scalar(struct machine *m, int op, bool *known);
bool machine_push_line_text(struct machine *m, bool quoted);

#endif
