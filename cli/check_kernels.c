/* SPDX-License-Identifier: MIT */
#include "cli/check_kernels.h"
#include "cli/cli.h"
#include "engine/checker.h"
#include "engine/tuning_file.h"

#include <stdio.h>
#include <stdlib.h>

static void show_build(void *context, size_t done, size_t all)
{
    (void)context;
    cli_progress("building kernels", all ? (double)done / (double)all : 1);
}

/* Of a node or of a clip. */
struct finding {
    const char *network, *name, *kernels, *algorithm, *why;
};

static void add_wrong(struct kernel_report *r, const struct finding *f)
{
    const char *const values[] = {f->network, f->name, f->kernels, f->why};
    static const char *const keys[] = {"network", "node", "kernels", "why"};
    text_printf(&r->lines, "wrong  %-24s %s (%s): %s\n", f->name, f->kernels, f->algorithm, f->why);
    text_printf(&r->json, "%s{", r->json.len ? "," : "");
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        text_printf(&r->json, "%s\"%s\":", i ? "," : "", keys[i]);
        text_json(&r->json, values[i]);
    }
    text_printf(&r->json, "}");
}

static bool report_nodes(const struct kernel_check *c, const struct trust *t, int part,
                         struct kernel_report *r, struct error *err)
{
    const struct plan_part *p = &t->plan->parts[part];
    for (int i = 0, end; i < p->step_count; i = end) {
        const struct step *s = &p->steps[i];
        const char *why = "";
        char names[VERDICT_WHY];
        end = trust_group(p, i);
        enum verdict is = trust_verdict(t->ocl, t->plan, t->verdicts, part, i, end, &why, err);
        TRY(!err->code);
        r->nodes++;
        r->nodes_unknown += is == VERDICT_UNKNOWN;
        r->nodes_wrong += is == VERDICT_WRONG;
        if (is == VERDICT_WRONG)
            add_wrong(r, &(struct finding){c->network, t->graph->nodes[s->node].name,
                                           trust_kernels(s, end - i, names), s->algorithm, why});
    }
    return true;
}

static bool report_frames(const struct kernel_check *c, const struct trust *t, int part,
                          struct kernel_report *r, struct error *err)
{
    const struct recipe *recipe = trust_recipe(t, part);
    const char *why = "";
    if (!recipe)
        return true;
    enum verdict is = trust_frames(t, part, &why, err);
    TRY(!err->code);
    r->clips++;
    r->clips_unknown += is == VERDICT_UNKNOWN;
    r->clips_wrong += is == VERDICT_WRONG;
    if (is == VERDICT_WRONG)
        add_wrong(r, &(struct finding){c->network, recipe->name,
                                       "frame_rgb, frame_across, frame_down", "frames", why});
    return true;
}

static bool check(const struct kernel_check *c, struct trust *t, struct verdicts *v,
                  struct kernel_report *report, struct error *err)
{
    const struct checker checker = {.program = "/proc/self/exe",
                                    .device = c->device,
                                    .batch = c->batch,
                                    .max_memory = c->max_memory,
                                    .again = true,
                                    .progress = show_build};
    int found;
    TRY(trust_plan(t, err) && checker_run(&checker, t, v, &found, err));
    cli_progress_clear();
    for (int p = 0; p < t->plan->part_count; p++)
        TRY(report_nodes(c, t, p, report, err) && report_frames(c, t, p, report, err));
    return true;
}

bool check_kernels(const struct kernel_check *c, struct ocl *ocl, const struct graph *g,
                   struct kernel_report *report, struct error *err)
{
    int batch[GRAPH_CLIPS_MOST];
    struct error doubt;
    struct verdicts *v = verdicts_none();
    for (int i = 0; i < GRAPH_CLIPS_MOST; i++)
        batch[i] = c->batch;
    struct trust t = {.prepared = g,
                      .ocl = ocl,
                      .batch = batch,
                      .max_memory = c->max_memory,
                      .verdicts = v,
                      .video = true,
                      .tuning = tuning_open(ocl_caps(ocl), &doubt)};
    if (!t.tuning) /* of its own, so that algorithms can be replaced */
        t.tuning = calloc(1, sizeof *t.tuning);
    bool ok =
        v && t.tuning ? check(c, &t, v, report, err) : fail(err, ERROR_LIMIT, "out of memory");
    cli_progress_clear();
    plan_free(&t.plan);
    graph_free(&t.graph);
    text_free(&t.changes);
    tuning_close(&t.tuning);
    verdicts_close(&v);
    return ok;
}
