/* SPDX-License-Identifier: MIT */
/* Weights in the order in which kernels read them: fills the slots `packed` and `transposed` of
 * every node that has them with pack_conv, winograd_weight and transpose_weight nodes.
 *
 * needs:    final weights: batch norms folded, first convolution fused.
 * breaks:   nothing; w stays for shapes and for the specification, and is not uploaded.
 * why here: last, because it fixes which kernel a convolution gets. */
#include "base/checked.h"
#include "graph/op.h"
#include "graph/pass/algorithm.h"
#include "graph/pass/pass.h"
#include "graph/pipeline.h"
#include "graph/tuning.h"

#include <stdio.h>
#include <string.h>

enum { BLOCK = 16 }; /* channels that stand together in memory and in a kernel's lanes */

/* How a weight is packed; tile 0: not at all. size: Winograd's output tiles, 0: direct. */
struct packing {
    int tile, span, size;
};

/* An integer attribute, or `absent` where the operator has none of that name. */
static int int_of(const struct node *n, const char *name, int absent)
{
    const struct attr *a = attr_find(n->op, name);
    return a ? *(const int *)((const char *)n->attrs + a->offset) : absent;
}

/* Groups of one channel or four: one tile of all channels, each with weights of its own group. Else
 * tiles of two blocks, unless an odd number of few blocks would waste much of the last one, and
 * never across groups. Other groups narrower than a block share one; what cannot is left to the
 * general kernel. */
static struct packing choose(const struct shape *w, int groups)
{
    int64_t c_out = w->dim[0];
    if (groups > 1 && c_out == groups * w->dim[1] && (w->dim[1] == 1 || w->dim[1] == 4))
        return (struct packing){.tile = (int)round_up((uint64_t)c_out, BLOCK)};
    int64_t each = c_out / groups, blocks = (each + BLOCK - 1) / BLOCK;
    bool pairs = blocks % 2 == 0 || (groups == 1 && blocks > 8);
    if (groups == 1 || each % BLOCK == 0)
        return (struct packing){.tile = pairs ? 2 * BLOCK : BLOCK};
    if (each < BLOCK && BLOCK % each == 0 && c_out % BLOCK == 0)
        return (struct packing){.tile = BLOCK, .span = (int)each};
    return (struct packing){0};
}

/* As many blocks as were measured to be best, if that is possible: tiles never cross groups, and
 * where a tile has another meaning it stays. */
static void choose_blocks(const struct graph *g, const struct node *n, const struct shape *w,
                          struct packing *p)
{
    const struct choice *tuned = tuning_choice(g, n);
    int64_t groups = int_of(n, "groups", 1), each = w->dim[0] / groups;
    if (!tuned || !tuned->blocks || p->span || (p->tile != BLOCK && p->tile != 2 * BLOCK))
        return;
    if (groups == 1 || (w->dim[1] > 4 && each % (tuned->blocks * BLOCK) == 0))
        p->tile = tuned->blocks * BLOCK;
}

static bool set_int(struct graph *g, struct node *n, const char *name, int value, struct error *err)
{
    char text[16];
    snprintf(text, sizeof text, "%d", value);
    return attr_parse(g, n, attr_find(n->op, name), text, err);
}

/* The node of operator `op` that reads w with these attributes: an earlier one, since weights may
 * be shared, or a new one in front of node *before, which moves up. */
static bool prepare(struct graph *g, node_id *before, node_id w, const char *op, const char *suffix,
                    struct packing p, node_id *id, struct error *err)
{
    for (*id = w + 1; *id < *before; ++*id) {
        const struct node *n = &g->nodes[*id];
        if (!strcmp(n->op->name, op) && n->in[0] == w && int_of(n, "tile", 0) == p.tile &&
            int_of(n, "span", 0) == p.span && int_of(n, "size", 0) == p.size)
            return true;
    }
    const char *name = arena_printf(&g->arena, "%s.%s", g->nodes[w].name, suffix);
    graph_insert(g, (*before)++, op_find(op), name, 1);
    g->nodes[*id].in[0] = w;
    if (!p.tile)
        return true;
    struct node *n = &g->nodes[*id];
    return set_int(g, n, "tile", p.tile, err) &&
           (p.size ? set_int(g, n, "size", p.size, err) : set_int(g, n, "span", p.span, err));
}

/* An empty slot of node id that a prepared weight belongs into; -1 when there is none. */
static int empty_slot(const struct graph *g, node_id id, const char *name)
{
    const struct node *n = &g->nodes[id];
    int slot = op_slot(n->op, name), w = op_slot(n->op, "w");
    bool fits =
        slot >= 0 && w >= 0 && n->in[slot] == NODE_NONE && g->nodes[n->in[w]].part == PART_WEIGHT;
    return fits ? slot : -1;
}

bool pass_pack_weights(struct graph *g, struct error *err)
{
    const struct packing plain = {0};
    for (node_id i = 0; i < g->count; i++) {
        int packed = empty_slot(g, i, "packed"), transposed = empty_slot(g, i, "transposed");
        if (packed < 0 && transposed < 0)
            continue;
        node_id w = g->nodes[i].in[op_slot(g->nodes[i].op, "w")], id;
        struct packing p = choose(&g->nodes[w].shape, int_of(&g->nodes[i], "groups", 1));
        choose_blocks(g, &g->nodes[i], &g->nodes[w].shape, &p);
        p.size = winograd_size(g, &g->nodes[i]);
        const struct choice *tuned = tuning_choice(g, &g->nodes[i]);
        bool gemm = tuned && tuned->algorithm == ALGORITHM_CLBLAST;
        if (packed >= 0 && gemm) {
            TRY(prepare(g, &i, w, "transpose_weight", "transposed", plain, &id, err));
            g->nodes[i].in[packed] = id;
        } else if (packed >= 0 && p.tile) {
            TRY(prepare(g, &i, w, p.size ? "winograd_weight" : "pack_conv",
                        p.size ? "winograd" : "packed", p, &id, err));
            g->nodes[i].in[packed] = id;
        }
        if (transposed >= 0) {
            TRY(prepare(g, &i, w, "transpose_weight", "transposed", plain, &id, err));
            g->nodes[i].in[transposed] = id;
        }
    }
    return true;
}
