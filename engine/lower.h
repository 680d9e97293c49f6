/* SPDX-License-Identifier: MIT */
/* The state of one part's lowering: private to engine/plan.c and engine/lower.c. */
#ifndef ENGINE_LOWER_H
#define ENGINE_LOWER_H
#include "engine/plan.h"

struct lower {
    struct plan *plan;
    struct plan_part *part;
    struct text defines; /* of the launch being built */
    int open;            /* index of that step, -1 */
};

/* Before anything of a node is computed in int: its value and its weights are not too large. */
bool lower_check(const struct graph *g, const struct node *n, int batch, struct error *err);

/* Lowers one node: its operator's steps, with costs. */
bool lower_node(struct lower *lo, const struct node *n, struct error *err);

/* Which values stand inside those of concats: fills plan->slices. */
void slice_find(struct plan *plan);

/* Cuts the launches that may take too long on a GPU. */
void split_steps(struct plan *plan);

/* Numbers of a device tensor of `batch` windows, padding included. */
uint64_t lower_numbers(const struct node *n, int batch);
/* Its bytes; of a weight, those of its float form. */
uint64_t lower_bytes(const struct plan *plan, node_id id, int batch);

#endif
