/* SPDX-License-Identifier: MIT */
/* clact run --tensors: stored tensors through the network, values of its nodes into a file. */
#include "cli/onnx.h"
#include "cli/run.h"
#include "engine/tensor_run.h"

int run_tensors(const struct run_request *r)
{
    struct tensor_run_options o = {.device = r->device,
                                   .batch = r->batch,
                                   .half = r->half,
                                   .max_memory = r->max_memory,
                                   .strict = r->strict,
                                   .feed = r->feed,
                                   .taps = r->taps};
    struct error err = {0};
    struct onnx_model *onnx = NULL;
    bool ok = (!cli_is_onnx(r->model) ||
               (onnx = cli_onnx_tensors(r->model, r->recipe, r->quiet, &o, &err)) != NULL) &&
              tensor_run(r->model, r->tensors, r->save, &o, &err);
    cli_onnx_close(&onnx);
    return ok ? 0 : cli_fail(&err);
}
