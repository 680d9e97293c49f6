/* SPDX-License-Identifier: MIT */
/* A clip's result as a table for people or a line of JSON for programs. */
#include "cli/run.h"
#include "engine/clact.h"

#include <stdio.h>
#include <stdlib.h>

static const char *status_of(const struct video_result *v)
{
    if (v->damage.truncated || v->damage.errors)
        return "partial";
    return v->padded ? "short" : "ok";
}

static void print_top(const struct network *m, const float *scores, const int *best, int n,
                      struct text *out)
{
    char label[32];
    for (int i = 0; i < n; i++)
        text_printf(out, "%4d  %.4f  %s\n", i + 1, (double)scores[best[i]],
                    network_label(m, best[i], label));
}

/* A file name in one line: control characters would drive the terminal. */
static void print_path(const char *path, struct text *out)
{
    for (const char *s = path; *s; s++) {
        bool control = (unsigned char)*s < 0x20 || *s == 0x7f;
        text_append(out, control ? "?" : s, 1);
    }
}

static void table(const struct run_request *r, const struct network *m, const char *path,
                  const struct video_result *v, int *best, struct text *out)
{
    char label[32];
    print_path(path, out);
    text_printf(out, "  %dx%d %s, %.2f s, %lld frames, %lld window%s%s\n", v->width, v->height,
                v->codec, v->duration, (long long)v->frames, (long long)v->windows,
                v->windows == 1 ? "" : "s", v->padded ? " (padded: shorter than a window)" : "");
    print_top(m, v->scores, best, clact_top(v->scores, v->classes, r->top, best), out);
    for (int64_t i = 0; r->windows && i < v->window_count; i++) {
        const struct window_score *w = &v->window[i];
        if (clact_top(w->scores, w->classes, 1, best) < 1)
            continue;
        text_printf(out, "  %s window %lld", m->graph->clips[w->clip].name, (long long)w->index);
        if (w->crop)
            text_printf(out, " crop %d", w->crop);
        const char *name = label;
        if (w->classes == v->classes)
            name = network_label(m, best[0], label);
        else /* the mean is over features: they have no names */
            snprintf(label, sizeof label, "value %d", best[0]);
        text_printf(out, "  %8.3f - %8.3f s  %.4f  %s\n", w->start, w->end,
                    (double)w->scores[best[0]], name);
    }
}

static void json_number(struct text *out, float v)
{
    char buf[32];
    text_printf(out, "%s", text_float(buf, v));
}

static void json_scores(struct text *out, const float *scores, int n)
{
    text_append(out, "[", 1);
    for (int i = 0; i < n; i++) {
        if (i)
            text_append(out, ",", 1);
        json_number(out, scores[i]);
    }
    text_append(out, "]", 1);
}

static void json_windows(const struct network *m, const struct video_result *v, struct text *out)
{
    text_printf(out, ",\"window_scores\":[");
    for (int64_t i = 0; i < v->window_count; i++) {
        const struct window_score *w = &v->window[i];
        text_printf(out, "%s{\"clip\":", i ? "," : "");
        text_json(out, m->graph->clips[w->clip].name);
        text_printf(out, ",\"window\":%lld,\"crop\":%d,\"start\":%.6f,\"end\":%.6f,\"scores\":",
                    (long long)w->index, w->crop, w->start, w->end);
        json_scores(out, w->scores, w->classes);
        text_append(out, "}", 1);
    }
    text_append(out, "]", 1);
}

static void json(const struct run_request *r, const struct network *m, const struct video_result *v,
                 int *best, struct text *out)
{
    char label[32];
    text_printf(out, ",\"duration\":%.6f,\"width\":%d,\"height\":%d,\"codec\":", v->duration,
                v->width, v->height);
    text_json(out, v->codec);
    text_printf(out, ",\"frames\":%lld,\"windows\":%lld,\"top\":[", (long long)v->frames,
                (long long)v->windows);
    int n = clact_top(v->scores, v->classes, r->top, best);
    for (int i = 0; i < n; i++) {
        text_printf(out, "%s{\"class\":%d,\"label\":", i ? "," : "", best[i]);
        text_json(out, network_label(m, best[i], label));
        text_printf(out, ",\"score\":");
        json_number(out, v->scores[best[i]]);
        text_append(out, "}", 1);
    }
    text_printf(out, "],\"scores\":");
    json_scores(out, v->scores, v->classes);
    if (r->windows)
        json_windows(m, v, out);
    text_printf(out,
                ",\"seconds\":{\"open\":%.4f,\"weights\":%.4f,\"build\":%.4f,\"decode\":%.4f,"
                "\"prepare\":%.4f,\"network\":%.4f,\"total\":%.4f}",
                m->open_seconds, m->weight_seconds, m->build.seconds, v->decode_seconds,
                v->prepare_seconds, v->network_seconds, v->total_seconds);
}

void report_clip(const struct run_request *r, const struct network *m, const char *path,
                 const struct video_result *v, const struct error *err, struct text *out)
{
    int top = v && v->classes < r->top ? v->classes : r->top;
    int *best = calloc((size_t)top + 1, sizeof *best);
    struct run_request limited = *r;
    limited.top = top;
    if (r->json) {
        text_printf(out, "{\"schema\":1,\"file\":");
        text_json(out, path);
        text_printf(out, ",\"status\":\"%s\"", v ? status_of(v) : "error");
        if (!v) {
            text_printf(out, ",\"error\":");
            text_json(out, err->text);
            text_printf(out, ",\"code\":%d", (int)err->code);
        } else if (v->damage.text[0]) {
            text_printf(out, ",\"damage\":");
            text_json(out, v->damage.text);
        }
        text_printf(out, ",\"model\":");
        text_json(out, m->graph->model ? m->graph->model : m->graph->file);
        text_printf(out, ",\"device\":");
        text_json(out, ocl_caps(m->ocl)->name);
        if (v && best)
            json(&limited, m, v, best, out);
        text_append(out, "}\n", 2);
    } else if (v && best) {
        table(&limited, m, path, v, best, out);
    }
    free(best);
}
