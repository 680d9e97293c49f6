/* SPDX-License-Identifier: MIT */
#include "engine/self_check_value.h"
#include "base/half.h"
#include "base/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLES = 768 };

void value_fill(float *to, size_t count, enum dtype dtype, int parts, uint64_t seed)
{
    struct random r = {seed};
    for (size_t i = 0; i < count; i++)
        to[i] = dtype == DTYPE_U8 ? (float)random_int(&r, 0, 255)
                                  : (float)random_int(&r, -4 * parts, 4 * parts) / (float)parts;
}

void value_fill_weight(float *to, size_t count, uint64_t seed)
{
    struct random r = {seed};
    for (size_t i = 0; i < count; i++)
        to[i] = (float)random_int(&r, -4, 4);
}

void value_make_positive(float *x, size_t count)
{
    for (size_t i = 0; i < count; i++)
        x[i] = (x[i] < 0 ? -x[i] : x[i]) + 0.5f;
}

void value_make_signed(struct tensor *x)
{
    size_t channels = x->shape.rank > 1 ? (size_t)x->shape.dim[1] : 1, pixels = 1;
    size_t count = (size_t)shape_elements(&x->shape, 1);
    for (int i = 2; i < x->shape.rank; i++)
        pixels *= (size_t)x->shape.dim[i];
    for (size_t i = 0; i < count; i++) {
        size_t c = i / pixels % channels % 4;
        if (c >= 2)
            x->data[i] = c == 2 ? -fabsf(x->data[i]) : fabsf(x->data[i]);
    }
}

struct shape value_shape(const struct plan *plan, int part, node_id id)
{
    struct shape s = plan->graph->nodes[id].shape;
    if (s.rank && s.dim[0] == DIM_N)
        s.dim[0] = plan->parts[part].batch;
    return s;
}

struct place value_place(struct session *s, const struct plan *plan, node_id id,
                         const struct shape *shape)
{
    int channel = 0;
    node_id whole = plan_storage(plan, id, &channel);
    const struct shape *around = &plan->graph->nodes[whole].shape;
    struct place p = {.buffer = session_input(s, id),
                      .n = (size_t)shape->dim[0],
                      .channels = shape->rank > 1 ? (size_t)shape->dim[1] : 1,
                      .pixels = 1,
                      .first = (size_t)channel};
    for (int i = 2; i < shape->rank; i++)
        p.pixels *= (size_t)shape->dim[i];
    bool view = plan->slices[id].into == NODE_NONE; /* the same channels, whatever its shape */
    int64_t channels = view || around->rank < 2 ? (int64_t)p.channels : around->dim[1];
    p.bytes = shape->dtype == DTYPE_U8 ? 1 : plan_is_half(plan, id) ? 2 : 4;
    p.row = shape->dtype == DTYPE_U8 ? p.channels : (size_t)layout_row(channels);
    p.around = (size_t)channels;
    return p;
}

static void put(unsigned char *to, size_t bytes, float v)
{
    uint16_t h = half_from_float(v);
    if (bytes == 1)
        *to = (unsigned char)v;
    else
        memcpy(to, bytes == 2 ? (void *)&h : (void *)&v, bytes);
}

static float get(const unsigned char *from, size_t bytes)
{
    uint16_t h;
    float v;
    if (bytes == 1)
        return *from;
    if (bytes == 4) {
        memcpy(&v, from, sizeof v);
        return v;
    }
    memcpy(&h, from, sizeof h);
    return half_to_float(h);
}

static unsigned char *room(const struct place *p, struct error *err)
{
    size_t size = p->n * p->pixels * p->row * p->bytes;
    unsigned char *rows = malloc(size);
    if (!rows)
        fail(err, ERROR_LIMIT, "no memory for a value of %zu bytes", size);
    return rows;
}

unsigned char *value_around(struct ocl *ocl, const struct place *p, struct error *err)
{
    size_t size = p->n * p->pixels * p->row * p->bytes;
    unsigned char *rows = room(p, err);
    if (rows && !ocl_read(ocl, rows, p->buffer, 0, size, err))
        free(rows), rows = NULL;
    return rows;
}

static unsigned char *at(unsigned char *rows, const struct place *p, size_t n, size_t c, size_t i)
{
    return rows + ((n * p->pixels + i) * p->row + p->first + c) * p->bytes;
}

bool value_write(struct session *s, struct ocl *ocl, const struct plan *plan, node_id id,
                 const struct tensor *value, struct error *err)
{
    struct place p = value_place(s, plan, id, &value->shape);
    bool alone = p.channels == p.around;
    unsigned char *rows = alone ? room(&p, err) : value_around(ocl, &p, err);
    const float *x = value->data;
    if (!rows)
        return false;
    if (alone)
        memset(rows, 0xff, p.n * p.pixels * p.row * p.bytes);
    for (size_t n = 0; n < p.n; n++)
        for (size_t c = 0; c < p.channels; c++)
            for (size_t i = 0; i < p.pixels; i++)
                put(at(rows, &p, n, c, i), p.bytes, *x++);
    bool ok = ocl_write(ocl, p.buffer, 0, rows, p.n * p.pixels * p.row * p.bytes, err);
    free(rows);
    return ok;
}

bool value_read(struct session *s, struct ocl *ocl, const struct plan *plan, node_id id,
                const struct shape *shape, float *to, struct error *err)
{
    struct place p = value_place(s, plan, id, shape);
    unsigned char *rows = value_around(ocl, &p, err);
    if (!rows)
        return false;
    for (size_t n = 0; n < p.n; n++)
        for (size_t c = 0; c < p.channels; c++)
            for (size_t i = 0; i < p.pixels; i++)
                *to++ = get(at(rows, &p, n, c, i), p.bytes);
    free(rows);
    return true;
}

/* A place that is likely to be at an edge: the first two, the last two, or any. */
static size_t near_edge(struct random *r, size_t size)
{
    size_t at = (size_t)random_int(r, 0, 4);
    if (at == 4)
        at = (size_t)random_u64(r);
    return (at == 2 || at == 3 ? size * 2 + 1 - at : at) % size;
}

unsigned char *value_sample(const struct shape *s, size_t count)
{
    unsigned char *wanted = calloc(count + 1, 1);
    struct random r = {count};
    for (size_t i = 0; wanted && i < SAMPLES; i++) {
        size_t at = 0;
        for (int k = 0; k < s->rank; k++)
            at = at * (size_t)s->dim[k] + near_edge(&r, (size_t)s->dim[k]);
        wanted[at] = wanted[random_u64(&r) % count] = 1;
        if (i < 16 && i < count)
            wanted[i] = wanted[count - 1 - i] = 1;
    }
    return wanted;
}

double value_difference(const struct tensor *want, const float *got, double round)
{
    size_t count = (size_t)shape_elements(&want->shape, 1), n = 0;
    double squares = 0, most = 0;
    for (size_t i = 0; i < count; i++) {
        double w = want->data[i], d = fabs(got[i] - w) - round * fabs(w);
        if (!want->wanted[i] || (isnan(w) && isnan(got[i])) || (isinf(w) && w == got[i]))
            continue;
        squares += isfinite(w) ? w * w : 0;
        most = d <= most ? most : isfinite(d) ? d : INFINITY;
        n++;
    }
    double rms = n ? sqrt(squares / (double)n) : 0;
    return most > 0 ? most / (rms > 1e-6 ? rms : 1e-6) : 0;
}
