/* SPDX-License-Identifier: MIT */
/* Making the values of io/pickle.h. */
#ifndef IO_PICKLE_VALUE_H
#define IO_PICKLE_VALUE_H
#include "io/pickle.h"

/* What all values of one pickle are made from. */
struct pickle_memory {
    struct pickle_block *blocks;
    size_t free; /* bytes left in the first block */
    int count;   /* of values and items so far    */
    enum error_code code;
};

struct pickle_value *pickle_new(struct pickle_memory *m, enum pickle_kind kind, struct error *err);
bool pickle_add(struct pickle_memory *m, struct pickle_value *to, const struct pickle_value *key,
                const struct pickle_value *value, struct error *err);
/* A PICKLE_CALL; refuses what is harmful. */
struct pickle_value *pickle_new_call(struct pickle_memory *m, const struct pickle_value *callee,
                                     const struct pickle_value *args, struct error *err);

#endif
