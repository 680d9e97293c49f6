/* SPDX-License-Identifier: MIT */
/* How long steps may take at most, and which are cut into several dispatches: a GPU that draws the
 * screen is reset by its driver when one dispatch takes seconds, and draws nothing meanwhile.
 *
 * How fast a GPU will be is not known here. It is taken to do one operation a clock cycle, and to
 * move a byte every four, for each compute unit. The narrowest unit that drivers count, Intel's,
 * does 16 operations a cycle and has about a byte of the memory's bandwidth. Wide ones so split
 * launches that take them a few milliseconds, which costs some microseconds a piece.
 *
 * Nor has a dispatch more groups along a dimension other than the first than a grid of CUDA's may
 * have, which OpenCL does not mention. */
#include "engine/plan.h"
#include "engine/lower.h"

#include <math.h>

#define OPERATIONS_A_CYCLE 1.0
#define CYCLES_A_BYTE      4.0
#define CLOCK_UNKNOWN      1000 /* MHz */
#define GRID_MOST          65535.0

static double slow_seconds(const struct caps *caps, const struct step *s)
{
    int clock = caps->clock ? caps->clock : CLOCK_UNKNOWN;
    double cycles = 1e6 * clock * caps->compute_units;
    return fmax(s->flops / OPERATIONS_A_CYCLE, s->bytes * CYCLES_A_BYTE) / cycles;
}

/* Into equal pieces of whole groups; at least a group each. */
static size_t piece_of(size_t groups, double pieces)
{
    if (pieces >= (double)groups)
        return 1;
    return (size_t)ceil((double)groups / pieces);
}

static void split_launch(struct step *s, double pieces)
{
    s->piece = 0;
    size_t groups[3];
    for (int i = 0; i < 3; i++)
        groups[i] = s->global[i] / (s->local[i] ? s->local[i] : 1);
    s->split = groups[2] > groups[1] ? 2 : 1;
    pieces = fmax(pieces, ceil((double)groups[s->split] / GRID_MOST));
    if (pieces < 2)
        return;
    size_t local = s->local[s->split] ? s->local[s->split] : 1;
    size_t piece = piece_of(groups[s->split], pieces);
    s->piece = piece < groups[s->split] ? piece * local : 0;
}

void split_steps(struct plan *plan)
{
    double limit = plan->caps.launch_limit * 1e-3;
    if (!plan->caps.gpu)
        return;
    for (int p = 0; p < plan->part_count; p++)
        for (int i = 0; i < plan->parts[p].step_count; i++) {
            struct step *s = &plan->parts[p].steps[i];
            double pieces = limit > 0 ? ceil(slow_seconds(&plan->caps, s) / limit) : 1;
            if (s->kind == STEP_LAUNCH) {
                split_launch(s, pieces);
            } else if (pieces >= 2) { /* rows of the result */
                size_t piece = piece_of(s->m, pieces);
                s->piece = piece < s->m ? piece : 0;
            }
        }
}

double plan_slow_seconds(const struct plan *plan)
{
    double most = 0;
    for (int p = 0; p < plan->part_count; p++) {
        double sum = 0;
        for (int i = 0; i < plan->parts[p].step_count; i++)
            sum += slow_seconds(&plan->caps, &plan->parts[p].steps[i]);
        most = fmax(most, sum);
    }
    return most;
}
