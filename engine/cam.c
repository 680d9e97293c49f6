/* SPDX-License-Identifier: MIT */
#include "engine/cam.h"
#include "engine/collector.h"
#include "graph/space_map.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void forget(struct cam *cam)
{
    for (int i = 0; i < cam->paths; i++) {
        struct cam_path *p = &cam->path[i];
        for (int64_t k = 0; k < p->count; k++)
            free(p->window[k].map);
        free(p->window);
        p->window = NULL;
        p->count = 0;
        p->highest = 0;
    }
}

void cam_close(struct cam **cp)
{
    struct cam *cam = *cp;
    if (!cam)
        return;
    forget(cam);
    for (int i = 0; i < cam->paths; i++)
        free(cam->path[i].weight);
    arena_free(&cam->arena);
    graph_free(&cam->graph);
    free(cam);
    *cp = NULL;
}

struct cam *cam_open(const char *model, struct error *err)
{
    struct cam *cam = calloc(1, sizeof *cam);
    if (!cam) {
        fail(err, ERROR_LIMIT, "out of memory");
        return NULL;
    }
    cam->graph = graph_read(model, err);
    if (!cam->graph || !cam_heads(cam->graph, cam->head, &cam->paths, err)) {
        cam->paths = 0;
        cam_close(&cam);
        return NULL;
    }
    for (int i = 0; i < cam->paths; i++) {
        const struct node *n = &cam->graph->nodes[cam->head[i].feature];
        const int64_t *d = n->shape.dim;
        cam->keep[i] = n->name;
        cam->path[i] = (struct cam_path){
            .name = n->name, .clip = n->clip, .c = d[1], .t = d[2], .h = d[3], .w = d[4]};
    }
    return cam;
}

/* The row of the classifier that makes a class, the part of it that reads this path. */
static bool read_weight(struct cam *cam, int i, const struct network *m, int class,
                        struct error *err)
{
    struct cam_path *p = &cam->path[i];
    const struct node *n = &cam->graph->nodes[cam->head[i].weight];
    const struct shape *s = &n->shape;
    if (class < 0 || class >= s->dim[0])
        return graph_fail(cam->graph, n, err, "has no class %d", class);
    const struct safetensor *t = m->weights ? safetensors_find(m->weights, weight_key(n)) : NULL;
    if (!t)
        return graph_fail(cam->graph, n, err, "is not in the weights file");
    free(p->weight);
    p->weight = malloc((size_t)p->c * sizeof *p->weight);
    if (!p->weight)
        return fail(err, ERROR_LIMIT, "out of memory");
    return safetensors_read(m->weights, t, (uint64_t)(class * s->dim[1] + cam->head[i].column),
                            (size_t)p->c, p->weight, err);
}

bool cam_begin(struct cam *cam, const struct network *m, int class, struct error *err)
{
    cam->network = m;
    forget(cam);
    for (int i = 0; i < cam->paths; i++) {
        cam->path[i].node = graph_find(m->graph, cam->path[i].name);
        if (cam->path[i].node == NODE_NONE)
            return fail(err, ERROR_BUG, "%%%s was not kept", cam->path[i].name);
        TRY(read_weight(cam, i, m, class, err));
    }
    return true;
}

/* ---- collecting ---- */

/* The map of one window: the definition, summed in double precision. */
static float *project(struct cam_path *p, const float *feature)
{
    int64_t places = p->t * p->h * p->w;
    float *map = malloc((size_t)places * sizeof *map);
    for (int64_t i = 0; map && i < places; i++) {
        double sum = 0;
        for (int64_t c = 0; c < p->c; c++)
            sum += (double)p->weight[c] * feature[c * places + i];
        map[i] = (float)sum;
        p->highest = map[i] > p->highest ? map[i] : p->highest;
    }
    return map;
}

static bool add_window(struct cam_path *p, const struct window *w, const float *feature,
                       struct error *err)
{
    if (!(p->count & (p->count - 1))) { /* 0, 1, 2, 4 ...: the room doubles */
        size_t cap = p->count ? 2 * (size_t)p->count : 1;
        struct cam_window *more = realloc(p->window, cap * sizeof *more);
        if (!more)
            return fail(err, ERROR_LIMIT, "no memory for the maps of %lld windows",
                        (long long)p->count + 1);
        p->window = more;
    }
    float *map = project(p, feature);
    if (!map)
        return fail(err, ERROR_LIMIT, "no memory for the maps of %lld windows",
                    (long long)p->count + 1);
    p->window[p->count++] = (struct cam_window){
        .index = w->index, .crop = w->crop, .start = w->start, .end = w->end, .map = map};
    return true;
}

bool cam_batch(void *context, int clip, const struct window *ran, int windows, struct error *err)
{
    struct cam *cam = context;
    if (!windows)
        forget(cam);
    for (int i = 0; windows && i < cam->paths; i++) {
        struct cam_path *p = &cam->path[i];
        size_t one = (size_t)(p->c * p->t * p->h * p->w);
        if (p->clip != clip)
            continue;
        float *feature = malloc((size_t)windows * one * sizeof *feature);
        bool ok = feature ? session_fetch(cam->network->session, p->node, feature, windows, err)
                          : fail(err, ERROR_LIMIT, "no memory for %%%s", p->name);
        for (int k = 0; ok && k < windows; k++)
            ok = add_window(p, &ran[k], feature + (size_t)k * one, err);
        free(feature);
        TRY(ok);
    }
    return true;
}

/* ---- looking at a time ---- */

static double distance(const struct cam_window *w, double time)
{
    return time < w->start ? w->start - time : time >= w->end ? time - w->end + 1e-9 : 0;
}

/* The nearer two of `size` samples to a place between 0 and size, and the second one's weight. */
static double neighbours(double place, int64_t size, int64_t at[2])
{
    double x = place - 0.5;
    x = x < 0 ? 0 : x > (double)(size - 1) ? (double)(size - 1) : x;
    at[0] = (int64_t)x;
    at[1] = at[0] + 1 < size ? at[0] + 1 : at[0];
    return x - (double)at[0];
}

/* A window's map at a time, H x W: between two of its T. What was padded does not play. */
static void slice(const struct cam_path *p, const struct cam_window *w, double time, double seconds,
                  float *out)
{
    double length = w->end - w->start, played = length / (seconds > length ? seconds : length);
    double place = length > 0 ? (time - w->start) / length * played * (double)p->t : 0;
    int64_t at[2], area = p->h * p->w;
    double part = neighbours(place, p->t, at);
    for (int64_t i = 0; i < area; i++)
        out[i] = (float)((1 - part) * w->map[at[0] * area + i] + part * w->map[at[1] * area + i]);
}

/* Adds a slice, bilinearly, to what was found so far; count: of windows that see a pixel. */
static void spread(const struct cam_path *p, const float *map, const struct space_map *s,
                   const double scale[2], int w, int h, float *sum, unsigned short *count)
{
    for (int y = 0; y < h; y++) {
        double v = (y + 0.5) * scale[1] * s->y_scale + s->y_shift;
        if (v < 0 || v >= s->h)
            continue;
        int64_t a[2], b[2];
        double fy = neighbours(v / s->h * (double)p->h, p->h, a);
        for (int x = 0; x < w; x++) {
            double u = (x + 0.5) * scale[0] * s->x_scale + s->x_shift;
            if (u < 0 || u >= s->w)
                continue;
            double fx = neighbours(u / s->w * (double)p->w, p->w, b);
            const float *top = map + a[0] * p->w, *low = map + a[1] * p->w;
            sum[(int64_t)y * w + x] += (float)((1 - fy) * ((1 - fx) * top[b[0]] + fx * top[b[1]]) +
                                               fy * ((1 - fx) * low[b[0]] + fx * low[b[1]]));
            count[(int64_t)y * w + x]++;
        }
    }
}

bool cam_heat(const struct cam *cam, int path, double time, double seconds, int source_w,
              int source_h, int w, int h, float *heat, struct error *err)
{
    const struct cam_path *p = &cam->path[path];
    const struct recipe *r = &cam->network->graph->clips[p->clip];
    const double scale[2] = {(double)source_w / w, (double)source_h / h};
    size_t pixels = (size_t)w * (size_t)h;
    unsigned short *count = calloc(pixels, sizeof *count);
    float *map = malloc((size_t)(p->h * p->w) * sizeof *map);
    double nearest = INFINITY;
    bool ok = count && map;
    if (!ok)
        fail(err, ERROR_LIMIT, "no memory for a picture of %dx%d", w, h);
    memset(heat, 0, pixels * sizeof *heat);
    for (int64_t i = 0; i < p->count; i++)
        nearest = fmin(nearest, distance(&p->window[i], time));
    for (int64_t i = 0; ok && i < p->count; i++) {
        struct space_map s;
        if (distance(&p->window[i], time) > nearest)
            continue;
        slice(p, &p->window[i], time, seconds, map);
        ok = space_map_make(&s, r, source_w, source_h, p->window[i].crop, err);
        if (ok)
            spread(p, map, &s, scale, w, h, heat, count);
    }
    for (size_t i = 0; ok && i < pixels; i++) {
        float v = count[i] ? heat[i] / (float)count[i] : -1;
        heat[i] = !count[i] ? -1 : v <= 0 || p->highest <= 0 ? 0 : v / p->highest;
    }
    free(count);
    free(map);
    return ok;
}
