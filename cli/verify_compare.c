/* SPDX-License-Identifier: MIT */
#include "cli/verify.h"
#include "graph/op.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TAPS_MOST = 200 }; /* more are "all" */

static bool is_source(const struct node *n)
{
    return (n->op->traits & OP_SOURCE) && n->part == PART_WINDOW;
}

static bool is_score(const char *name)
{
    return !strcmp(name, "logits") || !strcmp(name, "probs");
}

/* "input" and "NAME.input": the float tensors behind the sources. */
static bool is_input(const char *name)
{
    size_t n = strlen(name);
    return !strcmp(name, "input") || (n > 6 && !strcmp(name + n - 6, ".input"));
}

bool verify_names(const struct graph *g, const struct safetensors *wanted, struct text *feeds,
                  struct text *taps, struct error *err)
{
    bool sources = true;
    int count = 0;
    for (int i = 0; i < g->count; i++)
        if (is_source(&g->nodes[i]))
            sources = sources && safetensors_find(wanted, g->nodes[i].name);
    for (int i = 0; i < g->count; i++) {
        const struct node *n = &g->nodes[i];
        if (n->part == PART_WEIGHT || !safetensors_find(wanted, n->name))
            continue;
        if (sources ? is_source(n) : is_input(n->name))
            text_printf(feeds, "%s%s=%s", feeds->len ? "," : "", n->name, n->name);
        else if (!is_input(n->name) && ++count)
            text_printf(taps, "%s%s", taps->len ? "," : "", n->name);
    }
    if (!feeds->len)
        return fail(err, ERROR_INPUT, "%s: has no tensor named like an input of %s",
                    safetensors_path(wanted), g->file);
    if (!count)
        return fail(err, ERROR_INPUT, "%s: has no tensor named like a node of %s",
                    safetensors_path(wanted), g->file);
    if (count > TAPS_MOST) {
        taps->len = 0;
        text_printf(taps, "all");
    }
    return true;
}

/* Sizes N C T H W of a value, and how far an axis moves in the stored tensor. */
struct reading {
    int64_t size[5], stride[5];
};

/* How the stored tensor can be read as the node's N C T H W: as it is; with frames in place of N;
 * with channels last. Axes of one place do not count. */
static bool read_as(const struct safetensor *want, const struct safetensor *got, struct reading *r)
{
    static const char orders[][6] = {"NCTHW", "NTCHW", "NTHWC", "TNCHW"};
    static const char axes[] = "NCTHW";
    for (int k = 0; k < 5; k++)
        r->size[k] = k < got->rank ? got->dim[k] : 1;
    for (int o = 0; o < 4; o++) {
        int64_t at = 1;
        int i = 0;
        bool fits = want->elements == got->elements;
        for (int k = 0; fits && k < 5; k++) { /* merged axes: a dimension may hold several */
            int64_t size = r->size[strchr(axes, orders[o][k]) - axes];
            at *= size;
            while (size > 1 && i < want->rank && want->dim[i] == 1)
                i++;
            if (size > 1 && i < want->rank && at == want->dim[i]) {
                at = 1;
                i++;
            } else if (size > 1 && (i >= want->rank || at > want->dim[i])) {
                fits = false;
            }
        }
        if (!fits || at != 1)
            continue;
        int64_t stride = 1;
        for (int k = 4; k >= 0; k--) {
            int axis = (int)(strchr(axes, orders[o][k]) - axes);
            r->stride[axis] = stride;
            stride *= r->size[axis];
        }
        return true;
    }
    return false;
}

static void add_line(struct verdict *v, const char *name, const struct safetensor *got, double most,
                     double error, double share, const char *note)
{
    struct text shape = {0};
    for (int i = 0; i < got->rank; i++)
        text_printf(&shape, "%s%lld", i ? "x" : "", (long long)got->dim[i]);
    text_printf(&v->lines, "%-40s %-20s %11.4g %11.3g %9.2g%s\n", name, shape.s ? shape.s : "",
                most, error, share, note);
    text_free(&shape);
}

static void judge(struct verdict *v, const char *name, const struct safetensor *got, const float *a,
                  const float *b, const struct reading *r, double tolerance)
{
    double most = 0, error = 0;
    int64_t rest[5];
    for (uint64_t i = 0; i < got->elements; i++) {
        uint64_t left = i, at = 0;
        for (int k = 4; k >= 0; k--) {
            rest[k] = (int64_t)(left % (uint64_t)r->size[k]);
            left /= (uint64_t)r->size[k];
            at += (uint64_t)(rest[k] * r->stride[k]);
        }
        double d = fabs((double)a[at] - (double)b[i]);
        most = fmax(most, fabs(a[at]));
        error = d > error || isnan(d) ? d : error;
    }
    double share = most > 0 ? error / most : error;
    bool bad = !(share <= tolerance);
    const char *note = !bad ? "" : v->bad ? "  bad" : "  bad, the first";
    if (bad && !v->bad++)
        snprintf(v->first, sizeof v->first, "%s", name);
    v->compared++;
    add_line(v, name, got, most, error, share, note);
}

static bool compare_one(const struct safetensors *wanted, const struct safetensors *got,
                        const struct safetensor *a, const struct safetensor *b, double tolerance,
                        struct verdict *v, struct error *err)
{
    struct reading r;
    char text[112];
    if (!safetensor_is_float(a->type) || !read_as(a, b, &r)) {
        text_printf(&v->lines, "%-40s not compared: the file has %s\n", b->name,
                    safetensor_text(a, text));
        return true;
    }
    float *x = malloc(a->elements * sizeof *x + 1), *y = malloc(b->elements * sizeof *y + 1);
    bool ok = (x && y) || fail(err, ERROR_LIMIT, "no memory for '%.80s'", b->name);
    ok = ok && safetensors_read(wanted, a, 0, a->elements, x, err) &&
         safetensors_read(got, b, 0, b->elements, y, err);
    if (ok)
        judge(v, b->name, b, x, y, &r, tolerance);
    free(x);
    free(y);
    return ok;
}

bool verify_compare(const struct graph *g, const struct safetensors *wanted,
                    const struct safetensors *got, double tolerance, struct verdict *v,
                    struct error *err)
{
    for (int i = 0; i < g->count; i++) {
        const char *name = g->nodes[i].name;
        const struct safetensor *a = safetensors_find(wanted, name);
        const struct safetensor *b = safetensors_find(got, name);
        if (!a || !b || is_input(name) || (v->scores_only && !is_score(name)))
            continue;
        v->scores += is_score(name);
        TRY(compare_one(wanted, got, a, b, tolerance, v, err));
    }
    if (!v->compared)
        return fail(err, ERROR_INPUT, "%s: no value can be compared with %s",
                    safetensors_path(wanted), g->file);
    if (!v->scores)
        text_printf(&v->lines, "the file has neither logits nor probs: scores are not compared\n");
    return true;
}

void verify_print(const struct verdict *v)
{
    if (!v->scores_only)
        printf("%-40s %-20s %11s %11s %9s\n", "layer", "shape", "magnitude", "error", "relative");
    else
        printf("without taps:\n");
    if (v->lines.s)
        fputs(v->lines.s, stdout);
}
