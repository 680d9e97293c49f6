/* SPDX-License-Identifier: MIT */
#include "models/namings.h"
#include "models/mmaction.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool begins(const char *s, const char *with)
{
    return !strncmp(s, with, strlen(with));
}

/* head + tail, or false when it is too long to be a name of ours. */
static bool join(char out[NAMING_BYTES], const char *head, const char *tail)
{
    int n = snprintf(out, NAMING_BYTES, "%s%s", head, tail);
    return n > 0 && n < NAMING_BYTES;
}

/* ---- the last layer of networks that were made for other classes ---- */

static bool last_layer(const char *name, char out[NAMING_BYTES])
{
    static const char *const words[] = {"new_fc.", "last_linear.", "fc_action.", "fc-action."};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (begins(name, words[i]))
            return join(out, "fc.", name + strlen(words[i]));
    return false;
}

/* ---- BestJuly/IIC, IICv2, VCP: R3D of Tao et al., torchvision's r3d_18 with a smaller stem ----
 * conv3.block1.conv1.temporal_spatial_conv.weight is layer2.0.conv1.0.weight,
 * conv3.blocks.0.bn2.bias layer2.1.conv2.1.bias. */

static bool iic_block(const char *name, char out[NAMING_BYTES])
{
    char head[48];
    int stage = name[4] - '1', block = 0; /* conv2 is layer1 */
    const char *at = name + 6;
    if (begins(at, "block1.")) {
        at += strlen("block1.");
    } else if (begins(at, "blocks.")) {
        char *end;
        block = (int)strtol(at + strlen("blocks."), &end, 10) + 1;
        if (*end != '.' || block < 1 || block > 100)
            return false;
        at = end + 1;
    } else {
        return false;
    }
    snprintf(head, sizeof head, "layer%d.%d.", stage, block);
    char rest[NAMING_BYTES];
    if (begins(at, "downsampleconv.temporal_spatial_conv."))
        join(rest, "downsample.0.", at + strlen("downsampleconv.temporal_spatial_conv."));
    else if (begins(at, "downsamplebn."))
        join(rest, "downsample.1.", at + strlen("downsamplebn."));
    else if (begins(at, "conv1.temporal_spatial_conv."))
        join(rest, "conv1.0.", at + strlen("conv1.temporal_spatial_conv."));
    else if (begins(at, "conv2.temporal_spatial_conv."))
        join(rest, "conv2.0.", at + strlen("conv2.temporal_spatial_conv."));
    else if (begins(at, "bn1."))
        join(rest, "conv1.1.", at + strlen("bn1."));
    else if (begins(at, "bn2."))
        join(rest, "conv2.1.", at + strlen("bn2."));
    else
        return false;
    return join(out, head, rest);
}

static bool iic_r3d(const char *name, char out[NAMING_BYTES])
{
    if (begins(name, "conv1.temporal_spatial_conv."))
        return join(out, "stem.0.", name + strlen("conv1.temporal_spatial_conv."));
    if (begins(name, "bn1."))
        return join(out, "stem.1.", name + strlen("bn1."));
    if (begins(name, "linear."))
        return join(out, "fc.", name + strlen("linear."));
    if (begins(name, "conv") && name[4] >= '2' && name[4] <= '5' && name[5] == '.')
        return iic_block(name, out);
    return false;
}

const struct naming namings[] = {
    {"TSN", "conv1_7x7_s2.weight", "conv1_7x7_s2_bn.weight", "fc.weight", 4, 0, last_layer},
    {"TSN", "conv1.weight", "layer1.0.conv1.weight", "fc.weight", 4, 0, last_layer},
    {"BestJuly/IIC", "conv1.temporal_spatial_conv.weight",
     "conv2.block1.conv1.temporal_spatial_conv.weight", NULL, 5, 0, iic_r3d},
    {MMACTION, "slow_path.conv1.conv.weight", "fast_path.layer1.0.conv3.conv.weight", NULL, 5, 0,
     mmaction_slowfast},
    {MMACTION, "conv1.conv.weight", "layer1.0.conv1.conv.weight", NULL, 4, 0, mmaction_2d},
    {MMACTION, "conv1.conv.weight", "layer1.0.conv3.conv.weight", NULL, 5, 5, mmaction_i3d},
    {MMACTION, "conv1.conv.weight", "layer1.0.conv3.conv.weight", NULL, 5, 1, mmaction_slow},
    {MMACTION, "conv1_s.conv.weight", "layer1.0.conv3.conv.weight", NULL, 5, 0, mmaction_x3d},
    {MMACTION, "conv1a.conv.weight", "fc6.weight", NULL, 5, 0, mmaction_c3d},
    {0},
};
