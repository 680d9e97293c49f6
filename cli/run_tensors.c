/* SPDX-License-Identifier: MIT */
/* clact run --tensors: stored tensors through the network, values of its nodes into a file. */
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
    return tensor_run(r->model, r->tensors, r->save, &o, &err) ? 0 : cli_fail(&err);
}
