/* SPDX-License-Identifier: MIT */
/* drop-dead: nodes that no output and no kept node needs go away.
 *
 * needs:    nothing.
 * breaks:   nothing; ids change, as after every pass.
 * why here: first, so that a reader that nobody needs does not keep the other passes from fusing:
 *           they count readers. What they leave behind themselves is swept after each.
 */
#include "graph/pass/pass.h"

bool pass_drop_dead(struct graph *g, struct error *err)
{
    (void)err;
    graph_sweep(g);
    return true;
}
