/* SPDX-License-Identifier: MIT */
/* BN-Inception as a network or as a branch of one: frames go through it side by side. */
#ifndef MODELS_BNINCEPTION_H
#define MODELS_BNINCEPTION_H
#include "models/checkpoint.h"
#include "models/write.h"

/* What becomes of the frames. */
enum bninception_time {
    TIME_MEAN,   /* the mean of their features                                             */
    TIME_MAX,    /* the largest of each feature                                            */
    TIME_GRADUAL /* max pools of two frames behind pool2, 3c and 4e; the mean of what is left */
};

struct bninception {
    int frames, height, width; /* of the input value                          */
    int channels;              /* of the input value                          */
    int stride;                /* of conv1; 0: the input is what conv1 gives  */
    int first;                 /* channels that conv1 gives                   */
    enum bninception_time time;
};

/* From value x to %feature [N, channels] and %logits, named and prefixed as the writer says. Takes
 * OPT_WIDTH, a factor, and OPT_CLASSES. ERROR_USAGE when the size does not go through it. */
bool bninception_write(struct writer *w, const struct options *o, const struct bninception *net,
                       const char *x, struct error *err);

/* Sets OPT_WIDTH and OPT_CLASSES by the tensors whose keys begin with `prefix`. conv1 says nothing:
 * it may have a width of its own. */
bool bninception_recognise(const struct checkpoint *c, const char *prefix, struct options *o,
                           struct error *err);

#endif
