/* SPDX-License-Identifier: MIT */
#include "cli/bench_html.h"
#include "cli/svg.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    WIDTH = 1040,
    LINE = 17,  /* of a bar */
    NAME = 250, /* width of the names */
    BARS = 470,
    LEFT = 70,
    TOP = 34,
    PLOT_W = 900,
    PLOT_H = 420 /* of the roofline */
};

/* What limits a step, by the measured roof. */
enum { HUE_COMPUTE, HUE_MEMORY };

static double seconds_of(const struct step_profile *s)
{
    return s->seconds.min > 0 ? s->seconds.min : 1e-9;
}

static bool is_memory_bound(const struct bench *b, const struct step_profile *s)
{
    return s->step->bytes / roof_bandwidth(b->roof, s->step->bytes) >
           s->step->flops / b->roof->flops;
}

static const char *node_of(const struct bench *b, const struct step_profile *s)
{
    return b->network->graph->nodes[s->step->node].name;
}

/* ---- bars: how long each step takes, and how long it would take at the roof ---- */

static void draw_bar(const struct bench *b, int i, double y, double most, double all,
                     struct text *out)
{
    const struct step_profile *s = &b->profile->steps[i];
    double t = seconds_of(s), roof = roof_seconds(b->roof, s->step->flops, s->step->bytes);
    char text[120], fit[100], class[16];
    text_printf(out, "<g><title>");
    text_xml(out, s->step->algorithm);
    text_printf(out, "</title>\n");
    svg_text(out, NAME - 8, y + 12, 11, "r",
             svg_fit(node_of(b, s), NAME - 20, 11, fit, sizeof fit));
    snprintf(class, sizeof class, "soft h%d", is_memory_bound(b, s) ? HUE_MEMORY : HUE_COMPUTE);
    svg_rect(out, NAME, y + 2, BARS * t / most, LINE - 4, 1, class);
    snprintf(class, sizeof class, "h%d", is_memory_bound(b, s) ? HUE_MEMORY : HUE_COMPUTE);
    svg_rect(out, NAME, y + 2, BARS * fmin(roof, t) / most, LINE - 4, 1, class);
    snprintf(text, sizeof text, "%.3f ms, %.1f %%; %.1f GFLOP/s, %.1f GB/s, %.0f %% of roof",
             t * 1e3, 100 * t / all, s->step->flops / t / 1e9, s->step->bytes / t / 1e9,
             100 * roof / t);
    svg_text(out, NAME + BARS * t / most + 7, y + 12, 10, "d", text);
    text_printf(out, "</g>\n");
}

static void draw_key(double x, double y, const char *class, const char *what, struct text *out)
{
    svg_rect(out, x, y - 9, 14, 10, 1, class);
    svg_text(out, x + 20, y, 11, "d", what);
}

static void draw_bars(const struct bench *b, struct text *out)
{
    const struct profile *p = b->profile;
    double most = 0, all = 0;
    for (int i = 0; i < p->count; i++) {
        double t = seconds_of(&p->steps[i]);
        most = t > most ? t : most;
        all += t;
    }
    svg_open(out, WIDTH, TOP + 14 + p->count * (double)LINE, "time of each step");
    draw_key(NAME, 22, "h0", "at the roof of arithmetic", out);
    draw_key(NAME + 200, 22, "h1", "at the roof of memory", out);
    draw_key(NAME + 380, 22, "soft h5", "what it takes longer", out);
    for (int i = 0; i < p->count; i++)
        draw_bar(b, i, TOP + i * (double)LINE, most, all, out);
    svg_close(out);
}

/* ---- roofline: arithmetic intensity against speed, both logarithmic ---- */

struct plane {
    double x_low, x_high, y_low, y_high; /* powers of ten */
};

static double x_of(const struct plane *p, double intensity)
{
    return LEFT + PLOT_W * (log10(intensity) - p->x_low) / (p->x_high - p->x_low);
}

static double y_of(const struct plane *p, double flops)
{
    return TOP + PLOT_H * (1 - (log10(flops) - p->y_low) / (p->y_high - p->y_low));
}

/* Steps without arithmetic have no place here. */
static bool has_place(const struct step_profile *s)
{
    return s->step->flops > 0 && s->step->bytes > 0;
}

static struct plane make_plane(const struct bench *b)
{
    struct plane p = {0, 2, log10(b->roof->flops) - 1, log10(b->roof->flops)};
    for (int i = 0; i < b->profile->count; i++) {
        const struct step_profile *s = &b->profile->steps[i];
        if (!has_place(s))
            continue;
        double x = log10(s->step->flops / s->step->bytes),
               y = log10(s->step->flops / seconds_of(s));
        p.x_low = fmin(p.x_low, floor(x)), p.x_high = fmax(p.x_high, ceil(x));
        p.y_low = fmin(p.y_low, y), p.y_high = fmax(p.y_high, y);
    }
    p.y_low = floor(p.y_low);
    p.y_high = ceil(p.y_high + 0.1);
    return p;
}

static void draw_axes(const struct plane *p, struct text *out)
{
    char text[32];
    for (int i = (int)p->x_low; i <= (int)p->x_high; i++) {
        double x = x_of(p, pow(10, i));
        text_printf(out, "<path class=\"g\" d=\"M%.1f %dV%d\"/>\n", x, TOP, TOP + PLOT_H);
        snprintf(text, sizeof text, "%g", pow(10, i));
        svg_text(out, x, TOP + PLOT_H + 16, 11, "m d", text);
    }
    for (int i = (int)p->y_low; i <= (int)p->y_high; i++) {
        double y = y_of(p, pow(10, i));
        text_printf(out, "<path class=\"g\" d=\"M%d %.1fh%d\"/>\n", LEFT, y, PLOT_W);
        snprintf(text, sizeof text, "%g", pow(10, i - 9));
        svg_text(out, LEFT - 7, y + 4, 11, "r d", text);
    }
    svg_text(out, LEFT + PLOT_W / 2.0, TOP + PLOT_H + 36, 12, "m", "FLOP for each byte moved");
    svg_text(out, 12, 20, 12, "", "GFLOP/s");
}

/* The slope of a measured bandwidth up to the flat roof. */
static void draw_slope(const struct plane *p, const struct roof *r, int size, bool dashed,
                       struct text *out)
{
    double low = pow(10, p->x_low), knee = r->flops / r->bandwidth[size], from = low;
    char text[64];
    if (r->bandwidth[size] * low < pow(10, p->y_low)) /* enters from below */
        from = pow(10, p->y_low) / r->bandwidth[size];
    if (!(r->bandwidth[size] > 0) || from >= knee)
        return;
    text_printf(out, "<path class=\"l\"%s d=\"M%.1f %.1fL%.1f %.1f\"/>\n",
                dashed ? " stroke-dasharray=\"5 4\"" : "", x_of(p, from),
                y_of(p, from * r->bandwidth[size]), x_of(p, knee), y_of(p, r->flops));
    snprintf(text, sizeof text, "%.0f MB: %.0f GB/s", r->set[size] / 1e6, r->bandwidth[size] / 1e9);
    text_printf(out, "<g transform=\"translate(%.1f %.1f) rotate(%.1f)\">", x_of(p, from),
                y_of(p, from * r->bandwidth[size]),
                -atan2(PLOT_H / (p->y_high - p->y_low), PLOT_W / (p->x_high - p->x_low)) * 180 /
                    3.14159265);
    svg_text(out, 26, dashed ? -5 : 13, 10, "d", text);
    text_printf(out, "</g>\n");
}

static void draw_steps(const struct bench *b, const struct plane *p, struct text *out)
{
    double all = 0;
    for (int i = 0; i < b->profile->count; i++)
        all += seconds_of(&b->profile->steps[i]);
    for (int i = 0; i < b->profile->count; i++) {
        const struct step_profile *s = &b->profile->steps[i];
        double t = seconds_of(s);
        if (!has_place(s))
            continue;
        double x = x_of(p, s->step->flops / s->step->bytes), y = y_of(p, s->step->flops / t);
        double r = 3 + 26 * sqrt(t / all);
        text_printf(out,
                    "<circle class=\"soft h%d s%d\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"><title>",
                    is_memory_bound(b, s), is_memory_bound(b, s), x, y, r);
        text_xml(out, node_of(b, s));
        text_printf(out, ": %.3f ms, %.1f GFLOP/s</title></circle>\n", t * 1e3,
                    s->step->flops / t / 1e9);
        if (t > 0.04 * all)
            svg_text(out, x + r + 3, y + 4, 10, "", node_of(b, s));
    }
}

static void draw_roofline(const struct bench *b, struct text *out)
{
    const struct roof *r = b->roof;
    struct plane p = make_plane(b);
    char text[64];
    svg_open(out, WIDTH, TOP + PLOT_H + 50, "roofline");
    draw_axes(&p, out);
    int fastest = 0;
    for (int i = 1; i < ROOF_SIZES; i++)
        fastest = r->bandwidth[i] > r->bandwidth[fastest] ? i : fastest;
    draw_slope(&p, r, fastest, true, out);
    if (fastest != ROOF_SIZES - 1)
        draw_slope(&p, r, ROOF_SIZES - 1, false, out);
    double knee = x_of(&p, r->flops / r->bandwidth[fastest]), y = y_of(&p, r->flops);
    text_printf(out, "<path class=\"l\" d=\"M%.1f %.1fH%d\"/>\n", knee, y, LEFT + PLOT_W);
    snprintf(text, sizeof text, "%.0f GFLOP/s", r->flops / 1e9);
    svg_text(out, knee + 6, y - 7, 11, "", text);
    draw_steps(b, &p, out);
    svg_close(out);
}

/* ---- the page ---- */

void bench_html_open(struct text *out)
{
    html_open(out, "clact bench");
}

void bench_html_close(struct text *out)
{
    html_close(out);
}

static void paragraph(const struct bench *b, struct text *out)
{
    struct text lines = {0};
    bench_print(b, BENCH_TABLE, false, false, &lines);
    for (char *line = lines.s, *end; line && *line; line = end + 1) {
        end = strchr(line, '\n');
        *end = 0;
        text_printf(out, "<p>");
        text_xml(out, line);
        text_printf(out, "</p>\n");
    }
    text_free(&lines);
}

void bench_html(const struct bench *b, struct text *out)
{
    text_printf(out, "<h2>");
    text_xml(out, b->model);
    text_printf(out, "</h2>\n");
    paragraph(b, out);
    text_printf(out, "<h3>Time of each step, and what it would be at the measured roof</h3>\n");
    draw_bars(b, out);
    text_printf(out, "<h3>Roofline: an area is a share of the time</h3>\n");
    draw_roofline(b, out);
}
