/* SPDX-License-Identifier: MIT */
/* Inside the import of ONNX: from its nodes, one after another, to nodes of a graph.
 *
 * A tensor of the ONNX graph is a constant, or a value: a node of ours together with a reading of
 * its axes. Each axis of the ONNX tensor names the axes of the node that it consists of, as letters
 * n c t h w, outer ones first; "" is an axis of one place. So Transpose, Flatten, Unsqueeze and
 * most Reshapes change letters only: [N*T,C,H,W] is "nt" "c" "h" "w". layout_arrange() moves
 * elements where an operator needs another reading than there is.
 *
 * n, the windows, is everywhere what the file has for a batch (1 when that is open); every operator
 * of ours treats windows apart.
 */
#ifndef MODELS_ONNX_IMPORT_H
#define MODELS_ONNX_IMPORT_H
#include "graph/graph.h"
#include "graph/op.h"
#include "models/onnx_file.h"

enum { LETTERS = 6 };

/* Frames of a value as frames of another, from which temporal differences are recognised: frame i
 * is frame first + i of node `of`, for `count` frames; then comes `tail`. */
enum shift_tail { TAIL_NONE, TAIL_LAST, TAIL_ZERO, TAIL_FIRST };
struct shift {
    node_id of; /* NODE_NONE: nothing is known */
    int64_t first, count;
    enum shift_tail tail;
};

struct value {
    struct constant *c; /* NULL: a node */
    node_id node;       /* NODE_NONE and no constant: could not be made */
    int rank;
    int64_t dim[ONNX_RANK];
    char axis[ONNX_RANK][LETTERS];
    int64_t batch; /* of n, in the file's reckoning */
    struct shift shift;
};

struct onnx_weight {
    const char *key;  /* name of its node and of its tensor in a weights file */
    const char *wish; /* what both shall be called in the end */
    struct constant *c;
    struct shape shape;
    node_id node; /* while nodes are made */
};

struct onnx_name; /* of the table of values */
struct import_state {
    struct onnx_file *f;
    struct graph *g;
    struct arena arena;
    struct onnx_name *names;
    size_t name_cap;
    struct onnx_weight *weights;
    int weight_count, weight_cap;
    const char *current; /* name of the node that is translated, as nodes of ours are called */
    bool joint;          /* all inputs are windows of one clip */
    bool mixed;          /* they should be */
    struct text *misfit; /* one line for each node that cannot be translated */
    struct text kinds;   /* names of their operators, one a line */
    int misfits;
};

/* One ONNX node: `in` has its inputs (absent ones have neither constant nor node), `out` takes its
 * results. */
struct translation {
    struct import_state *m;
    const Onnx__NodeProto *node;
    const struct value *in;
    int in_count;
    struct value *out;
    int out_count;
};
typedef bool translator(struct translation *t, struct error *err);

/* "reason" of a node that is not supported; returns false. */
bool unsupported(struct error *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* ---- attributes and inputs ---- */
int64_t attribute_int(const struct translation *t, const char *name, int64_t absent);
float attribute_float(const struct translation *t, const char *name, float absent);
const char *attribute_word(const struct translation *t, const char *name, const char *absent,
                           char buf[32]);
/* How many numbers the list has, at most ONNX_RANK * 2; -1: absent. */
int attribute_ints(const struct translation *t, const char *name, int64_t out[ONNX_RANK * 2],
                   struct error *err);
const Onnx__TensorProto *attribute_tensor(const struct translation *t, const char *name);
bool has_input(const struct translation *t, int i);
/* Input i is a value. */
bool want_node(const struct translation *t, int i, struct error *err);
/* A list of whole numbers: input i when it is there, else the attribute; *count -1: neither. */
bool list_of(const struct translation *t, int i, const char *attribute, int64_t out[ONNX_RANK * 2],
             int *count, struct error *err);
/* "axis" of a tensor of `rank`, negative ones counted from the end. */
bool axis_of(int64_t axis, int rank, int *to, struct error *err);

/* ---- nodes: NODE_NONE on error ---- */
/* A node with its inputs and "key=value key=value". */
node_id emit(struct import_state *m, struct error *err, const char *op, const node_id *in,
             int in_count, const char *attributes, ...) PRINTF_LIKE(6, 7);
#define EMIT1(m, err, op, x, ...)    emit(m, err, op, (node_id[]){x}, 1, __VA_ARGS__)
#define EMIT2(m, err, op, x, y, ...) emit(m, err, op, (node_id[]){x, y}, 2, __VA_ARGS__)
/* The node of a constant's elements under a shape of as many. */
node_id emit_weight(struct import_state *m, struct constant *c, int rank, const int64_t *dim,
                    struct error *err);
bool is_op(const struct import_state *m, node_id id, const char *op);
/* A value that is `like` with another node under it, known to have the same axes. */
struct value value_like(const struct value *like, node_id node);
/* Size of a letter's axis of a node; n: 1. */
int64_t letter_size(const struct import_state *m, node_id id, char letter);

/* ---- readings ---- */
/* The same elements as a tensor of other dimensions. */
bool layout_reshape(struct import_state *m, const struct value *x, int rank, const int64_t *dim,
                    struct value *out, struct error *err);
/* Axis i consists of the letters of want[i], all different; NULL: of any. n may stand in want[0]
 * alone. Elements move where they must. */
bool layout_arrange(struct import_state *m, const struct value *x, const char *const *want,
                    struct value *out, struct error *err);
/* A node of rank 5, or with rank2 one of rank 2 (a single pixel is needed then). */
node_id layout_rank(struct import_state *m, node_id id, bool rank2, struct error *err);
/* As operators over pixels want it: axis 1 is c, the others from the 2nd on are t, h or w each, in
 * this order: letter[2] and up. Axis 0 has n and what is left. any_channels: pooling does not mind
 * what axis 1 is. */
bool layout_channels(struct import_state *m, const struct value *x, bool any_channels,
                     struct value *out, char letter[ONNX_RANK], struct error *err);
/* Exactly one letter for axis `axis`; c when `channel`. */
bool layout_axis(struct import_state *m, const struct value *x, int axis, char wanted,
                 struct value *out, struct error *err);
bool has_letter(const struct value *x, char letter);
/* Whether no letter is that of two axes, as everything here relies on. */
bool letters_differ(const struct value *x);
/* Dimensions from letters; call it when a node's sizes have changed. */
void layout_sizes(const struct import_state *m, struct value *x);

/* The mean or the maximum over axes of a value, given by letters of which c may be one. The axes
 * remain, with one place. NODE_NONE and err on error. */
bool reduce_letters(struct import_state *m, struct value *x, const char *letters, bool maximum,
                    struct error *err);

/* ---- constants ---- */
/* Computes a node whose inputs are all constants, or Shape of a value. *done: it could be. */
bool fold(struct translation *t, bool *done, struct error *err);
bool fold_knows(const char *op); /* could do it with constants */

/* ---- temporal differences ---- */
/* x - y, when the two are frames of one value some distance apart; NODE_NONE and no error when
 * not. */
bool time_subtract(struct import_state *m, const struct value *x, const struct value *y,
                   struct value *out, bool *done, struct error *err);
/* |x|, (1 - x) / 2 of such a difference */
node_id time_absolute(struct import_state *m, node_id x, struct error *err);
node_id time_half(struct import_state *m, node_id x, struct error *err);

/* ---- element by element: models/onnx_pointwise.c and onnx_pair.c ---- */
/* An attribute that is a float. */
float float_attr(const struct import_state *m, node_id id, const char *name);
/* A node `unary` with this function. */
bool is_unary(const struct import_state *m, node_id id, const char *fn);
/* The word of `binary` for + - * / ^ > (maximum) < (minimum). */
const char *binary_word(char op);
/* A value and a constant; reversed: the constant is on the left. */
bool with_constant(struct translation *t, const struct value *x, struct constant *c, char op,
                   bool reversed, struct error *err);

/* ---- the walk ---- */
static inline uint64_t hash_of(const char *s)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * 0x100000001b3u;
    return h;
}
struct value *value_find(struct import_state *m, const char *name); /* NULL */
bool value_add(struct import_state *m, const char *name, const struct value *v, struct error *err);
translator *translator_find(const char *op);
/* A table with room for every name of the file, and the initializers in it. */
bool values_prepare(struct import_state *m, struct error *err);
bool import_nodes(struct import_state *m, struct error *err);

/* Names: "/layer1/layer1.0/conv1/Conv" is in module "layer1.0.conv1". */
const char *module_of(struct import_state *m, const Onnx__NodeProto *n);
/* As a word of a graph: letters, digits and _ . - + stay. */
const char *clean_name(struct import_state *m, const char *name);

/* Translators, by file. */
translator onnx_conv, onnx_batchnorm, onnx_pool, onnx_global_pool;
translator onnx_unary, onnx_clip, onnx_binary, onnx_cast, onnx_same;
translator onnx_gemm, onnx_matmul, onnx_softmax, onnx_reduce, onnx_grid_sample;
translator onnx_reshape, onnx_flatten, onnx_squeeze, onnx_unsqueeze, onnx_transpose, onnx_slice;
translator onnx_split, onnx_concat, onnx_pad, onnx_expand, onnx_gather;

#endif
