/* SPDX-License-Identifier: MIT */
#include "cli/model_help.h"
#include "engine/plan.h"
#include "graph/pipeline.h"

#include <stdio.h>
#include <string.h>

/* Counts and the plan's memory of one network as it is built by its name alone. */
struct facts {
    struct graph *graph;
    int64_t parameters;
    double gmac;             /* of one window of every clip */
    double weights, working; /* MB, for one window at a time */
};

static bool find_memory(const struct graph *g, struct facts *f, struct error *err)
{
    struct caps caps = caps_default;
    int batch[GRAPH_CLIPS_MOST];
    for (int i = 0; i < GRAPH_CLIPS_MOST; i++)
        batch[i] = 1;
    caps.global_memory = caps.max_allocation = 0; /* what is needed, not what some device has */
    struct graph *compiled = graph_copy(g);
    struct plan *plan = NULL;
    bool ok = graph_compile(compiled, NULL, err) &&
              (plan = plan_make(compiled, &caps, batch, false, 0, err)) != NULL;
    if (ok) {
        f->weights = (double)plan->weight_bytes / 1e6;
        f->working = (double)plan->activation_bytes / 1e6;
    }
    plan_free(&plan);
    graph_free(&compiled);
    return ok;
}

static bool find_facts(const struct model *m, struct facts *f, struct error *err)
{
    if (!(f->graph = model_build(m, NULL, NULL, model_name(m), err)))
        return false;
    f->parameters = graph_parameters(f->graph);
    f->gmac = graph_multiply_adds(f->graph) / 1e9;
    return find_memory(f->graph, f, err);
}

/* 33235280 as "33,235,280" */
static const char *grouped(int64_t n, char buf[32])
{
    char digits[32];
    int len = snprintf(digits, sizeof digits, "%lld", (long long)n), at = 0;
    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            buf[at++] = ',';
        buf[at++] = digits[i];
    }
    buf[at] = 0;
    return buf;
}

static void print_inputs(const struct graph *g, const char *before, struct text *out)
{
    char shape[96];
    for (int i = 0; i < g->count; i++)
        if (g->nodes[i].clip >= 0 && g->nodes[i].shape.dtype == DTYPE_U8)
            text_printf(out, "%s%%%s %s\n", before, g->nodes[i].name,
                        shape_text(&g->nodes[i].shape, shape));
    for (int i = 0; i < g->clip_count; i++) {
        text_printf(out, "%s", before);
        recipe_print(&g->clips[i], out);
        text_append(out, "\n", 1);
    }
}

/* Lines of text, each behind `before`. */
static void print_lines(const char *lines, const char *before, struct text *out)
{
    for (const char *at = lines; *at;) {
        size_t n = strcspn(at, "\n");
        text_printf(out, "%s%.*s\n", before, (int)n, at);
        at += n + (at[n] == '\n');
    }
}

static void print_option(void *context, const struct model_option *o)
{
    char key[256];
    snprintf(key, sizeof key, "%s=%s", o->name, o->values);
    const char *gap = strlen(key) > 30 ? "\n                                 " : " ";
    text_printf(context, "  %-30s%s%s%s%s%s\n", key, gap, o->about, o->value[0] ? " [" : "",
                o->value, o->value[0] ? "]" : "");
}

bool model_help(const struct model *m, struct text *out, struct error *err)
{
    struct facts f = {0};
    char n[32];
    bool ok = find_facts(m, &f, err);
    if (ok) {
        text_printf(out, "%s - %s\n\n", model_name(m), model_about(m));
        print_lines(model_paper(m), "  ", out);
        text_printf(out, "\nwhat it reads\n");
        print_inputs(f.graph, "  ", out);
        text_printf(out, "\nparameters     %s\n", grouped(f.parameters, n));
        text_printf(out, "multiply-adds  %.3f G for a window\n", f.gmac);
        text_printf(out, "memory         %.1f MB weights, %.1f MB for one window at a time\n",
                    f.weights, f.working);
        text_printf(out, "\noptions (--set KEY=VALUE,...), defaults in brackets\n");
        ok = model_options(m, print_option, out, err);
    }
    graph_free(&f.graph);
    return ok;
}

/* ---- Markdown ---- */

static void print_cell(const char *s, struct text *out)
{
    for (; *s; s++)
        text_printf(out, *s == '|' ? "\\|" : "%c", *s);
}

static void print_option_default(void *context, const struct model_option *o)
{
    text_printf(context, " `%s%s%s`", o->name, o->value[0] ? "=" : "", o->value);
}

static void print_option_row(void *context, const struct model_option *o)
{
    struct text *out = context;
    text_printf(out, "| `%s` | ", o->name);
    print_cell(o->values, out);
    text_printf(out, " | ");
    print_cell(o->about, out);
    text_printf(out, " |\n");
}

static bool print_model_row(const struct model *m, struct text *out, struct error *err)
{
    struct facts f = {0};
    char n[32];
    bool ok = find_facts(m, &f, err);
    if (ok)
        text_printf(out, "| `%s` | %s | %s | %.3f | %.0f + %.0f |\n", model_name(m), model_about(m),
                    grouped(f.parameters, n), f.gmac, f.weights, f.working);
    graph_free(&f.graph);
    return ok;
}

/* The recipe and the options of the family's first network stand for all of it. */
static bool print_family(const struct model *first, struct text *out, struct error *err)
{
    text_printf(out, "\n## %s\n\n", model_family_about(first));
    print_lines(model_paper(first), "", out);
    text_printf(out, "\n| network | | parameters | G multiply-adds | MB: weights + one window |\n"
                     "|---|---|--:|--:|--:|\n");
    const char *family = model_family(first);
    for (const struct model *m = first; m && model_family(m) == family; m = model_next(m))
        TRY(print_model_row(m, out, err));
    struct graph *g = model_build(first, NULL, NULL, model_name(first), err);
    if (!g)
        return false;
    text_printf(out, "\n`%s` reads\n\n", model_name(first));
    print_inputs(g, "    ", out);
    graph_free(&g);
    text_printf(out, "\nOptions:");
    TRY(model_options(first, print_option_default, out, err));
    text_append(out, "\n", 1);
    return true;
}

bool model_page(struct text *out, struct error *err)
{
    text_printf(
        out, "<!-- SPDX-License-Identifier: MIT -->\n"
             "<!-- Made by `clact model --format md`; do not edit. -->\n"
             "# Networks\n\n"
             "`clact model NAME -o M.graph` writes one of these, `clact model NAME --help` tells\n"
             "the same as this page, and `--set KEY=VALUE,...` changes it. Multiply-adds are of\n"
             "convolutions, linear layers, cost volumes and warps, for one window of every clip;\n"
             "memory is what the plan needs beside the program, one window at a time.\n");
    const char *family = "";
    for (const struct model *m = model_next(NULL); m; m = model_next(m)) {
        if (strcmp(family, model_family(m)))
            TRY(print_family(m, out, err));
        family = model_family(m);
    }
    text_printf(out, "\n# All options\n\n| option | values | |\n|---|---|---|\n");
    model_all_options(print_option_row, out);
    return true;
}
