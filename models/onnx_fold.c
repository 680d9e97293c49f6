/* SPDX-License-Identifier: MIT */
/* Arithmetic of shapes: nodes whose inputs are constants are computed, Shape of a value is one. */
#include "models/onnx_fold.h"

#include <math.h>
#include <string.h>

struct constant *fold_operand(const struct translation *t, int i, struct error *err)
{
    struct constant *c = i < t->in_count ? t->in[i].c : NULL;
    if (!c) {
        unsupported(err, "input %d is missing", i);
        return NULL;
    }
    return constant_load(t->m->f, c, err) ? c : NULL;
}

bool fold_put(struct translation *t, struct constant *c)
{
    if (c)
        t->out[0].c = c;
    return c != NULL;
}

void fold_copy(struct constant *to, uint64_t k, const struct constant *from, uint64_t i)
{
    if (to->whole)
        to->i[k] = from->i[i];
    else
        to->f[k] = from->f[i];
}

/* Places of all axes of element k. */
void fold_places(const struct constant *c, uint64_t k, int64_t place[ONNX_RANK])
{
    for (int i = c->rank - 1; i >= 0; i--) {
        place[i] = (int64_t)(k % (uint64_t)c->dim[i]);
        k /= (uint64_t)c->dim[i];
    }
}

uint64_t fold_element(const struct constant *c, const int64_t place[ONNX_RANK])
{
    uint64_t at = 0;
    for (int i = 0; i < c->rank; i++)
        at = at * (uint64_t)c->dim[i] + (uint64_t)place[i];
    return at;
}

/* ---- sources ---- */

static bool fold_shape(struct translation *t, struct error *err)
{
    const struct value *x = &t->in[0];
    const int64_t *dim = x->c ? x->c->dim : x->dim;
    int rank = x->c ? x->c->rank : x->rank;
    struct constant *c = constant_new(t->m->f, true, 1, (int64_t[]){rank}, err);
    for (int i = 0; c && i < rank; i++)
        c->i[i] = dim[i];
    return fold_put(t, c);
}

static bool fold_constant(struct translation *t, struct error *err)
{
    const Onnx__TensorProto *tensor = attribute_tensor(t, "value");
    int64_t list[ONNX_RANK * 2];
    if (tensor)
        return fold_put(t, constant_of(t->m->f, tensor, err));
    int count = attribute_ints(t, "value_ints", list, err);
    bool one = count == -1 && attribute_int(t, "value_int", INT64_MIN) != INT64_MIN;
    if (count >= 0 || one) {
        struct constant *c =
            constant_new(t->m->f, true, one ? 0 : 1, (int64_t[]){one ? 1 : count}, err);
        for (int i = 0; c && i < count; i++)
            c->i[i] = list[i];
        if (c && one)
            c->i[0] = attribute_int(t, "value_int", 0);
        return fold_put(t, c);
    }
    float v = attribute_float(t, "value_float", NAN);
    if (count == -2 || isnan(v))
        return unsupported(err, "a constant that is no tensor and no number");
    struct constant *c = constant_new(t->m->f, false, 0, NULL, err);
    if (c)
        c->f[0] = v;
    return fold_put(t, c);
}

static bool fold_constant_of_shape(struct translation *t, struct error *err)
{
    int64_t list[ONNX_RANK * 2];
    int count;
    const Onnx__TensorProto *tensor = attribute_tensor(t, "value");
    struct constant *v = NULL;
    TRY(list_of(t, 0, "shape", list, &count, err));
    if (tensor)
        TRY((v = constant_of(t->m->f, tensor, err)) && constant_load(t->m->f, v, err));
    if (count < 0 || count > ONNX_RANK || (v && v->count != 1))
        return unsupported(err, "to %d dimensions", count);
    struct constant *c = constant_new(t->m->f, v && v->whole, count, list, err);
    for (uint64_t i = 0; c && v && i < c->count; i++)
        fold_copy(c, i, v, 0);
    return fold_put(t, c);
}

static bool fold_range(struct translation *t, struct error *err)
{
    struct constant *a = fold_operand(t, 0, err), *b = fold_operand(t, 1, err),
                    *s = fold_operand(t, 2, err);
    TRY(a && b && s);
    if (!a->whole || !b->whole || !s->whole || a->count * b->count * s->count != 1 || !s->i[0])
        return unsupported(err, "of other than three whole numbers");
    double n = ceil(((double)b->i[0] - (double)a->i[0]) / (double)s->i[0]);
    n = n < 0 ? 0 : n;
    if (n > 1 << 20)
        return unsupported(err, "of %g numbers", n);
    struct constant *c = constant_new(t->m->f, true, 1, (int64_t[]){(int64_t)n}, err);
    for (uint64_t i = 0; c && i < c->count; i++)
        c->i[i] = (int64_t)((uint64_t)a->i[0] + i * (uint64_t)s->i[0]);
    return fold_put(t, c);
}

/* ---- numbers ---- */

static bool fold_cast(struct translation *t, struct error *err)
{
    struct constant *x = fold_operand(t, 0, err);
    int64_t to = attribute_int(t, "to", 0);
    TRY(x);
    bool real = to == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT ||
                to == ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE ||
                to == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16;
    bool truth = to == ONNX__TENSOR_PROTO__DATA_TYPE__BOOL;
    if (!real && !truth && to != ONNX__TENSOR_PROTO__DATA_TYPE__INT64 &&
        to != ONNX__TENSOR_PROTO__DATA_TYPE__INT32)
        return unsupported(err, "to data type %lld", (long long)to);
    struct constant *c = constant_new(t->m->f, !real, x->rank, x->dim, err);
    if (c)
        c->name = x->name;
    for (uint64_t i = 0; c && i < c->count; i++) {
        double v = x->whole ? (double)x->i[i] : (double)x->f[i];
        if (real)
            c->f[i] = (float)v;
        else if (truth)
            c->i[i] = v != 0;
        else if (x->whole)
            c->i[i] = x->i[i];
        else if (v > -9e18 && v < 9e18)
            c->i[i] = (int64_t)v;
        else
            return unsupported(err, "%g to a whole number", v);
    }
    return fold_put(t, c);
}

/* Whole numbers wrap round, as in ONNX; nothing is divided by 0. */
static bool whole_number(const char *op, int64_t a, int64_t b, int64_t *v)
{
    uint64_t p = (uint64_t)a, q = (uint64_t)b;
    bool divides = !strcmp(op, "Div") || !strcmp(op, "Mod");
    if (divides && (!b || b == -1)) {
        *v = *op == 'M' ? 0 : (int64_t)(0 - p);
        return b != 0;
    }
    *v = !strcmp(op, "Add")       ? (int64_t)(p + q)
         : !strcmp(op, "Sub")     ? (int64_t)(p - q)
         : !strcmp(op, "Mul")     ? (int64_t)(p * q)
         : !strcmp(op, "Div")     ? a / b
         : !strcmp(op, "Mod")     ? (a % b && (a % b < 0) != (b < 0) ? a % b + b : a % b)
         : !strcmp(op, "Max")     ? (a > b ? a : b)
         : !strcmp(op, "Min")     ? (a < b ? a : b)
         : !strcmp(op, "Equal")   ? a == b
         : !strcmp(op, "Less")    ? a < b
         : !strcmp(op, "Greater") ? a > b
                                  : a && b;
    return true;
}

static float real_number(const char *op, float a, float b)
{
    return !strcmp(op, "Add")   ? a + b
           : !strcmp(op, "Sub") ? a - b
           : !strcmp(op, "Mul") ? a * b
           : !strcmp(op, "Div") ? a / b
           : !strcmp(op, "Max") ? fmaxf(a, b)
           : !strcmp(op, "Min") ? fminf(a, b)
                                : powf(a, b);
}

static bool fold_arithmetic(struct translation *t, struct error *err)
{
    struct constant *x = fold_operand(t, 0, err), *y = fold_operand(t, 1, err);
    const char *op = t->node->op_type;
    int64_t dim[ONNX_RANK], place[ONNX_RANK];
    TRY(x && y);
    bool logic =
        !strcmp(op, "Equal") || !strcmp(op, "Less") || !strcmp(op, "Greater") || !strcmp(op, "And");
    if (x->whole != y->whole || t->in_count != 2 || (logic && !x->whole) ||
        (x->whole && !strcmp(op, "Pow")) || (!x->whole && !strcmp(op, "Mod")))
        return unsupported(err, "of constants of these types");
    int rank = x->rank > y->rank ? x->rank : y->rank;
    for (int i = 0; i < rank; i++) {
        int p = i - (rank - x->rank), q = i - (rank - y->rank);
        int64_t a = p < 0 ? 1 : x->dim[p], b = q < 0 ? 1 : y->dim[q];
        if (a != b && a != 1 && b != 1)
            return unsupported(err, "constants that do not fit");
        dim[i] = a == 1 ? b : a;
    }
    struct constant *c = constant_new(t->m->f, x->whole, rank, dim, err);
    for (uint64_t k = 0; c && k < c->count; k++) {
        uint64_t a = 0, b = 0;
        fold_places(c, k, place);
        for (int i = 0; i < rank; i++) {
            int p = i - (rank - x->rank), q = i - (rank - y->rank);
            if (p >= 0)
                a = a * (uint64_t)x->dim[p] + (x->dim[p] == 1 ? 0 : (uint64_t)place[i]);
            if (q >= 0)
                b = b * (uint64_t)y->dim[q] + (y->dim[q] == 1 ? 0 : (uint64_t)place[i]);
        }
        if (!c->whole)
            c->f[k] = real_number(op, x->f[a], y->f[b]);
        else if (!whole_number(op, x->i[a], y->i[b], &c->i[k]))
            return unsupported(err, "divides by 0");
    }
    return fold_put(t, c);
}

static bool fold_function(struct translation *t, struct error *err)
{
    struct constant *x = fold_operand(t, 0, err);
    const char *op = t->node->op_type;
    TRY(x);
    struct constant *c = constant_new(t->m->f, x->whole, x->rank, x->dim, err);
    for (uint64_t i = 0; c && i < c->count; i++) {
        if (x->whole && strcmp(op, "Neg") && strcmp(op, "Not"))
            return unsupported(err, "of a whole number");
        if (x->whole)
            c->i[i] = *op == 'N' && op[1] == 'o' ? !x->i[i] : (int64_t)(0 - (uint64_t)x->i[i]);
        else
            c->f[i] = !strcmp(op, "Neg")     ? -x->f[i]
                      : !strcmp(op, "Floor") ? floorf(x->f[i])
                      : !strcmp(op, "Ceil")  ? ceilf(x->f[i])
                      : !strcmp(op, "Sqrt")  ? sqrtf(x->f[i])
                      : *op == 'R'           ? 1 / x->f[i]
                                             : expf(x->f[i]);
    }
    return fold_put(t, c);
}

/* A choice between two, each of one shape with the condition or a single number. */
static bool fold_where(struct translation *t, struct error *err)
{
    struct constant *which = fold_operand(t, 0, err), *x = fold_operand(t, 1, err),
                    *y = fold_operand(t, 2, err);
    TRY(which && x && y);
    const struct constant *shape = which->count > 1 ? which : x->count > 1 ? x : y;
    struct constant *const all[] = {which, x, y};
    for (int i = 0; i < 3; i++) {
        bool fits = all[i]->count == 1 || all[i]->rank == shape->rank;
        for (int k = 0; fits && all[i]->count != 1 && k < shape->rank; k++)
            fits = all[i]->dim[k] == shape->dim[k];
        if (!fits || !which->whole || x->whole != y->whole)
            return unsupported(err, "of constants of different shapes or types");
    }
    struct constant *c = constant_new(t->m->f, x->whole, shape->rank, shape->dim, err);
    for (uint64_t i = 0; c && i < c->count; i++) {
        const struct constant *from = which->i[which->count == 1 ? 0 : i] ? x : y;
        fold_copy(c, i, from, from->count == 1 ? 0 : i);
    }
    return fold_put(t, c);
}

static bool fold_product(struct translation *t, struct error *err)
{
    struct constant *x = fold_operand(t, 0, err);
    TRY(x);
    if (!x->whole || x->rank != 1)
        return unsupported(err, "of other than a list of whole numbers");
    TRY(constant_spend(t->m->f, x->count, err));
    bool keep = attribute_int(t, "keepdims", 1) != 0;
    struct constant *c = constant_new(t->m->f, true, keep, (int64_t[]){1}, err);
    uint64_t product = 1;
    for (uint64_t i = 0; i < x->count; i++)
        product *= (uint64_t)x->i[i];
    if (c)
        c->i[0] = (int64_t)product;
    return fold_put(t, c);
}

static const struct {
    const char *op;
    folder *fold;
} folders[] = {
    {"Constant", fold_constant},   {"ConstantOfShape", fold_constant_of_shape},
    {"Range", fold_range},         {"Identity", fold_same},
    {"Dropout", fold_same},        {"Reshape", fold_reshape},
    {"Squeeze", fold_squeeze},     {"Unsqueeze", fold_unsqueeze},
    {"Transpose", fold_transpose}, {"Concat", fold_concat},
    {"Gather", fold_gather},       {"Slice", fold_slice},
    {"Cast", fold_cast},           {"Add", fold_arithmetic},
    {"Sub", fold_arithmetic},      {"Mul", fold_arithmetic},
    {"Div", fold_arithmetic},      {"Mod", fold_arithmetic},
    {"Max", fold_arithmetic},      {"Min", fold_arithmetic},
    {"Pow", fold_arithmetic},      {"Equal", fold_arithmetic},
    {"Less", fold_arithmetic},     {"Greater", fold_arithmetic},
    {"And", fold_arithmetic},      {"Not", fold_function},
    {"Neg", fold_function},        {"Floor", fold_function},
    {"Ceil", fold_function},       {"Sqrt", fold_function},
    {"Reciprocal", fold_function}, {"Exp", fold_function},
    {"ReduceProd", fold_product},  {"Where", fold_where},
};

bool fold_knows(const char *op)
{
    bool known = !strcmp(op, "Shape");
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        known = known || !strcmp(folders[i].op, op);
    return known;
}

bool fold(struct translation *t, bool *done, struct error *err)
{
    const char *op = t->node->op_type;
    *done = true;
    if (!strcmp(op, "Shape") && t->in_count == 1 && has_input(t, 0))
        return fold_shape(t, err);
    bool constant = true;
    for (int i = 0; i < t->in_count; i++)
        constant = constant && (t->in[i].c || t->in[i].node == NODE_NONE);
    for (size_t i = 0; constant && i < sizeof folders / sizeof *folders; i++)
        if (!strcmp(folders[i].op, op) && (t->in_count || !strcmp(op, "Constant")))
            return t->out_count == 1 || !strcmp(op, "Dropout")
                       ? folders[i].fold(t, err)
                       : unsupported(err, "%d outputs", t->out_count);
    *done = false;
    return true;
}
