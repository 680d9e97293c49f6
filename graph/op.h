/* SPDX-License-Identifier: MIT */
/* An operator: everything that is known about it, in one struct, defined in engine/op/NAME.c. The
 * parser, printer, checks, help, evaluation and lowering are driven by it; there is no switch over
 * operators anywhere. */
#ifndef GRAPH_OP_H
#define GRAPH_OP_H
#include "graph/graph.h"

enum attr_type {
    ATTR_INT,    /* int                                                     */
    ATTR_INT3,   /* int[3], T H W; one number stands for three equal ones   */
    ATTR_FLOAT,  /* float                                                   */
    ATTR_FLOAT3, /* float[3], per channel; one number for three equal ones  */
    ATTR_ENUM,   /* int, index into choices ("none|relu|elu|sigmoid")       */
    ATTR_STRING  /* const char * in the graph's arena, no blanks            */
};
struct attr {
    const char *name;
    enum attr_type type;
    size_t offset;        /* in the operator's attribute struct             */
    const char *def;      /* default as text; NULL: must be given           */
    double min, max;      /* of numbers; both 0: any                        */
    const char *choices;  /* of ATTR_ENUM                                   */
    const char *about;    /* half a line of help                            */
};

enum op_traits {
    OP_POINTWISE = 1, /* may write over its first input                             */
    OP_VIEW = 2,      /* same elements, same order on the device: no code           */
    OP_HOST = 4,      /* prepares weights: PART_WEIGHT only, no kernel              */
    OP_INTERNAL = 8,  /* made by passes; refused in a model file                    */
    OP_WINDOWS = 16,  /* ends the window part: result is PART_VIDEO                 */
    OP_SOURCE = 32,   /* input or weight                                            */
    OP_SLICED = 64,   /* kernels use the row and offset of each operand, write own channels only */
    OP_JOINS = 128    /* the inputs' channels side by side: they may be written there  */
};

struct cost {
    double multiply_adds; /* of convolutions and linear layers, padding taps counted */
    double flops;         /* all arithmetic                                          */
};

struct lower;
struct op {
    const char *name, *about;
    const char *inputs; /* "x w bias? add?"; "x..." is one or more */
    unsigned traits;
    size_t attrs_size;
    const struct attr *attrs; /* ended by a NULL name; NULL: none */
    /* Output shape from the inputs' shapes; DIM_N passes through. Uses graph_fail. */
    bool (*infer)(const struct graph *g, struct node *n, struct error *err);
    /* For one window (DIM_N counts as 1). NULL: nothing worth counting. */
    void (*cost)(const struct graph *g, const struct node *n, struct cost *c);
    /* The specification in plain C, double accumulation. in[i].data is NULL where absent; out
     * has its shape and zeroed memory. NULL for sources. */
    void (*reference)(const struct node *n, const struct tensor *in, struct tensor *out);
    /* Appends steps to a plan. NULL for OP_HOST, OP_VIEW, OP_SOURCE and OP_WINDOWS. */
    bool (*lower)(const struct node *n, struct lower *lo, struct error *err);
};

extern const struct op *const op_table[]; /* ended by NULL */
const struct op *op_find(const char *name); /* NULL when there is none */

/* Input slots. */
int op_slot(const struct op *op, const char *name); /* -1 when there is none */
int op_slot_count(const struct op *op);              /* variadic: 1 */
bool op_variadic(const struct op *op);
bool op_slot_optional(const struct op *op, int slot);
const char *op_slot_name(const struct op *op, int slot, char buf[24]);

/* Attributes by name, for passes; NULL or -1 when the operator has none of that name. */
const struct attr *attr_find(const struct op *op, const char *name);
int attr_choice(const struct attr *a, const char *word); /* index in choices, -1 */
int attr_get_enum(const struct node *n, const char *name);
int attr_get_int(const struct node *n, const char *name);
bool attr_set_enum(struct node *n, const char *name, const char *word);
/* The word that an enum attribute of n holds; returns buf. */
const char *attr_enum_word(const struct node *n, const struct attr *a, char buf[32]);
/* Copies every attribute that both nodes' operators have under one name and type. */
void attr_copy_shared(struct node *to, const struct node *from);
void attr_defaults(struct graph *g, struct node *n);
/* Parses value into n's attribute; err holds only the reason. */
bool attr_parse(struct graph *g, struct node *n, const struct attr *a, const char *value,
                struct error *err);
/* " key=value" for every attribute that differs from its default. */
void attr_print(const struct node *n, struct text *out);

#endif
