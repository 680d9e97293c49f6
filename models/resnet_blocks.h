/* SPDX-License-Identifier: MIT */
/* What the 3D ResNets of Hara et al. and those of Tao et al. share: depths, residual blocks, and
 * the names conv1, bn1, layer1.0.conv1, layer1.0.downsample.0, fc. */
#ifndef MODELS_RESNET_BLOCKS_H
#define MODELS_RESNET_BLOCKS_H
#include "models/checkpoint.h"
#include "models/write.h"

enum { RESNET_STAGES = 4 };
struct resnet_depth {
    int depth, blocks[RESNET_STAGES];
    bool bottleneck;
};
/* NULL when no ResNet has that depth. */
const struct resnet_depth *resnet_depth(int depth);

/* Stem convolution 7x7x7 (conv1), with stride 1x2x2. */
void resnet_write_conv1(struct writer *w, const char *x, int channels);
/* layer1 .. layer4 from the value `maxpool`, after the options depth, width, shortcut, act and down
 * (stride, where it is no option of the family). *out gets the channels of layer4. */
bool resnet_write_stages(struct writer *w, const struct options *o, int *out, struct error *err);
/* Channels of the stem, which is as wide as the first stage's inner convolutions. */
bool resnet_stem(const struct options *o, int *channels, struct error *err);

/* Depth, width, classes and shortcut from names and shapes. */
bool resnet_recognise(const struct checkpoint *c, struct options *o, struct error *err);

#endif
