/* SPDX-License-Identifier: MIT */
/* What the names and shapes of a ResNet's checkpoint tell. */
#include "models/resnet_blocks.h"

#include <string.h>

enum { BLOCKS_MOST = 100, CHANNELS_MOST = 65536 }; /* as in options.c */

bool resnet_channels(const struct checkpoint *c, const char *key, int dim, int *channels,
                     struct error *err)
{
    const struct safetensor *t = checkpoint_find(c, key);
    if (!t || dim >= t->rank || t->dim[dim] < 1)
        return fail(err, ERROR_MODEL, "%s: %s%s is missing or empty", tensor_file_path(c->file),
                    c->prefix, key);
    if (t->dim[dim] > CHANNELS_MOST)
        return fail(err, ERROR_MODEL, "%s: %s%s has %lld channels, at most are %d",
                    tensor_file_path(c->file), c->prefix, key, (long long)t->dim[dim],
                    CHANNELS_MOST);
    *channels = (int)t->dim[dim];
    return true;
}

static bool count_blocks(const struct checkpoint *c, int blocks[RESNET_STAGES], struct error *err)
{
    for (int s = 0; s < RESNET_STAGES; s++) {
        struct name stage = name_of("layer%d", s + 1);
        blocks[s] = checkpoint_children(c, stage.s);
        if (blocks[s] < 1 || blocks[s] > BLOCKS_MOST)
            return fail(err, ERROR_MODEL, "%s: %s%s has %d blocks, wanted are 1 to %d",
                        tensor_file_path(c->file), c->prefix, stage.s, blocks[s], BLOCKS_MOST);
    }
    return true;
}

/* Bottlenecks end in conv3, basic blocks in conv2, R(2+1)D's in conv2_t, torchvision's in the
 * sequence conv2, of which conv2.1 is the BN. */
static bool find_planes(const struct checkpoint *c, int expansion, int planes[RESNET_STAGES],
                        struct error *err)
{
    static const char *const last[] = {"conv3", "conv2_t", "conv2.1", "conv2"};
    int kind = 0;
    while (kind < 3 && !checkpoint_find(c, name_of("layer1.0.%s.weight", last[kind]).s))
        kind++;
    for (int s = 0; s < RESNET_STAGES; s++) {
        struct name key = name_of("layer%d.0.%s.weight", s + 1, last[kind]);
        TRY(resnet_channels(c, key.s, 0, &planes[s], err));
        if (kind > 0)
            continue;
        if (planes[s] % expansion)
            return fail(err, ERROR_MODEL, "%s: %s%s has %d outputs, wanted are multiples of %d",
                        tensor_file_path(c->file), c->prefix, key.s, planes[s], expansion);
        planes[s] /= expansion;
    }
    return true;
}

bool resnet_recognise(const struct checkpoint *c, int expansion, struct options *o,
                      struct error *err)
{
    int blocks[RESNET_STAGES], planes[RESNET_STAGES];
    bool bottleneck = checkpoint_find(c, "layer1.0.conv3.weight") != NULL;
    TRY(count_blocks(c, blocks, err));
    TRY(find_planes(c, expansion, planes, err));
    int depth = resnet_depth(blocks, bottleneck);
    if (!depth && !(o->set & OPTION(OPT_DEPTH)))
        option_default_list(o, OPT_BLOCKS, blocks, RESNET_STAGES);
    option_default(o, OPT_DEPTH, depth ? depth : bottleneck ? 50 : 18);
    option_default_list(o, OPT_WIDTH, planes, RESNET_STAGES);
    if (checkpoint_dim(c, "fc.weight", 0))
        option_default(o, OPT_CLASSES, checkpoint_dim(c, "fc.weight", 0));
    return true;
}

bool resnet_recognise_groups(const struct checkpoint *c, resnet_rule *rule, struct options *o,
                             struct error *err)
{
    int middle[RESNET_STAGES], group = 0;
    bool usual = true;
    if (!checkpoint_find(c, "layer1.0.conv3.weight"))
        return true;
    TRY(resnet_channels(c, "layer1.0.conv1.weight", 0, &middle[0], err));
    TRY(resnet_channels(c, "layer1.0.conv2.weight", 1, &group, err));
    if (middle[0] % group || middle[0] / group > 1024)
        return fail(err, ERROR_MODEL,
                    "%s: %slayer1.0.conv2.weight has groups of %d channels, "
                    "which do not make up %d",
                    tensor_file_path(c->file), c->prefix, group, middle[0]);
    option_default(o, OPT_CARDINALITY, middle[0] / group);
    for (int s = 0; s < RESNET_STAGES; s++) {
        int planes = o->channel_count == RESNET_STAGES ? o->channels[s] : 0;
        TRY(resnet_channels(c, name_of("layer%d.0.conv1.weight", s + 1).s, 0, &middle[s], err));
        usual = usual && middle[s] == rule(o, s, planes);
    }
    if (!usual)
        option_default_list(o, OPT_MIDDLE, middle, RESNET_STAGES);
    return true;
}

void resnet_recognise_shortcut(const struct checkpoint *c, struct options *o)
{
    option_default(o, OPT_SHORTCUT,
                   checkpoint_find(c, "layer2.0.downsample.0.weight") ? SHORTCUT_B : SHORTCUT_A);
}
