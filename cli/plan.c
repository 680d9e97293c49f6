/* SPDX-License-Identifier: MIT */
/* clact plan: what a device will do, printed without needing one. */
#include "cli/cli.h"
#include "engine/plan.h"
#include "engine/plan_dump.h"
#include "engine/tuning_file.h"
#include "graph/pipeline.h"

#include <stdio.h>
#include <string.h>

static const struct option options[] = {
    {"caps", required_argument, NULL, 'c'},   {"batch", required_argument, NULL, 'b'},
    {"keep", required_argument, NULL, 'k'},   {"max-memory", required_argument, NULL, 'm'},
    {"output", required_argument, NULL, 'o'}, {"precision", required_argument, NULL, 'p'},
    {"fp16", no_argument, NULL, 'h'},         {"dump", required_argument, NULL, 'd'},
    {NULL, 0, NULL, 0},
};

struct request {
    const char *out, *keep, *caps_file, *dump;
    int batch;
    bool half;
    uint64_t max_memory;
    bool strict;
};

static bool parse(int argc, char **argv, struct request *r)
{
    optind = 1;
    opterr = 0;
    for (int o; (o = getopt_long(argc, argv, "o:b:k:", options, NULL)) != -1;) {
        switch (o) {
        case 'c':
            r->caps_file = optarg;
            break;
        case 'b':
            if (!cli_int(&command_plan, "--batch", optarg, 1, 1024, &r->batch))
                return false;
            break;
        case 'd':
            r->dump = optarg;
            break;
        case 'h':
            r->half = true;
            break;
        case 'k':
            r->keep = optarg;
            break;
        case 'm':
            if (!cli_bytes(&command_plan, "--max-memory", optarg, &r->max_memory))
                return false;
            break;
        case 'p':
            if (!cli_precision(&command_plan, optarg, &r->strict))
                return false;
            break;
        case 'o':
            r->out = optarg;
            break;
        default:
            cli_bad_option(&command_plan, argv);
            return false;
        }
    }
    if (argc - optind != 1) {
        cli_usage(&command_plan, "one graph is needed");
        return false;
    }
    return true;
}

static bool compile(struct graph *g, const struct request *r, const struct tuning *tuning,
                    struct error *err)
{
    g->strict = r->strict;
    g->half = r->half;
    g->tuning = tuning;
    return graph_compile(g, NULL, err);
}

static int run(int argc, char **argv)
{
    struct request r = {.batch = 1};
    if (!parse(argc, argv, &r))
        return ERROR_USAGE;
    struct error err = {0};
    struct caps caps = caps_default;
    struct text text = {0};
    int batch[GRAPH_CLIPS_MOST], code = 0;
    for (int i = 0; i < GRAPH_CLIPS_MOST; i++)
        batch[i] = r.batch;
    struct plan *plan = NULL;
    struct graph *g = graph_read(argv[optind], &err);
    bool ok = g && (!r.caps_file || caps_read(r.caps_file, &caps, &err));
    struct error doubt = {0};
    struct tuning *tuning = ok ? tuning_open(&caps, &doubt) : NULL;
    cli_doubt(&doubt);
    if (!ok || (r.keep && !graph_keep_list(g, r.keep, &err)) ||
        !compile(g, &r, tuning, &err) ||
        !(plan = plan_make(g, &caps, batch, r.half, r.max_memory, &err)) ||
        (r.dump && !plan_dump(plan, r.dump, &err))) {
        code = cli_fail(&err);
    } else {
        plan_print(plan, &text);
        code = cli_write(r.out, &text);
    }
    text_free(&text);
    plan_free(&plan);
    graph_free(&g);
    tuning_close(&tuning);
    return code;
}

const struct command command_plan = {
    "plan", "MODEL.graph [options]", "print the steps a device will run, without needing one", run,
    "  -b, --batch N         windows a run (1)\n"
    "      --caps FILE       plan for the device this file describes ('clact devices --caps' "
    "writes\n"
    "                        one); default: a two-core CPU with 512-bit vectors\n"
    "      --dump DIR        also write the programs of the plan there, for other compilers\n"
    "      --fp16            plan for half storage, as 'clact run --fp16' does\n"
    "  -k, --keep NODE,...   plan as if these nodes were tapped (all: every node)\n"
    "      --precision strict  without Winograd\n"
    "      --max-memory SIZE refuse a plan larger than this, such as 2G\n"
    "  -o, --output FILE     write there instead of to standard output\n\n"
    "columns: step, node, kernel, MFLOP, MB moved (arguments, once each), offset and size of the\n"
    "result in the arena in MB, algorithm and why, [global size].\n\n"
    "examples:\n"
    "  clact plan r18.graph\n"
    "  clact plan r18.graph -b 8 --caps rx6800.caps\n"};
