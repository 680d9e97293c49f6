/* SPDX-License-Identifier: MIT */
/* For each convolution, three rounds, each from the winner of the one before: the algorithms with
 * the rules' tiles, in the order of what the rules expect of them; register tiles; chunks. A
 * candidate must compute the right thing before its speed counts, and runs in turn with the best so
 * far, so that what else the machine does slows both. */
#include "engine/tune.h"
#include "base/log.h"
#include "engine/plan.h"
#include "engine/tune_trial.h"
#include "graph/op.h"
#include "graph/pass/algorithm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIGNATURES_MOST = 64, TILES = 6 };
static const double RACE_SECONDS = 0.25, FINAL_SECONDS = 0.8;
static const double BETTER = 0.97;   /* of the time: less is noise */
static const double HOPELESS = 2.5;  /* times the cost that the rules expect of the best */
static const double NONSENSE = 1e-3; /* of the root mean square: a device cannot be trusted */
static const double BUILD_SECONDS =
    30; /* an algorithm whose kernels take longer gets no variants */

struct tuner {
    struct ocl *ocl;
    const struct tune_options *o;
    double end, done; /* of the work, a part */
    /* Of the convolution at work: */
    const char *spec;
    float *want;
    struct trial rule, best;
    bool has_best, slow[ALGORITHMS];
    uint64_t seen[SIGNATURES_MOST];
    int seen_count, tried, wrong;
};

static bool ended(const struct tuner *t)
{
    return t->o->stop(t->o->context) || ocl_seconds() > t->end;
}

/* How far the time or the list is, whichever is further. */
static void show(const struct tuner *t)
{
    double gone = 1 - (t->end - ocl_seconds()) / t->o->seconds;
    t->o->progress(t->o->context, t->spec, gone > t->done ? gone : t->done);
}

static bool is_new(struct tuner *t, uint64_t signature)
{
    for (int i = 0; i < t->seen_count; i++)
        if (t->seen[i] == signature)
            return false;
    if (t->seen_count < SIGNATURES_MOST)
        t->seen[t->seen_count++] = signature;
    return true;
}

static bool save(struct tuner *t, const struct tuned *e, struct error *err)
{
    return tuning_save(ocl_caps(t->ocl), e, err);
}

static struct tuned entry_of(const struct tuner *t, const struct trial *winner, bool partial)
{
    struct tuned e = {.choice = winner->choice, .partial = partial};
    memcpy(e.spec, t->spec, strlen(t->spec) + 1);
    e.ms = 1e3 * winner->best / t->o->batch;
    e.rule_ms = 1e3 * t->rule.best / t->o->batch;
    return e;
}

/* A candidate that is built and right against the best so far. */
static bool compete(struct tuner *t, struct trial *trial, struct error *err)
{
    struct trial *best = t->has_best ? &t->best : &t->rule;
    TRY(trial_compare(trial, t->want, &trial->off, err));
    t->tried++;
    if (trial->off > trial_allowed(trial)) {
        t->wrong++;
        return true;
    }
    TRY(trial_race(best, trial, RACE_SECONDS, t->o, err));
    if (t->o->stop(t->o->context)) /* too few runs to say */
        return true;
    if (trial->best >= BETTER * best->best)
        return true;
    if (t->has_best)
        trial_close(&t->best);
    t->best = *trial;
    t->best.graph->tuning = &t->best.tuning;
    *trial = (struct trial){0};
    t->has_best = true;
    struct tuned e = entry_of(t, &t->best, true);
    return save(t, &e, err);
}

/* What cannot be built here, or does not fit into memory, is no candidate. */
static bool consider(struct tuner *t, const struct choice *c, struct error *err)
{
    struct error own = {0};
    struct trial trial;
    char text[96];
    if (ended(t) || t->slow[c->algorithm])
        return true;
    show(t);
    bool ok = trial_plan(&trial, ocl_caps(t->ocl), t->spec, t->o->batch, c, false, &own);
    if (ok && is_new(t, trial.signature)) {
        ok = trial_start(&trial, t->ocl, &own);
        t->slow[c->algorithm] = trial.build > BUILD_SECONDS;
        ok = ok && compete(t, &trial, &own);
        const struct trial *ran = trial.graph ? &trial : &t->best; /* it may have won */
        log_line("tune", "%s %s: %.3f ms, off by %.2g, built in %.1f s%s%s", t->spec,
                 choice_text(c, text), 1e3 * ran->best / t->o->batch, ran->off, ran->build,
                 ok ? "" : ": ", own.text);
    }
    trial_close(&trial);
    if (ok || own.code == ERROR_LIMIT || own.code == ERROR_BUILD)
        return true;
    *err = own;
    return false;
}

static bool consider_algorithms(struct tuner *t, struct error *err)
{
    static const enum algorithm all[] = {ALGORITHM_DIRECT, ALGORITHM_F4_FUSED, ALGORITHM_F4,
                                         ALGORITHM_F2_FUSED, ALGORITHM_F2, ALGORITHM_CLBLAST};
    const struct graph *g = t->rule.graph;
    const struct node *n = &g->nodes[g->outputs[0]];
    enum { COUNT = sizeof all / sizeof *all };
    double cost[COUNT], least = INFINITY;
    bool done[COUNT] = {false}, gpu = ocl_caps(t->ocl)->gpu;
    for (int i = 0; i < COUNT; i++) {
        int size = algorithm_winograd(all[i]);
        bool fits = (!size || winograd_fits(g, n)) && !(algorithm_fused(all[i]) && gpu);
        if (all[i] == ALGORITHM_CLBLAST) /* on a CPU it reaches a fifth of what ours do at most */
            fits = gpu && is_pointwise(g, n);
        cost[i] = fits ? algorithm_cost(g, n, size) : INFINITY;
        least = cost[i] < least ? cost[i] : least;
    }
    for (int round = 0; round < COUNT; round++) {
        int next = -1;
        for (int i = 0; i < COUNT; i++)
            if (!done[i] && cost[i] <= HOPELESS * least && (next < 0 || cost[i] < cost[next]))
                next = i;
        if (next < 0)
            break;
        done[next] = true;
        TRY(consider(t, &(struct choice){.algorithm = all[next]}, err));
    }
    return true;
}

/* The algorithm that a choice or the rule ends in. */
static enum algorithm algorithm_of(const struct tuner *t)
{
    if (t->has_best)
        return t->best.choice.algorithm;
    const struct plan_part *p = &t->rule.plan->parts[0];
    const struct graph *g = t->rule.graph;
    int size = winograd_size(g, &g->nodes[g->outputs[0]]);
    if (!size)
        return ALGORITHM_DIRECT;
    if (p->step_count == 1)
        return size == 2 ? ALGORITHM_F2_FUSED : ALGORITHM_F4_FUSED;
    return size == 2 ? ALGORITHM_F2 : ALGORITHM_F4;
}

/* Blocks of channels x pixels, from as many sums as vector registers hold down to half of it; on a
 * GPU also twice as many. */
static bool consider_tiles(struct tuner *t, struct error *err)
{
    static const int blocks[3] = {2, 1, 4};
    static const double part[TILES] = {1, 6.0 / 7, 5.0 / 7, 4.0 / 7, 0.5, 2};
    const struct caps *caps = ocl_caps(t->ocl);
    int width = lane_width(caps), sums = caps->gpu ? 16 : width == 16 ? 28 : 12;
    struct choice c = {.algorithm = algorithm_of(t)};
    if (c.algorithm == ALGORITHM_CLBLAST)
        c.algorithm = ALGORITHM_DIRECT; /* it has nothing to choose */
    for (int k = 0; k < 3; k++)
        for (int i = 0; i < (caps->gpu ? TILES : TILES - 1); i++) {
            c.blocks = blocks[k];
            c.tile = (int)(sums * part[i] / c.blocks + 0.5);
            if (c.tile >= 2)
                TRY(consider(t, &c, err));
        }
    return true;
}

static bool consider_chunks(struct tuner *t, struct error *err)
{
    static const int chunks[] = {1, 8, 64, 512, 1 << 20};
    struct choice c = t->has_best ? t->best.choice : (struct choice){.algorithm = algorithm_of(t)};
    if (ocl_caps(t->ocl)->gpu || algorithm_fused(c.algorithm))
        return true;
    for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++) {
        c.chunk = chunks[i];
        TRY(consider(t, &c, err));
    }
    return true;
}

/* The direct kernel's result, and the rule's trial. */
static bool begin(struct tuner *t, struct error *err)
{
    const struct caps *caps = ocl_caps(t->ocl);
    struct trial direct;
    bool ok = trial_plan(&direct, caps, t->spec, t->o->batch, NULL, true, err) &&
              trial_start(&direct, t->ocl, err) && (t->want = trial_values(&direct, err));
    trial_close(&direct);
    TRY(ok);
    TRY(trial_plan(&t->rule, caps, t->spec, t->o->batch, NULL, false, err) &&
        trial_start(&t->rule, t->ocl, err) && trial_compare(&t->rule, t->want, &t->rule.off, err));
    t->wrong += t->rule.off > trial_allowed(&t->rule);
    if (t->rule.off > NONSENSE)
        return fail(err, ERROR_BUILD, "%s: two kernels of clact do not agree on this device",
                    t->spec);
    is_new(t, t->rule.signature);
    return true;
}

/* What is compiled in first: it may be the best there is. */
static bool consider_shipped(struct tuner *t, struct error *err)
{
    struct error doubt;
    struct tuning *known = tuning_open(ocl_caps(t->ocl), &doubt);
    const struct tuned *e = known ? tuning_find(known, t->spec) : NULL;
    bool ok = !e || e->choice.algorithm == ALGORITHM_RULE || consider(t, &e->choice, err);
    tuning_close(&known);
    return ok;
}

/* The winner once more against the rule, for longer. */
static bool finish(struct tuner *t, struct tuned *found, bool *whole, struct error *err)
{
    struct trial *other = t->has_best ? &t->best : &t->rule;
    TRY(trial_race(&t->rule, other, FINAL_SECONDS, t->o, err));
    if (!(*whole = !t->o->stop(t->o->context)))
        return true;
    bool better = t->has_best && t->best.best < BETTER * t->rule.best;
    *found = entry_of(t, better ? &t->best : &t->rule, false);
    return save(t, found, err);
}

/* *whole: all was tried, and saved. */
static bool tune_one(struct tuner *t, struct tuned *found, bool *whole, struct error *err)
{
    TRY(begin(t, err) && consider_shipped(t, err) && consider_algorithms(t, err) &&
        consider_tiles(t, err) && consider_chunks(t, err));
    *whole = !ended(t);
    return !*whole || finish(t, found, whole, err);
}

static void close_one(struct tuner *t)
{
    trial_close(&t->rule);
    if (t->has_best)
        trial_close(&t->best);
    free(t->want);
}

static bool is_known(const struct tuner *t, const char *spec)
{
    struct tuning own = {0};
    struct error doubt;
    tuning_read(ocl_caps(t->ocl), &own, &doubt); /* each time: others may tune too */
    const struct tuned *e = tuning_find(&own, spec);
    bool known = e && !e->partial;
    tuning_free(&own);
    return known && !t->o->again;
}

bool tune_run(struct ocl *ocl, const struct tune_list *l, const struct tune_options *o,
              struct tune_summary *s, struct error *err)
{
    double start = ocl_seconds();
    *s = (struct tune_summary){.complete = true};
    for (int i = 0; i < l->count; i++) {
        struct tuner t = {.ocl = ocl,
                          .o = o,
                          .end = start + o->seconds,
                          .done = (double)i / l->count,
                          .spec = l->conv[i].spec};
        struct tuned found;
        bool whole = false;
        show(&t);
        if (is_known(&t, t.spec)) {
            s->known++;
            continue;
        }
        struct error own = {0};
        bool ok = ended(&t) || tune_one(&t, &found, &whole, &own);
        close_one(&t);
        if (!ok && own.code == ERROR_LIMIT) { /* the next one may fit */
            log_line("tune", "%s: %s", t.spec, own.text);
            s->too_large++;
            continue;
        }
        if (!ok) {
            *err = own;
            return false;
        }
        if (!whole) {
            s->complete = false;
            continue; /* to count those that are known */
        }
        const struct tune_result r = {t.spec, &found, t.tried, t.wrong};
        s->measured++;
        s->better += found.choice.algorithm != ALGORITHM_RULE;
        o->report(o->context, &r);
    }
    return true;
}
