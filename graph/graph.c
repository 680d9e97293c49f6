/* SPDX-License-Identifier: MIT */
/* The graph as a data structure: look up, insert, replace, sweep, copy. */
#include "graph/graph.h"
#include "graph/op.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void graph_free(struct graph **gp)
{
    if (!*gp)
        return;
    arena_free(&(*gp)->arena);
    free(*gp);
    *gp = NULL;
}

node_id graph_find(const struct graph *g, const char *name)
{
    for (int i = 0; i < g->count; i++)
        if (!strcmp(g->nodes[i].name, name))
            return i;
    return NODE_NONE;
}

int graph_clip(const struct graph *g, const char *name)
{
    for (int i = 0; i < g->clip_count; i++)
        if (!strcmp(g->clips[i].name, name))
            return i;
    return -1;
}

int graph_uses(const struct graph *g, node_id id)
{
    int uses = 0;
    for (int i = id + 1; i < g->count; i++)
        for (int k = 0; k < g->nodes[i].in_count; k++)
            uses += g->nodes[i].in[k] == id;
    for (int i = 0; i < g->output_count; i++)
        uses += g->outputs[i] == id;
    return uses;
}

/* `name`, or name.2, name.3 ... when it is taken. */
static const char *unique_name(struct graph *g, const char *name)
{
    const char *s = name;
    for (int i = 2; graph_find(g, s) != NODE_NONE; i++)
        s = arena_printf(&g->arena, "%s.%d", name, i);
    return s == name ? arena_dup(&g->arena, name) : s;
}

static void grow(struct graph *g)
{
    if (g->count < g->cap)
        return;
    int cap = g->cap ? g->cap * 2 : 64;
    struct node *nodes = ARENA_ARRAY(&g->arena, struct node, cap);
    if (g->count)
        memcpy(nodes, g->nodes, sizeof *nodes * (size_t)g->count);
    g->nodes = nodes;
    g->cap = cap;
}

static void shift_references(struct graph *g, node_id from)
{
    for (int i = from; i < g->count; i++)
        for (int k = 0; k < g->nodes[i].in_count; k++)
            if (g->nodes[i].in[k] >= from)
                g->nodes[i].in[k]++;
    for (int i = 0; i < g->output_count; i++)
        if (g->outputs[i] >= from)
            g->outputs[i]++;
}

node_id graph_insert(struct graph *g, node_id before, const struct op *op, const char *name,
                     int in_count)
{
    name = unique_name(g, name);
    grow(g);
    shift_references(g, before);
    memmove(&g->nodes[before + 1], &g->nodes[before],
            sizeof *g->nodes * (size_t)(g->count - before));
    g->count++;
    struct node *n = &g->nodes[before];
    *n = (struct node){.op = op, .name = name, .in_count = in_count, .clip = -1};
    n->in = ARENA_ARRAY(&g->arena, node_id, in_count);
    for (int i = 0; i < in_count; i++)
        n->in[i] = NODE_NONE;
    n->attrs = arena_alloc(&g->arena, op->attrs_size);
    attr_defaults(g, n);
    return before;
}

void graph_replace(struct graph *g, node_id from, node_id to)
{
    for (int i = 0; i < g->count; i++)
        for (int k = 0; k < g->nodes[i].in_count; k++)
            if (g->nodes[i].in[k] == from)
                g->nodes[i].in[k] = to;
    for (int i = 0; i < g->output_count; i++)
        if (g->outputs[i] == from)
            g->outputs[i] = to;
}

void graph_add_output(struct graph *g, node_id id)
{
    node_id *outputs = ARENA_ARRAY(&g->arena, node_id, g->output_count + 1);
    if (g->output_count)
        memcpy(outputs, g->outputs, sizeof *outputs * (size_t)g->output_count);
    outputs[g->output_count++] = id;
    g->outputs = outputs;
}

void graph_sweep(struct graph *g)
{
    node_id *to = ARENA_ARRAY(&g->arena, node_id, g->count);
    int kept = 0;
    for (int i = 0; i < g->count; i++)
        to[i] = g->nodes[i].keep; /* first: is it needed */
    for (int i = 0; i < g->output_count; i++)
        to[g->outputs[i]] = 1;
    for (int i = g->count - 1; i >= 0; i--)
        for (int k = 0; to[i] && k < g->nodes[i].in_count; k++)
            if (g->nodes[i].in[k] != NODE_NONE)
                to[g->nodes[i].in[k]] = 1;
    for (int i = 0; i < g->count; i++) {
        if (!to[i])
            continue;
        to[i] = kept; /* then: where it goes */
        g->nodes[kept] = g->nodes[i];
        for (int k = 0; k < g->nodes[kept].in_count; k++)
            if (g->nodes[kept].in[k] != NODE_NONE)
                g->nodes[kept].in[k] = to[g->nodes[kept].in[k]];
        kept++;
    }
    for (int i = 0; i < g->output_count; i++)
        g->outputs[i] = to[g->outputs[i]];
    g->count = kept;
}

static const char *dup_or_null(struct arena *a, const char *s)
{
    return s ? arena_dup(a, s) : NULL;
}

struct graph *graph_copy(const struct graph *from)
{
    struct graph *g = calloc(1, sizeof *g);
    if (!g)
        return NULL;
    struct arena *a = &g->arena;
    g->file = arena_dup(a, from->file);
    g->model = dup_or_null(a, from->model);
    g->weights = dup_or_null(a, from->weights);
    g->labels = dup_or_null(a, from->labels);
    g->strict = from->strict;
    g->half = from->half;
    g->tuning = from->tuning;
    g->clips = ARENA_ARRAY(a, struct recipe, GRAPH_CLIPS_MOST);
    g->clip_count = from->clip_count;
    for (int i = 0; i < from->clip_count; i++) {
        g->clips[i] = from->clips[i];
        g->clips[i].name = arena_dup(a, from->clips[i].name);
    }
    g->count = g->cap = from->count;
    g->nodes = ARENA_ARRAY(a, struct node, from->count);
    for (int i = 0; i < from->count; i++) {
        const struct node *x = &from->nodes[i];
        struct node *n = &g->nodes[i];
        *n = *x;
        n->name = arena_dup(a, x->name);
        n->in = ARENA_ARRAY(a, node_id, x->in_count);
        for (int k = 0; k < x->in_count; k++)
            n->in[k] = x->in[k];
        n->attrs = arena_alloc(a, x->op->attrs_size);
        if (x->op->attrs_size)
            memcpy(n->attrs, x->attrs, x->op->attrs_size);
        for (const struct attr *t = x->op->attrs; t && t->name; t++) {
            const char **s = (const char **)((char *)n->attrs + t->offset);
            if (t->type == ATTR_STRING && *s)
                *s = arena_dup(a, *s);
        }
    }
    for (int i = 0; i < from->output_count; i++)
        graph_add_output(g, from->outputs[i]);
    return g;
}

const char *weight_key(const struct node *n)
{
    const struct attr *a = attr_find(n->op, "name");
    if (!(n->op->traits & OP_SOURCE) || !a)
        return NULL;
    const char *key = *(const char **)((char *)n->attrs + a->offset);
    return *key ? key : n->name;
}

bool graph_fail(const struct graph *g, const struct node *n, struct error *err, const char *fmt,
                ...)
{
    char text[400];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (n->line)
        return fail(err, ERROR_MODEL, "%s:%d:%d: %s %%%s: %s", g->file, n->line, n->column,
                    n->op->name, n->name, text);
    return fail(err, ERROR_MODEL, "%s: %s %%%s: %s", g->file, n->op->name, n->name, text);
}
