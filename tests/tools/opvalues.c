/* SPDX-License-Identifier: MIT */
#include "tests/tools/opvalues.h"
#include "base/random.h"
#include "graph/op.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- inputs and weights: from the case's seed and the node's name ---- */

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), k = strlen(end);
    return n >= k && !strcmp(s + n - k, end);
}

bool values_torch(const struct opcase *c, const struct node *n, size_t count, float *out,
                       struct error *err)
{
    char name[160], got[112], want[96];
    snprintf(name, sizeof name, "%s.%s", c->prefix, n->name);
    const struct safetensor *t = safetensors_find(c->torch, name);
    if (!t || t->elements != count)
        return fail(err, ERROR_INPUT, "%s: %s is %s, wanted %s", safetensors_path(c->torch), name,
                    t ? safetensor_text(t, got) : "missing", shape_text(&n->shape, want));
    return safetensors_read(c->torch, t, 0, count, out, err);
}

/* Variances are positive, whatever else is random. */
static void fill_random(const struct opcase *c, const struct node *n, size_t count, float *out)
{
    struct random r = {c->seed};
    for (const char *s = n->name; *s; s++)
        r.state = (r.state ^ (unsigned char)*s) * 0x100000001b3u;
    bool variance = ends_with(n->name, "var");
    for (size_t i = 0; i < count; i++) {
        if (n->shape.dtype == DTYPE_U8)
            out[i] = (float)random_int(&r, 0, 255);
        else if (c->fill == FILL_INT)
            out[i] = (float)random_int(&r, -4, 4);
        else
            out[i] = (float)random_normal(&r);
        if (variance)
            out[i] = 0.5f + fabsf(out[i]);
    }
}

static bool fill_node(const struct values_source *s, const struct node *n, float *out,
                      struct error *err)
{
    size_t count = (size_t)shape_elements(&n->shape, s->c->windows);
    if (s->c->torch)
        TRY(values_torch(s->c, n, count, out, err));
    else
        fill_random(s->c, n, count, out);
    for (size_t i = 0; s->absolute && i < count; i++)
        out[i] = fabsf(out[i]);
    return true;
}

bool values_weight(void *context, const struct graph *g, const struct node *n, float *out,
                        struct error *err)
{
    (void)g;
    return fill_node(context, n, out, err);
}

/* ---- values on the host ---- */

struct tensor *values_new(const struct graph *g)
{
    return calloc((size_t)g->count + 1, sizeof(struct tensor));
}

void values_free(const struct graph *g, struct tensor *values)
{
    for (int i = 0; values && i < g->count; i++)
        free(values[i].data);
    free(values);
}

bool values_alloc(const struct graph *g, node_id id, int windows, struct tensor *t,
                        struct error *err)
{
    t->shape = g->nodes[id].shape;
    if (t->shape.rank && t->shape.dim[0] == DIM_N)
        t->shape.dim[0] = windows;
    t->data = calloc((size_t)shape_elements(&t->shape, 1) + 1, sizeof(float));
    return t->data || fail(err, ERROR_LIMIT, "out of memory");
}

bool values_is_input(const struct node *n)
{
    return (n->op->traits & OP_SOURCE) && n->part == PART_WINDOW;
}

bool values_is_output(const struct graph *g, node_id id)
{
    for (int i = 0; i < g->output_count; i++)
        if (g->outputs[i] == id)
            return true;
    return false;
}

/* Outputs that are not there yet, through the references. */
bool values_evaluate(const struct graph *g, struct tensor *values, struct values_source *s,
                     struct error *err)
{
    struct weight_source weights = {values_weight, s};
    bool *wanted = calloc((size_t)g->count + 1, sizeof *wanted);
    if (!wanted)
        return fail(err, ERROR_LIMIT, "out of memory");
    for (int i = 0; i < g->count; i++)
        wanted[i] = values_is_output(g, i);
    bool ok = eval_nodes(g, values, wanted, &weights, err);
    free(wanted);
    return ok;
}

bool values_fill_inputs(const struct graph *g, struct tensor *values, struct values_source *s,
                        struct error *err)
{
    for (int i = 0; i < g->count; i++)
        if (values_is_input(&g->nodes[i]))
            TRY(values_alloc(g, i, s->c->windows, &values[i], err) &&
                fill_node(s, &g->nodes[i], values[i].data, err));
    return true;
}

bool values_evaluate_all(const struct graph *g, struct tensor *values, struct values_source *s,
                         struct error *err)
{
    return values_fill_inputs(g, values, s, err) && values_evaluate(g, values, s, err);
}
