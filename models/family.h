/* SPDX-License-Identifier: MIT */
/* A family: networks that share a builder, a naming of weights and a set of options. One file each;
 * models.c lists them. */
#ifndef MODELS_FAMILY_H
#define MODELS_FAMILY_H
#include "models/checkpoint.h"
#include "models/options.h"
#include "models/write.h"

struct family {
    const char *name, *about;
    uint64_t keys;    /* OPTION() bits of the options it takes               */
    uint64_t assumed; /* those that a checkpoint's names and shapes leave open */
    /* Sets every option that is still open, and writes the graph. */
    bool (*build)(struct options *o, struct writer *w, struct error *err);

    /* How its checkpoints are known: both keys exist, the first with this rank. */
    const char *anchor, *second_anchor;
    int anchor_rank;
    /* Whether it is meant, among families with the same anchors; NULL: when no other is. */
    bool (*chosen)(const struct options *o, const struct checkpoint *c);
    /* Sets the options that the shapes tell. */
    bool (*recognise)(const struct checkpoint *c, struct options *o, struct error *err);
};

extern const struct family resnet3d_family, tao_family, r3d_family, mc3_family;
/* Ended by NULL; of families with the same anchors the one that is `chosen` always comes last. */
extern const struct family *const family_list[];
const struct family *family_find(const char *name); /* NULL when there is none */

#endif
