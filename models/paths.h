/* SPDX-License-Identifier: MIT */
/* Networks that are also a path of another one. */
#ifndef MODELS_PATHS_H
#define MODELS_PATHS_H
#include "models/write.h"

struct path {
    /* Sets the options that are still open. */
    void (*defaults)(struct options *o);
    /* Everything from the value `input` to `logits`, with all options set. */
    bool (*write)(struct writer *w, const struct options *o, struct error *err);
};
extern const struct path tao_resnet_path, tao_r2plus1d_path, resnet2d_path;
extern const struct path i3d_path, s3d_path;

/* Their families, which know the options and checkpoints of the path. */
struct family;
extern const struct family tao_family, tao_r2plus1d_family, resnet2d_family, i3d_family, s3d_family;

#endif
