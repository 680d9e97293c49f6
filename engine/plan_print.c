/* SPDX-License-Identifier: MIT */
/* The plan as text: one line a step. */
#include "engine/plan.h"

static void print_step(const struct plan *plan, const struct plan_part *p, int i, struct text *out)
{
    const struct step *s = &p->steps[i];
    const struct node *n = &plan->graph->nodes[s->node];
    int channel;
    node_id whole = plan_storage(plan, s->node, &channel);
    int value = plan_value(p, whole);
    const struct value *v = value < 0 ? NULL : &p->values[value];
    text_printf(out, "%4d %-28s %-18s %10.3f %9.3f %10.3f %8.3f  %s", i, n->name,
                s->kind == STEP_GEMM ? "clblast gemm" : s->kernel, s->flops / 1e6, s->bytes / 1e6,
                v ? (double)v->offset / 1e6 : 0.0, v ? (double)v->bytes / 1e6 : 0.0, s->algorithm);
    if (s->kind == STEP_LAUNCH)
        text_printf(out, "  [%zux%zux%zu]", s->global[0], s->global[1], s->global[2]);
    else
        text_printf(out, "  [m=%zu n=%zu k=%zu]", s->m, s->n, s->k);
    if (s->piece && s->kind == STEP_GEMM)
        text_printf(out, "  in pieces of %zu rows", s->piece);
    else if (s->piece)
        text_printf(out, "  in pieces of %zu along %c", s->piece, "xyz"[s->split]);
    if (plan->slices[s->node].into != NODE_NONE)
        text_printf(out, "  -> %%%s[%d:%lld]", plan->graph->nodes[whole].name, channel,
                    (long long)(channel + n->shape.dim[1]));
    for (int a = 0; a < s->arg_count; a++)
        if (plan_is_workspace(plan, s->args[a]))
            text_printf(out, "  workspace %.1f MB",
                        (double)plan->workspaces[s->args[a] - plan->graph->count].bytes / 1e6);
    text_append(out, "\n", 1);
}

static void print_part(const struct plan *plan, const struct plan_part *p, struct text *out)
{
    double flops = 0, bytes = 0;
    text_printf(out, "clip %s: %d window%s a run\n", plan->graph->clips[p->clip].name, p->batch,
                p->batch == 1 ? "" : "s");
    text_printf(out, "%4s %-28s %-18s %10s %9s %10s %8s  %s\n", "step", "node", "kernel", "MFLOP",
                "MB moved", "offset MB", "size MB", "algorithm");
    for (int i = 0; i < p->step_count; i++) {
        print_step(plan, p, i, out);
        flops += p->steps[i].flops;
        bytes += p->steps[i].bytes;
    }
    text_printf(out, "%d steps, %.3f GFLOP, %.3f MB moved\n", p->step_count, flops / 1e9,
                bytes / 1e6);
}

void plan_print(const struct plan *plan, struct text *out)
{
    const struct graph *g = plan->graph;
    char shape[96];
    text_printf(out, "plan of %s for %s (%s, vectors of %d floats)%s\n",
                g->model ? g->model : g->file, plan->caps.name, plan->caps.gpu ? "GPU" : "CPU",
                plan->caps.vector_width, plan->half ? ", half storage" : "");
    for (int i = 0; i < plan->part_count; i++)
        print_part(plan, &plan->parts[i], out);
    for (int i = 0; i < g->count; i++)
        if (g->nodes[i].part == PART_VIDEO)
            text_printf(out, "once a video: %%%s = %s %s\n", g->nodes[i].name, g->nodes[i].op->name,
                        shape_text(&g->nodes[i].shape, shape));
    text_printf(out,
                "memory: activations %.3f MB (largest live set %.3f MB, ratio %.3f), weights "
                "%.3f MB, windows that gather %.3f MB; at most %.3f MB at a time\n",
                (double)plan->activation_bytes / 1e6, (double)plan->live_bytes / 1e6,
                plan->live_bytes ? (double)plan->activation_bytes / (double)plan->live_bytes : 1.0,
                (double)plan->weight_bytes / 1e6,
                (double)plan->window_bytes / 1e6, (double)plan_peak_bytes(plan) / 1e6);
}
