/* SPDX-License-Identifier: MIT */
/* Inside the computing of constants: what its files share. */
#ifndef MODELS_ONNX_FOLD_H
#define MODELS_ONNX_FOLD_H
#include "models/onnx_import.h"

typedef bool folder(struct translation *t, struct error *err);

/* Input i with its elements loaded; NULL on error. */
struct constant *fold_operand(const struct translation *t, int i, struct error *err);
/* c becomes the result; false when it is NULL. */
bool fold_put(struct translation *t, struct constant *c);
void fold_copy(struct constant *to, uint64_t k, const struct constant *from, uint64_t i);
/* Places of all axes of element k, and back. */
void fold_places(const struct constant *c, uint64_t k, int64_t place[ONNX_RANK]);
uint64_t fold_element(const struct constant *c, const int64_t place[ONNX_RANK]);

folder fold_same, fold_reshape, fold_squeeze, fold_unsqueeze, fold_transpose, fold_concat;
folder fold_gather, fold_slice;

#endif
