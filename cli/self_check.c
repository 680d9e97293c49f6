/* SPDX-License-Identifier: MIT */
/* clact self-check: are this device's kernels right? Also the process that checks for others. */
#include "cli/cli.h"
#include "engine/checker.h"
#include "engine/tuning_file.h"
#include "graph/pipeline.h"
#include "models/models.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct option options[] = {
    {"batch", required_argument, NULL, 'b'}, {"device", required_argument, NULL, 'd'},
    {"set", required_argument, NULL, 's'},   {"precision", required_argument, NULL, 'e'},
    {"fp16", no_argument, NULL, 'h'},        {"max-memory", required_argument, NULL, 'm'},
    {"child", no_argument, NULL, 'C'},       {"again", no_argument, NULL, 'A'},
    {"one-by-one", no_argument, NULL, 'O'},  {NULL, 0, NULL, 0},
};

struct request {
    const char *device, *settings, *model;
    int batch;
    uint64_t max_memory;
    bool strict, half, child, again, one_by_one; /* the last three: for the process alone */
};

static bool parse(int argc, char **argv, struct request *r)
{
    optind = 1;
    opterr = 0;
    for (int o; (o = getopt_long(argc, argv, "b:d:", options, NULL)) != -1;) {
        bool ok = true;
        switch (o) {
        case 'b':
            ok = cli_int(&command_self_check, "--batch", optarg, 1, 1024, &r->batch);
            break;
        case 'd':
            r->device = optarg;
            break;
        case 's':
            r->settings = optarg;
            break;
        case 'e':
            ok = cli_precision(&command_self_check, optarg, &r->strict);
            break;
        case 'h':
            r->half = true;
            break;
        case 'm':
            ok = cli_bytes(&command_self_check, "--max-memory", optarg, &r->max_memory);
            break;
        case 'C':
            r->child = true;
            break;
        case 'A':
            r->again = true;
            break;
        case 'O':
            r->one_by_one = true;
            break;
        default:
            cli_bad_option(&command_self_check, argv);
            return false;
        }
        if (!ok)
            return false;
    }
    if (argc - optind != !r->child) {
        cli_usage(&command_self_check, "one graph file or one network's name is needed");
        return false;
    }
    r->model = argv[optind];
    return true;
}

static struct graph *read_stdin(struct error *err)
{
    struct text text = {0};
    char piece[4096];
    for (ssize_t n; (n = read(STDIN_FILENO, piece, sizeof piece)) > 0;)
        text_append(&text, piece, (size_t)n);
    struct graph *g = checker_parse(text.s ? text.s : "", text.len, err);
    text_free(&text);
    return g;
}

static struct graph *open_graph(const struct request *r, struct error *err)
{
    if (r->child)
        return read_stdin(err);
    struct graph *g = access(r->model, R_OK) != 0 && model_find(r->model)
                          ? model_build(model_find(r->model), r->settings, NULL, r->model, err)
                          : graph_read(r->model, err);
    if (g) {
        g->strict = r->strict;
        g->half = r->half;
    }
    return g;
}

static void show_build(void *context, size_t done, size_t all)
{
    (void)context;
    cli_progress("building kernels", all ? (double)done / (double)all : 1);
}

/* The kernels of the plan that are wrong, each with the first node it computes. */
static int print_wrong(const struct trust *t, const struct verdicts *v, int *right, int *unknown)
{
    int wrong = 0;
    struct error err = {0};
    for (int p = 0; p < t->plan->part_count; p++)
        for (int i = 0, end; i < t->plan->parts[p].step_count; i = end) {
            const struct step *s = &t->plan->parts[p].steps[i];
            const char *why = "";
            end = trust_group(&t->plan->parts[p], i);
            enum verdict is = trust_verdict(t->ocl, t->plan, v, p, i, end, &why, &err);
            *right += is == VERDICT_RIGHT;
            *unknown += is == VERDICT_UNKNOWN;
            wrong += is == VERDICT_WRONG;
            if (is == VERDICT_WRONG)
                printf("wrong  %-24s %-22s %s: %s\n", t->graph->nodes[s->node].name,
                       s->kind == STEP_GEMM ? "CLBlast" : s->kernel, s->algorithm, why);
        }
    return wrong;
}

/* All kernels of the plan once more, in another process. */
static bool check(const struct request *r, struct trust *t, struct verdicts *v, struct error *err)
{
    struct checker c = {.program = "/proc/self/exe",
                              .device = r->device,
                              .batch = r->batch,
                              .max_memory = r->max_memory,
                              .again = true,
                              .progress = show_build};
    int found = 1, right = 0, unknown = 0;
    TRY(trust_plan(t, err) && checker_run(&c, t, v, &found, err));
    cli_progress_clear();
    int wrong = print_wrong(t, v, &right, &unknown);
    printf("%s: %s: %d of %d nodes have right kernels\n", ocl_caps(t->ocl)->name,
           t->graph->model ? t->graph->model : t->graph->file, right, right + wrong + unknown);
    if (unknown && !wrong)
        return fail(err, ERROR_BUILD, "%d nodes could not be checked: CLACT_LOG=check says where "
                    "it ended", unknown);
    return !wrong || fail(err, ERROR_BUILD, "device \"%s\": %d wrong; 'clact run' uses what is "
                          "safer there, or refuses the model", ocl_caps(t->ocl)->name, wrong);
}

static int run(int argc, char **argv)
{
    struct request r = {.batch = 1, .device = getenv("CLACT_DEVICE")};
    int batch[GRAPH_CLIPS_MOST];
    if (!parse(argc, argv, &r))
        return ERROR_USAGE;
    for (int i = 0; i < GRAPH_CLIPS_MOST; i++)
        batch[i] = r.batch;
    struct error err = {0}, doubt;
    struct verdicts *v = r.child && !r.again ? verdicts_open() : verdicts_none();
    struct graph *g = open_graph(&r, &err);
    struct trust t = {
        .prepared = g, .batch = batch, .max_memory = r.max_memory, .verdicts = v};
    bool ok = g && (v || fail(&err, ERROR_LIMIT, "out of memory")) &&
              (t.ocl = ocl_open(r.device, &err)) != NULL;
    if (ok)
        t.tuning = tuning_open(ocl_caps(t.ocl), &doubt);
    if (ok && !t.tuning) /* of its own, so that algorithms can be replaced */
        ok = (t.tuning = calloc(1, sizeof *t.tuning)) || fail(&err, ERROR_LIMIT, "out of memory");
    if (ok && r.child)
        ok = trust_plan(&t, &err) && checker_serve(&t, r.one_by_one, &err);
    else if (ok)
        ok = check(&r, &t, v, &err);
    cli_progress_clear();
    plan_free(&t.plan);
    graph_free(&t.graph);
    graph_free(&g);
    text_free(&t.changes);
    tuning_close(&t.tuning);
    verdicts_close(&v);
    ocl_close(&t.ocl);
    return ok ? 0 : cli_fail(&err);
}

const struct command command_self_check = {
    "self-check", "MODEL [options]", "compare a device's kernels with plain C", run,
    "Every kernel that a model's plan uses runs on made-up data in a process of its own, and must\n"
    "give what the operator's definition in plain C gives. 'clact run' and 'clact bench' do this by\n"
    "themselves before a kernel's first use on a device with a driver, remember the result in the\n"
    "cache, and use something safer where a kernel is wrong; this command does it again and says\n"
    "what it finds. MODEL is a graph or a network's name.\n\n"
    "  -b, --batch N         windows a run (1)\n"
    "      --fp16, --precision strict, --max-memory SIZE   as in 'clact run'\n"
    "      --set KEY=VALUE,...  as in 'clact model', for a network's name\n"
    "  -d, --device DEV      0:1 or a part of its name\n\n"
    "exit code: 0 when all are right, 5 when one is wrong. CLACT_SELF_CHECK=off in the environment,\n"
    "and --no-self-check of 'clact run', use kernels that were never checked. CLACT_LOG=check says\n"
    "what the process does.\n\n"
    "examples:\n"
    "  clact self-check r3d_18\n"
    "  clact self-check r18.graph -b 8 -d gpu\n"};
