/* SPDX-License-Identifier: MIT */
/* Random weights that behave like trained ones: a network filled with them computes activations of
 * ordinary size and scores that differ between clips.
 *
 * The mean square of every value is estimated on the way through the graph, and a batch
 * normalisation gets the statistics of what it will see. Every tensor has its own stream, seeded
 * with its name, so that adding a layer changes no other one.
 */
#include "graph/op.h"
#include "io/safetensors.h"
#include "models/checkpoint.h"
#include "models/models.h"

#include "base/random.h"

#include <math.h>
#include <string.h>

struct draw {
    bool uniform;
    double a, b; /* uniform in [a, b), or normal with mean a and deviation b */
};

struct estimate {
    const struct graph *g;
    double *square;    /* of every value: estimated mean square     */
    struct draw *draw; /* of every weight: how its elements are drawn */
    int additions;     /* in the whole graph */
};

/* A clip's bytes scatter by some 60 about 110. */
static double normalized_square(const struct node *n)
{
    const char *base = n->attrs;
    const float *scale = (const float *)(base + attr_find(n->op, "scale")->offset);
    const float *mean = (const float *)(base + attr_find(n->op, "mean")->offset);
    const float *std = (const float *)(base + attr_find(n->op, "std")->offset);
    double sum = 0;
    for (int c = 0; c < 3; c++) {
        double center = (110 * scale[c] - mean[c]) / std[c], spread = 60 * scale[c] / std[c];
        sum += center * center + spread * spread;
    }
    return sum / 3;
}

static void draw_input(struct estimate *e, const struct node *n, const char *slot, bool uniform,
                       double a, double b)
{
    int i = op_slot(n->op, slot);
    if (i >= 0 && i < n->in_count && n->in[i] != NODE_NONE)
        e->draw[n->in[i]] = (struct draw){uniform, a, b};
}

/* gain: of the mean square, 2 before a ReLU (He et al., 2015). */
static double visit_filter(struct estimate *e, const struct node *n, double x, double gain)
{
    const struct shape *w = &e->g->nodes[n->in[op_slot(n->op, "w")]].shape;
    double fan_in = (double)shape_elements(w, 1) / (double)w->dim[0];
    draw_input(e, n, "w", false, 0, sqrt(gain / fan_in));
    draw_input(e, n, "bias", false, 0, 0.1 * sqrt(x));
    return gain * x;
}

static double visit_batchnorm(struct estimate *e, const struct node *n, double x)
{
    draw_input(e, n, "gamma", true, 0.6, 1.4);
    draw_input(e, n, "beta", false, 0, 0.2);
    draw_input(e, n, "mean", false, 0, 0.3 * sqrt(x));
    draw_input(e, n, "var", true, 0.6 * x, 1.8 * x);
    return 1.1;
}

/* The first operand of an addition is a residual branch: damped, so that all additions together add
 * as much as one without damping would. */
static double visit_add(struct estimate *e, const struct node *n)
{
    double sum = 0, damp = 1 / sqrt(e->additions);
    const struct node *branch = &e->g->nodes[n->in[0]];
    if (!strcmp(branch->op->name, "batchnorm")) {
        draw_input(e, branch, "gamma", true, 0.6 * damp, 1.4 * damp);
        draw_input(e, branch, "beta", false, 0, 0.2 * damp);
        e->square[n->in[0]] *= damp * damp;
    }
    for (int i = 0; i < n->in_count; i++)
        sum += n->in[i] == NODE_NONE ? 0 : e->square[n->in[i]];
    return sum;
}

/* An activation takes half of what is symmetric about zero, and little of a sum, whose larger part
 * has been through an activation before. */
static double visit(struct estimate *e, const struct node *n)
{
    const char *op = n->op->name;
    double x = n->in_count && n->in[0] != NODE_NONE ? e->square[n->in[0]] : 1;
    if (!strcmp(op, "normalize"))
        return normalized_square(n);
    if (!strcmp(op, "batchnorm"))
        return visit_batchnorm(e, n, x);
    if (!strcmp(op, "add"))
        return visit_add(e, n);
    if (!strcmp(op, "linear"))
        return visit_filter(e, n, x, 4);
    if (op_slot(n->op, "w") > 0)
        return visit_filter(e, n, x, 2);
    if (!strcmp(op, "residual"))
        return 0.1 * x; /* neighbouring frames are alike */
    if (!strcmp(op, "relu") || !strcmp(op, "elu"))
        return x * (!strcmp(e->g->nodes[n->in[0]].op->name, "add") ? 0.9 : 0.5);
    return x;
}

static uint64_t stream(uint64_t seed, const char *key)
{
    uint64_t h = 14695981039346656037u ^ seed * 0x9e3779b97f4a7c15u;
    for (; *key; key++)
        h = (h ^ (unsigned char)*key) * 1099511628211u;
    return h;
}

static bool put_random(struct safetensors_writer *w, const struct draw *d, uint64_t elements,
                       uint64_t seed, struct error *err)
{
    float piece[4096];
    struct random r = {seed};
    while (elements) {
        size_t n = elements < 4096 ? (size_t)elements : 4096;
        for (size_t i = 0; i < n; i++)
            piece[i] = (float)(d->uniform ? d->a + (d->b - d->a) * random_unit(&r)
                                          : d->a + d->b * random_normal(&r));
        TRY(safetensors_put(w, piece, n * sizeof *piece, err));
        elements -= n;
    }
    return true;
}

static bool write_all(const struct estimate *e, struct arena *arena, const char *path,
                      uint64_t seed, struct error *err)
{
    const struct graph *g = e->g;
    struct safetensor *list = ARENA_ARRAY(arena, struct safetensor, g->count);
    const struct draw **draw = ARENA_ARRAY(arena, const struct draw *, g->count);
    int count = 0;
    for (int i = 0; i < g->count; i++) {
        const struct shape *s = &g->nodes[i].shape;
        const char *key = weight_key(&g->nodes[i]);
        if (!key)
            continue;
        struct safetensor *t = &list[count];
        *t = (struct safetensor){.name = key, .type = SAFETENSOR_F32, .rank = s->rank};
        memcpy(t->dim, s->dim, sizeof t->dim);
        t->elements = (uint64_t)shape_elements(s, 1);
        draw[count++] = &e->draw[i];
    }
    struct safetensors_writer *w = safetensors_create(path, list, count, err);
    bool ok = w != NULL;
    for (int i = 0; ok && i < count; i++)
        ok = put_random(w, draw[i], list[i].elements, stream(seed, list[i].name), err);
    if (ok)
        return safetensors_commit(&w, err);
    safetensors_abandon(&w);
    return false;
}

bool model_random_weights(const struct graph *g, const char *path, uint64_t seed,
                          struct error *err)
{
    struct arena arena = {0};
    struct estimate e = {g, ARENA_ARRAY(&arena, double, g->count),
                         ARENA_ARRAY(&arena, struct draw, g->count), 0};
    for (int i = 0; i < g->count; i++) {
        e.draw[i] = (struct draw){false, 0, 0.1};
        e.additions += !strcmp(g->nodes[i].op->name, "add");
    }
    for (int i = 0; i < g->count; i++)
        e.square[i] = visit(&e, &g->nodes[i]);
    bool ok = write_all(&e, &arena, path, seed, err);
    arena_free(&arena);
    return ok;
}
