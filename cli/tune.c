/* SPDX-License-Identifier: MIT */
/* clact tune: measures what is fastest here. */
#include "engine/tune.h"
#include "cli/cli.h"
#include "models/models.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct option options[] = {
    {"batch", required_argument, NULL, 'b'},  {"seconds", required_argument, NULL, 't'},
    {"device", required_argument, NULL, 'd'}, {"set", required_argument, NULL, 's'},
    {"conv", required_argument, NULL, 'v'},   {"again", no_argument, NULL, 'a'},
    {"cpu-time", no_argument, NULL, 'c'},     {NULL, 0, NULL, 0},
};

struct request {
    const char *device, *settings, *conv, *model;
    int batch;
    double seconds;
    bool again, cpu_time;
};

static volatile sig_atomic_t caught;

/* The first is obeyed at the next quiet moment, the second at once. */
static void on_signal(int number)
{
    caught = number;
    signal(number, SIG_DFL);
}

static bool parse(int argc, char **argv, struct request *r)
{
    optind = 1;
    opterr = 0;
    for (int o; (o = getopt_long(argc, argv, "b:d:t:", options, NULL)) != -1;) {
        switch (o) {
        case 'b':
            if (!cli_int(&command_tune, "--batch", optarg, 1, 1024, &r->batch))
                return false;
            break;
        case 't':
            if (!cli_seconds(&command_tune, "--seconds", optarg, &r->seconds))
                return false;
            break;
        case 'd':
            r->device = optarg;
            break;
        case 's':
            r->settings = optarg;
            break;
        case 'v':
            r->conv = optarg;
            break;
        case 'a':
            r->again = true;
            break;
        case 'c':
            r->cpu_time = true;
            break;
        default:
            cli_bad_option(&command_tune, argv);
            return false;
        }
    }
    if (argc - optind + (r->conv != NULL) > 1) {
        cli_usage(&command_tune, "one graph, one network's name or --conv, or none of them");
        return false;
    }
    r->model = optind < argc ? argv[optind] : NULL;
    return true;
}

static bool add(struct tune_list *list, struct graph *g, struct error *err)
{
    bool ok = g && tune_list_add(list, g, err);
    graph_free(&g);
    return ok;
}

static bool list_convs(const struct request *r, struct tune_list *list, struct error *err)
{
    int batch;
    if (r->conv)
        return add(list, conv_graph(r->conv, &batch, err), err);
    if (r->model && access(r->model, R_OK) != 0 && model_find(r->model))
        return add(list, model_build(model_find(r->model), r->settings, NULL, r->model, err), err);
    if (r->model)
        return add(list, graph_read(r->model, err), err);
    for (const struct model *m = model_next(NULL); m; m = model_next(m))
        TRY(add(list, model_build(m, r->settings, NULL, model_name(m), err), err));
    return true;
}

static bool stop(void *context)
{
    (void)context;
    return caught != 0;
}

static void progress(void *context, const char *what, double fraction)
{
    (void)context;
    cli_progress(what, fraction);
}

static void report(void *context, const struct tune_result *r)
{
    (void)context;
    const struct tuned *e = r->found;
    char text[96];
    cli_progress_clear();
    printf("%-40s %9.3f ms  %9.3f ms  %5.2fx  %s  (%d tried", r->spec, e->rule_ms, e->ms,
           e->rule_ms / e->ms, choice_text(&e->choice, text), r->tried);
    if (r->wrong)
        printf(", %d too inexact", r->wrong);
    printf(")\n");
    fflush(stdout);
}

static void print_summary(const struct tune_list *list, const struct tune_summary *s)
{
    int left = list->count - s->measured - s->known - s->too_large;
    printf("%d measured, %d of them faster than the rule, %d known already", s->measured, s->better,
           s->known);
    if (s->too_large)
        printf(", %d too large for the device", s->too_large);
    if (left)
        printf(", %d left: run it again to go on", left);
    printf("\n");
}

static bool tune(const struct request *r, struct ocl *ocl, const struct tune_list *list,
                 struct error *err)
{
    const struct tune_options o = {.batch = r->batch,
                                   .seconds = r->seconds,
                                   .again = r->again,
                                   .cpu_time = r->cpu_time && !ocl_caps(ocl)->gpu,
                                   .stop = stop,
                                   .progress = progress,
                                   .report = report};
    struct tune_summary summary;
    struct error doubt = {0};
    struct tuning own = {0};
    TRY(tuning_may_save(err));
    char *path = tuning_path(ocl_caps(ocl));
    tuning_read(ocl_caps(ocl), &own, &doubt);
    tuning_free(&own);
    cli_doubt(&doubt);
    printf("%s: %d convolution%s, saved in %s\n", ocl_caps(ocl)->name, list->count,
           list->count == 1 ? "" : "s", path ? path : "");
    printf("%-40s %12s  %12s\n", "convolution", "by rule", "tuned");
    fflush(stdout);
    free(path);
    bool ok = tune_run(ocl, list, &o, &summary, err);
    cli_progress_clear();
    if (ok)
        print_summary(list, &summary);
    return ok;
}

static int run(int argc, char **argv)
{
    struct request r = {.batch = 1, .seconds = 120, .device = getenv("CLACT_DEVICE")};
    struct tune_list list = {0};
    struct error err = {0};
    if (!parse(argc, argv, &r))
        return ERROR_USAGE;
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    bool ok = list_convs(&r, &list, &err);
    struct ocl *ocl = ok ? ocl_open(r.device, &err) : NULL;
    tune_list_sort(&list);
    ok = ocl && tune(&r, ocl, &list, &err);
    int code = ok ? 0 : cli_fail(&err);
    tune_list_free(&list);
    ocl_close(&ocl);
    if (caught) { /* as who was interrupted */
        fflush(stdout);
        signal(caught, SIG_DFL);
        raise(caught);
    }
    return code;
}

const struct command command_tune = {
    "tune",
    "[MODEL.graph | NAME | --conv SPEC] [options]",
    "measure what is fastest on this device, and remember it",
    run,
    "Tries algorithms and tiles for the convolutions of a model, of a published network (NAME), "
    "or\n"
    "of all of these, those with most work first. A candidate must compute the same before its\n"
    "speed counts. Every winner is saved at once in the cache folder, and 'clact run', 'bench' "
    "and\n"
    "'plan' use it from then on. It may be interrupted, and run several times at once; what is\n"
    "known is not tried again.\n\n"
    "  -t, --seconds S     a time box; 120 by default\n"
    "      --again         also what is known\n"
    "  -b, --batch N       measure with N windows at once; 1 by default\n"
    "      --conv SPEC     one convolution, as in the table of 'clact bench'\n"
    "      --set KEY=VALUE,...  of a published network, as in 'clact model'\n"
    "      --cpu-time      compare processor time, where others use this machine (CPUs only)\n"
    "  -d, --device DEV    as 'clact devices' lists them, or a part of a name\n\n"
    "CLACT_TUNING=off in the environment: nothing that was measured is used.\n\n"
    "examples:\n"
    "  clact tune r50.graph\n"
    "  clact tune r3d_18 --seconds 600\n"
    "  clact tune --conv c64t16h56w56k64x3x3x3s1p1\n",
    NULL};
