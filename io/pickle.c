/* SPDX-License-Identifier: MIT */
/* The machine that reads pickles: a stack of values, marks on it, and a memo of values by number.
 * Every operation is at least one byte long and makes at most one value, or moves items that other
 * operations have made, so that time and memory follow the size of the pickle. */
#include "io/pickle.h"
#include "io/pickle_machine.h"

#include <stdlib.h>
#include <string.h>

/* ---- collections ---- */

static bool push_new(struct machine *m, enum pickle_kind kind)
{
    return machine_push(m, pickle_new(&m->memory, kind, m->err));
}

/* Moves stack[from .. depth) into `to`: items, or keys and values in turns. */
static bool fill(struct machine *m, struct pickle_value *to, size_t from, bool pairs)
{
    if (pairs && (m->depth - from) % 2)
        return machine_fail(m, "has a key without a value");
    for (size_t i = from; i < m->depth; i += pairs ? 2 : 1)
        TRY(pickle_add(&m->memory, to, pairs ? m->stack[i] : NULL, m->stack[pairs ? i + 1 : i],
                       m->err));
    m->depth = from;
    return true;
}

/* A collection of everything since the mark. */
static bool gather(struct machine *m, enum pickle_kind kind)
{
    size_t from;
    TRY(machine_take_mark(m, &from));
    struct pickle_value *v = pickle_new(&m->memory, kind, m->err);
    return v && fill(m, v, from, kind == PICKLE_DICT) && machine_push(m, v);
}

/* A tuple of the n values on top. */
static bool gather_few(struct machine *m, size_t n)
{
    if (m->depth - machine_floor(m) < n)
        return machine_fail(m, "makes a tuple of more values than there are");
    struct pickle_value *v = pickle_new(&m->memory, PICKLE_TUPLE, m->err);
    return v && fill(m, v, m->depth - n, false) && machine_push(m, v);
}

/* Adds what lies above `from` to the collection below it; objects may be collections too. */
static bool extend(struct machine *m, enum pickle_kind kind, size_t from)
{
    if (from <= machine_floor(m) || from > m->depth)
        return machine_fail(m, "adds to no collection");
    struct pickle_value *to = m->stack[from - 1];
    if (to->kind != kind && to->kind != PICKLE_CALL)
        return machine_fail(m, "adds to a value that is no such collection");
    return fill(m, to, from, kind == PICKLE_DICT);
}

static bool extend_few(struct machine *m, enum pickle_kind kind, size_t n)
{
    return m->depth < n ? machine_fail(m, "adds more values than there are")
                        : extend(m, kind, m->depth - n);
}

static bool extend_all(struct machine *m, enum pickle_kind kind)
{
    size_t from;
    return machine_take_mark(m, &from) && extend(m, kind, from);
}

/* ---- functions, classes, objects ---- */

static bool push_global(struct machine *m, struct pickle_text module, struct pickle_text name)
{
    if (module.n > PICKLE_NAME_MOST || name.n > PICKLE_NAME_MOST)
        return machine_fail(m, "names a function or class in more than 1000 bytes");
    /* Python would decode these; a name that needs it hides something. */
    if (memchr(module.s, '\\', module.n) || memchr(name.s, '\\', name.n))
        return machine_fail(m, "names a function or class with escapes: refused");
    struct pickle_value *v = pickle_new(&m->memory, PICKLE_GLOBAL, m->err);
    if (v) {
        v->as.global.module = module;
        v->as.global.name = name;
        v->harm = pickle_is_harmful(module, name) ? v : NULL;
    }
    return machine_push(m, v);
}

static bool push_line_global(struct machine *m)
{
    struct pickle_text module, name;
    return machine_line(m, &module) && machine_line(m, &name) && push_global(m, module, name);
}

static bool push_stack_global(struct machine *m)
{
    struct pickle_value *name = machine_pop(m), *module = name ? machine_pop(m) : NULL;
    TRY(module != NULL);
    if (name->kind != PICKLE_TEXT || module->kind != PICKLE_TEXT)
        return machine_fail(m, "names a function or class by what is no text");
    return push_global(m, module->as.text, name->as.text);
}

static bool call(struct machine *m, const struct pickle_value *callee,
                 const struct pickle_value *args)
{
    TRY(callee && args);
    if (args->kind != PICKLE_TUPLE)
        return machine_fail(m, "calls with arguments that are no tuple");
    return machine_push(m, pickle_new_call(&m->memory, callee, args, m->err));
}

/* The class lies under the arguments. */
static bool call_stacked(struct machine *m)
{
    struct pickle_value *args = machine_pop(m), *callee = args ? machine_pop(m) : NULL;
    return call(m, callee, args);
}

/* Everything since the mark: arguments, in front of them perhaps the class. */
static bool call_marked(struct machine *m, bool class_first)
{
    size_t from;
    struct pickle_value *callee = NULL;
    if (!class_first) {
        TRY(push_line_global(m));
        callee = machine_pop(m);
        TRY(callee != NULL);
    }
    TRY(machine_take_mark(m, &from));
    if (class_first && from == m->depth)
        return machine_fail(m, "makes an object of no class");
    if (class_first)
        callee = m->stack[from];
    struct pickle_value *args = pickle_new(&m->memory, PICKLE_TUPLE, m->err);
    TRY(args && fill(m, args, from + class_first, false));
    m->depth = from;
    return call(m, callee, args);
}

static bool build(struct machine *m)
{
    struct pickle_value *state = machine_pop(m), *object = state ? machine_top(m) : NULL;
    TRY(object != NULL);
    if (object->kind != PICKLE_CALL)
        return machine_fail(m, "gives a state to what is no object");
    object->as.call.state = state;
    return true;
}

static bool push_persistent(struct machine *m, bool in_line)
{
    struct pickle_value *id = NULL;
    TRY(!in_line || machine_push_line_text(m, false));
    id = machine_pop(m);
    struct pickle_value *v = id ? pickle_new(&m->memory, PICKLE_PERSISTENT, m->err) : NULL;
    if (v) {
        v->as.persistent.id = id;
        v->as.persistent.next = m->persistent;
        m->persistent = v;
    }
    return machine_push(m, v);
}

/* ---- the operations ---- */

static bool with_number(struct machine *m, int size, bool put)
{
    uint64_t v;
    TRY(machine_number(m, size, &v));
    return put ? machine_put(m, v) : machine_get(m, v);
}

static bool with_line_number(struct machine *m, bool put)
{
    long long v;
    TRY(machine_line_number(m, &v));
    return put ? machine_put(m, (uint64_t)v) : machine_get(m, (uint64_t)v);
}

static bool discard(struct machine *m, bool to_mark)
{
    size_t from;
    if (to_mark) {
        TRY(machine_take_mark(m, &from));
        m->depth = from;
        return true;
    }
    if (m->mark_count && m->depth == machine_floor(m)) {
        m->mark_count--;
        return true;
    }
    return machine_pop(m) != NULL;
}

static bool duplicate(struct machine *m)
{
    struct pickle_value *v = machine_top(m);
    return v && machine_push(m, v);
}

static bool skip(struct machine *m, uint64_t n)
{
    return machine_bytes(m, n) != NULL;
}

/* Arguments by name are dropped. */
static bool call_with_names(struct machine *m)
{
    return machine_pop(m) && call_stacked(m);
}

static bool collection_op(struct machine *m, int op, bool *known)
{
    *known = true;
    switch (op) {
    case '(':
        return machine_set_mark(m);
    case '0':
        return discard(m, false);
    case '1':
        return discard(m, true);
    case '2':
        return duplicate(m);
    case ')':
        return push_new(m, PICKLE_TUPLE);
    case ']':
        return push_new(m, PICKLE_LIST);
    case '}':
        return push_new(m, PICKLE_DICT);
    case 0x8f:
        return push_new(m, PICKLE_SET);
    case 't':
        return gather(m, PICKLE_TUPLE);
    case 'l':
        return gather(m, PICKLE_LIST);
    case 'd':
        return gather(m, PICKLE_DICT);
    case 0x91:
        return gather(m, PICKLE_SET);
    case 0x85:
        return gather_few(m, 1);
    case 0x86:
        return gather_few(m, 2);
    case 0x87:
        return gather_few(m, 3);
    case 'a':
        return extend_few(m, PICKLE_LIST, 1);
    case 'e':
        return extend_all(m, PICKLE_LIST);
    case 's':
        return extend_few(m, PICKLE_DICT, 2);
    case 'u':
        return extend_all(m, PICKLE_DICT);
    case 0x90:
        return extend_all(m, PICKLE_SET);
    default:
        *known = false;
        return true;
    }
}

static bool other_op(struct machine *m, int op)
{
    switch (op) {
    case 'c':
        return push_line_global(m);
    case 0x93:
        return push_stack_global(m);
    case 'P':
        return push_persistent(m, true);
    case 'Q':
        return push_persistent(m, false);
    case 'R':
    case 0x81:
        return call_stacked(m);
    case 0x92:
        return call_with_names(m);
    case 'i':
        return call_marked(m, false);
    case 'o':
        return call_marked(m, true);
    case 'b':
        return build(m);
    case 'p':
        return with_line_number(m, true);
    case 'q':
        return with_number(m, 1, true);
    case 'r':
        return with_number(m, 4, true);
    case 0x94:
        return machine_put(m, m->memo_count);
    case 'g':
        return with_line_number(m, false);
    case 'h':
        return with_number(m, 1, false);
    case 'j':
        return with_number(m, 4, false);
    case 0x80:
        return skip(m, 1); /* protocol */
    case 0x95:
        return skip(m, 8); /* length of a frame, which says nothing new */
    default:
        m->at--;
        return machine_fail(m, "an operation that no checkpoint has");
    }
}

static bool execute(struct machine *m)
{
    while (m->at < m->end) {
        int op = *m->at++;
        bool known;
        if (op == '.')
            return true;
        TRY(machine_scalar(m, op, &known));
        if (!known)
            TRY(collection_op(m, op, &known));
        if (!known)
            TRY(other_op(m, op));
    }
    return machine_fail(m, "ends without its end");
}

struct pickle *pickle_parse(const void *data, size_t size, enum error_code code, struct error *err)
{
    struct pickle *p = calloc(1, sizeof *p);
    struct machine m = {.begin = data, .at = data, .memory.code = code, .err = err};
    if (!p) {
        fail(err, ERROR_LIMIT, "out of memory");
        return NULL;
    }
    m.end = m.begin + (size < PICKLE_BYTES_MOST ? size : PICKLE_BYTES_MOST);
    bool ok = execute(&m) && (p->root = machine_top(&m)) != NULL;
    p->used = (size_t)(m.at - m.begin);
    p->memory = m.memory.blocks;
    p->persistent = m.persistent;
    free(m.stack);
    free(m.marks);
    free(m.memo);
    if (!ok)
        pickle_free(&p);
    return p;
}
