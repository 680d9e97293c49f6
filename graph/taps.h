/* SPDX-License-Identifier: MIT */
/* Resampling of one axis as a table: for every wanted position the samples it is made of and their
 * weights. Everything a resize filter is, is here; the kernels only multiply and add.
 *
 * `wanted` lists positions of the resized axis, in any order, beyond its ends too (those are zero:
 * all weights 0). The samples named are indices into `used`, the sorted list of input positions
 * that are read at all, so that nothing else need exist.
 */
#ifndef GRAPH_TAPS_H
#define GRAPH_TAPS_H
#include "graph/recipe.h"
#include <stdint.h>

struct taps {
    int count;       /* wanted positions                                               */
    int each;        /* samples of each                                                */
    int32_t *index;  /* [count][each], into used                                       */
    double *weight;  /* [count][each]; pil and cv: integers, scaled by 2^22 and 2^11   */
    int32_t *used;   /* input positions, ascending; at least one                       */
    int used_count;
};

/* row: the axis runs down (cv treats its ends differently). Frees nothing of what taps held. */
bool taps_make(struct taps *taps, enum filter_rule filter, bool row, int in, int out,
               const int32_t *wanted, int count, struct error *err);
void taps_free(struct taps *taps);

#endif
