/* SPDX-License-Identifier: MIT */
/* clact self-check: are this device's kernels right? Also the process that checks for others. */
#include "cli/check_kernels.h"
#include "cli/cli.h"
#include "engine/checker.h"
#include "engine/tuning_file.h"
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
    bool strict, half, child, again, one_by_one, video; /* the last four: for the process alone */
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

static struct graph *read_stdin(bool *video, struct error *err)
{
    struct text text = {0};
    char piece[4096];
    for (ssize_t n; (n = read(STDIN_FILENO, piece, sizeof piece)) > 0;)
        text_append(&text, piece, (size_t)n);
    struct graph *g = checker_parse(text.s ? text.s : "", text.len, video, err);
    text_free(&text);
    return g;
}

static struct graph *open_graph(struct request *r, struct error *err)
{
    if (r->child)
        return read_stdin(&r->video, err);
    struct graph *g = access(r->model, R_OK) != 0 && model_find(r->model)
                          ? model_build(model_find(r->model), r->settings, NULL, r->model, err)
                          : graph_read(r->model, err);
    if (g) {
        g->strict = r->strict;
        g->half = r->half;
    }
    return g;
}

/* All kernels of the plan once more, in another process. */
static bool check(const struct request *r, const struct graph *g, struct ocl *ocl,
                  struct error *err)
{
    const char *name = g->model ? g->model : g->file, *device = ocl_caps(ocl)->name;
    const struct kernel_check c = {
        .device = r->device, .batch = r->batch, .max_memory = r->max_memory, .network = name};
    struct kernel_report found = {0};
    bool ok = check_kernels(&c, ocl, g, &found, err);
    int wrong = found.nodes_wrong + found.clips_wrong;
    int unknown = found.nodes_unknown + found.clips_unknown;
    if (ok) {
        printf("%s%s: %s: %d of %d nodes have right kernels", found.lines.s ? found.lines.s : "",
               device, name, found.nodes - found.nodes_wrong - found.nodes_unknown, found.nodes);
        if (found.clips)
            printf(", and the frames of %d of %d clips",
                   found.clips - found.clips_wrong - found.clips_unknown, found.clips);
        printf("\n");
    }
    text_free(&found.lines);
    text_free(&found.json);
    TRY(ok);
    if (unknown && !wrong)
        return fail(err, ERROR_BUILD,
                    "%d nodes or clips could not be checked: CLACT_LOG=check says "
                    "where it ended",
                    unknown);
    return !wrong || fail(err, ERROR_BUILD,
                          "device \"%s\": %d wrong; 'clact run' uses what is "
                          "safer there, or refuses the model",
                          device, wrong);
}

/* The process that checks for another one. */
static bool serve(const struct request *r, const struct graph *g, struct ocl *ocl,
                  struct error *err)
{
    int batch[GRAPH_CLIPS_MOST];
    struct error doubt;
    struct verdicts *v = r->again ? verdicts_none() : verdicts_open();
    for (int i = 0; i < GRAPH_CLIPS_MOST; i++)
        batch[i] = r->batch;
    struct trust t = {.prepared = g,
                      .ocl = ocl,
                      .batch = batch,
                      .max_memory = r->max_memory,
                      .verdicts = v,
                      .video = r->video,
                      .tuning = tuning_open(ocl_caps(ocl), &doubt)};
    if (!t.tuning)
        t.tuning = calloc(1, sizeof *t.tuning);
    bool ok = v && t.tuning ? trust_plan(&t, err) && checker_serve(&t, r->one_by_one, err)
                            : fail(err, ERROR_LIMIT, "out of memory");
    plan_free(&t.plan);
    graph_free(&t.graph);
    text_free(&t.changes);
    tuning_close(&t.tuning);
    verdicts_close(&v);
    return ok;
}

static int run(int argc, char **argv)
{
    struct request r = {.batch = 1, .device = getenv("CLACT_DEVICE")};
    struct error err = {0};
    if (!parse(argc, argv, &r))
        return ERROR_USAGE;
    struct graph *g = open_graph(&r, &err);
    struct ocl *ocl = g ? ocl_open(r.device, &err) : NULL;
    bool ok = ocl && (r.child ? serve : check)(&r, g, ocl, &err);
    graph_free(&g);
    ocl_close(&ocl);
    return ok ? 0 : cli_fail(&err);
}

const struct command command_self_check = {
    "self-check", "MODEL [options]", "compare a device's kernels with plain C", run,
    "Every kernel that a model's plan uses, and those that bring frames to its size, runs on "
    "made-up\n"
    "data in a process of its own, and must give what the definition in plain C gives and write\n"
    "nothing else. 'clact run' and 'clact bench' do this by\n"
    "themselves before a kernel's first use on a device with a driver, remember the result in the\n"
    "cache, and use something safer where a kernel is wrong; this command does it again and says\n"
    "what it finds. MODEL is a graph or a network's name.\n\n"
    "  -b, --batch N         windows a run (1)\n"
    "      --fp16, --precision strict, --max-memory SIZE   as in 'clact run'\n"
    "      --set KEY=VALUE,...  as in 'clact model', for a network's name\n"
    "  -d, --device DEV      0:1 or a part of its name\n\n"
    "exit code: 0 when all are right, 5 when one is wrong. CLACT_SELF_CHECK=off in the "
    "environment,\n"
    "and --no-self-check of 'clact run', use kernels that were never checked. CLACT_LOG=check "
    "says\n"
    "what the process does.\n\n"
    "examples:\n"
    "  clact self-check r3d_18\n"
    "  clact self-check r18.graph -b 8 -d gpu\n"};
