/* SPDX-License-Identifier: MIT */
/* clact bench: where the time goes, step by step, and how far that is from what the device can
 * do. */
#include "cli/bench_html.h"
#include "graph/conv_spec.h"
#include "models/models.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct option options[] = {
    {"batch", required_argument, NULL, 'b'},
    {"repeats", required_argument, NULL, 'r'},
    {"device", required_argument, NULL, 'd'},
    {"format", required_argument, NULL, 'f'},
    {"output", required_argument, NULL, 'o'},
    {"set", required_argument, NULL, 's'},
    {"compare", required_argument, NULL, 'c'},
    {"trace", required_argument, NULL, 't'},
    {"conv", required_argument, NULL, 'v'},
    {"max-memory", required_argument, NULL, 'm'},
    {"precision", required_argument, NULL, 'e'},
    {"steps", no_argument, NULL, 'p'},
    {"fp16", no_argument, NULL, 'h'},
    {"all", no_argument, NULL, 'a'},
    {"no-self-check", no_argument, NULL, 'u'},
    {"html", no_argument, NULL, 'l'},
    {NULL, 0, NULL, 0},
};

struct request {
    const char *device, *out, *settings, *compare, *trace, *conv;
    int batch, repeats;
    uint64_t max_memory;
    bool strict, unchecked;
    enum bench_format format;
    bool steps, all, half;
};

/* What is measured over several networks. */
struct work {
    const struct request *r;
    struct roof roof; /* measured once, on the first network's device */
    struct text out;
    bool first;
};

static bool parse_format(const char *word, struct request *r)
{
    static const char *const words[] = {"table", "md", "csv", "json", "jsonl", "html"};
    for (int i = 0; i < 6; i++)
        if (!strcmp(word, words[i])) {
            r->format = (enum bench_format)i;
            return true;
        }
    cli_usage(&command_bench, "--format %.40s: wanted is table, md, csv, json, jsonl or html",
              word);
    return false;
}

static bool parse(int argc, char **argv, struct request *r)
{
    optind = 1;
    opterr = 0;
    for (int o; (o = getopt_long(argc, argv, "b:r:d:o:", options, NULL)) != -1;) {
        bool ok = true;
        switch (o) {
        case 'b':
            ok = cli_int(&command_bench, "--batch", optarg, 1, 1024, &r->batch);
            break;
        case 'r':
            ok = cli_int(&command_bench, "--repeats", optarg, 1, 100000, &r->repeats);
            break;
        case 'm':
            ok = cli_bytes(&command_bench, "--max-memory", optarg, &r->max_memory);
            break;
        case 'e':
            ok = cli_precision(&command_bench, optarg, &r->strict);
            break;
        case 'd':
            r->device = optarg;
            break;
        case 'o':
            r->out = optarg;
            break;
        case 's':
            r->settings = optarg;
            break;
        case 'c':
            r->compare = optarg;
            break;
        case 't':
            r->trace = optarg;
            break;
        case 'v':
            r->conv = optarg;
            break;
        case 'f':
            ok = parse_format(optarg, r);
            break;
        case 'l':
            r->format = BENCH_HTML;
            break;
        case 'p':
            r->steps = true;
            break;
        case 'h':
            r->half = true;
            break;
        case 'a':
            r->all = true;
            break;
        case 'u':
            r->unchecked = true;
            break;
        default:
            cli_bad_option(&command_bench, argv);
            return false;
        }
        if (!ok)
            return false;
    }
    if (r->conv && r->batch > 1) {
        cli_usage(&command_bench, "--conv has its batch in the letter n");
        return false;
    }
    if (argc - optind + r->all + (r->conv != NULL) == 1)
        return true;
    cli_usage(&command_bench, "one graph file, one network's name, --conv or --all is needed");
    return false;
}

static void show_build(void *context, size_t done, size_t all)
{
    (void)context;
    cli_progress("building kernels", all ? (double)done / (double)all : 1);
}

static struct network *open_random(struct graph *g, const struct network_options *o,
                                   struct error *err)
{
    if (!g)
        return NULL;
    struct random_weights *weights = random_weights_make(g, 1);
    const struct weight_source source = {random_weights_load, weights};
    struct network *m = network_make(g, &source, o, err);
    random_weights_free(&weights);
    return m;
}

/* A graph file with its weights, or the name of a network, which gets random ones. */
static struct network *open_model(const struct request *r, const char *name, struct error *err)
{
    struct network_options o = {.device = r->device,
                                .batch = r->batch,
                                .half = r->half,
                                .max_memory = r->max_memory,
                                .strict = r->strict,
                                .checker = cli_checker(!r->unchecked),
                                .no_video = true,
                                .progress = show_build};
    struct network *m;
    if (r->conv) {
        struct graph *g = conv_graph(r->conv, &o.batch, err);
        m = open_random(g, &o, err);
    } else if (access(name, R_OK) != 0 && model_find(name)) {
        m = open_random(model_build(model_find(name), r->settings, NULL, name, err), &o, err);
    } else {
        m = network_open(name, &o, err);
    }
    cli_progress_clear();
    if (m) {
        cli_doubt(&m->tuning_doubt);
        cli_replaced(&m->replaced);
    }
    return m;
}

static bool report(struct work *w, const struct bench *b, struct error *err)
{
    const struct request *r = w->r;
    struct text trace = {0};
    if (r->compare && !bench_compare(b, r->compare, &w->out, err))
        return false;
    if (!r->compare)
        bench_print(b, r->format, r->steps, w->first, &w->out);
    w->first = false;
    if (!r->trace)
        return true;
    bench_trace(b, &trace);
    bool ok = cli_write(r->trace, &trace) == 0;
    text_free(&trace);
    return ok || fail(err, ERROR_OUTPUT, "%s: the trace was not written", r->trace);
}

static bool measure(struct work *w, const char *name, struct error *err)
{
    struct profile profile = {0};
    struct network *m = open_model(w->r, name, err);
    bool ok = m != NULL;
    if (ok && w->roof.flops == 0)
        ok = roof_measure(m->ocl, &w->roof, err);
    ok = ok && profile_network(m, w->r->repeats, &profile, err);
    struct bench b = {m, name, &profile, &w->roof, m ? m->options.batch : 0};
    ok = ok && report(w, &b, err);
    profile_free(&profile);
    network_close(&m);
    return ok;
}

static int run(int argc, char **argv)
{
    struct request r = {.batch = 1, .repeats = 20};
    if (!parse(argc, argv, &r))
        return ERROR_USAGE;
    if (!r.all)
        r.steps = r.steps || r.conv || r.format != BENCH_TABLE || r.compare;
    struct error err = {0};
    struct work w = {.r = &r, .first = true};
    int code = 0;
    if (r.format == BENCH_HTML && !r.compare)
        bench_html_open(&w.out);
    if (!r.all && !measure(&w, r.conv ? r.conv : argv[optind], &err))
        code = cli_fail(&err);
    for (const struct model *m = model_next(NULL); r.all && m; m = model_next(m)) {
        if (measure(&w, model_name(m), &err))
            continue;
        code = cli_fail(&err); /* too large for this device, say: the others are still measured */
        err = (struct error){0};
    }
    if (r.format == BENCH_HTML && !r.compare)
        bench_html_close(&w.out);
    if (w.out.len && !(code && w.first)) { /* something was measured */
        int written = cli_write(r.out, &w.out);
        code = written ? written : code;
    }
    text_free(&w.out);
    return code;
}

const struct command command_bench = {
    "bench",
    "MODEL.graph | NAME | --conv SPEC | --all [options]",
    "time a network on this device, step by step, against the device's measured limits",
    run,
    "NAME is a published network ('clact model' lists them), which gets random weights.\n\n"
    "  -b, --batch N       windows that run at once; 1 by default\n"
    "  -r, --repeats N     20 by default; the least, the median and the 95th percentile are shown\n"
    "      --steps         every step, not only the total\n"
    "      --fp16          with activations and weights stored as half\n"
    "      --format table|md|csv|json|jsonl|html   with device, driver, version and commit in "
    "every row\n"
    "      --html          one page with bars of all steps and a roofline; needs nothing else\n"
    "  -o, --output FILE   write it there instead of to standard output\n"
    "      --compare OLD.json   side by side with what --format json wrote earlier\n"
    "      --trace FILE    a time line of one run for chrome://tracing\n"
    "      --conv SPEC     one convolution, n1c64t16h56w56k64x3x3x3s1p1: windows, channels, "
    "frames,\n"
    "                      height, width, outputs x kernel, stride, pad, and g groups, d dilation\n"
    "      --all           every published network; totals unless --steps\n"
    "      --set KEY=VALUE,...  of a published network, as in 'clact model'\n"
    "  -d, --device DEV    as 'clact devices' lists them, or a part of a name\n"
    "      --precision strict  without Winograd\n"
    "      --no-self-check     use kernels that were never checked here ('clact self-check')\n"
    "      --max-memory N  bytes on the device, with K, M or G\n\n"
    "examples:\n"
    "  clact bench r3d_18 --steps\n"
    "  clact bench r50.graph --html -o r50.html\n"
    "  clact bench r50.graph -b 8 --format json -o before.json\n"
    "  clact bench r50.graph -b 8 --compare before.json\n"
    "  clact bench --conv n1c64t16h56w56k64x3x3x3s1p1\n",
    NULL};
