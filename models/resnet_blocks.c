/* SPDX-License-Identifier: MIT */
#include "models/resnet_blocks.h"

#include <stdio.h>
#include <string.h>

static const struct depth {
    int depth, blocks[RESNET_STAGES];
    bool bottleneck;
} depths[] = {
    {10, {1, 1, 1, 1}, false},   {18, {2, 2, 2, 2}, false},  {34, {3, 4, 6, 3}, false},
    {50, {3, 4, 6, 3}, true},    {101, {3, 4, 23, 3}, true}, {152, {3, 8, 36, 3}, true},
    {200, {3, 24, 36, 3}, true},
};
enum { DEPTHS = sizeof depths / sizeof *depths };
const int resnet_base[RESNET_STAGES] = {64, 128, 256, 512};

static const struct depth *find_depth(int depth)
{
    for (int i = 0; i < DEPTHS; i++)
        if (depths[i].depth == depth)
            return &depths[i];
    return NULL;
}

int resnet_depth(const int blocks[RESNET_STAGES], bool bottleneck)
{
    for (int i = 0; i < DEPTHS; i++)
        if (depths[i].bottleneck == bottleneck &&
            !memcmp(depths[i].blocks, blocks, sizeof depths[i].blocks))
            return depths[i].depth;
    return 0;
}

bool resnet_init(struct resnet *r, const struct options *o, const int base[RESNET_STAGES],
                 struct error *err)
{
    const struct depth *d = find_depth(o->value[OPT_DEPTH]);
    bool blocks = o->set & OPTION(OPT_BLOCKS);
    *r = (struct resnet){.options = o, .stem_act = "relu", .groups = 1};
    if (!d)
        return fail(err, ERROR_USAGE, "option depth=%d: wanted is 10, 18, 34, 50, 101, 152 or 200",
                    o->value[OPT_DEPTH]);
    if (blocks && o->block_count != RESNET_STAGES)
        return fail(err, ERROR_USAGE, "option blocks: %d numbers, the network has %d stages",
                    o->block_count, RESNET_STAGES);
    memcpy(r->blocks, blocks ? o->blocks : d->blocks, sizeof r->blocks);
    TRY(option_channels(o, base, RESNET_STAGES, r->planes, err));
    memcpy(r->middle, r->planes, sizeof r->middle);
    r->stem = r->planes[0];
    if (o->set & OPTION(OPT_SHORTCUT)) {
        int shortcut = o->value[OPT_SHORTCUT];
        if (shortcut != SHORTCUT_A && shortcut != SHORTCUT_B)
            return fail(err, ERROR_USAGE, "option shortcut=%s: wanted is A or B",
                        option_word(o, OPT_SHORTCUT, (char[24]){0}));
        r->zero_pad = shortcut == SHORTCUT_A;
    }
    r->bottleneck = d->bottleneck;
    r->expansion = d->bottleneck ? 4 : 1;
    return true;
}

bool resnet_set_groups(struct resnet *r, resnet_rule *rule, struct error *err)
{
    const struct options *o = r->options;
    bool middle = o->set & OPTION(OPT_MIDDLE);
    r->groups = o->value[OPT_CARDINALITY];
    if (!r->bottleneck && (middle || r->groups != 1))
        return fail(err, ERROR_USAGE,
                    "options cardinality and middle are for depth=50 and more, "
                    "not for %d",
                    o->value[OPT_DEPTH]);
    if (middle && o->middle_count != RESNET_STAGES)
        return fail(err, ERROR_USAGE, "option middle: %d numbers, the network has %d stages",
                    o->middle_count, RESNET_STAGES);
    for (int s = 0; s < RESNET_STAGES; s++) {
        r->middle[s] = middle ? o->middle[s] : rule(o, s, r->planes[s]);
        if (r->middle[s] % r->groups)
            return fail(err, ERROR_USAGE,
                        "option cardinality=%d does not divide the %d channels "
                        "inside the blocks of layer%d",
                        r->groups, r->middle[s], s + 1);
    }
    return true;
}

struct name resnet_name(const char *name, const struct options *o)
{
    const struct depth *d = find_depth(o->value[OPT_DEPTH]);
    size_t n = strlen(name);
    if (!d || (o->set & OPTION(OPT_BLOCKS) && memcmp(o->blocks, d->blocks, sizeof d->blocks) != 0))
        return name_of("%.*s", (int)(strchr("-_", name[n - 1]) ? n - 1 : n), name);
    return name_of("%s%d", name, d->depth);
}

int resnet_split_middle(int in, int out, int frames, int k)
{
    int64_t whole = (int64_t)in * out * frames * k * k;
    return (int)(whole / ((int64_t)in * k * k + (int64_t)frames * out));
}

/* ---- convolutions ---- */

struct unit {
    char suffix[8]; /* of conv1_s and bn1_s: "1_s" */
    struct conv conv;
};

/* Appends a convolution, or the two that it is split into; returns the number of units then. */
static int add_units(const struct resnet *r, struct unit *u, int n, const char *suffix,
                     const struct conv *c)
{
    if (!r->split || c->kernel[0] == 1) {
        u[n].conv = *c;
        snprintf(u[n++].suffix, sizeof u->suffix, "%s", suffix);
        return n;
    }
    int middle = resnet_split_middle(c->in, c->out, c->kernel[0], c->kernel[1]);
    snprintf(u[n].suffix, sizeof u->suffix, "%s_s", suffix);
    u[n++].conv = (struct conv){c->in,
                                middle,
                                {1, c->kernel[1], c->kernel[2]},
                                {1, c->stride[1], c->stride[2]},
                                {0, c->pad[1], c->pad[2]}};
    snprintf(u[n].suffix, sizeof u->suffix, "%s_t", suffix);
    u[n++].conv = (struct conv){
        middle, c->out, {c->kernel[0], 1, 1}, {c->stride[0], 1, 1}, {c->pad[0], 0, 0}};
    return n;
}

static struct conv conv_of(const struct resnet *r, int in, int out, int k, int stride)
{
    return (struct conv){
        in,
        out,
        {r->flat ? 1 : k, k, k},
        {r->flat ? 1 : stride, stride, stride},
        {r->flat ? 0 : k / 2, k / 2, k / 2},
        .flat = r->flat,
    };
}

/* ---- blocks ---- */

struct block {
    const char *prefix; /* of its nodes: "layer2.0."                            */
    const char *name;   /* of its value: layer2.0, or layer2 for the last block */
    const char *x;      /* input */
    int in, planes, middle, out, stride;
    bool pool; /* halve with a max pool after the block */
};

enum { UNITS_MOST = 4 };

static int list_units(const struct resnet *r, const struct block *b, struct unit u[UNITS_MOST])
{
    int n = 0;
    if (!r->bottleneck) {
        struct conv first = conv_of(r, b->in, b->planes, 3, b->stride);
        struct conv second = conv_of(r, b->planes, b->planes, 3, 1);
        n = add_units(r, u, n, "1", &first);
        return add_units(r, u, n, "2", &second);
    }
    /* A bottleneck has its stride in the middle. */
    struct conv first = conv_of(r, b->in, b->middle, 1, 1);
    struct conv second = conv_of(r, b->middle, b->middle, 3, b->stride);
    struct conv third = conv_of(r, b->middle, b->out, 1, 1);
    second.groups = r->groups;
    n = add_units(r, u, n, "1", &first);
    n = add_units(r, u, n, "2", &second);
    return add_units(r, u, n, "3", &third);
}

/* Name of the value that is added to the branch. */
static struct name write_shortcut(struct writer *w, const struct resnet *r, const struct block *b)
{
    struct name n = name_of("%s", b->x);
    if (b->stride == 1 && b->in == b->out)
        return n;
    if (r->zero_pad) {
        n = name_of("%sshortcut", b->prefix);
        write_node(w, n.s, "shortcut_pad", b->x, "channels=%d stride=%d", b->out, b->stride);
        return n;
    }
    struct name conv = name_of("%sdownsample.0", b->prefix);
    struct conv project = conv_of(r, b->in, b->out, 1, b->stride);
    write_conv(w, conv.s, b->x, &project);
    n = name_of("%sdownsample.1", b->prefix);
    write_batchnorm(w, n.s, conv.s, b->out);
    return n;
}

/* BN and activation come first, and none follows the sum: what is added is what the block was
 * given. */
static void write_preact_block(struct writer *w, const struct resnet *r, const struct block *b)
{
    struct unit units[UNITS_MOST];
    int count = list_units(r, b, units);
    struct name shortcut = write_shortcut(w, r, b), value = name_of("%s", b->x);
    for (int i = 0; i < count; i++) {
        struct name bn = name_of("%sbn%s", b->prefix, units[i].suffix);
        struct name act = name_of("%sact%s", b->prefix, units[i].suffix);
        write_batchnorm(w, bn.s, value.s, units[i].conv.in);
        write_act(w, r->options, act.s, bn.s);
        value = name_of("%sconv%s", b->prefix, units[i].suffix);
        write_conv(w, value.s, act.s, &units[i].conv);
    }
    write_add(w, b->name, value.s, shortcut.s);
}

static void write_block(struct writer *w, const struct resnet *r, const struct block *b)
{
    struct unit units[UNITS_MOST];
    int count = list_units(r, b, units);
    struct name shortcut = write_shortcut(w, r, b), value = name_of("%s", b->x), act;
    for (int i = 0; i < count; i++) {
        struct name conv = name_of("%sconv%s", b->prefix, units[i].suffix);
        struct name bn = name_of("%sbn%s", b->prefix, units[i].suffix);
        act = name_of("%sact%s", b->prefix, units[i].suffix);
        write_conv(w, conv.s, value.s, &units[i].conv);
        write_batchnorm(w, bn.s, conv.s, units[i].conv.out);
        value = i + 1 < count ? act : bn; /* the last activation follows the sum */
        if (i + 1 < count)
            write_act(w, r->options, act.s, bn.s);
    }
    struct name sum = name_of("%sadd", b->prefix);
    write_add(w, sum.s, value.s, shortcut.s);
    write_act(w, r->options, b->pool ? act.s : b->name, sum.s);
    if (b->pool)
        write_maxpool(w, b->name, act.s);
}

static bool write_stage(struct writer *w, const struct resnet *r, int s, struct name *x, int *in,
                        struct error *err)
{
    int out = r->planes[s] * r->expansion;
    if (r->zero_pad && out < *in)
        return fail(err, ERROR_USAGE,
                    "option width: layer%d has fewer channels (%d) than the "
                    "stage before (%d), which shortcut=A cannot do",
                    s + 1, out, *in);
    for (int i = 0; i < r->blocks[s]; i++) {
        bool halve = s > 0 && i == 0, last = i + 1 == r->blocks[s];
        struct name prefix = name_of("layer%d.%d.", s + 1, i);
        struct name name = last ? name_of("layer%d", s + 1) : name_of("layer%d.%d", s + 1, i);
        struct block b = {
            .prefix = prefix.s,
            .name = name.s,
            .x = x->s,
            .in = *in,
            .planes = r->planes[s],
            .middle = r->middle[s],
            .out = out,
            .stride = halve && !r->pool ? 2 : 1,
            .pool = halve && r->pool,
        };
        if (r->preact)
            write_preact_block(w, r, &b);
        else
            write_block(w, r, &b);
        *in = out;
        *x = name;
    }
    return true;
}

/* From `input` to `maxpool`. */
static void write_stem(struct writer *w, const struct resnet *r)
{
    struct unit units[UNITS_MOST];
    struct conv whole = conv_of(r, 3, r->stem, 7, 2);
    struct name x = name_of("input");
    whole.stride[0] = 1;
    int count = add_units(r, units, 0, "1", &whole);
    for (int i = 0; i < count; i++) {
        struct name conv = name_of("conv%s", units[i].suffix);
        struct name bn = name_of("bn%s", units[i].suffix);
        struct name act = name_of("relu%s", units[i].suffix);
        write_conv(w, conv.s, x.s, &units[i].conv);
        if (r->fea_diff)
            write_node(w, "diff", "residual", conv.s, "mode=abs step=1");
        write_batchnorm(w, bn.s, r->fea_diff ? "diff" : conv.s, units[i].conv.out);
        x = i + 1 < count ? act : name_of("%s", r->stem_act);
        write_act(w, r->options, x.s, bn.s);
    }
    if (r->flat)
        write_pool(w, "maxpool3d", "maxpool", x.s,
                   &(struct pool){{1, 3, 3}, {1, 2, 2}, {0, 1, 1}, NULL});
    else
        write_maxpool(w, "maxpool", x.s);
}

bool resnet_write(struct writer *w, const struct resnet *r, int classes, struct error *err)
{
    struct name x = name_of("maxpool");
    int channels = r->stem;
    write_stem(w, r);
    for (int s = 0; s < RESNET_STAGES; s++)
        TRY(write_stage(w, r, s, &x, &channels, err));
    write_node(w, "avgpool", "global_average", x.s, NULL);
    write_linear(w, "logits", "fc", "avgpool", channels, classes);
    return true;
}
