/* SPDX-License-Identifier: MIT */
/* Python pickles as data: protocols 0 to 5 become a tree of values. Nothing is ever imported or
 * called. Where Python would call a function or make an object, there is a value PICKLE_CALL that
 * says of what and with which arguments, for the reader to know it or to pass it over.
 *
 * A pickle that calls, or hands to a call, what can do harm (os.system, eval, getattr, ...; see
 * pickle_is_harmful) is refused as a whole, though it could do none here: an honest checkpoint has
 * no such thing.
 *
 * Work and memory are bounded: PICKLE_BYTES_MOST of input, PICKLE_VALUES_MOST values and items,
 * PICKLE_NAME_MOST bytes of a module's or function's name, no recursion. Values may be shared and,
 * in a hostile file, contain themselves: who walks the tree bounds its depth and its steps.
 */
#ifndef IO_PICKLE_H
#define IO_PICKLE_H
#include "base/error.h"
#include <stddef.h>
#include <stdint.h>

enum {
    PICKLE_BYTES_MOST = 1 << 25,
    PICKLE_VALUES_MOST = 1 << 21,
    PICKLE_STACK_MOST = 1 << 18,
    PICKLE_NAME_MOST = 1000
};

enum pickle_kind {
    PICKLE_NONE,
    PICKLE_BOOL,
    PICKLE_INT,
    PICKLE_LONG, /* of more than 64 bits */
    PICKLE_REAL,
    PICKLE_TEXT,
    PICKLE_BYTES,
    PICKLE_TUPLE,
    PICKLE_LIST,
    PICKLE_SET,
    PICKLE_DICT,
    PICKLE_GLOBAL,    /* a function or class, by module and name */
    PICKLE_CALL,      /* what a function or class would return */
    PICKLE_PERSISTENT /* what the pickler's owner stores elsewhere, by an id */
};

/* Bytes of the pickle itself: not ended by zero, of any content. */
struct pickle_text {
    const char *s;
    size_t n;
};

struct pickle_item {
    const struct pickle_value *key; /* NULL but in dictionaries */
    const struct pickle_value *value;
    struct pickle_item *next;
};

struct pickle_value {
    enum pickle_kind kind;
    uint32_t count;                   /* of items: elements, members or entries; objects may have
                                         some too, as OrderedDict does */
    struct pickle_item *first, *last; /* in order */
    const struct pickle_value *harm;  /* NULL, or the harmful GLOBAL that this is or, of its
                                         items, that came first: decided once, when it is made */
    union {
        int64_t integer; /* INT, BOOL */
        double real;
        struct pickle_text text; /* TEXT, BYTES; LONG: little-endian bytes or digits */
        struct {
            struct pickle_text module, name;
        } global;
        struct {
            const struct pickle_value *callee; /* GLOBAL or PERSISTENT */
            const struct pickle_value *args;   /* TUPLE */
            const struct pickle_value *state;  /* what BUILD gave it, or NULL */
        } call;
        struct {
            const struct pickle_value *id;   /* TUPLE or TEXT */
            const struct pickle_value *next; /* another of this pickle, or NULL */
        } persistent;
    } as;
};

struct pickle {
    const struct pickle_value *root;
    const struct pickle_value *persistent; /* all of that kind: a list */
    size_t used;                           /* bytes of the pickle; another one may follow */
    struct pickle_block *memory;
};

/* The first pickle of a block of memory, which must live as long as the result. NULL on error, of
 * class `code`, or ERROR_LIMIT without memory. */
struct pickle *pickle_parse(const void *data, size_t size, enum error_code code, struct error *err);
void pickle_free(struct pickle **p); /* NULL is fine */

/* ---- looking at values; NULL stands for a value that is not there ---- */
bool pickle_text_is(struct pickle_text t, const char *s);
bool pickle_is_global(const struct pickle_value *v, const char *module, const char *name);
/* v is what a call of that function would return. */
bool pickle_is_call_of(const struct pickle_value *v, const char *module, const char *name);
/* Element i of a tuple, list or set; NULL when there is none. */
const struct pickle_value *pickle_at(const struct pickle_value *v, uint32_t i);
/* The last entry of a dictionary, or object with entries, with that text as key. */
const struct pickle_value *pickle_get(const struct pickle_value *v, const char *key);

/* Whether calling it can do more than make a value. */
bool pickle_is_harmful(struct pickle_text module, struct pickle_text name);

#endif
