/* SPDX-License-Identifier: MIT */
#include "models/checkpoint.h"
#include "graph/op.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), k = strlen(end);
    return n >= k && !strcmp(s + n - k, end);
}

static bool is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7f;
}

bool checkpoint_locate(struct checkpoint *c, const char *key, const char *second_key)
{
    size_t best = SIZE_MAX;
    struct checkpoint tried = *c;
    for (int i = 0; i < c->count; i++) {
        const char *name = c->keys[i].name;
        if (!ends_with(name, key))
            continue;
        size_t n = strlen(name) - strlen(key);
        if (n >= best || n >= sizeof tried.prefix || (n && name[n - 1] != '.'))
            continue;
        memcpy(tried.prefix, name, n);
        tried.prefix[n] = 0;
        bool printable = true;
        for (size_t k = 0; k < n; k++)
            printable = printable && !is_control(name[k]);
        if (printable && checkpoint_find(&tried, second_key)) {
            best = n;
            *c = tried;
        }
    }
    return best != SIZE_MAX;
}

static int compare_name(const void *name, const void *key)
{
    return strcmp(name, ((const struct checkpoint_key *)key)->name);
}

const struct safetensor *checkpoint_find(const struct checkpoint *c, const char *key)
{
    char name[sizeof c->prefix + 256];
    int n = snprintf(name, sizeof name, "%s%s", c->prefix, key);
    if (n >= (int)sizeof name || !c->count)
        return NULL;
    const struct checkpoint_key *hit =
        bsearch(name, c->keys, (size_t)c->count, sizeof *c->keys, compare_name);
    return hit ? hit->t : NULL;
}

bool checkpoint_load(void *context, const struct graph *g, const struct node *n, float *out,
                     struct error *err)
{
    const struct checkpoint *c = context;
    const struct safetensor *t = checkpoint_find(c, weight_key(n));
    if (!t || t->elements != (uint64_t)shape_elements(&n->shape, 1))
        return graph_fail(g, n, err, "%s has no such tensor", tensor_file_path(c->file));
    TRY(tensor_file_read(c->file, t, 0, (size_t)t->elements, out, err));
    for (uint64_t i = 0; i < t->elements; i++)
        if (!isfinite(out[i]))
            return fail(err, ERROR_MODEL, "%s: tensor '%s': element %llu is not finite",
                        tensor_file_path(c->file), t->name, (unsigned long long)i);
    return true;
}

int checkpoint_dim(const struct checkpoint *c, const char *key, int dim)
{
    const struct safetensor *t = checkpoint_find(c, key);
    return t && dim < t->rank && t->dim[dim] <= CHECKPOINT_DIM_MOST ? (int)t->dim[dim] : 0;
}

/* Tensor i's name without the prefix, NULL when it does not lie under it. */
static const char *key_of(const struct checkpoint *c, int i)
{
    size_t n = strlen(c->prefix);
    return strncmp(c->keys[i].name, c->prefix, n) ? NULL : c->keys[i].name + n;
}

int checkpoint_children(const struct checkpoint *c, const char *stem)
{
    long most = -1;
    size_t n = strlen(stem);
    for (int i = 0; i < c->count; i++) {
        const char *key = key_of(c, i);
        if (!key || strncmp(key, stem, n) || key[n] != '.')
            continue;
        char *end;
        long child = strtol(key + n + 1, &end, 10);
        if (*end == '.' && child > most && child < 10000)
            most = child;
    }
    return (int)most + 1;
}

/* The fraction with the smallest denominator in [low, high), 0 <= low < high <= 64: what a person
 * would have written. */
static double simplest_between(double low, double high)
{
    for (int below = 1; below < 4096; below++) {
        double above = ceil(low * below);
        above = above < 1 ? 1 : above;
        if (above / below >= low && above / below < high)
            return above / below;
    }
    return (low + high) / 2;
}

bool checkpoint_factor(const struct checkpoint *c, const struct full_width *list, int count,
                       struct options *o, struct error *err)
{
    double low = 0, high = 64;
    int at_low = 0, at_high = 0;
    for (int i = 0; i < count; i++) {
        int n = checkpoint_dim(c, list[i].key, 0);
        if (!n)
            continue;
        double least = n > 1 ? (n - 0.5) / list[i].channels : 0;
        double most = (n + 0.5) / list[i].channels;
        if (least > low) {
            low = least;
            at_low = i;
        }
        if (most < high) {
            high = most;
            at_high = i;
        }
    }
    if (low >= high)
        return fail(err, ERROR_MODEL, "%s: no one factor makes %d channels of %d in %s and %d of "
                    "%d in %s", tensor_file_path(c->file),
                    checkpoint_dim(c, list[at_low].key, 0), list[at_low].channels, list[at_low].key,
                    checkpoint_dim(c, list[at_high].key, 0), list[at_high].channels,
                    list[at_high].key);
    option_default_factor(o, simplest_between(low, high));
    return true;
}

/* Vectors may be saved as [1,C]: batch norms of old checkpoints are. Convolutions of one pixel may
 * be matrices, and the other way round. */
static bool same_shape(const struct safetensor *t, const struct shape *s)
{
    if (s->rank == 1 && t->rank == 2 && t->dim[0] == 1)
        return t->dim[1] == s->dim[0];
    for (int i = 0; i < t->rank || i < s->rank; i++)
        if ((i < t->rank ? t->dim[i] : 1) != (i < s->rank ? s->dim[i] : 1))
            return false;
    return true;
}

struct key_node {
    const char *key;
    const struct node *node;
};

static int compare_keys(const void *a, const void *b)
{
    return strcmp(((const struct key_node *)a)->key, ((const struct key_node *)b)->key);
}

static int compare_weights(const struct checkpoint *c, const struct key_node *list, int n,
                           struct text *lines)
{
    int count = 0;
    for (int i = 0; i < n; i++) {
        const struct shape *wanted = &list[i].node->shape;
        const struct safetensor *t = checkpoint_find(c, list[i].key);
        char a[112], b[96];
        if (!t)
            text_printf(lines, "missing %s %s\n", list[i].key, shape_text(wanted, b));
        else if (!same_shape(t, wanted))
            text_printf(lines, "shape %s: the checkpoint has %s, the network wants %s\n",
                        list[i].key, safetensor_text(t, a), shape_text(wanted, b));
        count += !t || !same_shape(t, wanted);
    }
    return count;
}

void checkpoint_print_name(struct text *t, const char *name)
{
    for (; *name; name++)
        text_append(t, is_control(*name) ? "?" : name, 1);
}

int checkpoint_compare(const struct checkpoint *c, const struct graph *g, struct text *lines)
{
    struct arena arena = {0};
    struct key_node *list = ARENA_ARRAY(&arena, struct key_node, g->count);
    int n = 0, count;
    char buf[112];
    for (int i = 0; i < g->count; i++) {
        const char *key = weight_key(&g->nodes[i]);
        if (key)
            list[n++] = (struct key_node){key, &g->nodes[i]};
    }
    count = compare_weights(c, list, n, lines);
    qsort(list, (size_t)n, sizeof *list, compare_keys);
    for (int i = 0; i < c->count; i++) {
        const struct safetensor *t = c->keys[i].t;
        struct key_node wanted = {.key = key_of(c, i)};
        if (ends_with(t->name, "num_batches_tracked") ||
            (wanted.key && bsearch(&wanted, list, (size_t)n, sizeof *list, compare_keys)))
            continue;
        text_printf(lines, "surplus ");
        checkpoint_print_name(lines, t->name);
        text_printf(lines, " %s\n", safetensor_text(t, buf));
        count++;
    }
    arena_free(&arena);
    return count;
}
