/* SPDX-License-Identifier: MIT */
/* What I3D and S3D share: the widths of Inception-v1's nine mixed blocks, options, the head. */
#ifndef MODELS_INCEPTION3D_H
#define MODELS_INCEPTION3D_H
#include "models/checkpoint.h"
#include "models/write.h"

#define INCEPTION_EPS 1e-3f /* of all batch norms */

enum { MIXED_BLOCKS = 9, MIXED_4B = 2, MIXED_5B = 7 }; /* a pool stands before 4b and before 5b */
/* The convolutions of a block: branches 1 and 2 have two, branch 3 has one behind a pool. */
enum { MIXED_B0, MIXED_B1A, MIXED_B1B, MIXED_B2A, MIXED_B2B, MIXED_B3B, MIXED_UNITS };
struct mixed {
    const char *name; /* "Mixed_3b" */
    int channels[MIXED_UNITS];
};
extern const struct mixed mixed_blocks[MIXED_BLOCKS];

/* Channels of a block's convolutions after OPT_WIDTH, and of all its branches. */
void mixed_channels(const struct options *o, int block, int channels[MIXED_UNITS]);
int mixed_out(const int channels[MIXED_UNITS]);

struct inception_head {
    const char *key;       /* of the last convolution, 1x1x1 with bias */
    int map[3], window[3]; /* T H W of its input; the published window */
};
/* All options but OPT_RESIDUAL; frames and protocol of the network's own, or, with OPT_RESIDUAL,
 * those of Tao et al. */
void inception_defaults(struct options *o, int frames, int protocol);
/* OPT_HEAD: the published window where it fits. */
void inception_default_head(struct options *o, const struct inception_head *head);
/* What differs in Tao et al.: residual frames, ELU, 101 classes. To be called first. */
void inception_tao_defaults(struct options *o);
#define INCEPTION_TAO_PAPER                                                                        \
    "With residual=abs: L. Tao, X. Wang, T. Yamasaki: Rethinking Motion Representation: "          \
    "Residual\n"                                                                                   \
    "Frames with 3D ConvNets for Better Action Recognition, 2020; table 1."
#define OPTIONS_INCEPTION                                                                          \
    (OPTION(OPT_WIDTH) | OPTION(OPT_CLASSES) | OPTION(OPT_ACT) | OPTION(OPT_HEAD))

/* Whether the options can be built. */
bool inception_check(const struct options *o, const struct inception_head *head, struct error *err);
/* OPT_HEAD: average of all places, or of the window at every place it fits; scores of each
 * average, and as %logits their mean. */
void inception_write_head(struct writer *w, const struct options *o, const char *x, int channels,
                          const struct inception_head *head);

/* The key of a block's convolution. */
typedef struct name inception_key(int block, int unit);
/* Sets OPT_WIDTH, by three convolutions of the stem and those of all blocks, and OPT_CLASSES. */
bool inception_recognise(const struct checkpoint *c, struct options *o,
                         const struct full_width stem[3], inception_key *key, const char *head_key,
                         struct error *err);

#endif
