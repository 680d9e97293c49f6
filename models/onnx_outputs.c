/* SPDX-License-Identifier: MIT */
/* The end of an import: scores and their mean over windows, names that are each one node's. */
#include "models/onnx_ends.h"

#include <stdlib.h>
#include <string.h>

static node_id named(struct import_state *m, const char *name, node_id id)
{
    if (id != NODE_NONE)
        m->g->nodes[id].name = name;
    return id;
}

/* Rows of scores, one for a window or for a video. */
static bool as_rows(struct import_state *m, const struct value *x, node_id *rows,
                    struct text *notes, struct error *err)
{
    struct value v = *x, row;
    if (strchr(v.axis[0], 't') && v.rank == 2 && letter_size(m, v.node, 't') > 1) {
        if (notes)
            text_printf(notes,
                        "the scores are one row for each of %lld frames: their mean is "
                        "taken\n",
                        (long long)letter_size(m, v.node, 't'));
        TRY(reduce_letters(m, &v, "t", false, err));
    }
    int64_t all = 1;
    for (int i = 0; i < v.rank; i++)
        all *= v.dim[i];
    const int64_t dim[] = {v.batch, all / v.batch};
    const char *const want[] = {"", "c"};
    TRY(layout_reshape(m, &v, 2, dim, &row, err) && layout_arrange(m, &row, want, &v, err));
    *rows = layout_rank(m, v.node, true, err);
    return *rows != NODE_NONE;
}

/* Whether a value of the video comes from probabilities: means and sums of them. */
static bool is_probability(const struct import_state *m, node_id id)
{
    for (int steps = 0; id != NODE_NONE && steps < 64; steps++) {
        const struct node *n = &m->g->nodes[id];
        if (!strcmp(n->op->name, "softmax"))
            return true;
        bool moves = !strcmp(n->op->name, "identity") || !strcmp(n->op->name, "flatten") ||
                     !strcmp(n->op->name, "reshape");
        if (!n->in_count || (n->part == PART_WINDOW && !moves))
            return false;
        id = n->in[0];
    }
    return false;
}

static bool put_scores(struct import_state *m, node_id rows, struct error *err)
{
    struct graph *g = m->g;
    node_id probs = rows;
    if (g->nodes[rows].part == PART_VIDEO) {
        if (!is_probability(m, rows)) {
            rows = named(m, "logits", EMIT1(m, err, "identity", rows, "%s", ""));
            probs = EMIT1(m, err, "softmax", rows, "%s", "");
        } else {
            probs = EMIT1(m, err, "identity", rows, "%s", "");
        }
    } else {
        bool soft = is_op(m, rows, "softmax");
        node_id logits = soft ? g->nodes[rows].in[0] : rows;
        logits = named(m, "logits", EMIT1(m, err, "identity", logits, "%s", ""));
        node_id window = named(m, "probs.window", EMIT1(m, err, "softmax", logits, "%s", ""));
        probs = EMIT1(m, err, "mean_windows", window, "%s", "");
    }
    TRY(named(m, "probs", probs) != NODE_NONE);
    graph_add_output(m->g, probs);
    return true;
}

/* Readers below a module's last node read it under the module's name. */
static void read_modules(struct graph *g)
{
    for (int i = 0; i < g->count; i++) {
        if (!g->nodes[i].keep)
            continue;
        g->nodes[i].keep = false;
        for (int k = i + 1; k < g->count; k++)
            for (int j = 0; j < g->nodes[k].in_count; j++)
                if (g->nodes[k].in[j] == g->nodes[i].in[0])
                    g->nodes[k].in[j] = i;
    }
}

struct entry {
    const char *name;
    int count;
};

static struct entry *find(struct entry *table, size_t cap, const char *name)
{
    size_t i = (size_t)(hash_of(name) % cap);
    while (table[i].name && strcmp(table[i].name, name))
        i = (i + 1) % cap;
    return &table[i];
}

/* Names become each one node's: later ones get a number. Scores and inputs keep theirs. */
static bool unique_names(struct import_state *m, struct error *err)
{
    struct graph *g = m->g;
    size_t cap = (size_t)g->count * 4 + 16;
    struct entry *table = calloc(cap, sizeof *table);
    if (!table)
        return fail(err, ERROR_LIMIT, "out of memory");
    static const char *const ours[] = {"logits", "probs", "probs.window"};
    for (int k = 0; k < 3; k++)
        *find(table, cap, ours[k]) = (struct entry){ours[k], 1};
    for (int i = 0; i < g->count; i++) {
        struct node *n = &g->nodes[i];
        struct onnx_weight *w = NULL;
        for (int k = 0; !w && weight_key(n) && k < m->weight_count; k++)
            w = m->weights[k].key == n->name ? &m->weights[k] : NULL;
        const char *wish = w ? w->wish : n->name, *name = wish;
        struct entry *e = find(table, cap, wish);
        bool own = false;
        for (int k = 0; k < 3; k++)
            own = own || n->name == ours[k];
        if (!own && e->name)
            do
                name = arena_printf(&g->arena, "%s.%d", wish, ++e->count);
            while (find(table, cap, name)->name);
        if (!own)
            *find(table, cap, name) = (struct entry){arena_dup(&g->arena, name), 1};
        n->name = arena_dup(&g->arena, name);
        if (w)
            w->key = arena_dup(&m->arena, name);
    }
    free(table);
    return true;
}

bool import_outputs(struct import_state *m, struct text *notes, struct error *err)
{
    const Onnx__GraphProto *g = m->f->graph;
    if (!g->n_output || !g->output[0]->name)
        return fail(err, ERROR_MODEL, "%s: no output", m->f->path);
    const struct value *v = value_find(m, g->output[0]->name);
    if (!v || v->c || v->node == NODE_NONE)
        return fail(err, ERROR_MODEL, "%s: output '%.80s' is made by no node", m->f->path,
                    g->output[0]->name);
    if (g->n_output > 1 && notes)
        text_printf(notes, "%zu outputs: '%s', the first, has the scores\n", g->n_output,
                    clean_name(m, g->output[0]->name));
    node_id rows;
    m->current = "scores";
    TRY(as_rows(m, v, &rows, notes, err) && put_scores(m, rows, err));
    read_modules(m->g);
    graph_sweep(m->g);
    return unique_names(m, err);
}
