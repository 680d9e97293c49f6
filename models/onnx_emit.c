/* SPDX-License-Identifier: MIT */
/* New nodes and weights; attributes and inputs of ONNX nodes. */
#include "models/onnx_import.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool unsupported(struct error *err, const char *fmt, ...)
{
    char text[200];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return fail(err, ERROR_MODEL, "%s", text);
}

/* ---- attributes and inputs ---- */

static const Onnx__AttributeProto *attribute(const struct translation *t, const char *name)
{
    for (size_t i = 0; i < t->node->n_attribute; i++)
        if (t->node->attribute[i]->name && !strcmp(t->node->attribute[i]->name, name))
            return t->node->attribute[i];
    return NULL;
}

int64_t attribute_int(const struct translation *t, const char *name, int64_t absent)
{
    const Onnx__AttributeProto *a = attribute(t, name);
    return a && a->has_i ? a->i : absent;
}

float attribute_float(const struct translation *t, const char *name, float absent)
{
    const Onnx__AttributeProto *a = attribute(t, name);
    return a && a->has_f ? a->f : absent;
}

const char *attribute_word(const struct translation *t, const char *name, const char *absent,
                           char buf[32])
{
    const Onnx__AttributeProto *a = attribute(t, name);
    if (a && a->has_s)
        snprintf(buf, 32, "%.*s", a->s.len < 31 ? (int)a->s.len : 31, (const char *)a->s.data);
    else
        snprintf(buf, 32, "%s", absent);
    return buf;
}

int attribute_ints(const struct translation *t, const char *name, int64_t out[ONNX_RANK * 2],
                   struct error *err)
{
    const Onnx__AttributeProto *a = attribute(t, name);
    if (!a)
        return -1;
    if (a->n_ints > ONNX_RANK * 2) {
        unsupported(err, "%s has %zu numbers", name, a->n_ints);
        return -2;
    }
    for (size_t i = 0; i < a->n_ints; i++)
        out[i] = a->ints[i];
    return (int)a->n_ints;
}

const Onnx__TensorProto *attribute_tensor(const struct translation *t, const char *name)
{
    const Onnx__AttributeProto *a = attribute(t, name);
    return a ? a->t : NULL;
}

bool has_input(const struct translation *t, int i)
{
    return i < t->in_count && (t->in[i].c || t->in[i].node != NODE_NONE);
}

bool want_node(const struct translation *t, int i, struct error *err)
{
    if (!has_input(t, i))
        return unsupported(err, "input %d is missing", i);
    return !t->in[i].c || unsupported(err, "input %d is a constant", i);
}

bool list_of(const struct translation *t, int i, const char *name, int64_t out[ONNX_RANK * 2],
             int *count, struct error *err)
{
    if (!has_input(t, i)) {
        *count = attribute_ints(t, name, out, err);
        return *count != -2;
    }
    struct constant *c = t->in[i].c;
    if (!c || !c->whole || c->rank > 1 || c->count > ONNX_RANK * 2)
        return unsupported(err, "input %d (%s) is not a constant list of whole numbers", i, name);
    TRY(constant_load(t->m->f, c, err));
    for (uint64_t k = 0; k < c->count; k++)
        out[k] = c->i[k];
    *count = (int)c->count;
    return true;
}

bool axis_of(int64_t axis, int rank, int *to, struct error *err)
{
    if (axis < -rank || axis >= rank)
        return unsupported(err, "axis %lld of %d", (long long)axis, rank);
    *to = (int)(axis < 0 ? axis + rank : axis);
    return true;
}

/* ---- nodes ---- */

bool is_op(const struct import_state *m, node_id id, const char *op)
{
    return id != NODE_NONE && !strcmp(m->g->nodes[id].op->name, op);
}

struct value value_like(const struct value *like, node_id node)
{
    struct value v = *like;
    v.c = NULL;
    v.node = node;
    v.shift.of = NODE_NONE;
    return v;
}

int64_t letter_size(const struct import_state *m, node_id id, char letter)
{
    static const char letters[] = "ncthw";
    const struct shape *s = &m->g->nodes[id].shape;
    int axis = (int)(strchr(letters, letter) - letters);
    return axis == 0 || axis >= s->rank ? 1 : s->dim[axis];
}

static bool set_attributes(struct graph *g, struct node *n, char *text, struct error *err)
{
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " ")) {
        char *value = strchr(word, '=');
        *value++ = 0;
        const struct attr *a = attr_find(n->op, word);
        TRY(attr_parse(g, n, a, value, err));
    }
    return true;
}

/* What depends on windows, and on which clip's. */
static bool join_parts(struct import_state *m, struct node *n, struct error *err)
{
    bool video = false;
    n->clip = -1;
    n->part = PART_WEIGHT;
    for (int i = 0; i < n->in_count; i++) {
        const struct node *x = n->in[i] == NODE_NONE ? NULL : &m->g->nodes[n->in[i]];
        if (!x || x->part == PART_WEIGHT)
            continue;
        video = video || x->part == PART_VIDEO;
        if (x->part == PART_WINDOW && n->clip >= 0 && x->clip != n->clip) {
            m->mixed = true;
            return unsupported(err, "mixes windows of two clips");
        }
        if (x->part == PART_WINDOW)
            n->clip = x->clip;
    }
    if (video && n->clip >= 0)
        return unsupported(err, "mixes windows with a mean over windows");
    n->part = n->clip >= 0 ? PART_WINDOW : video ? PART_VIDEO : PART_WEIGHT;
    if (n->op->traits & OP_WINDOWS) {
        if (n->part != PART_WINDOW)
            return unsupported(err, "a mean over windows of what has none");
        n->part = PART_VIDEO;
        n->clip = -1;
    }
    return true;
}

node_id emit(struct import_state *m, struct error *err, const char *op, const node_id *in,
             int in_count, const char *attributes, ...)
{
    char name[24], text[400];
    struct graph *g = m->g;
    const struct op *o = op_find(op);
    int slots = op_variadic(o) ? in_count : op_slot_count(o);
    if (g->count >= GRAPH_NODES_MOST) {
        fail(err, ERROR_LIMIT, "more than %d nodes", GRAPH_NODES_MOST);
        return NODE_NONE;
    }
    for (int i = 0; i < in_count; i++)
        if (in[i] == NODE_NONE && !op_slot_optional(o, i))
            return NODE_NONE; /* made before, with its error */
    va_list ap;
    va_start(ap, attributes);
    vsnprintf(text, sizeof text, attributes, ap);
    va_end(ap);
    snprintf(name, sizeof name, "%d", g->count);
    node_id id = graph_insert(g, g->count, o, name, slots);
    struct node *n = &g->nodes[id];
    for (int i = 0; i < in_count; i++)
        n->in[i] = in[i];
    if (!set_attributes(g, n, text, err) || !join_parts(m, n, err) || !o->infer(g, n, err) ||
        (!shape_check(&n->shape) && !unsupported(err, "its result is too large")))
        return NODE_NONE;
    n->name = m->current;
    return id;
}

node_id emit_weight(struct import_state *m, struct constant *c, int rank, const int64_t *dim,
                    struct error *err)
{
    char name[24];
    struct graph *g = m->g;
    struct shape s = shape_f32(rank, dim);
    if (!shape_check(&s) || (uint64_t)shape_elements(&s, 1) != c->count) {
        unsupported(err, "weight '%.60s' is empty, too large or of another shape", c->name);
        return NODE_NONE;
    }
    for (int k = 0; k < m->weight_count; k++) /* used before */
        if (m->weights[k].c == c && shape_equal(&m->weights[k].shape, &s))
            return m->weights[k].node;
    if (g->count >= GRAPH_NODES_MOST) {
        fail(err, ERROR_LIMIT, "more than %d nodes", GRAPH_NODES_MOST);
        return NODE_NONE;
    }
    if (m->weight_count == m->weight_cap) {
        int cap = m->weight_cap ? m->weight_cap * 2 : 64;
        struct onnx_weight *more = ARENA_ARRAY(&m->arena, struct onnx_weight, cap);
        if (m->weight_count)
            memcpy(more, m->weights, sizeof *more * (size_t)m->weight_count);
        m->weights = more;
        m->weight_cap = cap;
    }
    snprintf(name, sizeof name, "w%d", g->count);
    node_id id = graph_insert(g, g->count, op_find("weight"), name, 0);
    struct node *n = &g->nodes[id];
    n->shape = s;
    n->typed = true;
    n->part = PART_WEIGHT;
    const char *wish =
        *c->name ? clean_name(m, c->name) : arena_printf(&m->arena, "%s.weight", m->current);
    m->weights[m->weight_count++] = (struct onnx_weight){n->name, wish, c, s, id};
    return id;
}
