/* SPDX-License-Identifier: MIT */
#include "engine/trust.h"
#include "base/text.h"
#include "engine/frames.h"
#include "graph/pass/algorithm.h"
#include "graph/pipeline.h"

#include <stdio.h>
#include <string.h>

enum { GROUP_MOST = 16 }; /* no operator has more than a few steps */

bool trust_key(struct ocl *ocl, const struct step *s, char key[VERDICT_KEY], struct error *err)
{
    if (s->kind == STEP_GEMM) {
        ocl_gemm_key(ocl, s->m, s->n, s->k, key);
        return true;
    }
    struct ocl_kernel_request r = {
        .source = s->source, .kernel = s->kernel, .defines = s->defines, .plain = s->plain};
    memcpy(r.local, s->local, sizeof r.local);
    memcpy(r.global, s->global, sizeof r.global);
    return ocl_kernel_key(ocl, &r, key, err);
}

int trust_group(const struct plan_part *p, int i)
{
    node_id node = p->steps[i].node;
    while (i < p->step_count && p->steps[i].node == node)
        i++;
    return i;
}

bool trust_group_key(struct ocl *ocl, const struct step *s, int count, char key[VERDICT_KEY],
                     struct error *err)
{
    char keys[GROUP_MOST][VERDICT_KEY];
    count = count < GROUP_MOST ? count : GROUP_MOST;
    for (int i = 0; i < count; i++)
        TRY(trust_key(ocl, &s[i], keys[i], err));
    ocl_join_keys(keys, (size_t)count, key);
    return true;
}

enum verdict trust_verdict(struct ocl *ocl, const struct plan *plan, const struct verdicts *v,
                           int part, int begin, int end, const char **why, struct error *err)
{
    const struct step *s = plan->parts[part].steps;
    char key[VERDICT_KEY];
    for (int i = begin; i < end; i++)
        if (!trust_key(ocl, &s[i], key, err) || verdicts_find(v, key, why) == VERDICT_WRONG)
            return VERDICT_WRONG;
    if (!trust_group_key(ocl, &s[begin], end - begin, key, err))
        return VERDICT_WRONG;
    return verdicts_find(v, key, why);
}

const char *trust_kernels(const struct step *s, int count, char names[VERDICT_WHY])
{
    size_t used = 0;
    for (int i = 0; i < count && used < VERDICT_WHY; i++)
        used += (size_t)snprintf(names + used, VERDICT_WHY - used, "%s%s", i ? ", " : "",
                                 s[i].kind == STEP_GEMM ? "CLBlast's GEMM" : s[i].kernel);
    return names;
}

const struct recipe *trust_recipe(const struct trust *t, int part)
{
    const struct recipe *r = &t->plan->graph->clips[t->plan->parts[part].clip];
    return t->video && r->space_count ? r : NULL;
}

enum verdict trust_frames(const struct trust *t, int part, const char **why, struct error *err)
{
    char key[VERDICT_KEY];
    const struct recipe *r = trust_recipe(t, part);
    if (!frames_key(t->ocl, r, t->plan->half, t->plain_frames, key, err))
        return VERDICT_WRONG;
    return verdicts_find(t->verdicts, key, why);
}

static const struct node *node_of(const struct trust *t, const struct step *s)
{
    return &t->plan->graph->nodes[s->node];
}

/* Another algorithm than the direct one: it is told to use that one. *again: the plan is void. */
static bool use_direct(struct trust *t, const struct step *s, int count, const char *why,
                       bool *again, struct error *err)
{
    struct tuned e = {.choice.algorithm = ALGORITHM_DIRECT};
    const struct node *n = node_of(t, s);
    bool is_direct = s->kind == STEP_LAUNCH && !strcmp(s->source, "conv3d");
    if (!t->tuning || strcmp(n->op->name, "conv3d") != 0 || is_direct ||
        !conv_spec(t->plan->graph, n, 0, e.spec, sizeof e.spec))
        return true;
    const struct tuned *known = tuning_find(t->tuning, e.spec);
    if (known && known->choice.algorithm == ALGORITHM_DIRECT)
        return true;
    *again = true;
    char names[VERDICT_WHY];
    text_printf(&t->changes, "%%%s: %s (%s) is wrong on this device (%s): direct instead\n",
                n->name, s->algorithm, trust_kernels(s, count, names), why);
    return tuning_put(t->tuning, &e, err);
}

/* CLBlast's product of a gemm: all are our own from then on. */
static bool use_own(struct trust *t, const struct step *s, const char *why, bool *again)
{
    const struct node *n = node_of(t, s);
    *again = s->kind == STEP_GEMM && !strcmp(n->op->name, "gemm") && !t->own_products;
    if (!*again)
        return false;
    t->own_products = true;
    text_printf(&t->changes,
                "%%%s: CLBlast's GEMM is wrong on this device (%s): own kernel "
                "instead\n",
                n->name, why);
    return true;
}

static void set_own_products(struct graph *g)
{
    for (int i = 0; i < g->count; i++)
        if (!strcmp(g->nodes[i].op->name, "gemm"))
            attr_set_enum(&g->nodes[i], "impl", "own");
}

/* The node's kernels once more without the driver's optimisation. */
static bool use_plain(struct trust *t, int part, int begin, int end, const char *why,
                      enum verdict *is, struct error *err)
{
    const struct plan_part *p = &t->plan->parts[part];
    const struct step *s = &p->steps[begin];
    char reason[VERDICT_WHY];
    struct text line = {0};
    snprintf(reason, sizeof reason, "%s", why);
    for (int i = begin; i < end; i++)
        t->plan->parts[part].steps[i].plain = true;
    *is = trust_verdict(t->ocl, t->plan, t->verdicts, part, begin, end, &why, err);
    char kernel[VERDICT_WHY];
    trust_kernels(s, end - begin, kernel);
    if (*is == VERDICT_WRONG)
        return fail(err, ERROR_BUILD,
                    "device \"%s\": kernel %s of %%%s (%s) is wrong (%s)%s: try another driver, or "
                    "another device with -d", ocl_caps(t->ocl)->name, kernel,
                    node_of(t, s)->name, s->algorithm, reason,
                    s->kind == STEP_GEMM ? "" : ", without optimisation too");
    text_printf(&line, "%%%s: kernel %s is wrong on this device (%s): compiled without "
                "optimisation instead\n", node_of(t, s)->name, kernel, reason);
    if (!t->changes.s || !strstr(t->changes.s, line.s)) /* plans are made several times */
        text_append(&t->changes, line.s, line.len);
    text_free(&line);
    return true;
}

/* As use_plain() of steps. */
static bool use_plain_frames(struct trust *t, int part, const char *why, enum verdict *is,
                             struct error *err)
{
    const char *name = trust_recipe(t, part)->name;
    char reason[VERDICT_WHY];
    snprintf(reason, sizeof reason, "%s", why);
    bool was = t->plain_frames;
    t->plain_frames = true;
    *is = trust_frames(t, part, &why, err);
    if (*is == VERDICT_WRONG)
        return fail(err, ERROR_BUILD,
                    "device \"%s\": kernels frame_rgb, frame_across, frame_down of clip %s are "
                    "wrong (%s), without optimisation too: try another driver, or another device "
                    "with -d",
                    ocl_caps(t->ocl)->name, name, reason);
    if (!was)
        text_printf(&t->changes,
                    "clip %s: kernels frame_rgb, frame_across, frame_down are wrong on "
                    "this device (%s): compiled without optimisation instead\n",
                    name, reason);
    return true;
}

/* All clips have the same form of the kernels, so one that is wrong sends back to the first. */
static bool replace_wrong_frames(struct trust *t, struct error *err)
{
    int unknown = 0;
    for (int p = 0; p < t->plan->part_count; p++) {
        const char *why = "";
        bool was = t->plain_frames;
        if (!trust_recipe(t, p))
            continue;
        enum verdict is = trust_frames(t, p, &why, err);
        TRY(!err || !err->code);
        if (is == VERDICT_WRONG)
            TRY(use_plain_frames(t, p, why, &is, err));
        if (t->plain_frames != was) {
            unknown = 0;
            p = -1;
            continue;
        }
        unknown += is == VERDICT_UNKNOWN;
    }
    t->unknown += unknown;
    return true;
}

/* *again: the plan is void, because an algorithm has changed. */
static bool replace_wrong(struct trust *t, bool *again, struct error *err)
{
    t->unknown = 0;
    for (int p = 0; p < t->plan->part_count && !*again; p++) {
        const struct plan_part *part = &t->plan->parts[p];
        for (int i = 0, end; i < part->step_count; i = end) {
            const char *why = "";
            struct error own = {0};
            end = trust_group(part, i);
            enum verdict is = trust_verdict(t->ocl, t->plan, t->verdicts, p, i, end, &why, &own);
            if (own.code) {
                *err = own;
                return false;
            }
            bool direct = false;
            if (is == VERDICT_WRONG && !use_own(t, &part->steps[i], why, &direct))
                TRY(use_direct(t, &part->steps[i], end - i, why, &direct, err));
            /* A void plan is not looked at any further: its other wrong steps may be of the same
             * shape. */
            if (is == VERDICT_WRONG && !direct)
                TRY(use_plain(t, p, i, end, why, &is, err));
            if ((*again = direct))
                break;
            t->unknown += is == VERDICT_UNKNOWN;
        }
    }
    return true;
}

bool trust_plan(struct trust *t, struct error *err)
{
    for (bool again = true; again;) {
        plan_free(&t->plan);
        graph_free(&t->graph);
        if (!(t->graph = graph_copy(t->prepared)))
            return fail(err, ERROR_LIMIT, "out of memory");
        t->graph->tuning = t->tuning;
        if (t->own_products)
            set_own_products(t->graph);
        again = false;
        TRY(graph_compile(t->graph, NULL, err) &&
            (t->plan = plan_make(t->graph, ocl_caps(t->ocl), t->batch, t->graph->half,
                                 t->max_memory, err)) &&
            replace_wrong(t, &again, err) && (again || replace_wrong_frames(t, err)));
    }
    return true;
}
