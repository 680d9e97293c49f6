/* SPDX-License-Identifier: MIT */
/* Graph to text: the form that graph_parse reads back to the same graph. */
#include "graph/op.h"

#include <string.h>

static void print_node(const struct graph *g, const struct node *n, struct text *out)
{
    char slot[24];
    text_printf(out, "%%%s = %s", n->name, n->op->name);
    if (n->op->traits & OP_SOURCE) {
        text_append(out, " ", 1);
        shape_print(&n->shape, out);
    }
    for (int i = 0; i < n->in_count; i++)
        if (n->in[i] != NODE_NONE && (op_variadic(n->op) || !op_slot_optional(n->op, i)))
            text_printf(out, " %%%s", g->nodes[n->in[i]].name);
    for (int i = 0; i < n->in_count; i++)
        if (n->in[i] != NODE_NONE && !op_variadic(n->op) && op_slot_optional(n->op, i))
            text_printf(out, " %s=%%%s", op_slot_name(n->op, i, slot), g->nodes[n->in[i]].name);
    attr_print(n, out);
    if (!(n->op->traits & OP_SOURCE)) {
        text_append(out, " : ", 3);
        shape_print(&n->shape, out);
    }
    text_append(out, "\n", 1);
}

void graph_print(const struct graph *g, struct text *out)
{
    text_printf(out, "clact 1\n");
    if (g->model)
        text_printf(out, "model %s\n", g->model);
    if (g->weights)
        text_printf(out, "weights %s\n", g->weights);
    if (g->labels)
        text_printf(out, "labels %s\n", g->labels);
    for (int i = 0; i < g->clip_count; i++) {
        recipe_print(&g->clips[i], out);
        if (out->len && out->s[out->len - 1] != '\n')
            text_append(out, "\n", 1);
    }
    for (int i = 0; i < g->count; i++)
        print_node(g, &g->nodes[i], out);
    for (int i = 0; i < g->output_count; i++)
        text_printf(out, "output %%%s\n", g->nodes[g->outputs[i]].name);
}
