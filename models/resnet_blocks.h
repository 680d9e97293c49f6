/* SPDX-License-Identifier: MIT */
/* What all ResNets with the names conv1, bn1, layer1.0.conv1, layer1.0.downsample.0, fc share: the
 * 3D networks of Hara et al. and of Tao et al., and the 2D ones. */
#ifndef MODELS_RESNET_BLOCKS_H
#define MODELS_RESNET_BLOCKS_H
#include "models/checkpoint.h"
#include "models/write.h"

enum { RESNET_STAGES = 4 };

struct resnet {
    const struct options *options; /* for the activation */
    const char *stem_act;          /* name of the value in front of the stem's max pool: "relu" */
    int stem;                      /* channels */
    int blocks[RESNET_STAGES];
    int planes[RESNET_STAGES]; /* a block has planes x expansion outputs              */
    int middle[RESNET_STAGES]; /* channels inside a bottleneck                        */
    int expansion, groups;
    bool bottleneck;
    bool preact;   /* BN and activation in front of a convolution, not behind        */
    bool split;    /* R(2+1)D: 1xkxk, then kx1x1, for each kxkxk                     */
    bool flat;     /* 2D: kernels 1xkxk, weights of rank 4                           */
    bool zero_pad; /* shortcuts without parameters (A)                               */
    bool pool;     /* max pools behind the first blocks of stages, in place of strides */
    bool fea_diff; /* differences of frames behind the first convolution             */
};

/* Channels of the stages of ResNet-18 to -200. */
extern const int resnet_base[RESNET_STAGES];
/* The depth that has these blocks, 0 when none has. */
int resnet_depth(const int blocks[RESNET_STAGES], bool bottleneck);
/* Keys that resnet_init() reads. */
#define OPTIONS_RESNET (OPTION(OPT_DEPTH) | OPTION(OPT_BLOCKS) | OPTION(OPT_WIDTH))

/* A network of the options depth, blocks (where set, in place of those of that depth), width, the
 * factor of `base`, and shortcut (where set); the rest is the commonest: expansion 4 or 1, strides,
 * projections. */
bool resnet_init(struct resnet *r, const struct options *o, const int base[RESNET_STAGES],
                 struct error *err);
/* Channels inside the bottlenecks of a stage, where the option middle does not say them. */
typedef int resnet_rule(const struct options *o, int stage, int planes);
/* Groups and their channels, of the options cardinality and middle. */
bool resnet_set_groups(struct resnet *r, resnet_rule *rule, struct error *err);
/* The depth behind "resnet3d-" or "r3d_"; none when the blocks are not of that depth. */
struct name resnet_name(const char *name, const struct options *o);
/* Everything from the value `input` to `logits`. */
bool resnet_write(struct writer *w, const struct resnet *r, int classes, struct error *err);
/* Channels between 1xkxk and frames x1x1 that keep the parameters of the whole convolution. */
int resnet_split_middle(int in, int out, int frames, int k);

/* ---- checkpoints ---- */
/* Sets depth (and blocks, where no depth has them), width and classes; `expansion` is that of
 * bottlenecks. */
bool resnet_recognise(const struct checkpoint *c, int expansion, struct options *o,
                      struct error *err);
/* Sets cardinality, and middle where the rule says otherwise. */
bool resnet_recognise_groups(const struct checkpoint *c, resnet_rule *rule, struct options *o,
                             struct error *err);
/* Projection or none, as the first block that changes shape has it. */
void resnet_recognise_shortcut(const struct checkpoint *c, struct options *o);
/* A dimension of a weight, refused when it is larger than an option may be. */
bool resnet_channels(const struct checkpoint *c, const char *key, int dim, int *channels,
                     struct error *err);

#endif
