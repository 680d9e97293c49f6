/* SPDX-License-Identifier: MIT */
/* The process that checks: what it is given and what it writes. */
#include "engine/checker.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

void checker_print(const struct graph *g, bool video, struct text *out)
{
    text_printf(out, "%s %s %s\n", g->strict ? "strict" : "fast", video ? "video" : "tensors",
                g->half ? "half" : "float");
    for (int i = 0; i < g->count; i++)
        if (g->nodes[i].keep)
            text_printf(out, "keep %s\n", g->nodes[i].name);
    text_printf(out, "graph\n");
    graph_print(g, out);
}

static bool keep(struct graph *g, const char *from, const char *until, struct error *err)
{
    while (from < until) {
        char name[512];
        const char *end = memchr(from, '\n', (size_t)(until - from));
        if (!end || strncmp(from, "keep ", 5) != 0 || (size_t)(end - from) >= sizeof name)
            return fail(err, ERROR_BUG, "a self-check got a line that it does not understand");
        snprintf(name, sizeof name, "%.*s", (int)(end - from - 5), from + 5);
        node_id id = graph_find(g, name);
        if (id == NODE_NONE)
            return fail(err, ERROR_BUG, "a self-check's graph has no node %%%s", name);
        g->nodes[id].keep = true;
        from = end + 1;
    }
    return true;
}

struct graph *checker_parse(const char *text, size_t len, bool *video, struct error *err)
{
    const char *first = strchr(text, '\n'), *body = strstr(text, "\ngraph\n");
    if (!first || !body || first > body) {
        fail(err, ERROR_BUG, "a self-check got no graph");
        return NULL;
    }
    const char *kept = first + 1, *until = body + 1, *graph = body + 7;
    struct graph *g = graph_parse(graph, len - (size_t)(graph - text), "self-check", err);
    if (!g)
        return NULL;
    g->strict = !strncmp(text, "strict ", 7);
    g->half = !strncmp(first - 4, "half", 4);
    *video = strstr(text, " video ") && strstr(text, " video ") < first;
    if (kept < until && !keep(g, kept, until, err))
        graph_free(&g);
    return g;
}

/* Whole lines, at once: the reader must know what was tried when this process dies. */
static void say(const struct text *line)
{
    for (size_t done = 0; line->s && done < line->len;) {
        ssize_t n = write(STDOUT_FILENO, line->s + done, line->len - done);
        if (n <= 0)
            return;
        done += (size_t)n;
    }
}

static void say_line(const char *word, const char *key, const char *why)
{
    struct text line = {0};
    text_printf(&line, "%s %s %s", word, key, why);
    for (char *s = line.s; s && *s; s++)
        *s = *s == '\n' ? ' ' : *s;
    text_printf(&line, "\n");
    say(&line);
    text_free(&line);
}

static void building(void *context, size_t done, size_t all)
{
    (void)context;
    struct text line = {0};
    text_printf(&line, "build %zu %zu\n", done, all);
    say(&line);
    text_free(&line);
}

static void trying(void *context, const char *key)
{
    (void)context;
    say_line("try", key, "");
}

static void found(void *context, const char *key, enum verdict is, const char *why)
{
    (void)context;
    say_line(is == VERDICT_RIGHT ? "right" : "wrong", key, why);
}

bool checker_serve(const struct trust *t, bool one_by_one, struct error *err)
{
    const struct self_check_report report = {NULL, building, trying, found};
    TRY(self_check(t, one_by_one, &report, err));
    say_line("end", "", "");
    return true;
}
