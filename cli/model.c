/* SPDX-License-Identifier: MIT */
/* clact model: published architectures, listed or written as a graph. */
#include "cli/cli.h"
#include "cli/model_help.h"
#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct option options[] = {
    {"set", required_argument, NULL, 's'},    {"output", required_argument, NULL, 'o'},
    {"random", required_argument, NULL, 'r'}, {"random-weights", required_argument, NULL, 'r'},
    {"labels", required_argument, NULL, 'l'}, {"count", no_argument, NULL, 'c'},
    {"format", required_argument, NULL, 'f'}, {NULL, 0, NULL, 0},
};

struct request {
    const char *name, *settings, *out, *labels;
    int seed; /* -1: no weights */
    bool count, page;
};

static int list(void)
{
    for (const struct model *m = model_next(NULL); m; m = model_next(m))
        printf("%-20s %s\n", model_name(m), model_about(m));
    return 0;
}

static int write_page(const char *path)
{
    struct error err = {0};
    struct text text = {0};
    int code = model_page(&text, &err) ? cli_write(path, &text) : cli_fail(&err);
    text_free(&text);
    return code;
}

static bool help_about(const char *word, int *code)
{
    const struct model *m = model_find(word);
    struct error err = {0};
    struct text text = {0};
    if (!m)
        return false;
    *code = model_help(m, &text, &err) ? cli_write(NULL, &text) : cli_fail(&err);
    text_free(&text);
    return true;
}

/* M.graph -> M.safetensors: what stands beside, as a path or as a plain name. Freed by the
 * caller. */
static char *sibling(const char *graph, const char *suffix, bool plain)
{
    const char *slash = strrchr(graph, '/'), *base = plain && slash ? slash + 1 : graph;
    const char *dot = strrchr(base, '.');
    size_t n = dot && strcmp(dot, ".graph") == 0 ? (size_t)(dot - base) : strlen(base);
    size_t size = n + strlen(suffix) + 1;
    char *r = malloc(size);
    if (r)
        snprintf(r, size, "%.*s%s", (int)n, base, suffix);
    return r;
}

static int write_graph(const struct request *r, const struct graph *g)
{
    struct text text = {0};
    if (r->count)
        text_printf(&text, "%lld parameters, %.3f G multiply-adds a window\n",
                    (long long)graph_parameters(g), graph_multiply_adds(g) / 1e9);
    else
        graph_print(g, &text);
    int code = cli_write(r->out, &text);
    text_free(&text);
    return code;
}

static int write_model(const struct request *r, const struct model *m)
{
    struct error err = {0};
    char *weights = NULL, *path = NULL;
    int code = 0;
    if (r->seed >= 0) {
        weights = sibling(r->out, ".safetensors", true);
        path = sibling(r->out, ".safetensors", false);
    }
    struct model_files files = {weights, r->labels};
    struct graph *g = model_build(m, r->settings, &files, r->out ? r->out : model_name(m), &err);
    if (!g || (path && !model_random_weights(g, path, (uint64_t)r->seed, &err)))
        code = cli_fail(&err);
    else
        code = write_graph(r, g);
    graph_free(&g);
    free(weights);
    free(path);
    return code;
}

static int run(int argc, char **argv)
{
    struct request r = {.seed = -1};
    optind = 1;
    opterr = 0;
    for (int o; (o = getopt_long(argc, argv, "o:", options, NULL)) != -1;) {
        switch (o) {
        case 's':
            r.settings = optarg;
            break;
        case 'o':
            r.out = optarg;
            break;
        case 'r':
            if (!cli_int(&command_model, "--random", optarg, 0, INT32_MAX, &r.seed))
                return ERROR_USAGE;
            break;
        case 'l':
            r.labels = optarg;
            break;
        case 'c':
            r.count = true;
            break;
        case 'f':
            if (strcmp(optarg, "md"))
                return cli_usage(&command_model, "--format %.40s: only md is known", optarg);
            r.page = true;
            break;
        default:
            return cli_bad_option(&command_model, argv);
        }
    }
    if (optind == argc)
        return r.page ? write_page(r.out) : list();
    if (r.page)
        return cli_usage(&command_model, "--format md is the page of all networks, without NAME");
    r.name = argv[optind];
    if (argc - optind != 1)
        return cli_usage(&command_model, "one name is needed");
    if (r.seed >= 0 && !r.out)
        return cli_usage(&command_model, "--random wants -o FILE.graph: the weights go beside it");
    if (r.labels && !file_is_plain_name(r.labels))
        return cli_usage(&command_model, "--labels %.80s: a plain name of a file beside the graph",
                         r.labels);
    const struct model *m = model_find(r.name);
    if (!m)
        return cli_usage(&command_model, "no model '%.40s'; 'clact model' lists them", r.name);
    return write_model(&r, m);
}

const struct command command_model = {
    "model", "[NAME] [options]", "list published architectures, or write one as a graph", run,
    "  -o, --output FILE   write the graph there instead of to standard output\n"
    "      --set KEY=VALUE,...  change it; 'clact model NAME --help' lists a network's keys\n"
    "      --random-weights SEED  (or --random) weights beside it (FILE.safetensors), for trying\n"
    "                      and timing\n"
    "      --labels FILE   class names: a file beside the graph\n"
    "      --count         parameters and multiply-adds instead of the graph\n"
    "      --format md     without NAME: a page about all networks\n\n"
    "examples:\n"
    "  clact model\n"
    "  clact model chen-p3d --help\n"
    "  clact model resnet3d-18 --set classes=101 -o r18.graph --random-weights 1\n"
    "  clact model tao-resnet18 --set residual=abs,down=pool,act=elu --count\n",
    help_about};
