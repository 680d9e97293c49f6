/* SPDX-License-Identifier: MIT */
#include "cli/flow_wheel.h"

#include <math.h>

#define PI 3.14159265358979323846

/* From one corner of the cube of colours to the next, in so many steps: red, yellow, green, cyan,
 * blue, magenta, red. There are as many as the eye tells apart, few of them in green. */
static const struct {
    int steps, from[3], to[3];
} arcs[] = {
    {15, {255, 0, 0}, {255, 255, 0}}, {6, {255, 255, 0}, {0, 255, 0}},
    {4, {0, 255, 0}, {0, 255, 255}},  {11, {0, 255, 255}, {0, 0, 255}},
    {13, {0, 0, 255}, {255, 0, 255}}, {6, {255, 0, 255}, {255, 0, 0}},
};
enum { HUES = 15 + 6 + 4 + 11 + 13 + 6 };

/* Channel `c` of a hue, 0 to 255; whole numbers as the benchmark's own wheel has them. */
static int hue_channel(int hue, int c)
{
    int i = 0;
    while (hue >= arcs[i].steps)
        hue -= arcs[i++].steps;
    int way = (arcs[i].to[c] - arcs[i].from[c]) / 255;
    return arcs[i].from[c] + way * (255 * hue / arcs[i].steps);
}

static uint8_t channel(double at, double length, int c)
{
    int low = (int)at, high = (low + 1) % HUES;
    double part = at - low;
    double v = ((1 - part) * hue_channel(low, c) + part * hue_channel(high, c)) / 255;
    v = length <= 1 ? 1 - length * (1 - v) : v * 0.75;
    return (uint8_t)(255 * v);
}

struct rgb flow_color(double dx, double dy)
{
    double length = sqrt(dx * dx + dy * dy);
    double at = (atan2(-dy, -dx) / PI + 1) / 2 * (HUES - 1);
    return (struct rgb){channel(at, length, 0), channel(at, length, 1), channel(at, length, 2)};
}

void flow_key(struct canvas *c, int x, int y, int side)
{
    for (int i = 0; i < side; i++)
        for (int k = 0; k < side; k++) {
            double dx = (2 * k + 1.0) / side - 1, dy = (2 * i + 1.0) / side - 1;
            if (dx * dx + dy * dy <= 1)
                canvas_fill(c, x + k, y + i, 1, 1, flow_color(dx, dy), 1);
        }
}
