/* SPDX-License-Identifier: MIT */
/* From a compiled graph to steps with planned memory. */
#include "engine/plan.h"
#include "base/checked.h"
#include "engine/frames.h"
#include "engine/lower.h"
#include "graph/memplan.h"
#include "graph/space.h"
#include "graph/windows.h"

#include <stdlib.h>

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

int plan_value(const struct plan_part *p, node_id id)
{
    for (int i = 0; i < p->value_count; i++)
        if (p->values[i].node == id)
            return i;
    return -1;
}

/* A value that lives from the first to the last step that names it. */
static struct value *add_value(struct plan_part *p, node_id id, uint64_t bytes)
{
    struct value *v = &p->values[p->value_count++];
    *v = (struct value){.node = id, .bytes = bytes, .first = -1};
    for (int s = 0; s < p->step_count; s++)
        for (int a = 0; a < p->steps[s].arg_count; a++) {
            if (p->steps[s].args[a] != id)
                continue;
            v->first = v->first < 0 ? s : v->first;
            v->last = s;
        }
    v->first = v->first < 0 ? 0 : v->first;
    return v;
}

/* Every window value and workspace of the part; views extend what they look at. */
static void find_values(struct plan *plan, struct plan_part *p, int clip)
{
    const struct graph *g = plan->graph;
    p->values = ARENA_ARRAY(&plan->arena, struct value, g->count + plan->workspace_count);
    for (int i = 0; i < g->count; i++) {
        const struct node *n = &g->nodes[i];
        const struct slice *slice = &plan->slices[i];
        if (n->part != PART_WINDOW || n->clip != clip || (n->op->traits & OP_VIEW) ||
            slice->into != NODE_NONE)
            continue;
        uint64_t size = plan_is_half(plan, i) ? sizeof(uint16_t) : sizeof(float);
        uint64_t tail = (uint64_t)slice->tail * size;
        struct value *v = add_value(p, i, lower_bytes(plan, i, p->batch) + tail);
        if (n->op->traits & OP_SOURCE)
            v->first = 0; /* there before the first step */
    }
    for (int i = 0; i < plan->workspace_count; i++) {
        const struct workspace *w = &plan->workspaces[i];
        if (g->nodes[w->node].clip == clip)
            add_value(p, g->count + i, w->bytes);
    }
    for (int i = 0; i < g->count; i++) {
        if (g->nodes[i].part != PART_WINDOW || g->nodes[i].clip != clip || !is_fetched(g, i))
            continue;
        int v = plan_value(p, plan_storage(plan, i, NULL));
        if (v >= 0)
            p->values[v].last = p->step_count;
    }
}

/* Live ranges of one part's values, its steps counted from `at`. Where there are several parts, one
 * part's inputs gather windows while another part runs: they are never reused. */
static void list_intervals(const struct plan *plan, const struct plan_part *p, int at, int steps,
                           struct interval *iv)
{
    for (int i = 0; i < p->value_count; i++) {
        const struct value *v = &p->values[i];
        iv[i] = (struct interval){at + v->first, at + v->last, v->bytes, 0};
        bool input = !plan_is_workspace(plan, v->node) &&
                     (plan->graph->nodes[v->node].op->traits & OP_SOURCE);
        if (plan->part_count > 1 && input)
            iv[i].first = 0, iv[i].last = steps;
    }
}

/* The values of all parts, one part after another, into one arena. */
static void place(struct plan *plan)
{
    uint64_t align = plan->caps.base_alignment ? plan->caps.base_alignment : 128;
    int steps = 0, count = 0, at = 0;
    for (int i = 0; i < plan->part_count; i++) {
        steps += plan->parts[i].step_count + 1; /* the last: results are read */
        count += plan->parts[i].value_count;
    }
    struct interval *iv = ARENA_ARRAY(&plan->arena, struct interval, count), *next = iv;
    for (int i = 0; i < plan->part_count; i++) {
        list_intervals(plan, &plan->parts[i], at, steps, next);
        next += plan->parts[i].value_count;
        at += plan->parts[i].step_count + 1;
    }
    plan->activation_bytes = memplan_place(iv, count, align);
    plan->live_bytes = memplan_live(iv, count, align);
    next = iv;
    for (int i = 0; i < plan->part_count; i++)
        for (int k = 0; k < plan->parts[i].value_count; k++)
            plan->parts[i].values[k].offset = next++->offset;
}

static bool make_part(struct plan *plan, int clip, int batch, struct error *err)
{
    const struct graph *g = plan->graph;
    struct plan_part *p = &plan->parts[plan->part_count];
    *p = (struct plan_part){.clip = clip, .batch = batch};
    struct lower lo = {.plan = plan, .part = p, .open = -1};
    bool ok = true, any = false;
    /* All first: a producer computes with the row of the concat that it writes into. */
    for (int i = 0; i < g->count && ok; i++)
        if (g->nodes[i].part == PART_WINDOW && g->nodes[i].clip == clip)
            ok = lower_check(g, &g->nodes[i], batch, err);
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
    return true;
}

static void count_weights(struct plan *plan)
{
    const struct graph *g = plan->graph;
    bool *seen[2]; /* as float, as half: one that is read as both is there twice */
    for (int i = 0; i < 2; i++)
        seen[i] = ARENA_ARRAY(&plan->arena, bool, g->count);
    for (int i = 0; i < plan->part_count; i++)
        for (int s = 0; s < plan->parts[i].step_count; s++)
            for (int a = 0; a < plan->parts[i].steps[s].arg_count; a++) {
                node_id arg = plan->parts[i].steps[s].args[a];
                bool half = plan->parts[i].steps[s].half_weight[a];
                if (!plan_is_weight(plan, arg) || seen[half][arg])
                    continue;
                seen[half][arg] = true;
                uint64_t bytes = lower_bytes(plan, arg, 1) / (half ? 2 : 1);
                plan->weight_bytes += bytes;
                if (bytes > plan->largest_weight)
                    plan->largest_weight = bytes;
            }
}

/* Of each clip fed with video: a batch that waits, and the crops of a window that gathers, or of as
 * many as overlap (the collector's room for them doubles). */
static void count_windows(struct plan *plan)
{
    for (int i = 0; i < plan->part_count; i++) {
        const struct plan_part *p = &plan->parts[i];
        const struct recipe *r = &plan->graph->clips[p->clip];
        if (!r->space_count)
            continue;
        uint64_t room = 1;
        while (room < (uint64_t)windows_overlap(r))
            room *= 2;
        uint64_t windows = (uint64_t)p->batch + (uint64_t)space_crops(r) * room, bytes;
        if (!mul_ok(frames_slot_bytes(r, plan->half), (uint64_t)r->frames, &bytes) ||
            !mul_ok(bytes, windows, &bytes) ||
            !add_ok(plan->window_bytes, bytes, &plan->window_bytes))
            plan->window_bytes = UINT64_MAX / 4; /* more than any device has */
    }
}

uint64_t plan_staging_bytes(const struct plan *plan)
{
    uint64_t later = plan->activation_bytes + plan->window_bytes;
    return later > plan->largest_weight ? later : plan->largest_weight;
}

uint64_t plan_peak_bytes(const struct plan *plan)
{
    return plan->weight_bytes + plan_staging_bytes(plan);
}

static bool check_memory(const struct plan *plan, uint64_t max, struct error *err)
{
    uint64_t need = plan->activation_bytes + plan->weight_bytes + plan->window_bytes;
    uint64_t have = max ? max : plan->caps.global_memory;
    uint64_t one = plan->caps.max_allocation;
    if (have && need > have)
        return fail(err, ERROR_LIMIT,
                    "%s: needs %.1f MB on the device (activations %.1f, weights %.1f, windows "
                    "%.1f), %.1f MB are allowed; try a smaller batch",
                    plan->graph->file, (double)need / 1e6, (double)plan->activation_bytes / 1e6,
                    (double)plan->weight_bytes / 1e6, (double)plan->window_bytes / 1e6,
                    (double)have / 1e6);
    if (one && plan->activation_bytes > one)
        return fail(err, ERROR_LIMIT,
                    "%s: activations need %.1f MB in one piece, the device gives at most %.1f MB; "
                    "try a smaller batch",
                    plan->graph->file, (double)plan->activation_bytes / 1e6, (double)one / 1e6);
    return true;
}

struct plan *plan_make(const struct graph *g, const struct caps *caps, const int *batch, bool half,
                       uint64_t max_bytes, struct error *err)
{
    struct plan *plan = calloc(1, sizeof *plan);
    if (!plan) {
        fail(err, ERROR_LIMIT, "%s: out of memory", g->file);
        return NULL;
    }
    plan->graph = g;
    plan->caps = *caps;
    plan->half = half;
    plan->parts = ARENA_ARRAY(&plan->arena, struct plan_part, g->clip_count);
    slice_find(plan);
    for (int i = 0; i < g->clip_count; i++)
        if (!make_part(plan, i, batch[i], err)) {
            plan_free(&plan);
            return NULL;
        }
    place(plan);
    count_weights(plan);
    count_windows(plan);
    split_steps(plan);
    if (!check_memory(plan, max_bytes, err))
        plan_free(&plan);
    return plan;
}
