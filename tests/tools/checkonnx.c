/* SPDX-License-Identifier: MIT */
/* checkonnx FILE.onnx [VALUES.safetensors]...: imports each ONNX file and evaluates its graph on
 * the host, through the operators' references, from the inputs in VALUES (default: FILE.safetensors
 * beside it). Every other tensor there that is named like a node must agree with it to 1e-4 of its
 * largest magnitude; logits or probs must be among them. One line a file; no device is needed. */
#include "engine/session.h"
#include "io/safetensors.h"
#include "models/onnx.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOLERANCE 1e-4

struct check {
    struct onnx_model *model;
    struct graph *graph;
    struct safetensors *file;
    struct tensor *values;
    bool *wanted;
    double worst; /* error over tolerance */
    char worst_name[128];
    int compared;
};

static bool is_input(const struct node *n)
{
    return (n->op->traits & OP_SOURCE) && n->part == PART_WINDOW;
}

/* Channels stand where they stand in a node; `clact verify` knows other orders too. */
static bool same_order(const struct node *n, const struct safetensor *t)
{
    return n->shape.rank >= 2 && t->rank >= 2 && t->dim[1] == n->shape.dim[1];
}

static bool feed(struct check *c, struct error *err)
{
    for (int i = 0; i < c->graph->count; i++) {
        const struct node *n = &c->graph->nodes[i];
        const struct safetensor *t = safetensors_find(c->file, n->name);
        c->wanted[i] = t && !is_input(n) && same_order(n, t);
        if (!is_input(n))
            continue;
        int64_t one = shape_elements(&n->shape, 1);
        if (!t || t->elements % (uint64_t)one)
            return fail(err, ERROR_INPUT, "no tensor for input %%%s", n->name);
        c->values[i].shape = n->shape;
        c->values[i].shape.dim[0] = (int64_t)t->elements / one;
        c->values[i].data = malloc(t->elements * sizeof(float));
        TRY(safetensors_read(c->file, t, 0, t->elements, c->values[i].data, err));
    }
    return true;
}

static bool compare(struct check *c, struct error *err)
{
    for (int i = 0; i < c->graph->count; i++) {
        if (!c->wanted[i])
            continue;
        const struct node *n = &c->graph->nodes[i];
        const struct safetensor *t = safetensors_find(c->file, n->name);
        uint64_t count = (uint64_t)shape_elements(&c->values[i].shape, 1);
        if (t->elements != count)
            return fail(err, ERROR_BUILD, "%%%s has %llu elements, wanted %llu", n->name,
                        (unsigned long long)count, (unsigned long long)t->elements);
        float *want = malloc(count * sizeof *want);
        bool ok = safetensors_read(c->file, t, 0, count, want, err);
        double most = 0, error = 0;
        for (uint64_t k = 0; ok && k < count; k++) {
            double d = fabs((double)want[k] - (double)c->values[i].data[k]);
            most = fmax(most, fabs(want[k]));
            error = d > error || isnan(d) ? d : error;
        }
        free(want);
        TRY(ok);
        c->compared++;
        double share = error / (TOLERANCE * most);
        if (share > c->worst || isnan(share)) {
            c->worst = share;
            snprintf(c->worst_name, sizeof c->worst_name, "%s", n->name);
        }
    }
    return c->compared || fail(err, ERROR_BUILD, "nothing to compare");
}

static bool run(struct check *c, const char *onnx, const char *values, struct error *err)
{
    struct import_report report = {0};
    c->model = onnx_model_open(onnx, NULL, NULL, &report, err);
    if (report.misfit.s)
        fputs(report.misfit.s, stdout);
    import_report_free(&report);
    TRY(c->model && (c->file = safetensors_open(values, ERROR_INPUT, err)));
    c->graph = onnx_model_graph(c->model);
    c->values = calloc((size_t)c->graph->count, sizeof *c->values);
    c->wanted = calloc((size_t)c->graph->count, sizeof *c->wanted);
    const struct weight_source weights = {onnx_model_load, c->model};
    if (!safetensors_find(c->file, "logits") && !safetensors_find(c->file, "probs"))
        return fail(err, ERROR_INPUT, "%s: neither logits nor probs", values);
    TRY(feed(c, err) && eval_nodes(c->graph, c->values, c->wanted, &weights, err));
    return compare(c, err) &&
           (c->worst <= 1 || fail(err, ERROR_BUILD, "%%%s is off", c->worst_name));
}

static bool check(const char *onnx, const char *values)
{
    struct check c = {0};
    struct error err = {0};
    bool ok = run(&c, onnx, values, &err);
    const char *slash = strrchr(onnx, '/');
    printf("%s %-28s %d tensors, worst %.1e of its magnitude (%s) %s\n", ok ? "ok  " : "FAIL",
           slash ? slash + 1 : onnx, c.compared, c.worst * TOLERANCE, c.worst_name, err.text);
    fflush(stdout);
    for (int i = 0; c.values && i < c.graph->count; i++)
        free(c.values[i].data);
    free(c.values);
    free(c.wanted);
    graph_free(&c.graph);
    safetensors_close(&c.file);
    onnx_model_close(&c.model);
    return ok;
}

int main(int argc, char **argv)
{
    int bad = argc < 2;
    for (int i = 1; i < argc; i++) {
        char values[4096];
        const char *next = i + 1 < argc ? argv[i + 1] : "";
        size_t n = strlen(argv[i]), m = strlen(next);
        snprintf(values, sizeof values, "%.*s.safetensors", n > 5 ? (int)n - 5 : 0, argv[i]);
        bool given = m > 12 && !strcmp(next + m - 12, ".safetensors");
        bad += !check(argv[i], given ? next : values);
        i += given;
    }
    return bad != 0;
}
