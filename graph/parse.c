/* SPDX-License-Identifier: MIT */
/* Graph text to graph. One statement a line, no recursion, every error with line and column. */
#include "base/file.h"
#include "graph/op.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MOST = 8192 };

struct parser {
    struct graph *g;
    const char *file;
    int line;
    char buf[LINE_MOST]; /* the line, cut into words in place */
    char *word[512];
    int words;
    bool versioned;
    struct error *err;
    struct { /* names to ids: open addressing, power of two */
        node_id *slot;
        uint32_t size;
    } names;
};

static bool bad(struct parser *p, const char *at, const char *fmt, ...) PRINTF_LIKE(3, 4);
static bool bad(struct parser *p, const char *at, const char *fmt, ...)
{
    char text[384];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return fail(p->err, ERROR_MODEL, "%s:%d:%d: %s", p->file, p->line,
                at ? (int)(at - p->buf) + 1 : 1, text);
}

static uint32_t hash_name(const char *s)
{
    uint32_t h = 2166136261u;
    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * 16777619u;
    return h;
}

static node_id *name_slot(struct parser *p, const char *name)
{
    uint32_t i = hash_name(name) & (p->names.size - 1);
    while (p->names.slot[i] != NODE_NONE && strcmp(p->g->nodes[p->names.slot[i]].name, name) != 0)
        i = (i + 1) & (p->names.size - 1);
    return &p->names.slot[i];
}

static bool name_table(struct parser *p, uint32_t size)
{
    node_id *slot = malloc(size * sizeof *slot);
    if (!slot)
        return fail(p->err, ERROR_LIMIT, "%s: out of memory", p->file);
    for (uint32_t i = 0; i < size; i++)
        slot[i] = NODE_NONE;
    free(p->names.slot);
    p->names.slot = slot;
    p->names.size = size;
    for (int i = 0; i < p->g->count; i++)
        *name_slot(p, p->g->nodes[i].name) = i;
    return true;
}

/* Copies a line, strips the comment, cuts it at blanks. */
static bool split(struct parser *p, const char *s, size_t n)
{
    if (n >= LINE_MOST)
        return bad(p, NULL, "line of %zu bytes, at most %d are allowed", n, LINE_MOST - 1);
    memcpy(p->buf, s, n);
    p->buf[n] = 0;
    p->words = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        if (c == '#') {
            p->buf[i] = 0;
            break;
        }
        if (c == ' ' || c == '\t' || c == '\r') {
            p->buf[i] = 0;
        } else if (c < 0x20 || c == 0x7f) {
            return bad(p, p->buf + i, "control character 0x%02x", c);
        } else if (i == 0 || p->buf[i - 1] == 0) {
            if (p->words == (int)(sizeof p->word / sizeof *p->word))
                return bad(p, p->buf + i, "more than %d words", p->words);
            p->word[p->words++] = p->buf + i;
        }
    }
    return true;
}

static bool name_ok(const char *s)
{
    size_t n = strlen(s);
    if (n == 0 || n > 200)
        return false;
    for (; *s; s++)
        if (!((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9') ||
              *s == '_' || *s == '.' || *s == '-' || *s == '+' || *s == '/'))
            return false;
    return true;
}

/* "f32[N,3,16,112,112]" */
static bool parse_shape(struct parser *p, const char *word, struct shape *s)
{
    const char *at;
    *s = (struct shape){0};
    if (!strncmp(word, "f32[", 4))
        s->dtype = DTYPE_F32;
    else if (!strncmp(word, "u8[", 3))
        s->dtype = DTYPE_U8;
    else
        return bad(p, word, "'%.40s' is not a type such as f32[N,64,8,28,28] or u8[...]", word);
    at = strchr(word, '[') + 1;
    if (*at == ']' && !at[1])
        return true;
    for (;;) {
        char num[16];
        size_t n = strcspn(at, ",]");
        long long v;
        if (s->rank == SHAPE_RANK)
            return bad(p, at, "more than %d dimensions", SHAPE_RANK);
        if (n >= sizeof num)
            return bad(p, at, "dimension out of range 1 to 2147483647");
        memcpy(num, at, n);
        num[n] = 0;
        if (!strcmp(num, "N") && s->rank == 0)
            v = DIM_N;
        else if (!text_to_int(num, &v))
            return bad(p, at, "'%s' is not a dimension", num);
        else if (v < 1 || v > INT32_MAX)
            return bad(p, at, "dimension %lld is outside 1 to 2147483647", v);
        s->dim[s->rank++] = v;
        at += n;
        if (*at == ',')
            at++;
        else if (*at == ']' && !at[1])
            break;
        else
            return bad(p, at, "']' expected");
    }
    if (!shape_check(s))
        return bad(p, word, "%.60s: more than 2^40 elements", word);
    return true;
}

static bool find_value(struct parser *p, const char *word, node_id *id)
{
    *id = *name_slot(p, word + 1);
    if (*id == NODE_NONE)
        return bad(p, word, "%.80s is not defined above", word);
    return true;
}

/* key=value of a node: an input slot when value is %name, else an attribute. */
static bool parse_pair(struct parser *p, struct node *n, char *word, uint64_t *seen)
{
    char *eq = strchr(word, '=');
    const char *key = word, *value = eq + 1;
    const struct attr *a;
    *eq = 0;
    if (*value == '%') {
        int slot = op_slot(n->op, key);
        if (slot < 0 || op_variadic(n->op) || !op_slot_optional(n->op, slot))
            return bad(p, key, "%s has no optional input '%.40s'; inputs are: %s", n->op->name, key,
                       n->op->inputs ? n->op->inputs : "none");
        if (n->in[slot] != NODE_NONE)
            return bad(p, key, "input '%s' is given twice", key);
        return find_value(p, value, &n->in[slot]);
    }
    a = attr_find(n->op, key);
    if (!a) {
        struct text list = {0};
        for (a = n->op->attrs; a && a->name; a++)
            text_printf(&list, " %s", a->name);
        bad(p, key, "%s has no attribute '%.40s'; it has:%.200s", n->op->name, key,
            list.s ? list.s : " none");
        text_free(&list);
        return false;
    }
    uint64_t bit = UINT64_C(1) << (a - n->op->attrs);
    if (*seen & bit)
        return bad(p, key, "attribute '%s' is given twice", key);
    *seen |= bit;
    struct error why = {0};
    if (!attr_parse(p->g, n, a, value, &why))
        return bad(p, key, "%s", why.text);
    return true;
}

static bool parse_inputs(struct parser *p, struct node *n, int first, int last)
{
    int given = last - first, slots = op_slot_count(n->op), required = 0;
    bool variadic = op_variadic(n->op);
    while (required < slots && !op_slot_optional(n->op, required))
        required++;
    if (variadic ? given < 1 : given != required)
        return bad(p, p->word[2], "%s wants %s%d input%s (%s), %d given", n->op->name,
                   variadic ? "at least " : "", variadic ? 1 : required, required == 1 ? "" : "s",
                   n->op->inputs && *n->op->inputs ? n->op->inputs : "none", given);
    n->in_count = variadic ? given : slots;
    n->in = ARENA_ARRAY(&p->g->arena, node_id, n->in_count);
    for (int i = 0; i < n->in_count; i++)
        n->in[i] = NODE_NONE;
    for (int i = 0; i < given; i++)
        TRY(find_value(p, p->word[first + i], &n->in[i]));
    return true;
}

/* %name = op [type] %in... key=value... [: type] */
static bool parse_node(struct parser *p)
{
    const char *name = p->word[0] + 1;
    if (!name_ok(name))
        return bad(p, p->word[0], "'%.80s' is not a name (letters, digits, _ . - + /)", name);
    if (p->words < 3 || strcmp(p->word[1], "="))
        return bad(p, p->words > 1 ? p->word[1] : p->word[0], "'%%name = operator ...' expected");
    if (*name_slot(p, name) != NODE_NONE)
        return bad(p, p->word[0], "%%%s is defined twice, first in line %d", name,
                   p->g->nodes[*name_slot(p, name)].line);
    if (p->g->count >= GRAPH_NODES_MOST)
        return bad(p, NULL, "more than %d nodes", GRAPH_NODES_MOST);
    const struct op *op = op_find(p->word[2]);
    if (!op)
        return bad(p, p->word[2], "unknown operator '%.40s'", p->word[2]);

    node_id id = graph_insert(p->g, p->g->count, op, name, 0);
    struct node *n = &p->g->nodes[id];
    n->line = p->line;
    n->column = (int)(p->word[2] - p->buf) + 1;
    int at = 3, first;
    if (op->traits & OP_SOURCE) {
        if (p->words < 4)
            return bad(p, p->word[2], "%s wants a type such as f32[64,3,7,7,7]", op->name);
        TRY(parse_shape(p, p->word[at++], &n->shape));
        n->typed = true;
    }
    for (first = at; at < p->words && p->word[at][0] == '%'; at++)
        ;
    TRY(parse_inputs(p, n, first, at));
    uint64_t seen = 0;
    for (; at < p->words && strchr(p->word[at], '='); at++)
        TRY(parse_pair(p, n, p->word[at], &seen));
    for (const struct attr *a = op->attrs; a && a->name; a++)
        if (!a->def && !(seen >> (a - op->attrs) & 1))
            return bad(p, p->word[2], "%s wants attribute '%s'", op->name, a->name);
    if (at + 2 == p->words && !strcmp(p->word[at], ":") && !(op->traits & OP_SOURCE)) {
        TRY(parse_shape(p, p->word[at + 1], &n->shape));
        n->typed = true;
        at += 2;
    }
    if (at != p->words)
        return bad(p, p->word[at], "'%.40s' is not understood here", p->word[at]);
    *name_slot(p, n->name) = id;
    if ((uint32_t)p->g->count * 2 > p->names.size)
        return name_table(p, p->names.size * 4);
    return true;
}

static bool parse_clip(struct parser *p)
{
    struct graph *g = p->g;
    struct recipe *r;
    if (p->words < 2 || !name_ok(p->word[1]))
        return bad(p, NULL, "'clip NAME key=value ...' expected");
    if (graph_clip(g, p->word[1]) >= 0)
        return bad(p, p->word[1], "clip '%s' is defined twice", p->word[1]);
    if (g->clip_count == GRAPH_CLIPS_MOST)
        return bad(p, NULL, "more than %d clips", GRAPH_CLIPS_MOST);
    if (!g->clips)
        g->clips = ARENA_ARRAY(&g->arena, struct recipe, GRAPH_CLIPS_MOST);
    r = &g->clips[g->clip_count++];
    recipe_defaults(r, arena_dup(&g->arena, p->word[1]));
    for (int i = 2; i < p->words; i++) {
        struct error why = {0};
        char *eq = strchr(p->word[i], '=');
        if (!eq)
            return bad(p, p->word[i], "'%.40s' is not key=value", p->word[i]);
        *eq = 0;
        for (int k = 2; k < i; k++)
            if (!strcmp(p->word[k], p->word[i]))
                return bad(p, p->word[i], "key '%s' is given twice", p->word[i]);
        if (!recipe_set(r, p->word[i], eq + 1, &why))
            return bad(p, p->word[i], "%s", why.text);
    }
    struct error why = {0};
    if (!recipe_check(r, &why))
        return bad(p, p->word[0], "%s", why.text);
    return true;
}

static bool parse_header(struct parser *p)
{
    struct graph *g = p->g;
    const char *key = p->word[0];
    const char **to = !strcmp(key, "model")     ? &g->model
                      : !strcmp(key, "weights") ? &g->weights
                      : !strcmp(key, "labels")  ? &g->labels
                                                : NULL;
    if (!to)
        return bad(p, key,
                   "'%.40s' is not a statement (model, weights, labels, clip, %%node, output)",
                   key);
    if (p->words != 2)
        return bad(p, key, "'%s' wants one word", key);
    if (*to)
        return bad(p, key, "'%s' is given twice", key);
    if (to != &g->model && !file_is_plain_name(p->word[1]))
        return bad(p, p->word[1],
                   "'%.80s' is not a plain file name: it must stand beside the graph", p->word[1]);
    if (g->count)
        return bad(p, key, "'%s' belongs above the nodes", key);
    *to = arena_dup(&g->arena, p->word[1]);
    return true;
}

static bool parse_output(struct parser *p)
{
    if (p->words < 2)
        return bad(p, NULL, "'output %%name' expected");
    for (int i = 1; i < p->words; i++) {
        node_id id;
        if (p->word[i][0] != '%')
            return bad(p, p->word[i], "'output %%name' expected");
        TRY(find_value(p, p->word[i], &id));
        if (p->g->output_count == 64)
            return bad(p, p->word[i], "more than 64 outputs");
        graph_add_output(p->g, id);
    }
    return true;
}

static bool parse_line(struct parser *p, const char *s, size_t n)
{
    TRY(split(p, s, n));
    if (p->words == 0)
        return true;
    if (!p->versioned) {
        if (p->words != 2 || strcmp(p->word[0], "clact"))
            return bad(p, NULL, "not a clact graph: the first line must be 'clact 1'");
        if (strcmp(p->word[1], "1"))
            return bad(p, p->word[1], "format version %.20s, this program reads version 1",
                       p->word[1]);
        p->versioned = true;
        return true;
    }
    if (p->word[0][0] == '%')
        return parse_node(p);
    if (!strcmp(p->word[0], "clip"))
        return parse_clip(p);
    if (!strcmp(p->word[0], "output"))
        return parse_output(p);
    return parse_header(p);
}

static bool parse_all(struct parser *p, const char *text, size_t len)
{
    if (memchr(text, 0, len))
        return fail(p->err, ERROR_MODEL, "%s: not a text file", p->file);
    TRY(name_table(p, 256));
    for (size_t at = 0; at < len;) {
        const char *nl = memchr(text + at, '\n', len - at);
        size_t n = nl ? (size_t)(nl - text) - at : len - at;
        p->line++;
        TRY(parse_line(p, text + at, n));
        at += n + 1;
    }
    if (!p->versioned)
        return fail(p->err, ERROR_MODEL, "%s: not a clact graph: it is empty", p->file);
    if (!p->g->output_count)
        return fail(p->err, ERROR_MODEL, "%s: no 'output %%name' line", p->file);
    return graph_infer(p->g, p->err);
}

struct graph *graph_parse(const char *text, size_t len, const char *file, struct error *err)
{
    struct parser *p = calloc(1, sizeof *p);
    struct graph *g = calloc(1, sizeof *g);
    if (!p || !g) {
        free(p);
        free(g);
        fail(err, ERROR_LIMIT, "%s: out of memory", file);
        return NULL;
    }
    p->g = g;
    p->err = err;
    p->file = g->file = arena_dup(&g->arena, file);
    if (!parse_all(p, text, len))
        graph_free(&g);
    free(p->names.slot);
    free(p);
    return g;
}
