/* SPDX-License-Identifier: MIT */
/* The network that clact run is given: a graph, or a checkpoint or an ONNX file that is imported on
 * the way. */
#include "cli/onnx.h"
#include "cli/run.h"
#include "io/tensor_file.h"
#include "models/checkpoint.h"
#include "models/models.h"

#include <stdio.h>

static struct network *open_checkpoint(const struct run_request *r, const struct network_options *o,
                                       struct error *err)
{
    const struct import im = {.checkpoint = r->model, .settings = r->settings, .labels = r->labels};
    struct import_report report = {0};
    struct checkpoint c = {0};
    struct network *m = NULL;
    struct graph *g = model_from_checkpoint(&im, &c, &report, err);
    const struct weight_source weights = {checkpoint_load, &c};
    if (report.notes.s && !r->quiet)
        fputs(report.notes.s, stderr);
    if (g)
        m = network_make(g, &weights, o, err);
    if (m && r->labels && !network_set_labels(m, r->labels, err))
        network_close(&m);
    checkpoint_close(&c);
    import_report_free(&report);
    return m;
}

struct network *run_open(const struct run_request *r, const struct network_options *o,
                         struct error *err)
{
    if (cli_is_onnx(r->model) && !r->settings) {
        struct network *m = cli_open_onnx(r->model, r->recipe, true, r->quiet, o, err);
        if (m && r->labels && !network_set_labels(m, r->labels, err))
            network_close(&m);
        return m;
    }
    if (r->recipe) {
        fail(err, ERROR_USAGE, "%s: --recipe goes with an ONNX file; what a graph or a checkpoint "
             "wants of a clip is known", r->model);
        return NULL;
    }
    if (tensor_file_sniff(r->model))
        return open_checkpoint(r, o, err);
    if (r->settings || r->labels) {
        fail(err, ERROR_USAGE, "%s: --set and --labels go with a checkpoint, --labels with an ONNX file; a graph names both",
             r->model);
        return NULL;
    }
    return network_open(r->model, o, err);
}
