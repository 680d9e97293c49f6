/* SPDX-License-Identifier: MIT */
#include "cli/timeline.h"
#include "cli/svg.h"
#include "engine/clact.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WIDTH = 1000,
    LEFT = 64,
    RIGHT = 24,
    HEAD = 62,
    PLOT = 230,  /* height of the curves of a clip */
    BAND = 26,   /* and of the labels below them   */
    FOOT = 58,   /* the time axis and a gap        */
    LINE = 18,   /* of the legend                  */
    POINTS = 460 /* of a curve, at most            */
};

struct figure {
    const struct network *m;
    const struct score_tracks *t;
    const float *scores; /* of the whole clip */
    int best[SVG_HUES], shown;
    double low, high; /* of the score axis */
    struct text *out;
};

/* 1, 2 or 5 times a power of ten, at least v. */
static double round_up_nicely(double v)
{
    double power = pow(10, floor(log10(v)));
    static const double steps[] = {1, 2, 5, 10};
    for (int i = 0; i < 4; i++)
        if (v <= steps[i] * power * 1.0000001)
            return steps[i] * power;
    return 10 * power;
}

static double x_of(const struct figure *f, double time)
{
    double length = f->t->end - f->t->start;
    return LEFT + (WIDTH - LEFT - RIGHT) * (length > 0 ? (time - f->t->start) / length : 0);
}

static double y_of(const struct figure *f, double top, double score)
{
    return top + PLOT * (1 - (score - f->low) / (f->high - f->low));
}

/* ---- curves ---- */

/* Neighbouring windows are averaged where there are more of them than points. */
static int64_t windows_per_point(const struct score_track *t)
{
    return (t->count + POINTS - 1) / POINTS;
}

static double mean_score(const struct figure *f, const struct score_track *t, int64_t first,
                         int64_t count, int class)
{
    double sum = 0;
    for (int64_t i = first; i < first + count; i++)
        sum += t->scores[i * f->t->classes + class];
    return sum / (double)count;
}

/* Scores are probabilities from 0 on, or anything: the axis begins at 0 or below all of them. */
static void scale(struct figure *f)
{
    double low = 0, high = 0;
    for (int k = 0; k < f->t->count; k++)
        for (int64_t i = 0; i < f->t->track[k].count; i++)
            for (int c = 0; c < f->shown; c++) {
                double s = f->t->track[k].scores[i * f->t->classes + f->best[c]];
                low = s < low ? s : low;
                high = s > high ? s : high;
            }
    f->high = high > 0 ? round_up_nicely(high) : low < 0 ? 0 : 1;
    f->low = low < 0 ? -round_up_nicely(-low) : 0;
}

static void draw_curve(const struct figure *f, const struct score_track *t, double top, int hue)
{
    int64_t each = windows_per_point(t);
    char class[16];
    snprintf(class, sizeof class, "h%d", hue);
    text_printf(f->out, "<path class=\"c s%d\" d=\"", hue);
    for (int64_t i = 0; i < t->count; i += each) {
        int64_t n = t->count - i < each ? t->count - i : each;
        double y = y_of(f, top, mean_score(f, t, i, n, f->best[hue]));
        double begin = x_of(f, t->start[i]), end = x_of(f, t->end[i + n - 1]);
        if (t->count == 1) /* no curve but a level */
            text_printf(f->out, "M%.1f %.1fH%.1f", begin, y, end);
        else
            text_printf(f->out, "%c%.1f %.1f", i ? 'L' : 'M', (begin + end) / 2, y);
    }
    text_printf(f->out, "\"/>\n");
    for (int64_t i = 0; i < t->count && t->count <= 80; i++)
        text_printf(f->out, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"2.6\"/>\n", class,
                    (x_of(f, t->start[i]) + x_of(f, t->end[i])) / 2,
                    y_of(f, top, t->scores[i * f->t->classes + f->best[hue]]));
}

/* ---- the band of labels ---- */

static int best_of(const struct figure *f, const struct score_track *t, int64_t i)
{
    int best = 0;
    clact_top(t->scores + i * f->t->classes, f->t->classes, 1, &best);
    return best;
}

static void draw_run(const struct figure *f, double top, double begin, double end, int class)
{
    char style[16] = "back", label[32], fit[160];
    double x = x_of(f, begin), w = x_of(f, end) - x;
    for (int i = 0; i < f->shown; i++)
        if (f->best[i] == class)
            snprintf(style, sizeof style, "soft h%d", i);
    svg_rect(f->out, x, top, w > 0.4 ? w : 0.4, BAND, 0, style);
    if (w > 34)
        svg_text(f->out, x + 5, top + 17, 11, "",
                 svg_fit(network_label(f->m, class, label), w - 8, 11, fit, sizeof fit));
}

/* Stretches of one best class; a stretch ends where the next begins. */
static void draw_band(const struct figure *f, const struct score_track *t, double top)
{
    for (int64_t i = 0, next; i < t->count; i = next) {
        int class = best_of(f, t, i);
        for (next = i + 1; next < t->count && best_of(f, t, next) == class; next++)
            ;
        double end = next < t->count && t->start[next] < t->end[next - 1] ? t->start[next]
                                                                          : t->end[next - 1];
        draw_run(f, top, t->start[i], end, class);
    }
}

/* ---- axes ---- */

static void time_text(double t, double step, char buf[32])
{
    long long s = (long long)(t + 0.5);
    if (step < 1)
        snprintf(buf, 32, "%.*f s", step < 0.1 ? 2 : 1, t);
    else if (s < 60)
        snprintf(buf, 32, "%lld s", s);
    else if (s < 3600)
        snprintf(buf, 32, "%lld:%02lld", s / 60, s % 60);
    else
        snprintf(buf, 32, "%lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
}

enum { TIMES_MOST = 24 };

static void draw_times(const struct figure *f, double top, double bottom)
{
    static const double steps[] = {1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600};
    double length = f->t->end - f->t->start, step = 0;
    char buf[32];
    if (!(length > 0))
        return;
    for (size_t i = 0; i < sizeof steps / sizeof *steps && !step; i++)
        if (length / steps[i] <= 10)
            step = steps[i];
    if (length < 5)
        step = round_up_nicely(length / 10);
    if (!step)
        step = 3600 * round_up_nicely(length / 36000);
    double first = ceil(f->t->start / step) * step;
    for (int i = 0; i < TIMES_MOST && first + i * step <= f->t->end + step * 1e-6; i++) {
        double t = first + i * step, x = x_of(f, t);
        text_printf(f->out, "<path class=\"g\" d=\"M%.1f %.1fV%.1f\"/>\n", x, top, bottom);
        time_text(t, step, buf);
        svg_text(f->out, x, bottom + 15, 11, "m", buf);
    }
}

static void draw_scores(const struct figure *f, double top)
{
    char buf[32];
    for (int i = 0; i <= 4; i++) {
        double v = f->low + (f->high - f->low) * i / 4, y = y_of(f, top, v);
        text_printf(f->out, "<path class=\"g\" d=\"M%d %.1fH%d\"/>\n", LEFT, y, WIDTH - RIGHT);
        snprintf(buf, sizeof buf, "%.4g", v);
        svg_text(f->out, LEFT - 7, y + 4, 11, "r d", buf);
    }
}

static void draw_track(const struct figure *f, int k, double top)
{
    const struct score_track *t = &f->t->track[k];
    char line[160];
    draw_times(f, top, top + PLOT + BAND + 6);
    draw_scores(f, top);
    draw_band(f, t, top + PLOT + 6);
    for (int c = f->shown - 1; c >= 0; c--)
        draw_curve(f, t, top, c);
    int64_t each = windows_per_point(t);
    int n = snprintf(line, sizeof line, "%s%s%lld window%s", f->t->count > 1 ? t->name : "",
                     f->t->count > 1 ? ": " : "", (long long)t->count, t->count == 1 ? "" : "s");
    if (each > 1 && n > 0 && n < (int)sizeof line)
        snprintf(line + n, sizeof line - (size_t)n, ", %lld to a point", (long long)each);
    svg_text(f->out, WIDTH - RIGHT, top - 6, 11, "r d", line);
}

static void draw_legend(const struct figure *f, double top)
{
    char label[32], fit[160], line[16];
    for (int c = 0; c < f->shown; c++) {
        double y = top + c * LINE;
        snprintf(line, sizeof line, "%.4f", (double)f->scores[f->best[c]]);
        text_printf(f->out, "<path class=\"c s%d\" d=\"M%d %.1fh26\"/>\n", c, LEFT, y - 4);
        svg_text(f->out, LEFT + 34, y, 12, "", line);
        svg_text(f->out, LEFT + 90, y, 12, "",
                 svg_fit(network_label(f->m, f->best[c], label), WIDTH - LEFT - 120, 12, fit,
                         sizeof fit));
    }
}

/* ---- the page ---- */

static void table(const struct figure *f, const struct video_result *v)
{
    char label[32];
    text_printf(f->out, "<table><tr><th>class</th><th>score</th></tr>\n");
    for (int c = 0; c < f->shown; c++) {
        text_printf(f->out, "<tr><td>");
        text_xml(f->out, network_label(f->m, f->best[c], label));
        text_printf(f->out, "</td><td>%.4f</td></tr>\n", (double)v->scores[f->best[c]]);
    }
    text_printf(f->out, "</table>\n");
}

void timeline(const struct network *m, const char *path, const struct video_result *v,
              const struct score_tracks *t, int top, bool html, struct text *out)
{
    struct figure f = {.m = m, .t = t, .scores = v->scores, .out = out};
    const char *slash = strrchr(path, '/'), *name = slash && slash[1] ? slash + 1 : path;
    char line[200], fit[160];
    f.shown = clact_top(v->scores, v->classes, top < SVG_HUES ? top : SVG_HUES, f.best);
    scale(&f);
    double each = PLOT + BAND + FOOT, height = HEAD + t->count * each + f.shown * LINE + 10;
    if (html)
        html_open(out, name);
    svg_open(out, WIDTH, height, name);
    svg_text(out, 20, 28, 16, "b", svg_fit(name, 560, 18, fit, sizeof fit));
    snprintf(line, sizeof line, "%.80s, %dx%d, %.2f s", m->graph->model ? m->graph->model : "",
             v->width, v->height, v->duration);
    svg_text(out, WIDTH - RIGHT, 28, 12, "r d", line);
    for (int k = 0; k < t->count; k++)
        draw_track(&f, k, HEAD + k * each);
    draw_legend(&f, HEAD + t->count * each + 4);
    svg_close(out);
    if (html) {
        table(&f, v);
        html_close(out);
    }
}
