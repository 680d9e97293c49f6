/* SPDX-License-Identifier: MIT */
#include "graph/space_map.h"
#include "graph/space.h"

bool space_map_make(struct space_map *m, const struct recipe *r, int w, int h, int crop,
                    struct error *err)
{
    struct space_stage stages[SPACE_STEPS];
    int count;
    bool mirror;
    *m = (struct space_map){.x_scale = 1, .y_scale = 1};
    recipe_size(r, &m->w, &m->h);
    TRY(space_stages(r, w, h, crop, stages, &count, &mirror, err));
    for (int i = 0; i < count; i++) {
        const struct space_stage *s = &stages[i];
        double fx = (double)s->out_w / s->in_w, fy = (double)s->out_h / s->in_h;
        m->x_scale *= fx;
        m->x_shift = m->x_shift * fx - s->x;
        m->y_scale *= fy;
        m->y_shift = m->y_shift * fy - s->y;
    }
    if (mirror) {
        m->x_scale = -m->x_scale;
        m->x_shift = m->w - m->x_shift;
    }
    return true;
}
