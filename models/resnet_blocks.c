/* SPDX-License-Identifier: MIT */
#include "models/resnet_blocks.h"

#include <string.h>

static const struct resnet_depth depths[] = {
    {10, {1, 1, 1, 1}, false}, {18, {2, 2, 2, 2}, false},  {34, {3, 4, 6, 3}, false},
    {50, {3, 4, 6, 3}, true},  {101, {3, 4, 23, 3}, true}, {152, {3, 8, 36, 3}, true},
    {200, {3, 24, 36, 3}, true},
};
enum { DEPTHS = sizeof depths / sizeof *depths, EXPANSION = 4 };
static const int base[RESNET_STAGES] = {64, 128, 256, 512};

const struct resnet_depth *resnet_depth(int depth)
{
    for (int i = 0; i < DEPTHS; i++)
        if (depths[i].depth == depth)
            return &depths[i];
    return NULL;
}

bool resnet_stem(const struct options *o, int *channels, struct error *err)
{
    int planes[RESNET_STAGES];
    TRY(option_channels(o, base, RESNET_STAGES, planes, err));
    *channels = planes[0];
    return true;
}

void resnet_write_conv1(struct writer *w, const char *x, int channels)
{
    write_conv(w, "conv1", x, &(struct conv){3, channels, CUBE(7), {1, 2, 2}, CUBE(3)});
}

struct block {
    const char *prefix; /* of its nodes: "layer2.0"                             */
    const char *name;   /* of its value: that, or "layer2" for the last block   */
    const char *x;      /* input */
    int in, planes, out, stride;
    bool bottleneck, pool; /* pool: halve with a max pool after the block */
};

/* Name of the value that is added to the branch. */
static struct name write_shortcut(struct writer *w, const struct options *o, const struct block *b)
{
    struct name n = name_of("%s", b->x);
    if (b->stride == 1 && b->in == b->out)
        return n;
    if (o->value[OPT_SHORTCUT] == SHORTCUT_A) {
        n = name_of("%s.shortcut", b->prefix);
        write_node(w, n.s, "shortcut_pad", b->x, "channels=%d stride=%d", b->out, b->stride);
        return n;
    }
    struct name conv = name_of("%s.downsample.0", b->prefix);
    write_conv(w, conv.s, b->x, &(struct conv){b->in, b->out, CUBE(1), CUBE(b->stride), CUBE(0)});
    n = name_of("%s.downsample.1", b->prefix);
    write_batchnorm(w, n.s, conv.s, b->out);
    return n;
}

/* Convolution number i of a branch with its BN; returns the name of the BN's value. */
static struct name write_unit(struct writer *w, const struct block *b, int i, const char *x,
                              const struct conv *c)
{
    struct name conv = name_of("%s.conv%d", b->prefix, i), bn = name_of("%s.bn%d", b->prefix, i);
    write_conv(w, conv.s, x, c);
    write_batchnorm(w, bn.s, conv.s, c->out);
    return bn;
}

static void write_block(struct writer *w, const struct options *o, const struct block *b)
{
    /* A bottleneck has its stride in the 3x3x3 convolution. */
    struct conv basic[] = {{b->in, b->planes, CUBE(3), CUBE(b->stride), CUBE(1)},
                           {b->planes, b->planes, CUBE(3), CUBE(1), CUBE(1)}};
    struct conv bottleneck[] = {{b->in, b->planes, CUBE(1), CUBE(1), CUBE(0)},
                                {b->planes, b->planes, CUBE(3), CUBE(b->stride), CUBE(1)},
                                {b->planes, b->out, CUBE(1), CUBE(1), CUBE(0)}};
    const struct conv *convs = b->bottleneck ? bottleneck : basic;
    int count = b->bottleneck ? 3 : 2;
    struct name shortcut = write_shortcut(w, o, b), value = name_of("%s", b->x);
    for (int i = 1; i <= count; i++) {
        value = write_unit(w, b, i, value.s, &convs[i - 1]);
        if (i < count) {
            struct name act = name_of("%s.act%d", b->prefix, i);
            write_act(w, o, act.s, value.s);
            value = act;
        }
    }
    struct name sum = name_of("%s.add", b->prefix);
    write_add(w, sum.s, value.s, shortcut.s);
    if (!b->pool) {
        write_act(w, o, b->name, sum.s);
        return;
    }
    struct name act = name_of("%s.act%d", b->prefix, count);
    write_act(w, o, act.s, sum.s);
    write_maxpool(w, b->name, act.s);
}

bool resnet_write_stages(struct writer *w, const struct options *o, int *out, struct error *err)
{
    const struct resnet_depth *d = resnet_depth(o->value[OPT_DEPTH]);
    int planes[RESNET_STAGES];
    TRY(option_channels(o, base, RESNET_STAGES, planes, err));
    bool pool = o->value[OPT_DOWN] == DOWN_POOL;
    struct name x = name_of("maxpool");
    *out = planes[0];
    for (int s = 0; s < RESNET_STAGES; s++) {
        for (int i = 0; i < d->blocks[s]; i++) {
            bool halve = s > 0 && i == 0;
            struct name prefix = name_of("layer%d.%d", s + 1, i);
            struct name name = i + 1 < d->blocks[s] ? prefix : name_of("layer%d", s + 1);
            struct block b = {
                .prefix = prefix.s, .name = name.s, .x = x.s, .in = *out, .planes = planes[s],
                .out = planes[s] * (d->bottleneck ? EXPANSION : 1),
                .stride = halve && !pool ? 2 : 1, .bottleneck = d->bottleneck,
                .pool = halve && pool,
            };
            if (o->value[OPT_SHORTCUT] == SHORTCUT_A && b.out < b.in)
                return fail(err, ERROR_USAGE, "option width: layer%d has fewer channels (%d) than "
                            "the stage before (%d), which shortcut=A cannot do", s + 1, b.out,
                            b.in);
            write_block(w, o, &b);
            *out = b.out;
            x = name;
        }
    }
    return true;
}

bool resnet_recognise(const struct checkpoint *c, struct options *o, struct error *err)
{
    int blocks[RESNET_STAGES], planes[RESNET_STAGES];
    bool bottleneck = checkpoint_find(c, "layer1.0.conv3.weight") != NULL;
    for (int s = 0; s < RESNET_STAGES; s++) {
        blocks[s] = checkpoint_children(c, name_of("layer%d", s + 1).s);
        planes[s] = checkpoint_dim(c, name_of("layer%d.0.conv1.weight", s + 1).s, 0);
        if (!planes[s])
            return fail(err, ERROR_MODEL, "%s: %slayer%d.0.conv1.weight is missing or empty",
                        safetensors_path(c->file), c->prefix, s + 1);
    }
    for (int i = 0; i < DEPTHS; i++)
        if (depths[i].bottleneck == bottleneck && !memcmp(depths[i].blocks, blocks, sizeof blocks))
            option_default(o, OPT_DEPTH, depths[i].depth);
    if (!(o->set & OPTION(OPT_DEPTH)))
        return fail(err, ERROR_MODEL,
                    "%s: %d,%d,%d,%d %s blocks are no known depth; give one with --set depth=N",
                    safetensors_path(c->file), blocks[0], blocks[1], blocks[2], blocks[3],
                    bottleneck ? "bottleneck" : "basic");
    option_default_list(o, OPT_WIDTH, planes, RESNET_STAGES);
    if (checkpoint_dim(c, "fc.weight", 0))
        option_default(o, OPT_CLASSES, checkpoint_dim(c, "fc.weight", 0));
    option_default(o, OPT_SHORTCUT,
                   checkpoint_find(c, "layer2.0.downsample.0.weight") ? SHORTCUT_B : SHORTCUT_A);
    return true;
}
