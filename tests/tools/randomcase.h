/* SPDX-License-Identifier: MIT */
/* Random graphs of one operator, or of what the passes fuse. */
#ifndef TESTS_TOOLS_RANDOMCASE_H
#define TESTS_TOOLS_RANDOMCASE_H
#include "base/random.h"
#include "tests/tools/opcase.h"

/* A case in the making. */
struct maker {
    struct random r;
    struct opcase *c;  /* gets fill and tolerance */
    struct text graph; /* without its last line break and its output line */
};

struct random_operator {
    const char *name;
    int count; /* cases in one run, at most RANDOM_CASES */
    void (*make)(struct maker *m);
};
enum { RANDOM_CASES = 64 };
extern const struct random_operator random_operators[]; /* ended by a NULL name */

#endif
