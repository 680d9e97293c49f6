/* SPDX-License-Identifier: MIT */
/* From a compiled graph to steps with planned memory. */
#include "engine/plan.h"
#include "base/checked.h"
#include "engine/lower.h"
#include "graph/memplan.h"

#include <stdlib.h>
#include <string.h>

void plan_free(struct plan **pp)
{
    if (!*pp)
        return;
    arena_free(&(*pp)->arena);
    free(*pp);
    *pp = NULL;
}

/* Whether a value must survive to the end of its part: somebody reads it from outside. */
static bool is_fetched(const struct graph *g, node_id id)
{
    if (g->nodes[id].keep)
        return true;
    for (int i = 0; i < g->output_count; i++)
        if (g->outputs[i] == id)
            return true;
    for (int i = id + 1; i < g->count; i++)
        if (g->nodes[i].op->traits & OP_WINDOWS)
            for (int k = 0; k < g->nodes[i].in_count; k++)
                if (g->nodes[i].in[k] == id)
                    return true;
    return false;
}

static struct value *find_value(struct plan_part *p, node_id id)
{
    for (int i = 0; i < p->value_count; i++)
        if (p->values[i].node == id)
            return &p->values[i];
    return NULL;
}

/* Every window value of the part, with its live range; views extend what they look at. */
static void find_values(struct plan *plan, struct plan_part *p, int clip)
{
    const struct graph *g = plan->graph;
    p->value_cap = g->count;
    p->values = ARENA_ARRAY(&plan->arena, struct value, g->count);
    for (int i = 0; i < g->count; i++) {
        const struct node *n = &g->nodes[i];
        if (n->part != PART_WINDOW || n->clip != clip || (n->op->traits & OP_VIEW))
            continue;
        struct value *v = &p->values[p->value_count++];
        *v = (struct value){.node = i, .bytes = lower_bytes(n, p->batch), .first = -1, .last = 0};
        for (int s = 0; s < p->step_count; s++) {
            if (p->steps[s].node == i && v->first < 0 && !(n->op->traits & OP_SOURCE))
                v->first = s;
            for (int a = 0; a < p->steps[s].arg_count; a++)
                if (p->steps[s].args[a].kind == ARG_NODE && p->steps[s].args[a].node == i)
                    v->last = s;
        }
        if (v->first < 0)
            v->first = 0; /* an input: there before the first step */
    }
    for (int i = 0; i < g->count; i++) {
        if (g->nodes[i].part != PART_WINDOW || g->nodes[i].clip != clip || !is_fetched(g, i))
            continue;
        struct value *v = find_value(p, lower_storage(g, i));
        if (v)
            v->last = p->step_count;
    }
}

/* Values and workspaces of all steps into one arena. */
static void place(struct plan *plan, struct plan_part *p)
{
    int count = p->value_count;
    uint64_t align = plan->caps.base_alignment ? plan->caps.base_alignment : 128;
    struct interval *iv = ARENA_ARRAY(&plan->arena, struct interval, p->value_count + p->step_count);
    for (int i = 0; i < p->value_count; i++)
        iv[i] = (struct interval){p->values[i].first, p->values[i].last, p->values[i].bytes, 0};
    for (int s = 0; s < p->step_count; s++)
        if (p->steps[s].workspace)
            iv[count++] = (struct interval){s, s, p->steps[s].workspace, 0};
    uint64_t total = memplan_place(iv, count, align), live = memplan_live(iv, count, align);
    if (total > plan->activation_bytes)
        plan->activation_bytes = total;
    if (live > plan->live_bytes)
        plan->live_bytes = live;
    for (int i = 0; i < p->value_count; i++)
        p->values[i].offset = iv[i].offset;
    count = p->value_count;
    for (int s = 0; s < p->step_count; s++) {
        if (!p->steps[s].workspace)
            continue;
        uint64_t base = iv[count++].offset;
        for (int a = 0; a < p->steps[s].arg_count; a++)
            if (p->steps[s].args[a].kind == ARG_WORKSPACE)
                p->steps[s].args[a].offset += base;
    }
}

static bool make_part(struct plan *plan, int clip, int batch, struct error *err)
{
    const struct graph *g = plan->graph;
    struct plan_part *p = &plan->parts[plan->part_count];
    *p = (struct plan_part){.clip = clip, .batch = batch};
    struct lower lo = {.plan = plan, .part = p, .open = -1};
    bool ok = true, any = false;
    for (int i = 0; i < g->count && ok; i++) {
        const struct node *n = &g->nodes[i];
        if (n->part != PART_WINDOW || n->clip != clip)
            continue;
        any = true;
        if (!(n->op->traits & (OP_SOURCE | OP_VIEW)))
            ok = lower_node(&lo, n, err);
    }
    text_free(&lo.defines);
    if (!ok || !any)
        return ok;
    plan->part_count++;
    find_values(plan, p, clip);
    place(plan, p);
    return true;
}

static void count_weights(struct plan *plan)
{
    const struct graph *g = plan->graph;
    bool *seen = ARENA_ARRAY(&plan->arena, bool, g->count);
    for (int i = 0; i < plan->part_count; i++)
        for (int s = 0; s < plan->parts[i].step_count; s++)
            for (int a = 0; a < plan->parts[i].steps[s].arg_count; a++) {
                const struct step_arg *arg = &plan->parts[i].steps[s].args[a];
                if (arg->kind != ARG_NODE || g->nodes[arg->node].part != PART_WEIGHT ||
                    seen[arg->node])
                    continue;
                seen[arg->node] = true;
                plan->weight_bytes += lower_bytes(&g->nodes[arg->node], 1);
            }
}

static bool check_memory(const struct plan *plan, uint64_t max, struct error *err)
{
    uint64_t need = plan->activation_bytes + plan->weight_bytes;
    uint64_t have = max ? max : plan->caps.global_memory;
    uint64_t one = plan->caps.max_allocation;
    if (have && need > have)
        return fail(err, ERROR_LIMIT,
                    "%s: needs %llu MB on the device (activations %llu, weights %llu), %llu MB are "
                    "allowed; try a smaller batch",
                    plan->graph->file, (unsigned long long)(need >> 20),
                    (unsigned long long)(plan->activation_bytes >> 20),
                    (unsigned long long)(plan->weight_bytes >> 20),
                    (unsigned long long)(have >> 20));
    if (one && plan->activation_bytes > one)
        return fail(err, ERROR_LIMIT,
                    "%s: activations need %llu MB in one piece, the device gives at most %llu MB; "
                    "try a smaller batch",
                    plan->graph->file, (unsigned long long)(plan->activation_bytes >> 20),
                    (unsigned long long)(one >> 20));
    return true;
}

struct plan *plan_make(const struct graph *g, const struct caps *caps, const int *batch,
                       uint64_t max_bytes, struct error *err)
{
    struct plan *plan = calloc(1, sizeof *plan);
    if (!plan) {
        fail(err, ERROR_LIMIT, "%s: out of memory", g->file);
        return NULL;
    }
    plan->graph = g;
    plan->caps = *caps;
    plan->parts = ARENA_ARRAY(&plan->arena, struct plan_part, g->clip_count);
    for (int i = 0; i < g->clip_count; i++)
        if (!make_part(plan, i, batch[i], err)) {
            plan_free(&plan);
            return NULL;
        }
    count_weights(plan);
    if (!check_memory(plan, max_bytes, err))
        plan_free(&plan);
    return plan;
}
