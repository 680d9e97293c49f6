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
#include <stdlib.h>
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
    } else if (op_slot(branch->op, "w") > 0) { /* pre-activation: no batch norm stands last */
        e->draw[branch->in[op_slot(branch->op, "w")]].b *= damp;
        e->square[n->in[0]] *= damp * damp;
    }
    for (int i = 0; i < n->in_count; i++)
        sum += n->in[i] == NODE_NONE ? 0 : e->square[n->in[i]];
    return sum;
}

/* What stands side by side, by its number of channels. */
static double visit_concat(const struct estimate *e, const struct node *n)
{
    double sum = 0;
    for (int i = 0; i < n->in_count; i++)
        sum += e->square[n->in[i]] * (double)e->g->nodes[n->in[i]].shape.dim[1];
    return sum / (double)n->shape.dim[1];
}

static bool feeds(const struct graph *g, const struct node *n, const char *op)
{
    for (const struct node *reader = n + 1; reader < g->nodes + g->count; reader++)
        for (int k = 0; k < reader->in_count; k++)
            if (reader->in[k] == n - g->nodes && !strcmp(reader->op->name, op))
                return true;
    return false;
}

/* A hidden layer should keep the size, a mask should be neither 0 nor 1, and scores should differ
 * by a few units, however large the features are: without batch norm they are as large as the
 * input. */
static double visit_linear(struct estimate *e, const struct node *n, double x)
{
    if (feeds(e->g, n, "sigmoid"))
        return visit_filter(e, n, x, 1);
    if (feeds(e->g, n, "relu") || feeds(e->g, n, "batchnorm"))
        return visit_filter(e, n, x, 2);
    visit_filter(e, n, x, x > 0 ? 4 / x : 4);
    draw_input(e, n, "bias", false, 0, 0.1);
    return 4;
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
    if (!strcmp(op, "concat"))
        return visit_concat(e, n);
    if (!strcmp(op, "linear"))
        return visit_linear(e, n, x);
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

struct random_weights {
    struct arena arena;
    uint64_t seed;
    const char **key; /* of every weight */
    struct draw *draw;
    int count;
};

struct random_weights *random_weights_make(const struct graph *g, uint64_t seed)
{
    struct arena arena = {0};
    struct random_weights *r = ARENA_NEW(&arena, struct random_weights);
    struct estimate e = {g, ARENA_ARRAY(&arena, double, g->count),
                         ARENA_ARRAY(&arena, struct draw, g->count), 0};
    r->key = ARENA_ARRAY(&arena, const char *, g->count);
    r->draw = ARENA_ARRAY(&arena, struct draw, g->count);
    r->seed = seed;
    for (int i = 0; i < g->count; i++) {
        e.draw[i] = (struct draw){false, 0, 0.1};
        e.additions += !strcmp(g->nodes[i].op->name, "add");
    }
    for (int i = 0; i < g->count; i++)
        e.square[i] = visit(&e, &g->nodes[i]);
    for (int i = 0; i < g->count; i++) {
        if (!weight_key(&g->nodes[i]))
            continue;
        r->key[r->count] = arena_dup(&arena, weight_key(&g->nodes[i]));
        r->draw[r->count++] = e.draw[i];
    }
    r->arena = arena;
    return r;
}

void random_weights_free(struct random_weights **r)
{
    if (!*r)
        return;
    struct arena arena = (*r)->arena;
    arena_free(&arena);
    *r = NULL;
}

bool random_weights_load(void *context, const struct graph *g, const struct node *n, float *out,
                         struct error *err)
{
    const struct random_weights *r = context;
    const char *key = weight_key(n);
    int i = 0;
    while (i < r->count && strcmp(r->key[i], key))
        i++;
    if (i == r->count)
        return fail(err, ERROR_BUG, "no random weights for '%s'", key);
    const struct draw *d = &r->draw[i];
    struct random random = {stream(r->seed, key)};
    (void)g;
    for (int64_t k = 0, count = shape_elements(&n->shape, 1); k < count; k++)
        out[k] = (float)(d->uniform ? d->a + (d->b - d->a) * random_unit(&random)
                                    : d->a + d->b * random_normal(&random));
    return true;
}

static bool put_tensor(struct safetensors_writer *w, struct random_weights *r,
                       const struct graph *g, const struct node *n, struct error *err)
{
    size_t bytes = (size_t)shape_elements(&n->shape, 1) * sizeof(float);
    float *data = malloc(bytes);
    if (!data)
        return fail(err, ERROR_LIMIT, "no memory for %%%s", n->name);
    bool ok = random_weights_load(r, g, n, data, err) && safetensors_put(w, data, bytes, err);
    free(data);
    return ok;
}

bool model_random_weights(const struct graph *g, const char *path, uint64_t seed,
                          struct error *err)
{
    struct random_weights *r = random_weights_make(g, seed);
    struct safetensor *list = ARENA_ARRAY(&r->arena, struct safetensor, g->count);
    int count = 0;
    for (int i = 0; i < g->count; i++) {
        const struct shape *s = &g->nodes[i].shape;
        if (!weight_key(&g->nodes[i]))
            continue;
        struct safetensor *t = &list[count++];
        *t = (struct safetensor){
            .name = weight_key(&g->nodes[i]), .type = SAFETENSOR_F32, .rank = s->rank};
        memcpy(t->dim, s->dim, sizeof t->dim);
        t->elements = (uint64_t)shape_elements(s, 1);
    }
    struct safetensors_writer *w = safetensors_create(path, list, count, err);
    bool ok = w != NULL;
    for (int i = 0; ok && i < g->count; i++)
        if (weight_key(&g->nodes[i]))
            ok = put_tensor(w, r, g, &g->nodes[i], err);
    if (ok)
        ok = safetensors_commit(&w, err);
    safetensors_abandon(&w);
    random_weights_free(&r);
    return ok;
}
