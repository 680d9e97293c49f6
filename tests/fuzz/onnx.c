/* SPDX-License-Identifier: MIT */
/* ONNX files: import without a recipe and with one, then every weight of what came out. */
#include "models/onnx.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err = {0};
    struct import_report report = {0};
    const char *recipe = size & 1 ? "tao-residual" : NULL;
    struct onnx_model *m = onnx_model_read(data, size, "fuzz.onnx", recipe, &report, &err);
    const struct graph *g = m ? onnx_model_peek(m) : NULL;
    for (int i = 0; g && i < g->count; i++) {
        if (!weight_key(&g->nodes[i]))
            continue;
        float *values = malloc((size_t)shape_elements(&g->nodes[i].shape, 1) * sizeof *values);
        if (values)
            onnx_model_load(m, g, &g->nodes[i], values, &err);
        free(values);
    }
    onnx_model_close(&m);
    import_report_free(&report);
    return 0;
}
