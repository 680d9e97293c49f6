/* SPDX-License-Identifier: MIT */
/* fuse-epilogue: a shortcut's add and an activation move into the store of the operator in front.
 *
 * add(p, q) becomes p with add=q, where p's operator has an `add` slot that is free; relu, elu,
 * sigmoid or swish of p becomes p with act=..., where it has an `act` attribute that is none. p
 * must have no other reader and must not be kept. The fused node takes the consumer's place and
 * name: q may be defined after p, so p's own place would be too early. When both operands could
 * take the other, the later one does, because the earlier one is there by then.
 *
 * needs:    batch norms folded, or they stand between a convolution and its add.
 * breaks:   nothing.
 * why here: after fold-batchnorm, before pack-weights, which looks at the final operators.
 */
#include "graph/op.h"
#include "graph/pass/pass.h"

#include <stdlib.h>
#include <string.h>

static int *count_uses(const struct graph *g)
{
    int *uses = calloc((size_t)g->count + 1, sizeof *uses);
    for (int i = 0; uses && i < g->count; i++)
        for (int k = 0; k < g->nodes[i].in_count; k++)
            if (g->nodes[i].in[k] != NODE_NONE)
                uses[g->nodes[i].in[k]]++;
    for (int i = 0; uses && i < g->output_count; i++)
        uses[g->outputs[i]]++;
    return uses;
}

/* Whether `p` may vanish into its only reader `n`, which will apply an activation. */
static bool can_join(const struct graph *g, const int *uses, node_id p, const struct node *n)
{
    const struct node *x = &g->nodes[p];
    const struct attr *act = attr_find(x->op, "act");
    return uses[p] == 1 && !x->keep && x->part == n->part && act &&
           attr_get_enum(x, "act") == attr_choice(act, "none");
}

static bool can_add(const struct graph *g, const int *uses, node_id p, const struct node *n)
{
    const struct node *x = &g->nodes[p];
    int slot = op_slot(x->op, "add");
    return slot >= 0 && x->in[slot] == NODE_NONE && can_join(g, uses, p, n);
}

/* n, keeping its name and place, does what p did, and then `act`. */
static void take_over(struct graph *g, struct node *n, const struct node *p, const char *act)
{
    n->op = p->op;
    n->attrs = arena_alloc(&g->arena, p->op->attrs_size);
    memcpy(n->attrs, p->attrs, p->op->attrs_size);
    n->in_count = p->in_count;
    n->in = ARENA_ARRAY(&g->arena, node_id, p->in_count);
    memcpy(n->in, p->in, sizeof *n->in * (size_t)p->in_count);
    attr_set_enum(n, "act", act);
}

static void fuse_add(struct graph *g, const int *uses, struct node *n)
{
    node_id p = n->in[0] > n->in[1] ? n->in[0] : n->in[1];
    node_id q = n->in[0] > n->in[1] ? n->in[1] : n->in[0];
    char act[32];
    if (!can_add(g, uses, p, n)) {
        node_id other = p;
        p = q;
        q = other;
        if (!can_add(g, uses, p, n))
            return;
    }
    take_over(g, n, &g->nodes[p], attr_enum_word(n, attr_find(n->op, "act"), act));
    n->in[op_slot(n->op, "add")] = q;
}

static void fuse_activation(struct graph *g, const int *uses, struct node *n)
{
    const struct node *p = &g->nodes[n->in[0]];
    if (can_join(g, uses, n->in[0], n) && attr_choice(attr_find(p->op, "act"), n->op->name) >= 0)
        take_over(g, n, p, n->op->name);
}

static bool is_activation(const struct op *op)
{
    return !strcmp(op->name, "relu") || !strcmp(op->name, "elu") || !strcmp(op->name, "sigmoid") ||
           !strcmp(op->name, "swish");
}

/* In order, so that the add of add-then-relu is fused before the relu looks at it. The counts need
 * no update: what p read, its successor reads in its stead. */
bool pass_fuse_epilogue(struct graph *g, struct error *err)
{
    int *uses = count_uses(g);
    if (!uses)
        return fail(err, ERROR_LIMIT, "%s: out of memory", g->file);
    for (int i = 0; i < g->count; i++) {
        struct node *n = &g->nodes[i];
        if (!strcmp(n->op->name, "add"))
            fuse_add(g, uses, n);
        else if (is_activation(n->op))
            fuse_activation(g, uses, n);
    }
    free(uses);
    return true;
}
