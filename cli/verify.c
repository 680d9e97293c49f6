/* SPDX-License-Identifier: MIT */
/* clact verify: stored values of another implementation, layer by layer. */
#include "cli/cli.h"
#include "cli/verify.h"
#include "models/onnx.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { O_TENSORS = 256, O_TOLERANCE, O_RECIPE, O_PRECISION, O_FP16 };

static const struct option options[] = {
    {"tensors", required_argument, NULL, O_TENSORS},
    {"tolerance", required_argument, NULL, O_TOLERANCE},
    {"recipe", required_argument, NULL, O_RECIPE},
    {"precision", required_argument, NULL, O_PRECISION},
    {"fp16", no_argument, NULL, O_FP16},
    {"device", required_argument, NULL, 'd'},
    {"quiet", no_argument, NULL, 'q'},
    {NULL, 0, NULL, 0},
};

struct request {
    const char *model, *tensors, *recipe;
    double tolerance;
    bool quiet;
    struct tensor_run_options run;
};

static bool parse_option(int o, char **argv, struct request *r)
{
    const struct command *c = &command_verify;
    switch (o) {
    case O_TENSORS:
        r->tensors = optarg;
        return true;
    case O_RECIPE:
        r->recipe = optarg;
        return true;
    case O_TOLERANCE:
        if (text_to_double(optarg, &r->tolerance) && r->tolerance > 0)
            return true;
        cli_usage(c, "--tolerance %.40s: a number above 0 is needed", optarg);
        return false;
    case O_PRECISION:
        return cli_precision(c, optarg, &r->run.strict);
    case O_FP16:
        r->run.half = true;
        return true;
    case 'd':
        r->run.device = optarg;
        return true;
    case 'q':
        r->quiet = true;
        return true;
    default:
        cli_bad_option(c, argv);
        return false;
    }
}

static bool parse(int argc, char **argv, struct request *r)
{
    optind = 1;
    opterr = 0;
    for (int o; (o = getopt_long(argc, argv, "d:q", options, NULL)) != -1;)
        if (!parse_option(o, argv, r))
            return false;
    if (argc - optind != 1 || !r->tensors) {
        cli_usage(&command_verify,
                  argc - optind != 1 ? "one model is needed" : "--tensors FILE is needed");
        return false;
    }
    r->model = argv[optind];
    return true;
}

/* A file for the values of one run, removed by the caller. */
static char *temporary(struct error *err)
{
    const char *folder = getenv("TMPDIR");
    struct text t = {0};
    text_printf(&t, "%s/clact-verify-XXXXXX", folder && *folder ? folder : "/tmp");
    int fd = mkstemp(t.s);
    if (fd < 0) {
        fail(err, ERROR_OUTPUT, "%s: cannot be made", t.s);
        text_free(&t);
        return NULL;
    }
    close(fd);
    return t.s;
}

/* One run with `taps`, compared. What the device does differs when nothing is tapped, since then
 * layers are fused: the scores are compared once more that way. */
static bool run_once(struct request *r, const struct graph *g, const struct safetensors *wanted,
                     const char *taps, struct verdict *v, struct error *err)
{
    char *path = temporary(err);
    if (!path)
        return false;
    r->run.taps = taps;
    struct safetensors *got = NULL;
    bool ok = tensor_run(r->model, r->tensors, path, &r->run, err) &&
              (got = safetensors_open(path, ERROR_BUG, err)) != NULL &&
              verify_compare(g, wanted, got, r->tolerance, v, err);
    safetensors_close(&got);
    unlink(path);
    free(path);
    return ok;
}

static bool verify(struct request *r, const struct graph *g, struct verdict *v, struct error *err)
{
    struct text taps = {0}, feeds = {0};
    struct safetensors *wanted = safetensors_open(r->tensors, ERROR_INPUT, err);
    bool ok = wanted && verify_names(g, wanted, &feeds, &taps, err);
    r->run.feed = feeds.s;
    ok = ok && run_once(r, g, wanted, taps.s, v, err);
    if (ok && !r->quiet)
        verify_print(v);
    struct verdict fused = {.scores_only = true};
    if (ok && !v->bad && v->scores) {
        ok = run_once(r, g, wanted, NULL, &fused, err);
        if (ok && !r->quiet)
            verify_print(&fused);
        v->bad += fused.bad;
    }
    text_free(&fused.lines);
    text_free(&taps);
    text_free(&feeds);
    safetensors_close(&wanted);
    return ok;
}

static int run(int argc, char **argv)
{
    struct request r = {.tolerance = 5e-4, .run = {.device = getenv("CLACT_DEVICE"), .batch = 1}};
    struct error err = {0};
    struct verdict v = {0};
    struct onnx_model *onnx = NULL;
    struct graph *g = NULL;
    if (!parse(argc, argv, &r))
        return ERROR_USAGE;
    bool ok = true;
    if (cli_is_onnx(r.model)) {
        ok = (onnx = cli_onnx_tensors(r.model, r.recipe, r.quiet, &r.run, &err)) != NULL &&
             (g = graph_copy(onnx_model_peek(onnx))) != NULL;
    } else {
        ok = (g = graph_read(r.model, &err)) != NULL;
    }
    ok = ok && verify(&r, g, &v, &err);
    int code = ok ? 0 : cli_fail(&err);
    if (ok && v.bad) {
        fail(&err, ERROR_BUILD,
             "%s: %d of %d values are off by more than %g of their largest "
             "magnitude, the first is %s",
             r.model, v.bad, v.compared, r.tolerance, v.first);
        code = cli_fail(&err);
    }
    if (ok && !v.bad && !r.quiet)
        printf("%d values agree, the scores also without taps\n", v.compared);
    text_free(&v.lines);
    graph_free(&g);
    cli_onnx_close(&onnx);
    return code;
}

const struct command command_verify = {
    "verify", "MODEL --tensors FILE [options]", "compare layers with stored values", run,
    "FILE is safetensors: the network's input (input; INPUT.input where there are several), "
    "values\n"
    "of modules under their names, and logits or probs. scripts/store_values.py writes one beside "
    "a\n"
    "PyTorch model. Each value is compared with the node of its name; the first bad layer is "
    "marked.\n"
    "Exit code 5: something differs.\n\n"
    "      --tensors FILE   the stored values\n"
    "      --tolerance T    largest error, of the layer's largest magnitude (5e-4)\n"
    "      --recipe NAME|FILE  of an ONNX file; not needed\n"
    "      --precision strict  only algorithms that sum as the definitions do\n"
    "      --fp16           as in 'clact run'; 1e-2 is a fair tolerance then\n"
    "  -d, --device DEV     0:1 or a part of its name\n"
    "  -q, --quiet          no table\n\n"
    "examples:\n"
    "  clact verify r3d18.graph --tensors values.safetensors\n"
    "  clact verify model.onnx --tensors values.safetensors --tolerance 1e-3\n"};
