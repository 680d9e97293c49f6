/* SPDX-License-Identifier: MIT */
/* A checkpoint becomes M.graph, M.safetensors and the label file beside them. The graph is written
 * last, so that it never names files that are not there. */
#include "base/file.h"
#include "io/labels.h"
#include "models/models.h"
#include "models/onnx.h"
#include "models/recognise.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PIECE = 16384 }; /* elements copied at a time */

struct names {
    struct arena arena;
    const char *weights_path, *labels_path; /* to be written; labels NULL: nothing to copy */
    const char *weights_name, *labels_name; /* as the graph names them                     */
    bool linked;                            /* weights_name is the checkpoint itself       */
};

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool same_file(const char *a, const char *b)
{
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* file_beside() in the arena. */
static const char *beside(struct names *n, const char *path, const char *name)
{
    return arena_printf(&n->arena, "%.*s%s", (int)(base_name(path) - path), path, name);
}

static bool same_folder(struct names *n, const char *a, const char *b)
{
    return same_file(beside(n, a, "."), beside(n, b, "."));
}

/* A name that a graph's header can hold. */
static bool check_name(const char *name, struct error *err)
{
    if (file_is_plain_name(name) && !strpbrk(name, " \t#"))
        return true;
    return fail(err, ERROR_USAGE, "'%.80s': a graph names files without blanks and '#'", name);
}

static bool plan_weights(const struct import *im, struct names *n, struct error *err)
{
    const char *base = base_name(im->output);
    size_t len = strlen(base);
    if (len > 6 && !strcmp(base + len - 6, ".graph"))
        len -= 6;
    n->weights_name = arena_printf(&n->arena, "%.*s.safetensors", (int)len, base);
    n->weights_path = beside(n, im->output, n->weights_name);
    /* import M.safetensors -o M.graph: the weights are where they belong already */
    n->linked = im->link || same_file(n->weights_path, im->checkpoint);
    if (im->link && !same_folder(n, im->output, im->checkpoint))
        return fail(err, ERROR_USAGE, "%s: a linked checkpoint must stand in the folder of %s",
                    im->checkpoint, im->output);
    if (im->link)
        n->weights_name = base_name(im->checkpoint);
    return check_name(n->weights_name, err);
}

static bool plan_labels(const struct import *im, struct names *n, struct error *err)
{
    if (!im->labels)
        return true;
    n->labels_name = base_name(im->labels);
    n->labels_path = beside(n, im->output, n->labels_name);
    if (same_file(n->labels_path, im->labels))
        n->labels_path = NULL;
    return check_name(n->labels_name, err);
}

/* Decides where everything goes, before anything is read or written. */
static bool plan_names(const struct import *im, struct names *n, struct error *err)
{
    if (same_file(im->output, im->checkpoint) ||
        (im->labels && same_file(im->output, im->labels)))
        return fail(err, ERROR_USAGE, "%s: is to be read, it cannot be the output too",
                    im->output);
    return plan_weights(im, n, err) && plan_labels(im, n, err);
}

/* The tensors that the graph names, in its order, as the weights file shall have them;
 * from[i] is where list[i] comes from. */
static int list_weights(const struct graph *g, const struct checkpoint *c, struct safetensor *list,
                        const struct safetensor **from)
{
    int n = 0;
    for (int i = 0; i < g->count; i++) {
        const char *key = weight_key(&g->nodes[i]);
        if (!key)
            continue;
        from[n] = checkpoint_find(c, key);
        list[n] = *from[n];
        list[n].name = key;
        list[n].type = SAFETENSOR_F32;
        list[n].rank = g->nodes[i].shape.rank; /* a vector saved as [1,C] becomes [C] */
        memcpy(list[n].dim, g->nodes[i].shape.dim, sizeof list[n].dim);
        n++;
    }
    return n;
}

/* Reads a tensor in pieces, refuses what is not finite, and copies it when there is a writer. */
static bool copy_tensor(const struct tensor_file *file, const struct safetensor *t,
                        struct safetensors_writer *w, struct error *err)
{
    float piece[PIECE];
    for (uint64_t at = 0; at < t->elements;) {
        size_t n = t->elements - at < PIECE ? (size_t)(t->elements - at) : PIECE;
        TRY(tensor_file_read(file, t, at, n, piece, err));
        for (size_t i = 0; i < n; i++)
            if (!isfinite(piece[i]))
                return fail(err, ERROR_MODEL, "%s: tensor '%s': element %llu is not finite",
                            tensor_file_path(file), t->name, (unsigned long long)(at + i));
        if (w)
            TRY(safetensors_put(w, piece, n * sizeof *piece, err));
        at += n;
    }
    return true;
}

static bool check_types(const struct tensor_file *file, const struct safetensor *const *from,
                        int n, struct error *err)
{
    for (int i = 0; i < n; i++)
        if (!safetensor_is_float(from[i]->type))
            return fail(err, ERROR_MODEL,
                        "%s: tensor '%s' is %s, weights are F32, F16, BF16 or F64",
                        tensor_file_path(file), from[i]->name,
                        safetensor_type_name(from[i]->type));
    return true;
}

/* A graph's weights are a safetensors file with the graph's own names and shapes; list and from are
 * of list_weights(). */
static bool check_link(const struct checkpoint *c, const struct safetensor *list,
                       const struct safetensor *const *from, int n, struct error *err)
{
    const char *advice = "so it must be copied: choose another output, without --link";
    if (!tensor_file_is_safetensors(c->file))
        return fail(err, ERROR_USAGE, "%s: is no safetensors file, %s", tensor_file_path(c->file),
                    advice);
    if (c->naming)
        return fail(err, ERROR_USAGE, "%s: has names as in %s, %s", tensor_file_path(c->file),
                    c->naming, advice);
    if (c->prefix[0])
        return fail(err, ERROR_USAGE, "%s: its names begin with '%s', %s",
                    tensor_file_path(c->file), c->prefix, advice);
    for (int i = 0; i < n; i++) {
        char have[112], want[112];
        if (from[i]->rank != list[i].rank ||
            memcmp(from[i]->dim, list[i].dim, (size_t)list[i].rank * sizeof *list[i].dim) != 0)
            return fail(err, ERROR_USAGE, "%s: tensor '%s' is %s, the graph wants %s, %s",
                        tensor_file_path(c->file), list[i].name, safetensor_text(from[i], have),
                        safetensor_text(&list[i], want), advice);
    }
    return true;
}

static bool write_weights(const struct graph *g, const struct checkpoint *c, const struct names *n,
                          struct error *err)
{
    struct arena arena = {0};
    struct safetensor *list = ARENA_ARRAY(&arena, struct safetensor, g->count);
    const struct safetensor **from = ARENA_ARRAY(&arena, const struct safetensor *, g->count);
    int count = list_weights(g, c, list, from);
    struct safetensors_writer *w = NULL;
    bool ok = check_types(c->file, from, count, err);
    if (ok && n->linked)
        ok = check_link(c, list, from, count, err);
    if (ok && !n->linked)
        ok = (w = safetensors_create(n->weights_path, list, count, err)) != NULL;
    for (int i = 0; ok && i < count; i++)
        ok = copy_tensor(c->file, from[i], w, err);
    if (ok && w)
        ok = safetensors_commit(&w, err);
    safetensors_abandon(&w);
    arena_free(&arena);
    return ok;
}

/* Elements of the scores: what a label file must name. */
static bool check_labels(const char *path, const struct graph *g, struct error *err)
{
    struct labels *l = labels_read(path, ERROR_MODEL, err);
    node_id scores = graph_find(g, "probs");
    if (!l)
        return false;
    int count = l->count;
    labels_free(&l);
    if (scores != NODE_NONE && count != g->nodes[scores].shape.dim[1])
        return fail(err, ERROR_MODEL, "%s: %d class names, the network has %lld classes", path,
                    count, (long long)g->nodes[scores].shape.dim[1]);
    return true;
}

static bool copy_labels(const char *from, const char *to, struct error *err)
{
    size_t len;
    char *text = file_read(from, LABELS_BYTES_MOST, ERROR_MODEL, &len, err);
    bool ok = text && file_write(to, text, len, err);
    free(text);
    return ok;
}

static bool write_graph(const struct graph *g, const char *path, struct error *err)
{
    struct text t = {0};
    graph_print(g, &t);
    bool ok = file_write(path, t.s, t.len, err);
    text_free(&t);
    return ok;
}

/* The same of an ONNX file, which brings its graph. */
static bool import_onnx(const struct import *im, const struct names *names,
                        struct import_report *report, struct error *err)
{
    if (im->settings || im->link)
        return fail(err, ERROR_USAGE, "%s: an ONNX file takes neither --set nor --link",
                    im->checkpoint);
    struct model_files files = {names->weights_name, names->labels_name};
    struct onnx_model *m = onnx_model_open(im->checkpoint, im->recipe, &files, report, err);
    struct graph *g = m ? onnx_model_graph(m) : NULL;
    bool ok = g && (!im->labels || check_labels(im->labels, g, err)) &&
              onnx_model_write(m, g, names->weights_path, err) &&
              (!names->labels_path || copy_labels(im->labels, names->labels_path, err)) &&
              write_graph(g, im->output, err);
    graph_free(&g);
    onnx_model_close(&m);
    return ok;
}

bool model_import(const struct import *im, struct import_report *report, struct error *err)
{
    struct names names = {0};
    struct checkpoint c = {0};
    struct graph *g = NULL;
    bool ok = plan_names(im, &names, err);
    if (ok && onnx_is_file(im->checkpoint)) {
        ok = import_onnx(im, &names, report, err);
        arena_free(&names.arena);
        return ok;
    }
    ok = ok && checkpoint_open(&c, im->checkpoint, err);
    struct model_files files = {names.weights_name, names.labels_name};
    if (ok)
        ok = (g = recognise(&c, im->settings, &files, im->output, report, err)) != NULL;
    ok = ok && (!im->labels || check_labels(im->labels, g, err)) &&
         write_weights(g, &c, &names, err) &&
         (!names.labels_path || copy_labels(im->labels, names.labels_path, err)) &&
         write_graph(g, im->output, err);
    graph_free(&g);
    checkpoint_close(&c);
    arena_free(&names.arena);
    return ok;
}

struct graph *model_from_checkpoint(const struct import *im, struct checkpoint *c,
                                    struct import_report *report, struct error *err)
{
    const struct model_files none = {0};
    struct arena arena = {0};
    if (!checkpoint_open(c, im->checkpoint, err))
        return NULL;
    struct graph *g = recognise(c, im->settings, &none, im->checkpoint, report, err);
    if (g) {
        struct safetensor *list = ARENA_ARRAY(&arena, struct safetensor, g->count);
        const struct safetensor **from = ARENA_ARRAY(&arena, const struct safetensor *, g->count);
        int count = list_weights(g, c, list, from);
        if (!check_types(c->file, from, count, err) ||
            (im->labels && !check_labels(im->labels, g, err)))
            graph_free(&g);
    }
    arena_free(&arena);
    return g;
}

void import_report_free(struct import_report *report)
{
    text_free(&report->notes);
    text_free(&report->misfit);
}
