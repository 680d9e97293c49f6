/* SPDX-License-Identifier: MIT */
/* A checkpoint as builders see it: tensors by the network's own keys, whatever prefix ("module.",
 * "module.backbone.") the training code put in front of them. */
#ifndef MODELS_CHECKPOINT_H
#define MODELS_CHECKPOINT_H
#include "graph/graph.h"
#include "io/tensor_file.h"
#include "models/options.h"

/* A tensor, and its name in the words of the builders (models/namings.h). */
struct checkpoint_key {
    const char *name;
    const struct safetensor *t; /* t->name: in the file */
};

struct checkpoint {
    const struct tensor_file *file;
    const struct checkpoint_key *keys; /* of all tensors, sorted by name */
    int count;
    const char *naming; /* whose names were translated; NULL: nobody's */
    char prefix[128];   /* "" or ends in '.' */
    struct checkpoint_memory *memory;
};

/* ERROR_MODEL when the file is no checkpoint. Closing one that was not opened is fine. */
bool checkpoint_open(struct checkpoint *c, const char *path, struct error *err);
void checkpoint_close(struct checkpoint *c);

/* Finds the prefix under which both keys exist, the shortest when there are several. */
bool checkpoint_locate(struct checkpoint *c, const char *key, const char *second_key);
/* The tensor of a key, without prefix; NULL when there is none. */
const struct safetensor *checkpoint_find(const struct checkpoint *c, const char *key);
/* All of its elements as float, which must be finite. For engine/eval.h: context is the checkpoint,
 * n a weight node of the graph that was built for it. */
bool checkpoint_load(void *context, const struct graph *g, const struct node *n, float *out,
                     struct error *err);
/* A dimension of the tensor of a key, at most CHECKPOINT_DIM_MOST; 0 when there is no such tensor
 * or dimension, or when it is larger, so that builders can multiply it. */
enum { CHECKPOINT_DIM_MOST = 1 << 24 };
int checkpoint_dim(const struct checkpoint *c, const char *key, int dim);
/* How many of "stem.0.", "stem.1.", ... some key begins with. */
int checkpoint_children(const struct checkpoint *c, const char *stem);

/* Channels at full width of the first dimension of a tensor. */
struct full_width {
    const char *key;
    int channels;
};
/* The factor of all channels (rounded half up, at least 1) that explains a checkpoint's shapes:
 * sets OPT_WIDTH. Tensors that are missing do not count. */
bool checkpoint_factor(const struct checkpoint *c, const struct full_width *list, int count,
                       struct options *o, struct error *err);

/* Names from a file end on a terminal, one in a line: control characters become '?'. */
void checkpoint_print_name(struct text *t, const char *name);
/* Compares with the weights that a graph names. Appends one line for each difference ("missing
 * NAME f32[..]", "surplus ...", "shape ..."), returns how many. Counters that no network reads
 * (num_batches_tracked) are not counted. */
int checkpoint_compare(const struct checkpoint *c, const struct graph *g, struct text *lines);

#endif
