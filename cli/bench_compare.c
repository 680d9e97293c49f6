/* SPDX-License-Identifier: MIT */
/* Two measurements side by side, steps matched by the value they compute. */
#include "cli/bench.h"
#include "io/measurement.h"

#include <string.h>

/* Milliseconds of the step of that name, equal names in order of appearance; 0: there is none. */
static double find_step(const struct measurement *old, const char *node, int nth)
{
    for (int i = 0; i < old->count; i++)
        if (!strcmp(old->steps[i].node, node) && nth-- == 0)
            return old->steps[i].ms;
    return 0;
}

static void print_row(const char *name, double before, double after, struct text *out)
{
    if (before > 0)
        text_printf(out, "%-32s  %10.3f  %10.3f  %6.2f\n", name, before, after, before / after);
    else
        text_printf(out, "%-32s  %10s  %10.3f\n", name, "-", after);
}

bool bench_compare(const struct bench *b, const char *old_json, struct text *out, struct error *err)
{
    const struct graph *g = b->network->graph;
    struct measurement *old = measurement_read(old_json, err);
    if (!old)
        return false;
    text_printf(out, "%-32s  %10s  %10s  %6s\n", "ms, least of all repeats", "before", "now",
                "faster");
    for (int i = 0; i < b->profile->count; i++) {
        const struct step_profile *s = &b->profile->steps[i];
        int nth = 0;
        for (int k = 0; k < i; k++)
            nth += b->profile->steps[k].step->node == s->step->node;
        const char *name = g->nodes[s->step->node].name;
        print_row(name, find_step(old, name, nth), s->seconds.min * 1e3, out);
    }
    print_row("all", old->ms, bench_seconds(b) * 1e3, out);
    if (strcmp(old->device, b->network->plan->caps.name) || strcmp(old->model, b->model) ||
        old->batch != b->batch)
        text_printf(out, "before: %s, batch %d, on %s\n", old->model, old->batch, old->device);
    measurement_free(&old);
    return true;
}
