/* SPDX-License-Identifier: MIT */
#include "engine/plan_dump.h"
#include "base/file.h"
#include "base/text.h"
#include "cl/ocl.h"

#include <stdlib.h>
#include <string.h>

static bool same_program(const struct step *a, const struct step *b)
{
    return a->kind == b->kind && !strcmp(a->kernel, b->kernel) && !strcmp(a->source, b->source) &&
           !strcmp(a->defines, b->defines) && !memcmp(a->local, b->local, sizeof a->local);
}

/* Whether a step of this part or of one before it has the program of step i. */
static bool dumped(const struct plan *plan, int part, int i)
{
    const struct step *s = &plan->parts[part].steps[i];
    for (int p = 0; p <= part; p++)
        for (int k = 0; k < (p == part ? i : plan->parts[p].step_count); k++)
            if (plan->parts[p].steps[k].kind == STEP_LAUNCH &&
                same_program(&plan->parts[p].steps[k], s))
                return true;
    return false;
}

static bool dump_step(const struct caps *caps, const struct step *s, const char *dir, int number,
                      struct error *err)
{
    struct text path = {0}, text = {0};
    text_printf(&path, "%s/%s-%d.cl", dir, s->kernel, number);
    text_printf(&text, "// kernel %s\n// local %zu %zu %zu\n// options %s\n", s->kernel,
                s->local[0], s->local[1], s->local[2],
                ocl_build_options(caps, s->defines, s->plain));
    text_printf(&text, "// global %zu %zu %zu\n", s->global[0], s->global[1], s->global[2]);
    bool ok =
        ocl_source(s->source, s->defines, &text, err) && file_write(path.s, text.s, text.len, err);
    text_free(&path);
    text_free(&text);
    return ok;
}

bool plan_dump(const struct plan *plan, const char *dir, struct error *err)
{
    int number = 0;
    TRY(file_make_directory(dir, err));
    for (int p = 0; p < plan->part_count; p++)
        for (int i = 0; i < plan->parts[p].step_count; i++) {
            const struct step *s = &plan->parts[p].steps[i];
            if (s->kind == STEP_LAUNCH && !dumped(plan, p, i))
                TRY(dump_step(&plan->caps, s, dir, number++, err));
        }
    return true;
}
