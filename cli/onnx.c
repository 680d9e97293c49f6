/* SPDX-License-Identifier: MIT */
#include "cli/onnx.h"
#include "cli/cli.h"
#include "models/onnx.h"
#include "models/video_recipes.h"

#include <stdio.h>

bool cli_is_onnx(const char *path)
{
    return onnx_is_file(path);
}

void cli_onnx_close(struct onnx_model **m)
{
    onnx_model_close(m);
}

int cli_list_recipes(void)
{
    struct text t = {0};
    video_recipes_list(&t);
    int code = cli_write(NULL, &t);
    text_free(&t);
    return code;
}

static struct onnx_model *open_model(const char *path, const char *recipe, bool quiet,
                                     struct error *err)
{
    struct import_report report = {0};
    struct onnx_model *m = onnx_model_open(path, recipe, NULL, &report, err);
    if (report.misfit.s)
        fputs(report.misfit.s, stderr);
    if (report.notes.s && (!quiet || !m))
        fputs(report.notes.s, stderr);
    import_report_free(&report);
    return m;
}

struct network *cli_open_onnx(const char *path, const char *recipe, bool clips, bool quiet,
                              const struct network_options *o, struct error *err)
{
    if (clips && !recipe) {
        struct text names = {0};
        video_recipes_names(&names);
        fail(err, ERROR_USAGE,
             "%s: an ONNX file does not say how clips become its input: name a "
             "recipe with --recipe, a file or one of %s",
             path, names.s);
        text_free(&names);
        return NULL;
    }
    /* The network keeps nothing of the file once its weights are on the device. */
    struct onnx_model *m = open_model(path, recipe, quiet, err);
    if (!m)
        return NULL;
    const struct weight_source weights = {onnx_model_load, m};
    struct network *n = network_make(onnx_model_graph(m), &weights, o, err);
    onnx_model_close(&m);
    return n;
}

/* Asked for twice: once to look at the inputs, once to run. */
static struct graph *copy_graph(void *context, struct error *err)
{
    struct graph *g = graph_copy(onnx_model_peek(context));
    if (!g)
        fail(err, ERROR_LIMIT, "out of memory");
    return g;
}

struct onnx_model *cli_onnx_tensors(const char *path, const char *recipe, bool quiet,
                                    struct tensor_run_options *o, struct error *err)
{
    struct onnx_model *m = open_model(path, recipe, quiet, err);
    o->graph = copy_graph;
    o->source = (struct weight_source){onnx_model_load, m};
    o->context = m;
    return m;
}
