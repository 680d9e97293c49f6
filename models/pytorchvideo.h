/* SPDX-License-Identifier: MIT */
/* What PyTorchVideo's Slow, C2D, I3D and SlowFast networks share, and some of it X3D: stem, stages
 * of bottlenecks, head. Modules are named as there, blocks.1.res_blocks.0.branch2.conv_a, and a
 * value has the name of the module whose result it is. */
#ifndef MODELS_PYTORCHVIDEO_H
#define MODELS_PYTORCHVIDEO_H
#include "models/protocol.h"
#include "models/resnet_blocks.h"

/* Convolution `frames` x7x7 of 3 channels, BN, ReLU, max pool 1x3x3, as value `name`; both with this
 * stride over time. */
void ptv_write_stem(struct writer *w, const char *name, const char *x, int out, int frames,
                    int stride);

/* Bottlenecks: T x 1x1, 1x3x3 with the stride, 1x1x1; a projection where shapes change. */
struct ptv_stage {
    int blocks, in, middle, out;
    int stride;
    int frames[2]; /* T of the even and of the odd blocks */
};
/* The values `name`.res_blocks and `name`. */
void ptv_write_stage(struct writer *w, const char *name, const char *x, const struct ptv_stage *s);
/* "%to = `from`", so that a module's value has its name too. */
void ptv_write_alias(struct writer *w, const char *to, const char *from);

/* Pixels along an axis that is halved, rounded up, `times` times. */
int ptv_halved(int size, int times);

/* ---- head: mean over a window at every place where it fits, or over all; scores of each ---- */

/* OPT_HEAD, OPT_HEAD_WINDOW (T, H, W of each of `pathways`): the published window, all T and
 * `window` in H and W, where it is smaller than the map; a mean over all else. */
bool ptv_default_head(struct options *o, const int (*map)[3], int pathways, const int window[2],
                      struct error *err);
#define PTV_WINDOW                                                                                 \
    {                                                                                              \
        7, 7                                                                                       \
    } /* of all but X3D: the map of a crop of 224 */
/* %name from x, rank 5 with OPT_HEAD=window, else 2. `pathway`: of the window. */
void ptv_write_pool(struct writer *w, const struct options *o, const char *name, const char *x,
                    int pathway);
/* Linear layer `key` at every place, their mean %logits, write_scores. */
void ptv_write_scores(struct writer *w, const struct options *o, const char *key, const char *x,
                      int channels);

/* Classes, frames, rate, protocol. */
void ptv_defaults(struct options *o, int frames, int rate);
#define OPTIONS_PTV                                                                                \
    (OPTION(OPT_FAMILY) | OPTION(OPT_CLASSES) | OPTION(OPT_FRAMES) | OPTION(OPT_SIZE) |            \
     OPTION(OPT_NORM) | OPTION(OPT_PROTOCOL) | OPTION(OPT_RATE) | OPTION(OPT_HEAD) |               \
     OPTION(OPT_HEAD_WINDOW))
#define ASSUMED_PTV                                                                                \
    (OPTION(OPT_FRAMES) | OPTION(OPT_SIZE) | OPTION(OPT_NORM) | OPTION(OPT_PROTOCOL) |             \
     OPTION(OPT_RATE) | OPTION(OPT_HEAD) | OPTION(OPT_HEAD_WINDOW))

/* ---- checkpoints ---- */

/* Names of the modules of stages 0 to 3. */
typedef struct name ptv_stage_name(int stage);
/* Their blocks, 1 to 100 each. */
bool ptv_count_blocks(const struct checkpoint *c, ptv_stage_name *stage, int blocks[RESNET_STAGES],
                      struct error *err);
/* Sets depth (and blocks, where no depth has them) and width from stages of bottlenecks. */
bool ptv_recognise_stages(const struct checkpoint *c, ptv_stage_name *stage, struct options *o,
                          struct error *err);
/* OPT_CLASSES from the last linear layer. */
void ptv_recognise_classes(const struct checkpoint *c, const char *key, struct options *o);

#endif
