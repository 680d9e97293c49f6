/* SPDX-License-Identifier: MIT */
/* All nodes of an ONNX graph in order, each by its translator; values by name; names of modules. */
#include "models/onnx_import.h"

#include <stdlib.h>
#include <string.h>

/* ---- values by name ---- */

struct onnx_name {
    const char *name;
    struct value *v;
};

static size_t slot_of(const struct import_state *m, const char *name)
{
    size_t i = (size_t)(hash_of(name) % m->name_cap);
    while (m->names[i].name && strcmp(m->names[i].name, name))
        i = (i + 1) % m->name_cap;
    return i;
}

struct value *value_find(struct import_state *m, const char *name)
{
    return m->names[slot_of(m, name)].v;
}

bool value_add(struct import_state *m, const char *name, const struct value *v, struct error *err)
{
    size_t i = slot_of(m, name);
    if (m->names[i].name)
        return fail(err, ERROR_MODEL, "%s: two nodes, inputs or initializers make '%.80s'",
                    m->f->path, name);
    m->names[i].name = name;
    m->names[i].v = ARENA_NEW(&m->arena, struct value);
    *m->names[i].v = *v;
    return true;
}

static bool add_initializers(struct import_state *m, struct error *err)
{
    const Onnx__GraphProto *g = m->f->graph;
    if (g->n_sparse_initializer)
        return fail(err, ERROR_MODEL, "%s: sparse initializers are not supported", m->f->path);
    for (size_t i = 0; i < g->n_initializer; i++) {
        struct value v = {.node = NODE_NONE, .shift.of = NODE_NONE, .batch = 1};
        TRY(v.c = constant_of(m->f, g->initializer[i], err));
        TRY(value_add(m, v.c->name, &v, err));
    }
    return true;
}

bool values_prepare(struct import_state *m, struct error *err)
{
    const Onnx__GraphProto *g = m->f->graph;
    size_t count = g->n_initializer + g->n_input;
    for (size_t i = 0; i < g->n_node; i++)
        count += g->node[i]->n_output;
    m->name_cap = count * 2 + 1;
    m->names = ARENA_ARRAY(&m->arena, struct onnx_name, m->name_cap);
    return add_initializers(m, err);
}

/* ---- translators ---- */

static const struct {
    const char *op;
    translator *run;
} translators[] = {
    {"Conv", onnx_conv},
    {"BatchNormalization", onnx_batchnorm},
    {"MaxPool", onnx_pool},
    {"AveragePool", onnx_pool},
    {"GlobalAveragePool", onnx_global_pool},
    {"GlobalMaxPool", onnx_global_pool},
    {"Relu", onnx_unary},
    {"LeakyRelu", onnx_unary},
    {"Elu", onnx_unary},
    {"Sigmoid", onnx_unary},
    {"HardSigmoid", onnx_unary},
    {"HardSwish", onnx_unary},
    {"Tanh", onnx_unary},
    {"Abs", onnx_unary},
    {"Sqrt", onnx_unary},
    {"Exp", onnx_unary},
    {"Neg", onnx_unary},
    {"Reciprocal", onnx_unary},
    {"Clip", onnx_clip},
    {"Add", onnx_binary},
    {"Sub", onnx_binary},
    {"Mul", onnx_binary},
    {"Div", onnx_binary},
    {"Pow", onnx_binary},
    {"Max", onnx_binary},
    {"Min", onnx_binary},
    {"Identity", onnx_same},
    {"Dropout", onnx_same},
    {"Cast", onnx_cast},
    {"Gemm", onnx_gemm},
    {"MatMul", onnx_matmul},
    {"Softmax", onnx_softmax},
    {"ReduceMean", onnx_reduce},
    {"ReduceSum", onnx_reduce},
    {"ReduceMax", onnx_reduce},
    {"GridSample", onnx_grid_sample},
    {"Reshape", onnx_reshape},
    {"Flatten", onnx_flatten},
    {"Squeeze", onnx_squeeze},
    {"Unsqueeze", onnx_unsqueeze},
    {"Transpose", onnx_transpose},
    {"Slice", onnx_slice},
    {"Split", onnx_split},
    {"Concat", onnx_concat},
    {"Pad", onnx_pad},
    {"Expand", onnx_expand},
    {"Gather", onnx_gather},
};

translator *translator_find(const char *op)
{
    for (size_t i = 0; i < sizeof translators / sizeof *translators; i++)
        if (!strcmp(translators[i].op, op))
            return translators[i].run;
    return NULL;
}

/* ---- names ---- */

const char *clean_name(struct import_state *m, const char *name)
{
    enum { NAME_MOST = 200 };
    size_t n = strlen(name);
    char *s = arena_dup_n(&m->arena, name, n < NAME_MOST ? n : NAME_MOST);
    for (size_t i = 0; s[i]; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-+", s[i]))
            s[i] = '_';
    return *s ? s : "value";
}

/* "/layer1/layer1.0/conv1/Conv": PyTorch names each module by what its parent calls it, and a
 * member of a list by the list's name once more. */
const char *module_of(struct import_state *m, const Onnx__NodeProto *n)
{
    char path[256] = "", part[256], before[256] = "";
    const char *s = n->name ? n->name : "";
    if (*s != '/')
        return "";
    for (s++; strchr(s, '/'); s += strcspn(s, "/") + 1) {
        size_t len = strcspn(s, "/"), old = strlen(before), end = strlen(path);
        if (len + end + 2 > sizeof path || len + 1 > sizeof part)
            return "";
        memcpy(part, s, len);
        part[len] = 0;
        bool member = old && !strncmp(part, before, old) && part[old] == '.';
        if (member)
            end -= old;
        else if (end)
            path[end++] = '.';
        strcpy(path + end, part);
        strcpy(before, part);
    }
    return *path ? clean_name(m, path) : "";
}

/* A convolution that the exporter has merged with the batch norm behind it: its filter has lost the
 * name it had. It is not what its module computes, and must not be called so. */
static bool is_merged(const Onnx__NodeProto *n)
{
    return !strcmp(n->op_type, "Conv") && n->n_input > 1 && !strncmp(n->input[1], "onnx::", 6);
}

/* How a node of ours that stands for this one is called: its module, or the last word of its name
 * inside of it. */
static const char *name_for(struct import_state *m, const Onnx__NodeProto *n)
{
    const char *module = module_of(m, n), *slash = n->name ? strrchr(n->name, '/') : NULL;
    if (!slash || n->name[0] != '/')
        return clean_name(m, n->name && *n->name ? n->name : n->output[0]);
    if (is_merged(n))
        return arena_printf(&m->arena, "%s.merged", *module ? module : "Conv");
    return *module ? arena_printf(&m->arena, "%s.%s", module, clean_name(m, slash + 1))
                   : clean_name(m, slash + 1);
}

/* ---- the walk ---- */

static bool gather_inputs(struct import_state *m, const Onnx__NodeProto *n, struct value *in,
                          bool *known, struct error *err)
{
    *known = true;
    for (size_t i = 0; i < n->n_input; i++) {
        in[i] = (struct value){.node = NODE_NONE, .shift.of = NODE_NONE, .batch = 1};
        if (!*n->input[i])
            continue;
        const struct value *v = value_find(m, n->input[i]);
        if (!v)
            return fail(err, ERROR_MODEL,
                        "%s: node '%.80s' (%s) reads '%.80s', which nothing above it makes",
                        m->f->path, n->name ? n->name : "", n->op_type, n->input[i]);
        in[i] = *v;
        *known = *known && (v->c || v->node != NODE_NONE);
    }
    return true;
}

static void misfit(struct import_state *m, const Onnx__NodeProto *n, const char *why)
{
    m->misfits++;
    text_printf(&m->kinds, "%s\n", clean_name(m, n->op_type));
    if (m->misfit)
        text_printf(m->misfit, "unsupported %s '%s': %s\n", clean_name(m, n->op_type),
                    clean_name(m, n->name ? n->name : ""), why);
}

/* Whether its domain is that of ONNX itself. */
static bool is_standard(const Onnx__NodeProto *n)
{
    return !n->domain || !*n->domain || !strcmp(n->domain, "ai.onnx");
}

/* Runs a translator; what it makes must have readings that others can use. */
static bool run_translator(translator *run, struct translation *t, struct error *err)
{
    TRY(run(t, err));
    for (int i = 0; i < t->out_count; i++)
        if (!t->out[i].c && t->out[i].node != NODE_NONE && !letters_differ(&t->out[i]))
            return unsupported(err, "two axes of its result are the same one");
    return true;
}

static bool translate(struct import_state *m, const Onnx__NodeProto *n, struct translation *t,
                      bool known, struct error *err)
{
    struct error why = {0};
    translator *run = is_standard(n) ? translator_find(n->op_type) : NULL;
    bool done = false;
    bool ok = !is_standard(n) || !known || fold(t, &done, &why);
    if (!done && ok && !run) { /* with an unknown input, what could be a constant is no news */
        bool foldable = is_standard(n) && fold_knows(n->op_type);
        if (known || !foldable)
            misfit(m, n, foldable ? "its inputs are not constants" : "no such operator here");
        return true;
    }
    if (!done && ok && known)
        ok = run_translator(run, t, &why);
    if (ok)
        return true;
    for (int i = 0; i < t->out_count; i++)
        t->out[i] = (struct value){.node = NODE_NONE, .shift.of = NODE_NONE, .batch = 1};
    if (why.code == ERROR_LIMIT) {
        *err = why;
        return false;
    }
    misfit(m, n, why.text);
    return true;
}

/* What a module gives is what its last node does. That node gets the module's name, or a second
 * name beside it; outer modules that end with it too, one more each. `ends` is the length of the
 * outermost of them. */
static void name_modules(struct import_state *m, const char *module, size_t ends, int made,
                         bool merged, const struct value *v)
{
    node_id id = v->node;
    for (size_t len = strlen(module); len >= ends && len > 0; len--) {
        if (module[len] && module[len] != '.')
            continue;
        const char *name = arena_dup_n(&m->arena, module, len);
        struct error none = {0};
        if (merged && len == strlen(module))
            continue;
        if (len == strlen(module) && id >= made && m->g->nodes[id].name == m->current) {
            m->g->nodes[id].name = name;
            continue;
        }
        m->current = name;
        node_id second = EMIT1(m, &none, "identity", id, "%s", "");
        if (second == NODE_NONE)
            return;
        m->g->nodes[second].keep = true; /* until import_outputs() makes others read it */
        id = second;
    }
}

static bool one_node(struct import_state *m, const Onnx__NodeProto *n, const char *module,
                     size_t ends, struct error *err)
{
    int made = m->g->count;
    if (!n->n_output)
        return fail(err, ERROR_MODEL, "%s: node '%.80s' (%s) has no output", m->f->path,
                    n->name ? n->name : "", n->op_type);
    struct value *in = calloc(n->n_input + n->n_output + 2, sizeof *in);
    if (!in)
        return fail(err, ERROR_LIMIT, "out of memory");
    struct translation t = {m, n, in, (int)n->n_input, in + n->n_input + 1, (int)n->n_output};
    bool known, ok = gather_inputs(m, n, in, &known, err);
    for (int i = 0; i < t.out_count; i++)
        t.out[i] = (struct value){.node = NODE_NONE, .shift.of = NODE_NONE, .batch = 1};
    while (t.in_count && !*n->input[t.in_count - 1])
        t.in_count--;
    m->current = name_for(m, n);
    ok = ok && translate(m, n, &t, known, err);
    if (ok && ends && !t.out[0].c && t.out[0].node != NODE_NONE)
        name_modules(m, module, ends, made, is_merged(n), &t.out[0]);
    for (int i = 0; ok && i < t.out_count; i++)
        if (*n->output[i])
            ok = value_add(m, n->output[i], &t.out[i], err);
    free(in);
    return ok;
}

/* For each node its module, and the length of the outermost module that ends with it; 0: none
 * does. */
static bool find_modules(struct import_state *m, const char **module, size_t *ends,
                         struct error *err)
{
    const Onnx__GraphProto *g = m->f->graph;
    size_t cap = g->n_node * 64 + 1;
    const char **seen = calloc(cap, sizeof *seen);
    if (!seen)
        return fail(err, ERROR_LIMIT, "out of memory");
    for (size_t i = g->n_node; i-- > 0;) {
        module[i] = module_of(m, g->node[i]);
        ends[i] = 0;
        for (size_t len = strlen(module[i]); len > 0; len--) {
            if (module[i][len] && module[i][len] != '.')
                continue;
            const char *name = arena_dup_n(&m->arena, module[i], len);
            size_t at = (size_t)(hash_of(name) % cap), probes = 0;
            while (seen[at] && strcmp(seen[at], name) && probes++ < cap)
                at = (at + 1) % cap;
            if (seen[at])
                break; /* the outer ones go on as well */
            seen[at] = name;
            ends[i] = len;
        }
    }
    free(seen);
    return true;
}

bool import_nodes(struct import_state *m, struct error *err)
{
    const Onnx__GraphProto *g = m->f->graph;
    const char **module = ARENA_ARRAY(&m->arena, const char *, g->n_node);
    size_t *ends = ARENA_ARRAY(&m->arena, size_t, g->n_node);
    for (size_t i = 0; i < g->n_node; i++)
        if (!g->node[i]->op_type)
            return fail(err, ERROR_MODEL, "%s: node %zu has no operator", m->f->path, i);
    TRY(find_modules(m, module, ends, err));
    for (size_t i = 0; i < g->n_node; i++)
        TRY(one_node(m, g->node[i], module[i], ends[i], err));
    return true;
}
