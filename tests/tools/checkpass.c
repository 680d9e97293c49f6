/* SPDX-License-Identifier: MIT */
/* checkpass FILE...: passes tested by text, and by value.
 *
 * A file holds cases: a line "#### name", a line "# RUN: pass pass ...", a graph, a line "====",
 * the graph as it must print afterwards (or one line "error: TEXT"). Lines "clact 1" may be left
 * out. The text is compared exactly; with UPDATE=1 in the environment the file is rewritten
 * instead. Both graphs are then evaluated through the operators' references on the same random
 * values and must agree: a pass that changes values fails whatever the text says. A kept node is
 * marked by a line "# KEEP: name".
 */
#include "base/file.h"
#include "base/random.h"
#include "engine/session.h"
#include "graph/pipeline.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct check {
    char name[128], run[512], keep[256];
    struct text before, after;
};

static uint64_t seed_of(const char *s)
{
    uint64_t h = 14695981039346656037u;
    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * 1099511628211u;
    return h;
}

/* Values that depend on the weight's name alone, so that both graphs get the same. Positive where a
 * variance may be meant. */
static bool random_weight(void *context, const struct graph *g, const struct node *n, float *out,
                          struct error *err)
{
    struct random r = {seed_of(n->name)};
    bool positive = strstr(n->name, "var") != NULL;
    (void)context;
    (void)g;
    (void)err;
    for (int64_t i = 0; i < shape_elements(&n->shape, 1); i++)
        out[i] = (float)(positive ? 0.5 + random_unit(&r) : random_normal(&r));
    return true;
}

static bool evaluate(const struct graph *g, struct tensor *result, struct error *err)
{
    struct tensor *values = calloc((size_t)g->count, sizeof *values);
    bool *wanted = calloc((size_t)g->count, sizeof *wanted);
    const struct weight_source source = {random_weight, NULL};
    bool ok = values && wanted;
    for (int i = 0; ok && i < g->count; i++) {
        const struct node *n = &g->nodes[i];
        if (!(n->op->traits & OP_SOURCE) || n->part == PART_WEIGHT)
            continue;
        struct random r = {seed_of(n->name)};
        values[i].shape = n->shape;
        if (n->shape.dim[0] == DIM_N)
            values[i].shape.dim[0] = 2;
        int64_t count = shape_elements(&values[i].shape, 1);
        values[i].data = malloc((size_t)count * sizeof(float));
        for (int64_t k = 0; k < count; k++)
            values[i].data[k] = n->shape.dtype == DTYPE_U8 ? (float)random_int(&r, 0, 255)
                                                           : (float)random_normal(&r);
    }
    for (int i = 0; ok && i < g->output_count; i++)
        wanted[g->outputs[i]] = true;
    ok = ok && eval_nodes(g, values, wanted, &source, err);
    for (int i = 0; ok && i < g->output_count; i++) {
        node_id id = g->outputs[i];
        result[i] = values[id];
        size_t bytes = (size_t)shape_elements(&values[id].shape, 1) * sizeof(float);
        result[i].data = malloc(bytes);
        memcpy(result[i].data, values[id].data, bytes);
    }
    for (int i = 0; values && i < g->count; i++)
        free(values[i].data);
    free(values);
    free(wanted);
    return ok;
}

static bool same_values(const struct graph *a, const struct graph *b, struct error *err)
{
    struct tensor x[64] = {0}, y[64] = {0};
    bool ok =
        a->output_count == b->output_count || fail(err, ERROR_BUILD, "another number of outputs");
    ok = ok && evaluate(a, x, err) && evaluate(b, y, err);
    for (int i = 0; i < a->output_count && ok; i++) {
        int64_t n = shape_elements(&x[i].shape, 1);
        double square = 0, worst = 0;
        ok = n == shape_elements(&y[i].shape, 1) || fail(err, ERROR_BUILD, "another size");
        for (int64_t k = 0; ok && k < n; k++) {
            double d = fabs((double)x[i].data[k] - (double)y[i].data[k]);
            square += (double)x[i].data[k] * (double)x[i].data[k];
            worst = d > worst || isnan(d) ? d : worst;
        }
        if (ok && !(worst <= 1e-5 * (sqrt(square / (double)n) + 1e-3)))
            ok = fail(err, ERROR_BUILD, "output %d changes by %g", i, worst);
    }
    for (int i = 0; i < 64; i++) {
        free(x[i].data);
        free(y[i].data);
    }
    return ok;
}

static struct graph *parse(const struct text *body, const char *name, struct error *err)
{
    struct text t = {0};
    if (!body->s || !strstr(body->s, "clact 1"))
        text_printf(&t, "clact 1\n");
    text_printf(&t, "%s", body->s ? body->s : "");
    struct graph *g = graph_parse(t.s, t.len, name, err);
    text_free(&t);
    return g;
}

static bool run_passes(struct graph *g, const char *list, struct error *err)
{
    char name[64];
    while (*list) {
        size_t n = strcspn(list, " ");
        snprintf(name, sizeof name, "%.*s", (int)n, list);
        list += n + strspn(list + n, " ");
        const struct pass *p = pass_find(name);
        if (!p)
            return fail(err, ERROR_USAGE, "no pass '%s'", name);
        TRY(graph_run_pass(g, p, err));
    }
    return true;
}

/* The graph after the passes as text, without its first line. */
static bool check_case(struct check *c, struct text *got, struct error *err)
{
    struct graph *before = parse(&c->before, c->name, err), *after = NULL;
    struct error why = {0};
    bool ok = before != NULL;
    for (char *k = strtok(c->keep, " "); ok && k; k = strtok(NULL, " "))
        ok = graph_keep(before, k, err);
    after = ok ? graph_copy(before) : NULL;
    if (ok && !run_passes(after, c->run, &why)) {
        text_printf(got, "error: %s\n", why.text);
    } else if (ok) {
        struct text t = {0};
        graph_print(after, &t);
        text_printf(got, "%s", strchr(t.s, '\n') + 1);
        text_free(&t);
        ok = same_values(before, after, err);
    }
    graph_free(&before);
    graph_free(&after);
    return ok;
}

static void skip_line(const char **s)
{
    *s += strcspn(*s, "\n");
    *s += **s == '\n';
}

/* Reads one case at *s; false at the end. Text in front of the first case goes to `head`. */
static bool next_case(const char **s, struct check *c, struct text *head)
{
    struct text *to = &c->before;
    while (**s && strncmp(*s, "#### ", 5) != 0) {
        const char *line = *s;
        skip_line(s);
        text_append(head, line, (size_t)(*s - line));
    }
    if (!**s)
        return false;
    *c = (struct check){0};
    sscanf(*s + 5, "%127[^\n]", c->name);
    for (skip_line(s); **s && strncmp(*s, "#### ", 5) != 0;) {
        const char *line = *s;
        skip_line(s);
        if (!strncmp(line, "# RUN: ", 7))
            sscanf(line + 7, "%511[^\n]", c->run);
        else if (!strncmp(line, "# KEEP: ", 8))
            sscanf(line + 8, "%255[^\n]", c->keep);
        else if (!strncmp(line, "====", 4))
            to = &c->after;
        else
            text_append(to, line, (size_t)(*s - line));
    }
    return true;
}

static int check_file(const char *path, int *passed)
{
    struct error err = {0};
    struct check c;
    struct text head = {0}, out = {0};
    bool update = getenv("UPDATE") != NULL;
    int failed = 0;
    char *text = file_read(path, 1 << 20, ERROR_INPUT, NULL, &err);
    if (!text) {
        printf("FAIL %s\n", err.text);
        return 1;
    }
    for (const char *s = text; next_case(&s, &c, &head);) {
        struct text got = {0};
        char keep[256];
        memcpy(keep, c.keep, sizeof keep);
        text_append(&got, "", 0);
        bool values = check_case(&c, &got, &err);
        bool same = update || !strcmp(got.s, c.after.s ? c.after.s : "");
        printf("%-4s %s: %s%s%s\n", values && same ? "ok" : "FAIL", path, c.name,
               values ? "" : ": ", values ? "" : err.text);
        if (!same)
            printf("---- wanted\n%s---- got\n%s----\n", c.after.s ? c.after.s : "", got.s);
        *(values && same ? passed : &failed) += 1;
        text_printf(&out, "#### %s\n", c.name);
        if (c.run[0])
            text_printf(&out, "# RUN: %s\n", c.run);
        if (keep[0])
            text_printf(&out, "# KEEP: %s\n", keep);
        text_printf(&out, "%s====\n%s", c.before.s ? c.before.s : "", got.s);
        text_free(&got);
        text_free(&c.before);
        text_free(&c.after);
    }
    text_append(&head, "", 0);
    text_append(&head, out.s ? out.s : "", out.len);
    if (update && !file_write(path, head.s, head.len, &err)) {
        printf("FAIL %s\n", err.text);
        failed++;
    }
    text_free(&head);
    text_free(&out);
    free(text);
    return failed;
}

int main(int argc, char **argv)
{
    int passed = 0, failed = 0;
    for (int i = 1; i < argc; i++)
        failed += check_file(argv[i], &passed);
    printf("%d passed, %d failed\n", passed, failed);
    return failed || !passed;
}
