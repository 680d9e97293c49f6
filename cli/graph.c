/* SPDX-License-Identifier: MIT */
/* clact graph: the graph as text, before, between or after the passes. */
#include "cli/cli.h"
#include "cli/graph_svg.h"
#include "graph/pipeline.h"

#include <stdio.h>
#include <string.h>

static const struct option options[] = {
    {"after", required_argument, NULL, 'a'}, {"optimized", no_argument, NULL, 'O'},
    {"keep", required_argument, NULL, 'k'},  {"output", required_argument, NULL, 'o'},
    {"count", no_argument, NULL, 'c'},       {"svg", no_argument, NULL, 's'},
    {NULL, 0, NULL, 0},
};

/* The graph as it is, beside what the passes make of it. */
static bool draw(const struct graph *g, const char *keep, struct text *out, struct error *err)
{
    struct graph *compiled = graph_copy(g);
    bool ok = (!keep || graph_keep_list(compiled, keep, err)) && graph_compile(compiled, NULL, err);
    if (ok)
        graph_svg(g, compiled, out);
    graph_free(&compiled);
    return ok;
}

static int run(int argc, char **argv)
{
    const char *after = NULL, *out = NULL, *keep = NULL;
    bool compile = false, count = false, svg = false;
    optind = 1;
    opterr = 0;
    for (int o; (o = getopt_long(argc, argv, "o:Ok:", options, NULL)) != -1;) {
        switch (o) {
        case 'a':
            after = optarg;
            compile = strcmp(after, "parse") != 0;
            break;
        case 'O':
            compile = true;
            break;
        case 'k':
            keep = optarg;
            break;
        case 'c':
            count = true;
            break;
        case 's':
            svg = true;
            break;
        case 'o':
            out = optarg;
            break;
        default:
            return cli_bad_option(&command_graph, argv);
        }
    }
    if (argc - optind != 1)
        return cli_usage(&command_graph, "one graph is needed");
    if (svg && (compile || count))
        return cli_usage(&command_graph, "--svg draws both ends, without --after and --count");
    struct error err = {0};
    struct text text = {0};
    struct graph *g = graph_read(argv[optind], &err);
    int code = 0;
    if (!g || (keep && !svg && !graph_keep_list(g, keep, &err)) ||
        (svg && !draw(g, keep, &text, &err)) || (compile && !graph_compile(g, after, &err))) {
        code = cli_fail(&err);
    } else if (count) {
        text_printf(&text, "%lld parameters, %.3f G multiply-adds a window\n",
                    (long long)graph_parameters(g), graph_multiply_adds(g) / 1e9);
        code = cli_write(out, &text);
    } else {
        if (!svg)
            graph_print(g, &text);
        code = cli_write(out, &text);
    }
    text_free(&text);
    graph_free(&g);
    return code;
}

const struct command command_graph = {
    "graph", "MODEL.graph [options]", "print a graph, before or after the compiler's passes", run,
    "  -O, --optimized     after all passes\n"
    "      --after PASS    after this pass: drop-dead, elide-views, fold-batchnorm, fuse-frames,\n"
    "                      fuse-matching, fuse-warp, fuse-epilogue, fuse-feature-residual,\n"
    "                      fuse-channel-scale,\n"
    "                      pack-weights (parse: before all, the default)\n"
    "  -k, --keep NODE,... never fuse these nodes away (all: none)\n"
    "      --svg           draw it: the operators of the file beside what runs after fusion,\n"
    "                      and where the arithmetic is\n"
    "      --count         parameters and multiply-adds instead\n"
    "  -o, --output FILE   write there instead of to standard output\n\n"
    "examples:\n"
    "  clact graph r18.graph > same.graph\n"
    "  clact graph r18.graph --after fold-batchnorm\n"
    "  clact graph r18.graph --svg -o r18.svg\n"
    "  diff <(clact graph r18.graph) <(clact graph r18.graph -O)\n"};
