/* SPDX-License-Identifier: MIT */
#include "cli/heat.h"

#include <stddef.h>

/* Blue, cyan, green, yellow, red: lighter towards the middle, so that it reads in grey as well. */
static const struct rgb ramp[] = {{38, 52, 140},  {32, 120, 190}, {60, 180, 150},
                                  {240, 220, 70}, {245, 140, 40}, {205, 25, 30}};
enum { STEPS = sizeof ramp / sizeof *ramp - 1 };

static uint8_t between(uint8_t a, uint8_t b, float part)
{
    return (uint8_t)((float)a + ((float)b - (float)a) * part + 0.5f);
}

struct rgb heat_color(float heat)
{
    float at = heat <= 0 ? 0 : heat >= 1 ? STEPS : heat * STEPS;
    int i = at >= STEPS ? STEPS - 1 : (int)at;
    float part = at - (float)i;
    return (struct rgb){between(ramp[i].r, ramp[i + 1].r, part),
                        between(ramp[i].g, ramp[i + 1].g, part),
                        between(ramp[i].b, ramp[i + 1].b, part)};
}

void heat_lay(struct canvas *c, const float *heat)
{
    size_t pixels = (size_t)c->w * (size_t)c->h;
    for (size_t i = 0; i < pixels; i++) {
        uint8_t *p = c->rgb + 3 * i;
        if (heat[i] < 0) {
            for (int k = 0; k < 3; k++)
                p[k] = (uint8_t)(p[k] * 2 / 5);
            continue;
        }
        struct rgb color = heat_color(heat[i]);
        float part = 0.28f + 0.34f * heat[i];
        p[0] = between(p[0], color.r, part);
        p[1] = between(p[1], color.g, part);
        p[2] = between(p[2], color.b, part);
    }
}
