/* SPDX-License-Identifier: MIT */
/* Helpers of the builders. A builder writes the text of a graph, which graph_parse() then checks:
 * builders never touch nodes, and a built graph is exactly what a file can say.
 *
 * Weights are named by their checkpoint's key ("conv1.weight"), values by the module that computes
 * them ("conv1"). Every name is put behind the writer's prefix ("motion."), so that one network can
 * be part of another; a name that begins with '/' is not.
 */
#ifndef MODELS_WRITE_H
#define MODELS_WRITE_H
#include "base/text.h"
#include "models/options.h"

struct writer {
    struct text text;
    const char *weights, *labels; /* file names for the header, NULL: no such line */
    const char *prefix;           /* NULL: none                                    */
    float eps;                    /* of batch norms; 0: 1e-5                       */
    char model[48];               /* set by write_header                           */
};

/* A short name by value: write_relu(w, name_of("%s.relu", block).s, ...). */
struct name {
    char s[120];
};
struct name name_of(const char *fmt, ...) PRINTF_LIKE(1, 2);

#define CUBE(n) {(n), (n), (n)}

/* "clact 1", model, weights, labels. */
void write_header(struct writer *w, const char *model);

/* %name = op %x1 %x2 ... attributes; inputs are names between blanks, an optional one is
 * "slot=name". attributes are text as in a file; NULL: none. */
void write_node(struct writer *w, const char *name, const char *op, const char *inputs,
                const char *attributes, ...) PRINTF_LIKE(5, 6);
/* %name = weight f32[...]; rank dimensions. */
void write_weight(struct writer *w, const char *name, int rank, const int *dim);
void write_output(struct writer *w, const char *name);

struct conv {
    int in, out;
    int kernel[3], stride[3], pad[3]; /* T H W */
    int groups;                       /* 0: one */
    bool bias;                        /* weight `name`.bias */
    bool flat;                        /* a 2-D network's: weight [out,in,K_H,K_W] */
    bool same;                        /* TensorFlow's SAME padding in place of pad */
};
/* %name = conv3d %x with its weight `name`.weight. */
void write_conv(struct writer *w, const char *name, const char *x, const struct conv *c);
void write_batchnorm(struct writer *w, const char *name, const char *x, int channels);
/* relu or elu, after OPT_ACT */
void write_act(struct writer *w, const struct options *o, const char *name, const char *x);
void write_relu(struct writer *w, const char *name, const char *x);

struct pool {
    int kernel[3], stride[3], pad[3];
    const char *rest; /* "mode=ceil", NULL: nothing more */
};
void write_pool(struct writer *w, const char *op, const char *name, const char *x,
                const struct pool *p);
void write_maxpool(struct writer *w, const char *name, const char *x); /* 3x3x3, stride 2, pad 1 */
void write_add(struct writer *w, const char *name, const char *a, const char *b);
void write_concat(struct writer *w, const char *name, const struct name *x, int count);
/* %name = linear %x with weights `key`.weight [out,in] and `key`.bias. */
void write_linear(struct writer *w, const char *name, const char *key, const char *x, int in,
                  int out);

/* softmax of %logits, its mean over windows, the output: %probs.window, %probs. */
void write_scores(struct writer *w);
/* global average, linear `fc`, write_scores: %avgpool, %logits. */
void write_head(struct writer *w, const char *x, int channels, int classes);

#endif
