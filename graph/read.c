/* SPDX-License-Identifier: MIT */
/* A graph from a file: what graph_parse accepts, less what only the compiler may write. */
#include "base/file.h"
#include "graph/op.h"

#include <stdlib.h>
#include <string.h>

enum { TEXT_MOST = 64 << 20 };

/* Prepared weights (the slots `packed`, `transposed`, `table`) are believed by the kernels; a file
 * could make them read anywhere. */
static bool is_external(const struct graph *g, const struct node *n, struct error *err)
{
    if (n->op->traits & OP_INTERNAL)
        return graph_fail(g, n, err, "only the compiler makes this operator");
    for (int i = 0; i < n->in_count && !op_variadic(n->op); i++) {
        char slot[24];
        op_slot_name(n->op, i, slot);
        if (n->in[i] != NODE_NONE && (!strcmp(slot, "packed") || !strcmp(slot, "transposed")))
            return graph_fail(g, n, err, "only the compiler fills the input '%s'", slot);
    }
    return true;
}

struct graph *graph_read(const char *path, struct error *err)
{
    size_t len;
    char *text = file_read(path, TEXT_MOST, ERROR_MODEL, &len, err);
    struct graph *g = text ? graph_parse(text, len, path, err) : NULL;
    free(text);
    for (int i = 0; g && i < g->count; i++)
        if (!is_external(g, &g->nodes[i], err))
            graph_free(&g);
    return g;
}
