/* SPDX-License-Identifier: MIT */
/* ONNX files byte by byte, so that tests can write what no exporter would. */
#ifndef TESTS_MODELS_ONNX_WIRE_H
#define TESTS_MODELS_ONNX_WIRE_H
#include "base/text.h"

#include <stdint.h>
#include <string.h>

enum { TYPE_FLOAT = 1, TYPE_INT64 = 7, TYPE_STRING = 8 };

static inline void put_varint(struct text *t, uint64_t v)
{
    for (; v >= 0x80; v >>= 7)
        text_append(t, (char[]){(char)(v | 0x80)}, 1);
    text_append(t, (char[]){(char)v}, 1);
}

static inline void put_number(struct text *t, int field, uint64_t v)
{
    put_varint(t, (uint64_t)field << 3);
    put_varint(t, v);
}

static inline void put_bytes(struct text *t, int field, const void *data, size_t len)
{
    put_varint(t, (uint64_t)field << 3 | 2);
    put_varint(t, len);
    text_append(t, data, len);
}

static inline void put_word(struct text *t, int field, const char *s)
{
    put_bytes(t, field, s, strlen(s));
}

/* A message that is complete, as a field of another. */
static inline void put_message(struct text *t, int field, struct text *inner)
{
    put_bytes(t, field, inner->s ? inner->s : "", inner->len);
    text_free(inner);
}

/* initializer (field 5 of a graph) */
static inline void put_tensor(struct text *graph, const char *name, int type, int rank,
                              const int64_t *dim, const void *raw, size_t len)
{
    struct text t = {0};
    for (int i = 0; i < rank; i++)
        put_number(&t, 1, (uint64_t)dim[i]);
    put_number(&t, 2, (uint64_t)type);
    put_word(&t, 8, name);
    put_bytes(&t, 9, raw, len);
    put_message(graph, 5, &t);
}

/* The same with its data in another file. */
static inline void put_external(struct text *graph, const char *name, int64_t count,
                                const char *location, const char *offset)
{
    const char *const pairs[][2] = {{"location", location}, {"offset", offset}};
    struct text t = {0};
    put_number(&t, 1, (uint64_t)count);
    put_number(&t, 2, TYPE_FLOAT);
    put_word(&t, 8, name);
    for (int i = 0; i < 2; i++) {
        struct text pair = {0};
        put_word(&pair, 1, pairs[i][0]);
        put_word(&pair, 2, pairs[i][1]);
        put_message(&t, 13, &pair);
    }
    put_number(&t, 14, 1);
    put_message(graph, 5, &t);
}

/* node: "in1 in2" and "out" between blanks; attribute NAME with whole numbers, NULL: none */
static inline void put_node(struct text *graph, const char *op, const char *in, const char *out,
                            const char *attribute, int count, const int64_t *ints)
{
    struct text t = {0};
    const char *const lists[] = {in, out};
    for (int k = 0; k < 2; k++)
        for (const char *s = lists[k]; *s; s += strspn(s, " ")) {
            size_t n = strcspn(s, " ");
            put_bytes(&t, 1 + k, s, n);
            s += n;
        }
    put_word(&t, 4, op);
    if (attribute) {
        struct text a = {0};
        put_word(&a, 1, attribute);
        for (int i = 0; i < count; i++)
            put_number(&a, 8, (uint64_t)ints[i]);
        put_number(&a, 20, 7);
        put_message(&t, 5, &a);
    }
    put_message(graph, 1, &t);
}

/* input (11) or output (12); a dimension of 0 is open */
static inline void put_value(struct text *graph, int field, const char *name, int rank,
                             const int64_t *dim)
{
    struct text shape = {0}, tensor = {0}, type = {0}, t = {0};
    for (int i = 0; i < rank; i++) {
        struct text d = {0};
        if (dim[i])
            put_number(&d, 1, (uint64_t)dim[i]);
        else
            put_word(&d, 2, "n");
        put_message(&shape, 1, &d);
    }
    put_number(&tensor, 1, TYPE_FLOAT);
    put_message(&tensor, 2, &shape);
    put_message(&type, 1, &tensor);
    put_word(&t, 1, name);
    put_message(&t, 2, &type);
    put_message(graph, field, &t);
}

/* The whole file; frees the graph. */
static inline struct text put_model(struct text *graph, int opset)
{
    struct text m = {0}, set = {0};
    put_number(&m, 1, 8);
    put_message(&m, 7, graph);
    put_number(&set, 2, (uint64_t)opset);
    put_message(&m, 8, &set);
    return m;
}

#endif
