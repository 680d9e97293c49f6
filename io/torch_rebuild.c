/* SPDX-License-Identifier: MIT */
/* torch._utils._rebuild_tensor_v2(storage, offset, size, stride, ...) and its kin, as data. */
#include "io/torch_rebuild.h"
#include "base/checked.h"

#include <string.h>

enum { WRAPPERS_MOST = 4, ARGUMENTS_MOST = 4, KEY_MOST = 500 };

#define SHOWN(t) (int)((t).n < 60 ? (t).n : 60), (t).s

static const struct {
    const char *storage, *dtype;
    enum safetensor_type type;
} types[] = {
    {"FloatStorage", "float32", SAFETENSOR_F32},
    {"HalfStorage", "float16", SAFETENSOR_F16},
    {"DoubleStorage", "float64", SAFETENSOR_F64},
    {"BFloat16Storage", "bfloat16", SAFETENSOR_BF16},
    {"LongStorage", "int64", SAFETENSOR_I64},
    {"IntStorage", "int32", SAFETENSOR_I32},
    {"ShortStorage", "int16", SAFETENSOR_I16},
    {"CharStorage", "int8", SAFETENSOR_I8},
    {"ByteStorage", "uint8", SAFETENSOR_U8},
    {"BoolStorage", "bool", SAFETENSOR_BOOL},
    {"UntypedStorage", "uint8", SAFETENSOR_U8},
    {NULL, "uint16", SAFETENSOR_U16},
    {NULL, "uint32", SAFETENSOR_U32},
    {NULL, "uint64", SAFETENSOR_U64},
};

static bool find_type(const struct pickle_value *v, bool storage, enum safetensor_type *type)
{
    if (!v || v->kind != PICKLE_GLOBAL || v->as.global.module.n < 5 ||
        memcmp(v->as.global.module.s, "torch", 5) != 0)
        return false;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        const char *name = storage ? types[i].storage : types[i].dtype;
        if (name && pickle_text_is(v->as.global.name, name)) {
            *type = types[i].type;
            return true;
        }
    }
    return false;
}

/* Of types that are passed over, never read; 0: unknown. */
static unsigned other_size(const struct pickle_value *v)
{
    static const struct {
        const char *name;
        unsigned size;
    } other[] = {{"QInt8Storage", 1},  {"QUInt8Storage", 1},       {"QUInt4x2Storage", 1},
                 {"QInt32Storage", 4}, {"ComplexFloatStorage", 8}, {"ComplexDoubleStorage", 16}};
    for (size_t i = 0; v && v->kind == PICKLE_GLOBAL && i < sizeof other / sizeof *other; i++)
        if (pickle_text_is(v->as.global.name, other[i].name))
            return other[i].size;
    return 0;
}

static bool begins(struct pickle_text t, const char *s)
{
    return t.n >= strlen(s) && !memcmp(t.s, s, strlen(s));
}

/* Whether a function gets a storage, or what another makes of one. Looks at a few arguments. */
static bool takes_storage(const struct pickle_value *call, int depth)
{
    int left = ARGUMENTS_MOST;
    for (const struct pickle_item *i = call->as.call.args->first; i && left--; i = i->next)
        if (i->value->kind == PICKLE_PERSISTENT ||
            (i->value->kind == PICKLE_CALL && depth < WRAPPERS_MOST &&
             takes_storage(i->value, depth + 1)))
            return true;
    return false;
}

bool torch_is_tensor(const struct pickle_value *v)
{
    if (v->kind != PICKLE_CALL || v->as.call.callee->kind != PICKLE_GLOBAL || v->first)
        return false;
    struct pickle_text name = v->as.call.callee->as.global.name;
    return begins(name, "_rebuild") || begins(name, "_reconstruct") || takes_storage(v, 0);
}

/* Parameters are tensors with a wrapper. */
static const struct pickle_value *unwrap(const struct pickle_value *v)
{
    for (int i = 0; i < WRAPPERS_MOST; i++) {
        if (!pickle_is_call_of(v, "torch._utils", "_rebuild_parameter") &&
            !pickle_is_call_of(v, "torch._utils", "_rebuild_parameter_with_state") &&
            !pickle_is_call_of(v, "torch.nn.parameter", "Parameter"))
            break;
        v = pickle_at(v->as.call.args, 0);
    }
    return v;
}

static bool integer(const struct pickle_value *v, uint64_t *out)
{
    if (!v || v->kind != PICKLE_INT || v->as.integer < 0)
        return false;
    *out = (uint64_t)v->as.integer;
    return true;
}

bool torch_read_storage(struct torch_storage *s, const struct pickle_value *v,
                        enum safetensor_type *type)
{
    const struct pickle_value *id = v && v->kind == PICKLE_PERSISTENT ? v->as.persistent.id : NULL;
    const struct pickle_value *tag = pickle_at(id, 0), *key = pickle_at(id, 2);
    uint64_t elements;
    if (!tag || tag->kind != PICKLE_TEXT || !pickle_text_is(tag->as.text, "storage") || !key ||
        key->kind != PICKLE_TEXT || key->as.text.n > KEY_MOST ||
        !integer(pickle_at(id, 4), &elements))
        return false;
    *type = SAFETENSOR_TYPES;
    s->key = key->as.text;
    s->size = find_type(pickle_at(id, 1), true, type) ? safetensor_type_size(*type)
                                                      : other_size(pickle_at(id, 1));
    return mul_ok(elements, s->size, &s->bytes);
}

/* Offsets of old files' views, (key, offset, elements) behind the storage, go to out->first. */
static bool read_place(struct torch_tensor *out, const struct pickle_value *v, bool typed,
                       struct error *err)
{
    enum safetensor_type type;
    uint64_t offset = 0;
    if (!torch_read_storage(&out->from, v, &type))
        return fail(err, ERROR_MODEL, "tensor '%s': lies in no storage", out->t.name);
    const struct pickle_value *given = pickle_at(v->as.persistent.id, 1);
    const struct pickle_value *view = pickle_at(v->as.persistent.id, 5);
    if (type == SAFETENSOR_TYPES) {
        struct pickle_text name = {"?", 1};
        if (given && given->kind == PICKLE_GLOBAL)
            name = given->as.global.name;
        return fail(err, ERROR_MODEL,
                    "tensor '%s': storages of type %.*s are not read; float, half, bfloat16, "
                    "double, bool and integers are",
                    out->t.name, SHOWN(name));
    }
    if (typed)
        out->t.type = type;
    else /* counted in bytes */
        out->from.size = safetensor_type_size(out->t.type);
    if (view && view->kind != PICKLE_NONE &&
        (!integer(pickle_at(view, 1), &offset) || !add_ok(out->first, offset, &out->first)))
        return fail(err, ERROR_MODEL, "tensor '%s': an odd view of its storage", out->t.name);
    return true;
}

static bool read_shape(struct torch_tensor *out, const struct pickle_value *size,
                       const struct pickle_value *stride, struct error *err)
{
    struct safetensor *t = &out->t;
    if (pickle_is_call_of(size, "torch", "Size"))
        size = pickle_at(size->as.call.args, 0);
    if (!size || !stride || size->kind != PICKLE_TUPLE || stride->kind != PICKLE_TUPLE ||
        size->count != stride->count)
        return fail(err, ERROR_MODEL, "tensor '%s': size and stride are no tuples of one length",
                    t->name);
    if (size->count > SAFETENSORS_RANK)
        return fail(err, ERROR_MODEL, "tensor '%s': rank %u, at most %d is allowed", t->name,
                    size->count, SAFETENSORS_RANK);
    t->rank = (int)size->count;
    t->elements = 1;
    for (int i = 0; i < t->rank; i++) {
        uint64_t n;
        if (!integer(pickle_at(size, (uint32_t)i), &n) || n > INT32_MAX ||
            !integer(pickle_at(stride, (uint32_t)i), &out->stride[i]))
            return fail(err, ERROR_MODEL,
                        "tensor '%s': dimension %d or its stride is no number from 0 to %d",
                        t->name, i, INT32_MAX);
        t->dim[i] = (int64_t)n;
        if (!mul_ok(t->elements, n, &t->elements))
            return fail(err, ERROR_MODEL, "tensor '%s': the shape's product does not fit 64 bits",
                        t->name);
    }
    if (!mul_ok(t->elements, safetensor_type_size(t->type), &t->bytes))
        return fail(err, ERROR_MODEL, "tensor '%s': its size does not fit 64 bits", t->name);
    return true;
}

/* All elements lie in the storage, and not more of them than it has. */
static bool check_extent(struct torch_tensor *out, struct error *err)
{
    const struct safetensor *t = &out->t;
    uint64_t last = out->first, dense = 1, step, room;
    out->contiguous = true;
    for (int i = t->rank - 1; i >= 0; i--) {
        uint64_t n = (uint64_t)t->dim[i];
        if (n > 1 && out->stride[i] != dense)
            out->contiguous = false;
        dense *= n; /* fits: it divides the product, or is 0 */
        if (n && (!mul_ok(n - 1, out->stride[i], &step) || !add_ok(last, step, &last)))
            return fail(err, ERROR_MODEL, "tensor '%s': its strides do not fit 64 bits", t->name);
    }
    room = out->from.bytes / safetensor_type_size(t->type);
    if (t->elements && (last >= room || t->elements > room))
        return fail(err, ERROR_MODEL, "tensor '%s': reaches beyond its storage of %llu elements",
                    t->name, (unsigned long long)room);
    return true;
}

bool torch_rebuild(struct torch_tensor *out, const struct pickle_value *v, struct error *err)
{
    v = unwrap(v);
    bool first = pickle_is_call_of(v, "torch._utils", "_rebuild_tensor");
    bool second = pickle_is_call_of(v, "torch._utils", "_rebuild_tensor_v2");
    bool third = pickle_is_call_of(v, "torch._utils", "_rebuild_tensor_v3");
    if (!first && !second && !third) {
        struct pickle_text module = {"?", 1}, name = {"?", 1};
        if (v && v->kind == PICKLE_CALL && v->as.call.callee->kind == PICKLE_GLOBAL) {
            module = v->as.call.callee->as.global.module;
            name = v->as.call.callee->as.global.name;
        }
        return fail(err, ERROR_MODEL,
                    "tensor '%s' is made by %.*s.%.*s, only plain tensors and parameters are read",
                    out->t.name, SHOWN(module), SHOWN(name));
    }
    const struct pickle_value *args = v->as.call.args;
    if (third && !find_type(pickle_at(args, 6), false, &out->t.type))
        return fail(err, ERROR_MODEL, "tensor '%s': a type of elements that is not read",
                    out->t.name);
    if (!integer(pickle_at(args, 1), &out->first))
        return fail(err, ERROR_MODEL, "tensor '%s': its offset is no number", out->t.name);
    return read_place(out, pickle_at(args, 0), !third, err) &&
           read_shape(out, pickle_at(args, 2), pickle_at(args, 3), err) && check_extent(out, err);
}
