/* SPDX-License-Identifier: MIT */
/* clact import --list: what is in a checkpoint, and what comes nearest to it. */
#include "models/family.h"
#include "models/models.h"
#include "models/recognise.h"

#include <string.h>

enum { FAMILIES_MOST = 64, SHOWN = 3, LINES_MOST = 12 };

struct match {
    const struct family *family;
    struct import_report report; /* its misfit: what is missing, surplus, of another shape */
    int weights, known;          /* of the network; those that the checkpoint has          */
    int differences;
    bool same_shapes; /* it was recognised: shapes were compared with its own, not the published */
};

static int count_weights(const struct graph *g)
{
    int n = 0;
    for (int i = 0; i < g->count; i++)
        n += weight_key(&g->nodes[i]) != NULL;
    return n;
}

/* Lines that do not begin with "surplus": weights that are not there as the network wants them. */
static int count_lacking(const struct text *lines)
{
    int n = 0;
    for (const char *at = lines->s; at && *at; at = strchr(at, '\n') + 1)
        n += strncmp(at, "surplus ", 8) != 0;
    return n;
}

/* The weights of g that the checkpoint has by name, under its prefix. */
static int count_named(const struct checkpoint *c, const struct graph *g)
{
    int n = 0;
    for (int i = 0; i < g->count; i++) {
        const char *key = weight_key(&g->nodes[i]);
        n += key && checkpoint_find(c, key);
    }
    return n;
}

/* The prefix that all names share, shortened dot by dot, with which most names are known. */
static void best_prefix(struct checkpoint *c, const struct graph *g)
{
    const char *first = c->count ? c->keys[0].name : "";
    const char *last = c->count ? c->keys[c->count - 1].name : "";
    struct checkpoint tried = *c;
    int best = -1;
    for (size_t n = 0; n < sizeof tried.prefix; n++) { /* sorted: what these share, all do */
        if (n && (!first[n - 1] || first[n - 1] != last[n - 1]))
            break;
        if (n && first[n - 1] != '.')
            continue;
        memcpy(tried.prefix, first, n);
        tried.prefix[n] = 0;
        int named = count_named(&tried, g);
        if (named > best) {
            best = named;
            *c = tried;
        }
    }
}

/* As the family understands it, else beside the family's first published network. */
static void compare(struct match *m, const struct checkpoint *file, const char *settings)
{
    struct checkpoint c = *file;
    struct options o = {0};
    struct error ignored = {0};
    struct graph *g = NULL;
    if (options_parse(&o, settings, OPTIONS_ALL, "import", &ignored) &&
        family_fits(m->family, &c))
        g = recognise_as(m->family, &c, &o, &(struct model_files){0}, "list", &m->report,
                         &m->differences, &ignored);
    m->same_shapes = g != NULL;
    if (g) {
        m->weights = count_weights(g);
        m->known = m->weights - count_lacking(&m->report.misfit);
    } else if ((g = model_build(m->family->models, NULL, NULL, "list", &ignored))) {
        c = *file;
        best_prefix(&c, g);
        m->weights = count_weights(g);
        m->known = count_named(&c, g);
        text_free(&m->report.misfit);
        m->differences = checkpoint_compare(&c, g, &m->report.misfit);
    }
    graph_free(&g);
}

/* The nearer to the checkpoint, the earlier: by shapes before by names, then by differences. */
static bool is_nearer(const struct match *a, const struct match *b)
{
    if (a->same_shapes != b->same_shapes)
        return a->same_shapes;
    return a->differences < b->differences;
}

static void print_lines(const struct text *lines, struct text *out)
{
    int n = 0, all = 0;
    for (const char *at = lines->s; at && *at; at = strchr(at, '\n') + 1, all++)
        if (n < LINES_MOST) {
            text_printf(out, "    %.*s\n", (int)strcspn(at, "\n"), at);
            n++;
        }
    if (all > n)
        text_printf(out, "    and %d more\n", all - n);
}

static void print_match(const struct match *m, struct text *out)
{
    if (m->same_shapes && !m->differences)
        text_printf(out, "  %s: all %d weights fit, as %s\n", m->family->name, m->weights,
                    m->report.model);
    else
        text_printf(out, "  %s: %d of %d weights, %d differences to %s\n", m->family->name,
                    m->known, m->weights, m->differences,
                    m->same_shapes ? m->report.model : m->family->models->name);
    print_lines(&m->report.misfit, out);
}

static void print_families(const struct checkpoint *c, const char *settings, struct text *out)
{
    struct match match[FAMILIES_MOST] = {0};
    int count = 0;
    for (int i = 0; family_list[i] && count < FAMILIES_MOST; i++) {
        struct match m = {.family = family_list[i]};
        if (!m.family->anchor)
            continue;
        compare(&m, c, settings);
        if (m.known <= 0) {
            import_report_free(&m.report);
            continue;
        }
        int at = count++;
        for (; at > 0 && is_nearer(&m, &match[at - 1]); at--)
            match[at] = match[at - 1];
        match[at] = m;
    }
    text_printf(out, count ? "nearest families:\n" : "no known family has any of these names\n");
    for (int i = 0; i < count && (i < SHOWN || !match[i].differences); i++)
        print_match(&match[i], out);
    for (int i = 0; i < count; i++)
        import_report_free(&match[i].report);
}

bool model_list_checkpoint(const char *path, const char *settings, struct text *out,
                           struct error *err)
{
    struct checkpoint c;
    struct options o = {0};
    char shape[112];
    TRY(options_parse(&o, settings, OPTIONS_ALL, "import", err));
    TRY(checkpoint_open(&c, path, err));
    const char *where = tensor_file_where(c.file);
    text_printf(out, "%s: %s, %d tensors%s%s\n", path, tensor_file_format(c.file), c.count,
                where[0] ? " in " : "", where);
    for (int i = 0; i < c.count; i++) {
        text_printf(out, "  ");
        checkpoint_print_name(out, c.keys[i].t->name);
        text_printf(out, "  %s\n", safetensor_text(c.keys[i].t, shape));
    }
    if (c.naming)
        text_printf(out, "names as in %s\n", c.naming);
    print_families(&c, settings, out);
    checkpoint_close(&c);
    return true;
}
