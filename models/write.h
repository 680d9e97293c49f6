/* SPDX-License-Identifier: MIT */
/* Helpers of the builders. A builder writes the text of a graph, which graph_parse() then checks:
 * builders never touch nodes, and a built graph is exactly what a file can say.
 *
 * Weights are named by their checkpoint's key ("conv1.weight"), values by the module that computes
 * them ("conv1").
 */
#ifndef MODELS_WRITE_H
#define MODELS_WRITE_H
#include "base/text.h"
#include "models/options.h"

struct writer {
    struct text text;
    const char *weights, *labels; /* file names for the header, NULL: no such line */
    char model[48];               /* set by write_header */
};

/* A short name by value: write_relu(w, name_of("%s.relu", block).s, ...). */
struct name {
    char s[96];
};
struct name name_of(const char *fmt, ...) PRINTF_LIKE(1, 2);

struct conv {
    int in, out;
    int kernel[3], stride[3], pad[3]; /* T H W */
};
#define CUBE(n) {(n), (n), (n)}

/* "clact 1", model, weights, labels. */
void write_header(struct writer *w, const char *model);

/* The clip line `main` for the options' norm (its colour order), then %frames and the normalised
 * value `name`. windows and space are a clip's keys as text; frames counts what a window reads. */
struct input {
    const char *name, *windows, *space, *filter;
    int frames;
};
void write_input(struct writer *w, const struct options *o, const struct input *in);

/* %name = conv3d %x, without bias, and its weight `name`.weight. */
void write_conv(struct writer *w, const char *name, const char *x, const struct conv *c);
void write_batchnorm(struct writer *w, const char *name, const char *x, int channels);
/* relu or elu, after OPT_ACT */
void write_act(struct writer *w, const struct options *o, const char *name, const char *x);
void write_maxpool(struct writer *w, const char *name, const char *x); /* 3x3x3, stride 2, pad 1 */
void write_add(struct writer *w, const char *name, const char *a, const char *b);

/* avgpool, fc, softmax, mean over windows: %logits, %probs.window, %probs, and the output line. */
void write_head(struct writer *w, const char *x, int channels, int classes);

#endif
