/* SPDX-License-Identifier: MIT */
#include "models/recognise.h"
#include "models/family.h"

#include <stdio.h>
#include <string.h>

bool family_fits(const struct family *f, struct checkpoint *c)
{
    const struct safetensor *t;
    if (!f->anchor || !checkpoint_locate(c, f->anchor, f->second_anchor))
        return false;
    t = checkpoint_find(c, f->anchor);
    return t && t->rank == f->anchor_rank;
}

static void list_families(struct text *t)
{
    for (int i = 0; family_list[i]; i++)
        if (family_list[i]->anchor)
            text_printf(t, "%s%s", t->len ? ", " : "", family_list[i]->name);
}

/* The family that the user names must at least have its first layer in the file. */
static const struct family *named_family(const struct options *o, struct checkpoint *c,
                                         struct error *err)
{
    const struct family *f = family_find(o->family);
    struct text list = {0};
    list_families(&list);
    if (!f) {
        fail(err, ERROR_USAGE, "option family=%s: known are %s", o->family, list.s);
    } else if (!family_fits(f, c)) {
        fail(err, ERROR_MODEL,
             "%s: no %s checkpoint: a tensor '%s' of rank %d and a '%s' are needed",
             tensor_file_path(c->file), f->name, f->anchor, f->anchor_rank, f->second_anchor);
        f = NULL;
    }
    text_free(&list);
    return f;
}

/* When a family is asked: the more particular, the earlier. */
enum turn { TURN_HOLDS_OTHERS, TURN_CHOSEN, TURN_LAST };

static enum turn turn_of(const struct family *f)
{
    return f->holds_others ? TURN_HOLDS_OTHERS : f->chosen ? TURN_CHOSEN : TURN_LAST;
}

static const struct family *find_family(const struct options *o, struct checkpoint *c,
                                        struct error *err)
{
    if (option_given(o, OPT_FAMILY))
        return named_family(o, c, err);
    for (enum turn turn = TURN_HOLDS_OTHERS; turn <= TURN_LAST; turn++)
        for (int i = 0; family_list[i]; i++) {
            const struct family *f = family_list[i];
            if (turn_of(f) == turn && family_fits(f, c) && (!f->chosen || f->chosen(o, c)))
                return f;
        }
    struct text known = {0};
    list_families(&known);
    int n = c->count;
    fail(err, ERROR_MODEL, "%s: no known network has these %d tensors (%.60s%s%.60s); known: %s",
         tensor_file_path(c->file), n, n ? c->keys[0].t->name : "none", n > 1 ? ", " : "",
         n > 1 ? c->keys[1].t->name : "", known.s);
    text_free(&known);
    return NULL;
}

/* The settings that change what was assumed, as they are typed. */
static void write_choices(struct text *t, uint64_t assumed)
{
    const char *before = "if that is wrong: --set ";
    for (int k = 0; k < OPT_COUNT; k++) {
        struct text values = {0};
        if (!(assumed & OPTION(k)))
            continue;
        option_values((enum option_key)k, &values);
        text_printf(t, "%s%s=%s", before, option_name((enum option_key)k), values.s);
        text_free(&values);
        before = ", ";
    }
    if (assumed)
        text_append(t, "\n", 1);
}

static void write_notes(struct text *t, const struct checkpoint *c, const struct family *f,
                        const struct options *o)
{
    uint64_t found = o->set & ~o->given & ~f->assumed, assumed = o->set & ~o->given & f->assumed;
    if (tensor_file_where(c->file)[0])
        text_printf(t, "found: the tensors are in '%s'\n", tensor_file_where(c->file));
    if (c->naming)
        text_printf(t, "found: names as in %s\n", c->naming);
    if (c->prefix[0])
        text_printf(t, "found: every name begins with '%s'\n", c->prefix);
    if (found) {
        text_printf(t, "found: ");
        options_print(o, found, t);
        text_append(t, "\n", 1);
    }
    for (int k = 0; k < OPT_COUNT; k++) {
        if (!(assumed & OPTION(k)))
            continue;
        text_printf(t, "assumed: ");
        options_print(o, OPTION(k), t);
        text_append(t, "\n", 1);
    }
    write_choices(t, assumed);
}

/* One line for the error: how many differences, and the first of them. */
static bool fail_misfit(const struct checkpoint *c, const struct import_report *report, int count,
                        struct error *err)
{
    char first[240];
    size_t n = 0;
    for (const char *p = report->misfit.s; *p && n < sizeof first - 3; p++) {
        if (*p == '\n' && !p[1])
            break;
        if (*p == '\n')
            first[n++] = ';';
        first[n++] = *p == '\n' ? ' ' : *p;
    }
    first[n] = 0;
    return fail(err, ERROR_MODEL, "%s: does not fit %s, %d difference%s: %s",
                tensor_file_path(c->file), report->model, count, count == 1 ? "" : "s", first);
}

static struct graph *build(const struct family *f, struct options *o,
                           const struct model_files *files, const char *graph_file,
                           struct import_report *report, struct error *err)
{
    struct writer w = {.weights = files->weights, .labels = files->labels};
    struct graph *g = NULL;
    if (f->build(o, &w, err))
        g = graph_parse(w.text.s, w.text.len, graph_file, err);
    snprintf(report->model, sizeof report->model, "%s", w.model);
    text_free(&w.text);
    return g;
}

struct graph *recognise_as(const struct family *f, struct checkpoint *c, struct options *o,
                           const struct model_files *files, const char *graph_file,
                           struct import_report *report, int *differences, struct error *err)
{
    if (!options_allow(o, f->keys, f->name, err) || !f->recognise(c, o, err))
        return NULL;
    struct graph *g = build(f, o, files, graph_file, report, err);
    if (!g)
        return NULL;
    write_notes(&report->notes, c, f, o);
    *differences = checkpoint_compare(c, g, &report->misfit);
    return g;
}

struct graph *recognise(struct checkpoint *c, const char *settings, const struct model_files *files,
                        const char *graph_file, struct import_report *report, struct error *err)
{
    struct options o = {0};
    int differences = 0;
    if (!options_parse(&o, settings, OPTIONS_ALL, "import", err))
        return NULL;
    const struct family *f = find_family(&o, c, err);
    struct graph *g =
        f ? recognise_as(f, c, &o, files, graph_file, report, &differences, err) : NULL;
    if (g && differences) {
        fail_misfit(c, report, differences, err);
        graph_free(&g);
    }
    return g;
}
