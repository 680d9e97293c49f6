/* SPDX-License-Identifier: MIT */
/* Element by element: functions of one value, arithmetic with constants. */
#include "models/onnx_import.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- one value ---- */

static bool put_unary(struct translation *t, const struct value *x, struct error *err,
                      const char *op, const char *attributes)
{
    node_id id = EMIT1(t->m, err, op, x->node, "%s", attributes);
    t->out[0] = value_like(x, id);
    return id != NODE_NONE;
}

static bool unary(struct translation *t, const struct value *x, const char *fn, float a, float b,
                  struct error *err)
{
    char text[120], first[32], second[32];
    if (!isfinite(a) || !isfinite(b))
        return unsupported(err, "with a parameter that is not finite");
    snprintf(text, sizeof text, "fn=%s a=%s b=%s", fn, text_float(first, a), text_float(second, b));
    return put_unary(t, x, err, "unary", text);
}

float float_attr(const struct import_state *m, node_id id, const char *name)
{
    const struct node *n = &m->g->nodes[id];
    return *(const float *)((const char *)n->attrs + attr_find(n->op, name)->offset);
}

bool is_unary(const struct import_state *m, node_id id, const char *fn)
{
    char word[32];
    const struct node *n = &m->g->nodes[id];
    return is_op(m, id, "unary") && !strcmp(attr_enum_word(n, attr_find(n->op, "fn"), word), fn);
}

/* a*x + b. What was one already is put together: (x + 1) / 2 is one step. */
static bool affine(struct translation *t, const struct value *x, float a, float b,
                   struct error *err)
{
    struct import_state *m = t->m;
    struct value v = *x;
    if (is_unary(m, v.node, "affine")) {
        b += a * float_attr(m, v.node, "b");
        a *= float_attr(m, v.node, "a");
        v.node = m->g->nodes[v.node].in[0];
    }
    if (a == -0.5f && b == 0.5f && is_op(m, v.node, "residual")) {
        node_id half = time_half(m, v.node, err);
        if (half != NODE_NONE) {
            t->out[0] = value_like(x, half);
            return true;
        }
    }
    if (a == 1 && b == 0) {
        t->out[0] = v;
        return true;
    }
    return unary(t, &v, "affine", a, b, err);
}

bool onnx_unary(struct translation *t, struct error *err)
{
    const char *op = t->node->op_type;
    const struct value *x = &t->in[0];
    TRY(want_node(t, 0, err));
    float one = attribute_float(t, "alpha", 1);
    if (!strcmp(op, "Relu"))
        return put_unary(t, x, err, "relu", "");
    if (!strcmp(op, "Sigmoid"))
        return put_unary(t, x, err, "sigmoid", "");
    if (!strcmp(op, "Elu"))
        return one == 1 ? put_unary(t, x, err, "elu", "") : unary(t, x, "elu", one, 0, err);
    if (!strcmp(op, "LeakyRelu"))
        return unary(t, x, "leaky_relu", attribute_float(t, "alpha", 0.01f), 0, err);
    if (!strcmp(op, "HardSigmoid"))
        return unary(t, x, "hardsigmoid", attribute_float(t, "alpha", 0.2f),
                     attribute_float(t, "beta", 0.5f), err);
    if (!strcmp(op, "Neg"))
        return affine(t, x, -1, 0, err);
    if (!strcmp(op, "Reciprocal"))
        return unary(t, x, "pow", -1, 0, err);
    if (!strcmp(op, "Abs")) {
        node_id id = time_absolute(t->m, x->node, err);
        if (id == NODE_NONE)
            return unary(t, x, "abs", 1, 0, err);
        t->out[0] = value_like(x, id);
        return true;
    }
    const char *fn = !strcmp(op, "Sqrt")        ? "sqrt"
                     : !strcmp(op, "Exp")       ? "exp"
                     : !strcmp(op, "HardSwish") ? "hardswish"
                                                : "tanh";
    return unary(t, x, fn, 1, 0, err);
}

/* A limit of Clip: an input that may be absent. */
static bool limit(const struct translation *t, int i, float *v, struct error *err)
{
    if (!has_input(t, i))
        return true;
    struct constant *c = t->in[i].c;
    if (!c || c->count != 1)
        return unsupported(err, "its limits are not constants");
    return constant_floats(t->m->f, c, v, err);
}

bool onnx_clip(struct translation *t, struct error *err)
{
    float low = -FLT_MAX, high = FLT_MAX;
    TRY(want_node(t, 0, err));
    TRY(limit(t, 1, &low, err) && limit(t, 2, &high, err));
    low = low < -FLT_MAX ? -FLT_MAX : low;
    high = high > FLT_MAX ? FLT_MAX : high;
    if (low == 0 && high == FLT_MAX)
        return put_unary(t, &t->in[0], err, "relu", "");
    return unary(t, &t->in[0], "clip", low, high, err);
}

/* Identity, Dropout. */
bool onnx_same(struct translation *t, struct error *err)
{
    if (!has_input(t, 0))
        return unsupported(err, "input 0 is missing");
    t->out[0] = t->in[0];
    return true;
}

bool onnx_cast(struct translation *t, struct error *err)
{
    int64_t to = attribute_int(t, "to", 0);
    TRY(want_node(t, 0, err));
    if (to != ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT && to != ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE &&
        to != ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16)
        return unsupported(err, "to data type %lld", (long long)to);
    t->out[0] = t->in[0];
    return true;
}

/* ---- a value and a constant ---- */

static bool scalar(struct translation *t, const struct value *x, char op, float c, bool reversed,
                   bool *done, struct error *err)
{
    *done = true;
    switch (op) {
    case '+':
        return affine(t, x, 1, c, err);
    case '-':
        return reversed ? affine(t, x, -1, c, err) : affine(t, x, 1, -c, err);
    case '*':
        return affine(t, x, c, 0, err);
    case '/':
        if (!reversed && c != 0)
            return affine(t, x, 1 / c, 0, err);
        break;
    case '^':
        if (!reversed && c == 2)
            return unary(t, x, "square", 1, 0, err);
        if (!reversed && c == 0.5f)
            return unary(t, x, "sqrt", 1, 0, err);
        if (!reversed)
            return unary(t, x, "pow", c, 0, err);
        break;
    }
    *done = false;
    return true;
}

/* The only axis of a constant that is not 1, counted from the end; 0: none, -1: several. */
static int single_axis(const struct constant *c)
{
    int axis = 0;
    for (int i = 0; i < c->rank; i++)
        if (c->dim[i] != 1)
            axis = axis ? -1 : c->rank - i;
    return axis;
}

/* gamma * x + beta with a number for each channel, as a batch norm that has no statistics. */
static bool channels(struct translation *t, const struct value *x, struct constant *c, char op,
                     bool reversed, struct error *err)
{
    struct import_state *m = t->m;
    const int64_t dim[] = {(int64_t)c->count};
    struct constant *part[4]; /* gamma beta mean var */
    node_id in[5] = {x->node};
    TRY(constant_load(m->f, c, err));
    for (int k = 0; k < 4; k++) {
        TRY(part[k] = constant_new(m->f, false, 1, dim, err));
        part[k]->name = arena_printf(&m->arena, "%s.%s", m->current,
                                     (const char *[]){"gamma", "beta", "mean", "var"}[k]);
        for (int64_t i = 0; i < dim[0]; i++) {
            float v = c->f[i];
            float gamma = op == '*' ? v : op == '/' ? 1 / v : reversed ? -1.0f : 1.0f;
            float beta = op == '+' || (op == '-' && reversed) ? v : op == '-' ? -v : 0;
            part[k]->f[i] = k == 0 ? gamma : k == 1 ? beta : k == 3;
        }
        TRY((in[1 + k] = emit_weight(m, part[k], 1, dim, err)) != NODE_NONE);
    }
    node_id id = emit(m, err, "batchnorm", in, 5, "eps=0");
    t->out[0] = value_like(x, id);
    return id != NODE_NONE;
}

/* x + c where x is a layer that has room for a bias. */
static bool as_bias(struct translation *t, const struct value *x, struct constant *c, bool *done,
                    struct error *err)
{
    struct import_state *m = t->m;
    const struct node *n = &m->g->nodes[x->node];
    *done = false;
    if (!(is_op(m, x->node, "linear") || is_op(m, x->node, "conv3d")) || n->in[2] != NODE_NONE)
        return true;
    const int64_t dim[] = {(int64_t)c->count};
    node_id in[] = {n->in[0], n->in[1], emit_weight(m, c, 1, dim, err)};
    TRY(in[2] != NODE_NONE);
    struct text attributes = {0};
    text_append(&attributes, "", 0);
    attr_print(&m->g->nodes[x->node], &attributes);
    node_id id = emit(m, err, m->g->nodes[x->node].op->name, in, 3, "%s", attributes.s);
    text_free(&attributes);
    TRY(id != NODE_NONE);
    t->out[0] = value_like(x, id);
    *done = true;
    return true;
}

const char *binary_word(char op)
{
    return op == '+'   ? "add"
           : op == '-' ? "sub"
           : op == '*' ? "mul"
           : op == '/' ? "div"
           : op == '>' ? "max"
           : op == '<' ? "min"
                       : "pow";
}

/* A constant of any shape as a weight [1,C,T,H,W] in the reading of x: *x gets the letters that it
 * lacks, where the constant has more places. */
static node_id shaped_weight(struct import_state *m, struct value *x, struct constant *c,
                             struct error *err)
{
    static const char letters[] = "cthw";
    int64_t dim[5] = {1, 1, 1, 1, 1};
    int lead = c->rank - x->rank;
    if (lead > 0 || !constant_load(m->f, c, err) || c->whole) {
        unsupported(err, "a constant of more axes than the value has, or of whole numbers");
        return NODE_NONE;
    }
    for (int i = 0; i < c->rank; i++) {
        char *axis = x->axis[i - lead];
        int64_t own = x->dim[i - lead];
        for (const char *s = axis; *s && c->dim[i] > 1; s++)
            if (*s != 'n')
                dim[1 + (strchr(letters, *s) - letters)] = letter_size(m, x->node, *s);
        bool batch = strchr(axis, 'n') && x->batch > 1;
        char fresh = 0;
        for (const char *s = "cthw"; *s && !fresh; s++)
            fresh = !has_letter(x, *s) && letter_size(m, x->node, *s) == 1 ? *s : 0;
        if (c->dim[i] == 1 || (c->dim[i] == own && !batch))
            continue;
        if (own != 1 || batch || !fresh) {
            unsupported(err, "a constant whose axes do not fit");
            return NODE_NONE;
        }
        size_t n = strlen(axis);
        axis[n] = fresh;
        axis[n + 1] = 0;
        dim[1 + (strchr(letters, fresh) - letters)] = c->dim[i];
    }
    struct constant *d = constant_new(m->f, false, 5, dim, err);
    for (uint64_t k = 0; d && k < d->count; k++) {
        uint64_t at = 0, rest = k;
        int64_t place[4];
        for (int j = 3; j >= 0; j--) {
            place[j] = (int64_t)(rest % (uint64_t)dim[1 + j]);
            rest /= (uint64_t)dim[1 + j];
        }
        for (int i = 0; i < c->rank; i++) {
            uint64_t inside = 0;
            for (const char *s = x->axis[i - lead]; *s; s++) {
                int j = *s == 'n' ? -1 : (int)(strchr(letters, *s) - letters);
                if (j >= 0)
                    inside = inside * (uint64_t)dim[1 + j] + (uint64_t)place[j];
            }
            at = at * (uint64_t)c->dim[i] + (c->dim[i] == 1 ? 0 : inside);
        }
        d->f[k] = c->f[at];
    }
    if (d)
        d->name = c->name;
    return d ? emit_weight(m, d, 5, dim, err) : NODE_NONE;
}

bool with_constant(struct translation *t, const struct value *given, struct constant *c, char op,
                   bool reversed, struct error *err)
{
    struct import_state *m = t->m;
    struct value x = *given;
    bool done = false;
    float v;
    if (c->count == 1 && c->rank <= x.rank) {
        TRY(constant_floats(m->f, c, &v, err) && scalar(t, &x, op, v, reversed, &done, err));
        if (done)
            return true;
    }
    int back = single_axis(c);
    bool by_channel = back > 0 && back <= x.rank && !c->whole &&
                      !strcmp(x.axis[x.rank - back], "c") &&
                      x.dim[x.rank - back] == (int64_t)c->count;
    if (by_channel && op == '+') {
        TRY(as_bias(t, &x, c, &done, err));
        if (done)
            return true;
    }
    if (by_channel && (op == '+' || op == '-' || op == '*' || (op == '/' && !reversed)))
        return channels(t, &x, c, op, reversed, err);
    node_id w = shaped_weight(m, &x, c, err);
    node_id id = reversed ? EMIT2(m, err, "binary", w, x.node, "fn=%s", binary_word(op))
                          : EMIT2(m, err, "binary", x.node, w, "fn=%s", binary_word(op));
    TRY(id != NODE_NONE);
    t->out[0] = value_like(&x, id);
    layout_sizes(m, &t->out[0]);
    return true;
}
