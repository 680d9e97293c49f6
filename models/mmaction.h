/* SPDX-License-Identifier: MIT */
/* Recognizers of MMAction2: their names in the words of PyTorchVideo's, torchvision's and C3D's
 * builders, and how they are fed and headed. */
#ifndef MODELS_MMACTION_H
#define MODELS_MMACTION_H
#include "models/checkpoint.h"
#include "models/namings.h"
#include "models/options.h"

#define MMACTION "MMAction2"

bool mmaction_2d(const char *name, char out[NAMING_BYTES]);       /* TSN's ResNets of frames */
bool mmaction_slow(const char *name, char out[NAMING_BYTES]);     /* ResNet3dSlowOnly        */
bool mmaction_i3d(const char *name, char out[NAMING_BYTES]);      /* ResNet3d, pooled twice  */
bool mmaction_slowfast(const char *name, char out[NAMING_BYTES]); /* ResNet3dSlowFast        */
bool mmaction_x3d(const char *name, char out[NAMING_BYTES]);
bool mmaction_c3d(const char *name, char out[NAMING_BYTES]);

/* Whether the names were MMAction2's. */
bool mmaction_speaks(const struct checkpoint *c);
/* Its test pipeline: 10 clips, ImageNet's normalisation, mean over everything; where it speaks. */
void mmaction_defaults(const struct checkpoint *c, struct options *o);

#endif
