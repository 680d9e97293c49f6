/* SPDX-License-Identifier: MIT */
/* What `--set key=value,...` may say about a network, checked against ranges.
 *
 * A value comes from the user (given), from a checkpoint's shapes, or from a family's default; the
 * first of these to set a key wins. A family states which keys it takes; every other is refused.
 */
#ifndef MODELS_OPTIONS_H
#define MODELS_OPTIONS_H
#include "base/error.h"
#include "base/text.h"
#include <stdint.h>

enum option_key {
    OPT_FAMILY, OPT_DEPTH, OPT_BLOCKS, OPT_WIDTH, OPT_STEM, OPT_MIDDLE, OPT_FC, OPT_CLASSES,
    OPT_SHORTCUT, OPT_DOWN, OPT_ACT, OPT_RESIDUAL, OPT_STEP, OPT_FEA_DIFF, OPT_CARDINALITY,
    OPT_FRAMES, OPT_SIZE, OPT_NORM, OPT_PROTOCOL, OPT_RATE,
    /* single networks */
    OPT_BN, OPT_POOL5, OPT_HEAD, OPT_HEAD_WINDOW, OPT_GATING, OPT_MOTION, OPT_APPEARANCE, OPT_ALPHA,
    OPT_BETA, OPT_FUSION_KERNEL,
    /* pseudo-3D with residual frames */
    OPT_PRESET, OPT_STREAM, OPT_ATTENTION, OPT_FEATURE_RESIDUAL, OPT_MASK, OPT_LAST,
    OPT_BASELINE3D, OPT_EXPANSION, OPT_DEPTHWISE, OPT_STEM_POOL,
    /* static, motion and change branches */
    OPT_BRANCHES, OPT_MAPS, OPT_LOW, OPT_RADIUS, OPT_TAU, OPT_WTA, OPT_BORDER, OPT_MOTION_MODE,
    OPT_CHANGE_MODE, OPT_CHANGE_INPUT, OPT_SIGN, OPT_OUTSIDE, OPT_POOL, OPT_PAIR_POOL, OPT_FUSION,
    OPT_SEGMENTS,
    OPT_COUNT
};
_Static_assert(OPT_COUNT < 64, "a set of options is 64 bits");
#define OPTION(key) (UINT64_C(1) << (key))
#define OPTIONS_ALL (OPTION(OPT_COUNT) - 1)

/* Values of the keys that are words, in the order of the table in options.c. */
enum { SHORTCUT_A, SHORTCUT_B, SHORTCUT_IDENTITY, SHORTCUT_NONE };
enum { DOWN_STRIDE, DOWN_POOL };
enum { ACT_RELU, ACT_ELU };
enum {
    RESIDUAL_NONE, RESIDUAL_ABS, RESIDUAL_SIGNED, RESIDUAL_HALF, RESIDUAL_ROLL_SIGNED,
    RESIDUAL_ROLL_HALF
};
enum {
    NORM_HARA_OLD, NORM_HARA_NEW, NORM_TORCHVISION, NORM_UNIT, NORM_IMAGENET, NORM_I3D, NORM_S3D,
    NORM_TSN_BNINCEPTION, NORM_TSN_PYTORCH, NORM_C3D, NORM_PYTORCHVIDEO
};
enum {
    PROTOCOL_HARA, PROTOCOL_TORCHVISION, PROTOCOL_TAO, PROTOCOL_IMAGENET, PROTOCOL_CHEN,
    PROTOCOL_TSN, PROTOCOL_C3D, PROTOCOL_I3D, PROTOCOL_S3D, PROTOCOL_PYTORCHVIDEO,
    PROTOCOL_MMACTION
};
enum { POOL5_CEIL, POOL5_PAD };
enum { HEAD_GLOBAL, HEAD_WINDOW };
enum { MOTION_RESNET, MOTION_R2PLUS1D, MOTION_I3D, MOTION_S3D };
enum { APPEARANCE_18, APPEARANCE_34, APPEARANCE_50, APPEARANCE_RESNEXT101 };
enum { PRESET_TABLE1, PRESET_FLOPS, PRESET_POOLED, PRESET_R50 };
enum { STREAM_RGB, STREAM_RESIDUAL, STREAM_BOTH };
enum { MASK_CLIP, MASK_FRAME };
enum { LAST_REPLICATE, LAST_ZERO, LAST_CIRCULAR };
/* OPT_BRANCHES: value + 1 has these bits. */
enum { BRANCH_STATIC = 1, BRANCH_MOTION = 2, BRANCH_CHANGE = 4 };
enum { MAPS_112, MAPS_224 };
enum { MODE_PAIRS, MODE_STACK };
enum { CHANGE_FEATURE, CHANGE_RGB };
enum { BORDER_ZERO, BORDER_MASK };
enum { SIGN_MINUS, SIGN_PLUS };
enum { OUTSIDE_TAPS, OUTSIDE_HARD };
enum { POOL_GRADUAL, POOL_LATE };
enum { PAIR_POOL_LATE, PAIR_POOL_GRADUAL };
enum { FUSION_SCORES, FUSION_PROBS };

enum { OPTION_LIST_MOST = 8 };
struct options {
    uint64_t set, given;   /* OPTION() bits; given: by the user */
    int value[OPT_COUNT];  /* integers, words, flags            */
    char family[32];       /* OPT_FAMILY                        */
    int height, width;     /* OPT_SIZE                          */
    double multiplier;     /* OPT_WIDTH: a factor when channel_count is 0, else channels */
    int channel_count, channels[OPTION_LIST_MOST];
    int block_count, blocks[OPTION_LIST_MOST];    /* OPT_BLOCKS, of every stage       */
    int middle_count, middle[OPTION_LIST_MOST];   /* OPT_MIDDLE, inside every stage's blocks */
    int head_count, head[OPTION_LIST_MOST];       /* OPT_HEAD_WINDOW, T H W           */
    double tau;            /* OPT_TAU                           */
};

/* Reads "key=value,key=value"; a piece without '=' continues the list in front of it, as in
 * "width=3,5,11,22,act=elu". Keys outside `allowed` are refused; `who` is named in the message.
 * Errors are ERROR_USAGE. May be called again: the later value wins. NULL text is empty. */
bool options_parse(struct options *o, const char *text, uint64_t allowed, const char *who,
                   struct error *err);
/* Refuses what the user gave outside `allowed`. */
bool options_allow(const struct options *o, uint64_t allowed, const char *who, struct error *err);

static inline bool option_given(const struct options *o, enum option_key key)
{
    return o->given & OPTION(key);
}
/* Sets integers, words, flags, unless they are set. */
void option_default(struct options *o, enum option_key key, int value);
void option_default_size(struct options *o, int height, int width);
/* OPT_WIDTH, OPT_BLOCKS, OPT_MIDDLE or OPT_HEAD_WINDOW. */
void option_default_list(struct options *o, enum option_key key, const int *list, int count);
void option_default_factor(struct options *o, double multiplier); /* OPT_WIDTH */
void option_default_tau(struct options *o, double tau);

/* What --help says of a key: its values, and half a line. */
const char *option_name(enum option_key key);
void option_values(enum option_key key, struct text *out);
const char *option_about(enum option_key key);

/* The chosen word of a key, such as "elu". */
const char *option_word(const struct options *o, enum option_key key, char buf[24]);
/* Channels of n stages: the user's list, or base scaled by the factor (rounded half up, >= 1). */
bool option_channels(const struct options *o, const int *base, int n, int *channels,
                     struct error *err);
/* One number of channels scaled by the factor; 1 where the channels are given as a list. */
int option_scale(const struct options *o, int channels);
/* "depth=18 shortcut=A": the keys of `which` that are set. */
void options_print(const struct options *o, uint64_t which, struct text *out);

#endif
