/* SPDX-License-Identifier: MIT */
#include "engine/load.h"
#include "base/checked.h"
#include "base/half.h"
#include "base/parallel.h"

#include <pthread.h>
#include <stdlib.h>

/* How a weight node is read: by device steps as float or half, by host nodes of the video part. */
enum reader { READ_FLOAT = 1, READ_HALF = 2, READ_HOST = 4 };

struct loader {
    const struct plan *plan;
    struct ocl *ocl;
    const struct weight_source *source;
    ocl_buffer *const *weight;
    struct tensor *host;
    unsigned char *readers; /* by node: enum reader */
    node_id *list;          /* those that are wanted */
    size_t count;
    uint64_t budget; /* bytes of weights that may be under way, if there is more than one */

    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint64_t under_way;
    struct error error;
    node_id failed; /* the first in the graph's order: what is said does not depend on threads */
};

uint64_t load_device_bytes(const struct node *n, bool half)
{
    uint64_t size = half ? sizeof(uint16_t) : sizeof(float);
    return round_up((uint64_t)shape_elements(&n->shape, 1) * size + 64, 128);
}

static void find_weights(struct loader *l)
{
    const struct plan *plan = l->plan;
    const struct graph *g = plan->graph;
    for (int p = 0; p < plan->part_count; p++)
        for (int i = 0; i < plan->parts[p].step_count; i++)
            for (int a = 0; a < plan->parts[p].steps[i].arg_count; a++) {
                node_id arg = plan->parts[p].steps[i].args[a];
                if (plan_is_weight(plan, arg))
                    l->readers[arg] |=
                        plan->parts[p].steps[i].half_weight[a] ? READ_HALF : READ_FLOAT;
            }
    for (int i = 0; i < g->count; i++)
        for (int k = 0; g->nodes[i].part == PART_VIDEO && k < g->nodes[i].in_count; k++) {
            node_id x = g->nodes[i].in[k];
            if (x != NODE_NONE && g->nodes[x].part == PART_WEIGHT)
                l->readers[x] |= READ_HOST;
        }
    for (int i = 0; i < g->count; i++)
        if (l->readers[i])
            l->list[l->count++] = i;
}

/* Waits until there is room for it; false: one before it has failed, so it is of no use. */
static bool enter(struct loader *l, uint64_t bytes, node_id id)
{
    pthread_mutex_lock(&l->lock);
    while (l->under_way && l->under_way + bytes > l->budget)
        pthread_cond_wait(&l->changed, &l->lock);
    bool useful = l->failed == NODE_NONE || id < l->failed;
    if (useful)
        l->under_way += bytes;
    pthread_mutex_unlock(&l->lock);
    return useful;
}

static void leave(struct loader *l, uint64_t bytes, node_id id, const struct error *err)
{
    pthread_mutex_lock(&l->lock);
    l->under_way -= bytes;
    if (err->code && (l->failed == NODE_NONE || id < l->failed)) {
        l->failed = id;
        l->error = *err;
    }
    pthread_cond_broadcast(&l->changed);
    pthread_mutex_unlock(&l->lock);
}

/* One thread at a time speaks to the device. */
static bool upload(struct loader *l, node_id id, const void *data, bool half, struct error *err)
{
    const struct node *n = &l->plan->graph->nodes[id];
    uint64_t bytes = (uint64_t)shape_elements(&n->shape, 1) * (half ? sizeof(uint16_t) : 4);
    pthread_mutex_lock(&l->lock);
    l->weight[half][id] = ocl_alloc_with(l->ocl, load_device_bytes(n, half), data, bytes, err);
    pthread_mutex_unlock(&l->lock);
    return l->weight[half][id] != NULL;
}

static bool upload_half(struct loader *l, node_id id, const float *x, struct error *err)
{
    const struct graph *g = l->plan->graph;
    uint64_t count = (uint64_t)shape_elements(&g->nodes[id].shape, 1);
    uint16_t *data = malloc(count * sizeof *data);
    bool ok = data || fail(err, ERROR_LIMIT, "out of memory");
    for (uint64_t i = 0; ok && i < count; i++) {
        data[i] = half_from_float(x[i]);
        ok = (x[i] >= -HALF_MOST && x[i] <= HALF_MOST) ||
             fail(err, ERROR_MODEL, "%s: weight %%%s: element %llu is %g, half storage holds up "
                  "to %g", g->file, g->nodes[id].name, (unsigned long long)i, x[i], HALF_MOST);
    }
    ok = ok && upload(l, id, data, true, err);
    free(data);
    return ok;
}

/* One weight from the file to where it is wanted, with memory of its own for what lies between. */
static bool bring(struct loader *l, node_id id, struct error *err)
{
    const struct graph *g = l->plan->graph;
    struct tensor *values = calloc((size_t)g->count, sizeof *values);
    bool *wanted = calloc((size_t)g->count, sizeof *wanted);
    bool ok = values && wanted;
    if (!ok) {
        fail(err, ERROR_LIMIT, "out of memory");
    } else {
        wanted[id] = true;
        ok = eval_nodes(g, values, wanted, l->source, err) &&
             (!(l->readers[id] & READ_FLOAT) || upload(l, id, values[id].data, false, err)) &&
             (!(l->readers[id] & READ_HALF) || upload_half(l, id, values[id].data, err));
        if (ok && l->readers[id] & READ_HOST) {
            l->host[id] = values[id];
            values[id].data = NULL;
        }
    }
    for (int i = 0; values && i < g->count; i++)
        free(values[i].data);
    free(values);
    free(wanted);
    return ok;
}

static void load_one(void *context, size_t i)
{
    struct loader *l = context;
    struct error err = {0};
    node_id id = l->list[i];
    uint64_t bytes = load_device_bytes(&l->plan->graph->nodes[id], false);
    if (!enter(l, bytes, id))
        return;
    bring(l, id, &err);
    leave(l, bytes, id, &err);
}

bool load_weights(const struct plan *plan, struct ocl *ocl, const struct weight_source *source,
                  ocl_buffer *const weight[2], struct tensor *host, struct error *err)
{
    size_t nodes = (size_t)plan->graph->count;
    struct loader l = {.plan = plan, .ocl = ocl, .source = source, .weight = weight, .host = host,
                       .budget = plan_staging_bytes(plan), .failed = NODE_NONE};
    l.readers = calloc(nodes, sizeof *l.readers);
    l.list = calloc(nodes, sizeof *l.list);
    bool ok = l.readers && l.list;
    if (!ok) {
        fail(err, ERROR_LIMIT, "out of memory");
    } else {
        find_weights(&l);
        pthread_mutex_init(&l.lock, NULL);
        pthread_cond_init(&l.changed, NULL);
        parallel_for(l.count, 0, load_one, &l);
        pthread_cond_destroy(&l.changed);
        pthread_mutex_destroy(&l.lock);
        if ((ok = l.failed == NODE_NONE) == false && err)
            *err = l.error;
    }
    free(l.readers);
    free(l.list);
    return ok;
}
