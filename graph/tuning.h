/* SPDX-License-Identifier: MIT */
/* With which algorithm and tiles a device runs a convolution fastest, where that was measured.
 *
 * A tuning is the part of such knowledge that is about one device; a graph may carry one, and then
 * the pass pack-weights and lowering ask it before they follow their own rules. Text, a line an
 * entry, and lines that begin with '#' or are blank:
 *
 *     [SECTION]                  a device or a class of devices
 *     all accumulators=8 group=64
 *     c64t16h56w56k64x3x3x3s1p1 f4-fused blocks=2 tile=14 ms=3.21 rule=4.02
 *
 * A convolution is written without its batch: its algorithm is chosen before the batch is known,
 * and its weights are prepared once.
 */
#ifndef GRAPH_TUNING_H
#define GRAPH_TUNING_H
#include "graph/conv_spec.h"

enum algorithm {
    ALGORITHM_RULE, /* nothing that was tried beats the rule */
    ALGORITHM_DIRECT,
    ALGORITHM_F2, /* Winograd in three kernels, output tiles of 2x2 */
    ALGORITHM_F4,
    ALGORITHM_F2_FUSED, /* in one kernel */
    ALGORITHM_F4_FUSED,
    ALGORITHM_CLBLAST, /* 1x1x1: a GEMM of CLBlast, and a kernel for what the store would do */
    ALGORITHMS
};

struct choice {
    enum algorithm algorithm;
    int blocks; /* of 16 output channels in a register tile; 0 here and below: the rule's */
    int tile;   /* pixels in it at most: rows are cut evenly                              */
    int chunk;  /* register tiles before the next output channels, on a CPU               */
};

struct tuned {
    char spec[CONV_SPEC_SIZE];
    struct choice choice;
    double ms, rule_ms; /* as measured; 0: unknown */
    bool partial;       /* the best so far: not all has been tried */
};

struct tuning {
    int accumulators; /* of a work-item, each of as many floats as it has lanes; 0: the rule's */
    int group;        /* work-items of a GPU's work-group; 0: the rule's                       */
    struct tuned *entry;
    int count, cap;
};

/* Output tile of Winograd, 2 or 4; 0: none. */
int algorithm_winograd(enum algorithm a);
bool algorithm_fused(enum algorithm a);
/* "f4-fused blocks=2 tile=14"; returns buf. */
const char *choice_text(const struct choice *c, char buf[96]);

/* Adds the entries of a section; later ones replace earlier ones. Every line is checked, also those
 * of other sections: "FILE:LINE: what is wrong". */
bool tuning_parse(struct tuning *t, const char *text, size_t len, const char *file,
                  const char *section, struct error *err);
/* Text that tuning_parse reads. */
void tuning_print(const struct tuning *t, const char *section, struct text *out);
/* Replaces the entry of the same convolution, but not a whole one by a partial one. */
bool tuning_put(struct tuning *t, const struct tuned *entry, struct error *err);
const struct tuned *tuning_find(const struct tuning *t, const char *spec);
void tuning_free(struct tuning *t); /* what it holds */

/* What a graph's tuning says about a node; NULL: the rules decide. */
const struct choice *tuning_choice(const struct graph *g, const struct node *n);

#endif
