/* SPDX-License-Identifier: MIT */
/* What is known of every option: private to models/options.c and models/options_table.c. */
#ifndef MODELS_OPTIONS_TABLE_H
#define MODELS_OPTIONS_TABLE_H
#include "models/options.h"

enum option_kind {
    OPTION_INT,
    OPTION_WORD,
    OPTION_FLAG,
    OPTION_SIZE,
    OPTION_WIDTH,
    OPTION_LIST,
    OPTION_NUMBER,
    OPTION_NAME
};

struct option_row {
    const char *name;
    enum option_kind kind;
    int min, max;      /* of OPTION_INT and of the items of OPTION_LIST */
    const char *words; /* of OPTION_WORD */
    const char *about;
};
extern const struct option_row option_table[OPT_COUNT];

#endif
