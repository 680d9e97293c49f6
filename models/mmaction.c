/* SPDX-License-Identifier: MIT */
/* MMAction2 wraps a convolution and its batch norm in one module: layer1.0.conv2.conv.weight,
 * layer1.0.conv2.bn.weight. The network is `backbone`, the last layer cls_head.fc_cls. */
#include "models/mmaction.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What follows `with` in *at, which moves there; false: something else does. */
static bool take(const char **at, const char *with)
{
    size_t n = strlen(with);
    if (strncmp(*at, with, n) != 0)
        return false;
    *at += n;
    return true;
}

/* A number and a dot. */
static bool take_number(const char **at, int *n)
{
    char *end;
    long v = **at >= '0' && **at <= '9' ? strtol(*at, &end, 10) : -1;
    if (v < 0 || v > 1000 || *end != '.')
        return false;
    *n = (int)v;
    *at = end + 1;
    return true;
}

static bool put(char out[NAMING_BYTES], const char *a, const char *b, const char *c)
{
    int n = snprintf(out, NAMING_BYTES, "%s%s%s", a, b, c);
    return n > 0 && n < NAMING_BYTES;
}

/* `conv` or `bn` in its wrapper, and what stands behind it. */
static bool put_unit(char out[NAMING_BYTES], const char *head, const char *conv, const char *bn,
                     const char *rest)
{
    if (take(&rest, "conv."))
        return put(out, head, conv, rest);
    return take(&rest, "bn.") && put(out, head, bn, rest);
}

/* "layer2.3." gives stage 2, block 3, and the rest. */
static bool take_block(const char **at, int *stage, int *block)
{
    return take(at, "layer") && take_number(at, stage) && *stage >= 1 && *stage <= 4 &&
           take_number(at, block);
}

/* ---- ResNets of frames: torchvision's ---- */

bool mmaction_2d(const char *name, char out[NAMING_BYTES])
{
    char head[48];
    int stage, block, unit;
    if (take(&name, "cls_head.fc_cls."))
        return put(out, "fc.", name, "");
    if (take(&name, "conv1."))
        return put_unit(out, "", "conv1.", "bn1.", name);
    if (!take_block(&name, &stage, &block))
        return false;
    snprintf(head, sizeof head, "layer%d.%d.", stage, block);
    if (take(&name, "downsample."))
        return put_unit(out, head, "downsample.0.", "downsample.1.", name);
    char conv[16], bn[16];
    if (!take(&name, "conv") || !take_number(&name, &unit))
        return false;
    snprintf(conv, sizeof conv, "conv%d.", unit);
    snprintf(bn, sizeof bn, "bn%d.", unit);
    return put_unit(out, head, conv, bn, name);
}

/* ---- PyTorchVideo's ---- */

/* The stage's blocks are blocks.N, or blocks.N.multipathway_blocks.P. */
static bool put_block(char out[NAMING_BYTES], const char *stage, int block, const char *at,
                      bool x3d)
{
    static const char *const convs[] = {"branch2.conv_a.", "branch2.conv_b.", "branch2.conv_c."};
    static const char *const norms[] = {"branch2.norm_a.", "branch2.norm_b.", "branch2.norm_c."};
    char head[80];
    int unit;
    snprintf(head, sizeof head, "%s.res_blocks.%d.", stage, block);
    if (take(&at, "downsample."))
        return put_unit(out, head, "branch1_conv.", "branch1_norm.", at);
    if (x3d && take(&at, "se_module.fc1."))
        return put(out, head, "branch2.norm_b.1.block.0.", at);
    if (x3d && take(&at, "se_module.fc2."))
        return put(out, head, "branch2.norm_b.1.block.2.", at);
    if (!take(&at, "conv") || !take_number(&at, &unit) || unit < 1 || unit > 3)
        return false;
    return put_unit(out, head, convs[unit - 1],
                    x3d && unit == 2 ? "branch2.norm_b.0." : norms[unit - 1], at);
}

/* pooled: the pool behind the first stage has a number of its own. */
static bool put_resnet(char out[NAMING_BYTES], const char *name, bool pooled)
{
    char stage_name[32];
    int stage, block;
    if (take(&name, "cls_head.fc_cls."))
        return put(out, pooled ? "blocks.6.proj." : "blocks.5.proj.", name, "");
    if (take(&name, "conv1."))
        return put_unit(out, "blocks.0.", "conv.", "norm.", name);
    if (!take_block(&name, &stage, &block))
        return false;
    snprintf(stage_name, sizeof stage_name, "blocks.%d", stage + (pooled && stage > 1));
    return put_block(out, stage_name, block, name, false);
}

bool mmaction_slow(const char *name, char out[NAMING_BYTES])
{
    return put_resnet(out, name, false);
}

bool mmaction_i3d(const char *name, char out[NAMING_BYTES])
{
    return put_resnet(out, name, true);
}

bool mmaction_slowfast(const char *name, char out[NAMING_BYTES])
{
    char head[64];
    int stage, block;
    if (take(&name, "cls_head.fc_cls."))
        return put(out, "blocks.6.proj.", name, "");
    bool fast = take(&name, "fast_path.");
    if (!fast && !take(&name, "slow_path."))
        return false;
    if (take(&name, "conv1_lateral.conv."))
        return put(out, "blocks.0.multipathway_fusion.conv_fast_to_slow.", name, "");
    snprintf(head, sizeof head, "blocks.0.multipathway_blocks.%d.", fast);
    if (take(&name, "conv1."))
        return put_unit(out, head, "conv.", "norm.", name);
    const char *at = name;
    if (take(&at, "layer") && *at >= '1' && *at <= '4' && !strncmp(at + 1, "_lateral.conv.", 14)) {
        snprintf(head, sizeof head, "blocks.%c.multipathway_fusion.conv_fast_to_slow.", *at);
        return put(out, head, at + 15, "");
    }
    if (!take_block(&name, &stage, &block))
        return false;
    snprintf(head, sizeof head, "blocks.%d.multipathway_blocks.%d", stage, fast);
    return put_block(out, head, block, name, false);
}

bool mmaction_x3d(const char *name, char out[NAMING_BYTES])
{
    char stage_name[32];
    int stage, block;
    if (take(&name, "cls_head.fc1."))
        return put(out, "blocks.5.pool.post_conv.", name, "");
    if (take(&name, "cls_head.fc2."))
        return put(out, "blocks.5.proj.", name, "");
    if (take(&name, "conv1_s.conv."))
        return put(out, "blocks.0.conv.conv_t.", name, "");
    if (take(&name, "conv1_t."))
        return put_unit(out, "blocks.0.", "conv.conv_xy.", "norm.", name);
    if (take(&name, "conv5."))
        return put_unit(out, "blocks.5.pool.", "pre_conv.", "pre_norm.", name);
    if (!take_block(&name, &stage, &block))
        return false;
    snprintf(stage_name, sizeof stage_name, "blocks.%d", stage);
    return put_block(out, stage_name, block, name, true);
}

/* ---- C3D ---- */

bool mmaction_c3d(const char *name, char out[NAMING_BYTES])
{
    static const char *const layers[][2] = {{"1a", "1"},  {"2a", "2"},  {"3a", "3a"}, {"3b", "3b"},
                                            {"4a", "4a"}, {"4b", "4b"}, {"5a", "5a"}, {"5b", "5b"}};
    if (take(&name, "cls_head.fc_cls."))
        return put(out, "fc8.", name, "");
    if (!take(&name, "conv"))
        return false;
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
        char conv[16], bn[16];
        if (!take(&name, layers[i][0]) || !take(&name, "."))
            continue;
        snprintf(conv, sizeof conv, "conv%s.", layers[i][1]);
        snprintf(bn, sizeof bn, "bn%s.", layers[i][1]);
        return put_unit(out, "", conv, bn, name);
    }
    return false;
}

/* ---- what its configurations have in common ---- */

bool mmaction_speaks(const struct checkpoint *c)
{
    return c->naming && !strcmp(c->naming, MMACTION);
}

void mmaction_defaults(const struct checkpoint *c, struct options *o)
{
    if (!mmaction_speaks(c))
        return;
    option_default(o, OPT_PROTOCOL, PROTOCOL_MMACTION);
    option_default(o, OPT_HEAD, HEAD_GLOBAL);
}
