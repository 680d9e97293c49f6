/* SPDX-License-Identifier: MIT */
/* A family: networks that share a builder, a naming of weights and a set of options. One file each;
 * the build lists them: every `const struct family X_family` of this folder is one. */
#ifndef MODELS_FAMILY_H
#define MODELS_FAMILY_H
#include "models/checkpoint.h"
#include "models/options.h"
#include "models/write.h"

struct model {
    const char *name, *about;
    const char *settings; /* that make it this one of its family; NULL: none   */
    const char *aliases;  /* other names between blanks; NULL: none            */
};

struct family {
    const struct model *models; /* ended by a NULL name */
    const char *name, *about;
    const char *paper; /* lines: authors, title, year, what part of it; public code */
    uint64_t keys;    /* OPTION() bits of the options it takes               */
    uint64_t assumed; /* those that a checkpoint's names and shapes leave open */
    /* Sets every option that is still open, and writes the graph. */
    bool (*build)(struct options *o, struct writer *w, struct error *err);

    /* How its checkpoints are known: both keys exist, the first with this rank. NULL: they are
     * another family's. */
    const char *anchor, *second_anchor;
    int anchor_rank;
    bool holds_others; /* networks of other families are parts of it: it is asked first */
    /* Whether it is meant, among families with the same anchors; NULL: when no other is. */
    bool (*chosen)(const struct options *o, const struct checkpoint *c);
    /* Sets the options that the shapes tell. */
    bool (*recognise)(const struct checkpoint *c, struct options *o, struct error *err);
};

/* From the files of this folder (cmake/tables.cmake), ended by NULL. */
extern const struct family *const family_list[];
const struct family *family_find(const char *name); /* NULL when there is none */

#endif
