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

/* ---- BestJuly/IIC, IICv2, VCP: R3D and R21D of Tao et al., torchvision's with other stems ----
 * conv3.block1.conv1.temporal_spatial_conv.weight is layer2.0.conv1.0.weight,
 * conv3.blocks.0.bn2.bias layer2.1.conv2.1.bias, conv1.temporal_conv.weight stem.3.weight. */

/* A row of one of the tables below: what a name begins with, and what ours begins with instead. */
enum { BOTH, WHOLE, SPLIT }; /* convolutions: R3D's, R21D's */
struct words {
    int of;
    const char *theirs, *ours;
};

static const struct words iic_stem[] = {
    {WHOLE, "conv1.temporal_spatial_conv.", "stem.0."},
    {SPLIT, "conv1.spatial_conv.", "stem.0."},
    {SPLIT, "conv1.bn.", "stem.1."},
    {SPLIT, "conv1.temporal_conv.", "stem.3."},
    {BOTH, "linear.", "fc."},
    {0},
};

static const struct words iic_block[] = {
    {WHOLE, "downsampleconv.temporal_spatial_conv.", "downsample.0."},
    {SPLIT, "downsampleconv.spatial_conv.", "downsample.0.0."},
    {SPLIT, "downsampleconv.bn.", "downsample.0.1."},
    {SPLIT, "downsampleconv.temporal_conv.", "downsample.0.3."},
    {BOTH, "downsamplebn.", "downsample.1."},
    {WHOLE, "conv1.temporal_spatial_conv.", "conv1.0."},
    {SPLIT, "conv1.spatial_conv.", "conv1.0.0."},
    {SPLIT, "conv1.bn.", "conv1.0.1."},
    {SPLIT, "conv1.temporal_conv.", "conv1.0.3."},
    {BOTH, "bn1.", "conv1.1."},
    {WHOLE, "conv2.temporal_spatial_conv.", "conv2.0."},
    {SPLIT, "conv2.spatial_conv.", "conv2.0.0."},
    {SPLIT, "conv2.bn.", "conv2.0.1."},
    {SPLIT, "conv2.temporal_conv.", "conv2.0.3."},
    {BOTH, "bn2.", "conv2.1."},
    {0},
};

static bool replace(const struct words *table, int of, const char *head, const char *name,
                    char out[NAMING_BYTES])
{
    for (; table->theirs; table++)
        if ((table->of == BOTH || table->of == of) && begins(name, table->theirs)) {
            char ours[80];
            snprintf(ours, sizeof ours, "%s%s", head, table->ours);
            return join(out, ours, name + strlen(table->theirs));
        }
    return false;
}

static bool iic(const char *name, int of, char out[NAMING_BYTES])
{
    char head[48], *end;
    long block = 0;
    if (begins(name, "bn1."))
        return join(out, of == SPLIT ? "stem.4." : "stem.1.", name + strlen("bn1."));
    if (!begins(name, "conv") || name[4] < '2' || name[4] > '5' || name[5] != '.')
        return replace(iic_stem, of, "", name, out);
    const char *at = name + 6;
    if (begins(at, "block1.")) {
        at += strlen("block1.");
    } else if (begins(at, "blocks.")) {
        block = strtol(at + strlen("blocks."), &end, 10);
        if (*end != '.' || block < 0 || block > 99)
            return false;
        block++;
        at = end + 1;
    } else {
        return false;
    }
    snprintf(head, sizeof head, "layer%d.%ld.", name[4] - '1', block);
    return replace(iic_block, of, head, at, out);
}

static bool iic_r3d(const char *name, char out[NAMING_BYTES])
{
    return iic(name, WHOLE, out);
}

static bool iic_r21d(const char *name, char out[NAMING_BYTES])
{
    return iic(name, SPLIT, out);
}

const struct naming namings[] = {
    {"TSN", "conv1_7x7_s2.weight", "conv1_7x7_s2_bn.weight", "fc.weight", 4, 0, last_layer},
    {"TSN", "conv1.weight", "layer1.0.conv1.weight", "fc.weight", 4, 0, last_layer},
    {"BestJuly/IIC", "conv1.temporal_spatial_conv.weight",
     "conv2.block1.conv1.temporal_spatial_conv.weight", NULL, 5, 0, iic_r3d},
    {"BestJuly/IIC", "conv1.spatial_conv.weight", "conv2.block1.conv1.spatial_conv.weight", NULL, 5,
     0, iic_r21d},
    {MMACTION, "slow_path.conv1.conv.weight", "fast_path.layer1.0.conv3.conv.weight", NULL, 5, 0,
     mmaction_slowfast},
    {MMACTION, "conv1.conv.weight", "layer1.0.conv1.conv.weight", NULL, 4, 0, mmaction_2d},
    {MMACTION, "conv1.conv.weight", "layer1.0.conv3.conv.weight", NULL, 5, 5, mmaction_i3d},
    {MMACTION, "conv1.conv.weight", "layer1.0.conv3.conv.weight", NULL, 5, 1, mmaction_slow},
    {MMACTION, "conv1_s.conv.weight", "layer1.0.conv3.conv.weight", NULL, 5, 0, mmaction_x3d},
    {MMACTION, "conv1a.conv.weight", "fc6.weight", NULL, 5, 0, mmaction_c3d},
    {0},
};
