/* SPDX-License-Identifier: MIT */
/* clact import: a trained checkpoint becomes a graph that runs. */
#include "cli/cli.h"
#include "cli/onnx.h"
#include "models/models.h"

#include <stdio.h>
#include <string.h>

static const struct option options[] = {
    {"set", required_argument, NULL, 's'},    {"output", required_argument, NULL, 'o'},
    {"labels", required_argument, NULL, 'l'}, {"link", no_argument, NULL, 'k'},
    {"quiet", no_argument, NULL, 'q'},        {"list", no_argument, NULL, 'L'},
    {"recipe", required_argument, NULL, 'r'},
    {NULL, 0, NULL, 0},
};

/* --list: what is in a checkpoint. */
static int list(const struct import *im)
{
    struct text text = {0};
    struct error err = {0};
    if (cli_is_onnx(im->checkpoint)) {
        fail(&err, ERROR_USAGE, "%s: --list is for checkpoints, this is an ONNX file",
             im->checkpoint);
        return cli_fail(&err);
    }
    bool ok = model_list_checkpoint(im->checkpoint, im->settings, &text, &err);
    int code = ok ? cli_write(NULL, &text) : cli_fail(&err);
    text_free(&text);
    return code;
}

static int run(int argc, char **argv)
{
    struct import im = {0};
    bool quiet = false, listed = false;
    optind = 1;
    opterr = 0;
    for (int o; (o = getopt_long(argc, argv, "o:q", options, NULL)) != -1;) {
        switch (o) {
        case 's':
            im.settings = optarg;
            break;
        case 'o':
            im.output = optarg;
            break;
        case 'l':
            im.labels = optarg;
            break;
        case 'k':
            im.link = true;
            break;
        case 'q':
            quiet = true;
            break;
        case 'L':
            listed = true;
            break;
        case 'r':
            im.recipe = optarg;
            break;
        default:
            return cli_bad_option(&command_import, argv);
        }
    }
    if (im.recipe && !strcmp(im.recipe, "list"))
        return cli_list_recipes();
    if (argc - optind != 1)
        return cli_usage(&command_import, "one checkpoint is needed");
    im.checkpoint = argv[optind];
    if (listed)
        return list(&im);
    if (!im.output)
        return cli_usage(&command_import, "-o FILE.graph is needed");
    struct import_report report = {0};
    struct error err = {0};
    bool ok = model_import(&im, &report, &err);
    if (report.misfit.s)
        fputs(report.misfit.s, stderr);
    if (report.notes.s && (!quiet || !ok))
        fputs(report.notes.s, stderr);
    int code = ok ? 0 : cli_fail(&err);
    if (ok && !quiet)
        printf("%s: %s\n", im.output, report.model);
    import_report_free(&report);
    return code;
}

const struct command command_import = {
    "import", "CHECKPOINT -o MODEL.graph [options]", "turn a trained checkpoint into a graph", run,
    "A checkpoint is a file of torch.save (.pth, .pt, .pth.tar, old and new) or of safetensors.\n"
    "Python is not needed, and nothing in the file is ever executed. Family, depth, widths and\n"
    "classes are recognised from the tensors' names and shapes. What names cannot tell has a\n"
    "default, which is said, and is changed with --set.\n\n"
    "  -o, --output FILE   the graph; weights and labels are copied beside it\n"
    "      --labels FILE   class names, one a line\n"
    "      --set KEY=VALUE,...  as in 'clact model'; family=tao for residual-frame networks\n"
    "      --recipe NAME|FILE  of an ONNX file: how a video becomes its input; 'list' prints the\n"
    "                      names, INPUT=NAME,... when there are several inputs; without one it\n"
    "                      takes tensors alone\n"
    "      --link          name the checkpoint (safetensors), which stands beside the graph, do\n"
    "                      not copy it\n"
    "      --list          only print a checkpoint's tensors and the families that come nearest\n"
    "  -q, --quiet         say nothing when all is well\n\n"
    "examples:\n"
    "  clact import r3d18.pth -o r3d18.graph --labels kinetics400.txt\n"
    "  clact import r18res.pth.tar -o r18res.graph --set family=tao,residual=abs,act=elu\n"
    "  clact import model.onnx -o model.graph --recipe torchvision\n"
    "  clact import unknown.pt --list\n"};
