/* SPDX-License-Identifier: MIT */
#include "models/checkpoint.h"
#include "graph/op.h"

#include <inttypes.h>
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
    for (int i = 0; i < safetensors_count(c->file); i++) {
        const char *name = safetensors_at(c->file, i)->name;
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

const struct safetensor *checkpoint_find(const struct checkpoint *c, const char *key)
{
    char name[sizeof c->prefix + 256];
    int n = snprintf(name, sizeof name, "%s%s", c->prefix, key);
    return n < (int)sizeof name ? safetensors_find(c->file, name) : NULL;
}

int checkpoint_dim(const struct checkpoint *c, const char *key, int dim)
{
    const struct safetensor *t = checkpoint_find(c, key);
    return t && dim < t->rank && t->dim[dim] <= CHECKPOINT_DIM_MOST ? (int)t->dim[dim] : 0;
}

/* The key of a tensor of the file, NULL when it does not lie under the prefix. */
static const char *key_of(const struct checkpoint *c, const struct safetensor *t)
{
    size_t n = strlen(c->prefix);
    return strncmp(t->name, c->prefix, n) ? NULL : t->name + n;
}

int checkpoint_children(const struct checkpoint *c, const char *stem)
{
    long most = -1;
    size_t n = strlen(stem);
    for (int i = 0; i < safetensors_count(c->file); i++) {
        const char *key = key_of(c, safetensors_at(c->file, i));
        if (!key || strncmp(key, stem, n) || key[n] != '.')
            continue;
        char *end;
        long child = strtol(key + n + 1, &end, 10);
        if (*end == '.' && child > most && child < 10000)
            most = child;
    }
    return (int)most + 1;
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
                    "%d in %s", safetensors_path(c->file),
                    checkpoint_dim(c, list[at_low].key, 0), list[at_low].channels, list[at_low].key,
                    checkpoint_dim(c, list[at_high].key, 0), list[at_high].channels,
                    list[at_high].key);
    option_default_factor(o, low <= 1 && 1 < high ? 1 : (low + high) / 2);
    return true;
}

/* Vectors may be saved as [1,C]: batch norms of old checkpoints are. */
static bool same_shape(const struct safetensor *t, const struct shape *s)
{
    if (s->rank == 1 && t->rank == 2 && t->dim[0] == 1)
        return t->dim[1] == s->dim[0];
    if (t->rank != s->rank)
        return false;
    for (int i = 0; i < t->rank; i++)
        if (t->dim[i] != s->dim[i])
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

/* Names from a file end on a terminal, one in a line. */
static void print_name(struct text *t, const char *name)
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
    for (int i = 0; i < safetensors_count(c->file); i++) {
        const struct safetensor *t = safetensors_at(c->file, i);
        struct key_node wanted = {.key = key_of(c, t)};
        if (ends_with(t->name, "num_batches_tracked") ||
            (wanted.key && bsearch(&wanted, list, (size_t)n, sizeof *list, compare_keys)))
            continue;
        text_printf(lines, "surplus ");
        print_name(lines, t->name);
        text_printf(lines, " %s\n", safetensor_text(t, buf));
        count++;
    }
    arena_free(&arena);
    return count;
}
