/* SPDX-License-Identifier: MIT */
/* The order of the passes is a design decision, so it is written by hand. */
#include "graph/pipeline.h"
#include "graph/op.h"
#include "graph/pass/pass.h"

#include <stdio.h>
#include <string.h>

const struct pass pipeline[] = {
    {"drop-dead", pass_drop_dead, "drop what no output needs"},
    {"elide-views", pass_elide_views, "drop nodes that only rename a value"},
    {"fold-batchnorm", pass_fold_batchnorm, "batch norm into the weights of the conv before it"},
    {"fuse-frames", pass_fuse_frames,
     "normalise, residual, choice of frames into the first conv's load"},
    {"fuse-matching", pass_fuse_matching, "cost volumes that never stand in memory"},
    {"fuse-warp", pass_fuse_warp, "difference of a frame and the warped one before it"},
    {"fuse-epilogue", pass_fuse_epilogue, "shortcut add and activation into the store"},
    {"fuse-feature-residual", pass_fuse_feature_residual,
     "a convolution over time and its residual in one"},
    {"fuse-channel-scale", pass_fuse_channel_scale, "factors of channels into weights"},
    {"pack-weights", pass_pack_weights, "weights in the order the kernels read them"},
    {NULL, NULL, NULL},
};

const struct pass *pass_find(const char *name)
{
    for (const struct pass *p = pipeline; p->name; p++)
        if (!strcmp(p->name, name))
            return p;
    return NULL;
}

bool graph_run_pass(struct graph *g, const struct pass *pass, struct error *err)
{
    TRY(pass->run(g, err));
    graph_sweep(g);
    if (!graph_infer(g, err))
        return fail_more(err, "after pass %s", pass->name);
    return true;
}

bool graph_compile(struct graph *g, const char *stop_after, struct error *err)
{
    if (stop_after && !pass_find(stop_after)) {
        struct text list = {0};
        for (const struct pass *p = pipeline; p->name; p++)
            text_printf(&list, " %s", p->name);
        fail(err, ERROR_USAGE, "no pass '%.40s'; there are:%s", stop_after, list.s);
        text_free(&list);
        return false;
    }
    TRY(graph_infer(g, err));
    for (const struct pass *p = pipeline; p->name; p++) {
        TRY(graph_run_pass(g, p, err));
        if (stop_after && !strcmp(p->name, stop_after))
            break;
    }
    return true;
}

bool graph_feed(struct graph *g, const char *name, const struct shape *shape, struct error *err)
{
    node_id id = graph_find(g, name);
    const struct op *input = op_find("input");
    if (id == NODE_NONE)
        return fail(err, ERROR_USAGE, "%s: no node %%%.80s to feed", g->file, name);
    struct node *n = &g->nodes[id];
    if (n->part != PART_WINDOW)
        return fail(err, ERROR_USAGE, "%s: %%%.80s cannot be fed: it does not depend on windows",
                    g->file, name);
    if (shape->rank < 1 || shape->rank > SHAPE_RANK)
        return fail(err, ERROR_INPUT, "%%%.80s: a tensor of rank %d cannot be fed", name,
                    shape->rank);
    const char *clip = g->clips[n->clip].name;
    n->op = input;
    n->in_count = 0;
    n->attrs = arena_alloc(&g->arena, input->attrs_size);
    attr_defaults(g, n);
    TRY(attr_parse(g, n, attr_find(input, "clip"), clip, err));
    n->shape = *shape;
    n->shape.dim[0] = DIM_N;
    n->typed = true;
    n->keep = true;
    graph_sweep(g);
    return graph_infer(g, err);
}

bool graph_keep(struct graph *g, const char *name, struct error *err)
{
    bool all = !strcmp(name, "all");
    for (int i = 0; i < g->count; i++) {
        struct node *n = &g->nodes[i];
        if (n->part == PART_WEIGHT)
            continue;
        if (all || !strcmp(n->name, name)) {
            n->keep = true;
            if (!all)
                return true;
        }
    }
    if (!all)
        return fail(err, ERROR_USAGE, "%s: no node %%%.80s", g->file, name);
    return true;
}

bool graph_keep_list(struct graph *g, const char *list, struct error *err)
{
    char name[256];
    while (*list) {
        size_t n = strcspn(list, ",");
        snprintf(name, sizeof name, "%.*s", (int)n, list);
        TRY(graph_keep(g, name, err));
        list += n + (list[n] == ',');
    }
    return true;
}
