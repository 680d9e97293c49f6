/* SPDX-License-Identifier: MIT */
/* A plan without kernels that are known to go wrong on the device.
 *
 * What a self-check found wrong is replaced by the next safer thing: another algorithm by the
 * direct convolution, CLBlast's product by our own, else the same kernel compiled without
 * optimisation, else the model is refused.
 */
#ifndef ENGINE_TRUST_H
#define ENGINE_TRUST_H
#include "cl/ocl.h"
#include "engine/plan.h"
#include "engine/verdicts.h"
#include "graph/tuning.h"

struct trust {
    const struct graph *prepared; /* before graph_compile(); strict and half are set */
    struct ocl *ocl;
    const int *batch;             /* as plan_make() */
    uint64_t max_memory;
    struct tuning *tuning;        /* NULL: none; entries are replaced where they must be */
    const struct verdicts *verdicts;
    bool video; /* clips are fed with frames, so what brings them to their size counts as well */

    struct graph *graph; /* compiled; both are made by trust_plan() and released by the caller */
    struct plan *plan;
    struct text changes; /* lines: what is replaced, and why; released by the caller */
    bool own_products;   /* CLBlast is wrong: no gemm uses it */
    bool plain_frames;   /* frames_open() must be told so */
    int unknown;         /* groups of steps and clips that no check has seen */
};

/* Compiles and plans. ERROR_BUILD: nothing is left that could be trusted. */
bool trust_plan(struct trust *t, struct error *err);

/* Steps of a part that compute one node's value: i .. the result - 1. */
int trust_group(const struct plan_part *p, int i);
/* The verdict on such steps, which are checked together; wrong also when one of them is by itself,
 * since it does not build. */
enum verdict trust_verdict(struct ocl *ocl, const struct plan *plan, const struct verdicts *v,
                           int part, int begin, int end, const char **why, struct error *err);
/* The recipe of a part whose frames matter; else NULL. The verdict on its kernels. */
const struct recipe *trust_recipe(const struct trust *t, int part);
enum verdict trust_frames(const struct trust *t, int part, const char **why, struct error *err);
/* "winograd_input, winograd_multiply, winograd_output" */
const char *trust_kernels(const struct step *s, int count, char names[VERDICT_WHY]);
/* The key of one step, or of several; false only when a kernel's text cannot be read. */
bool trust_key(struct ocl *ocl, const struct step *s, char key[VERDICT_KEY], struct error *err);
bool trust_group_key(struct ocl *ocl, const struct step *s, int count, char key[VERDICT_KEY],
                     struct error *err);

#endif
