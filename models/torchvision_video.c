/* SPDX-License-Identifier: MIT */
/* r3d_18 and mc3_18 of torchvision.models.video (Tran et al., 2018): basic blocks, no max pool
 * after the stem; in mc3 the stages from the second on convolve in space only. */
#include "models/family.h"
#include "models/protocol.h"

enum { STAGES = 4, BLOCKS = 2 };
static const int base[STAGES] = {64, 128, 256, 512};

static void set_defaults(struct options *o)
{
    option_default(o, OPT_CLASSES, 400);
    option_default(o, OPT_FRAMES, 16);
    option_default(o, OPT_PROTOCOL, PROTOCOL_TORCHVISION);
    protocol_defaults(o);
}

static void write_stem(struct writer *w, const struct options *o, int channels)
{
    write_conv(w, "stem.0", "input",
               &(struct conv){3, channels, {3, 7, 7}, {1, 2, 2}, {1, 3, 3}});
    write_batchnorm(w, "stem.1", "stem.0", channels);
    write_act(w, o, "stem", "stem.1");
}

static void write_block(struct writer *w, const struct options *o, const char *block,
                        const char *name, const char *x, const struct conv *first)
{
    struct conv second = *first, project = {first->in, first->out, CUBE(1), CUBE(1), CUBE(0)};
    struct name shortcut = name_of("%s", x), conv, bn, act, sum = name_of("%s.add", block);
    second.in = first->out;
    for (int i = 0; i < 3; i++) {
        second.stride[i] = 1;
        project.stride[i] = first->stride[i];
    }
    if (first->in != first->out || first->stride[2] != 1) {
        conv = name_of("%s.downsample.0", block);
        shortcut = name_of("%s.downsample.1", block);
        write_conv(w, conv.s, x, &project);
        write_batchnorm(w, shortcut.s, conv.s, first->out);
    }
    conv = name_of("%s.conv1.0", block);
    bn = name_of("%s.conv1.1", block);
    act = name_of("%s.conv1", block);
    write_conv(w, conv.s, x, first);
    write_batchnorm(w, bn.s, conv.s, first->out);
    write_act(w, o, act.s, bn.s);
    conv = name_of("%s.conv2.0", block);
    bn = name_of("%s.conv2.1", block);
    write_conv(w, conv.s, act.s, &second);
    write_batchnorm(w, bn.s, conv.s, first->out);
    write_add(w, sum.s, bn.s, shortcut.s);
    write_act(w, o, name, sum.s);
}

static bool build(struct options *o, struct writer *w, bool mc3, struct error *err)
{
    int channels[STAGES];
    struct name x = name_of("stem");
    set_defaults(o);
    TRY(option_channels(o, base, STAGES, channels, err));
    write_header(w, mc3 ? "mc3_18" : "r3d_18");
    TRY(write_video_input(w, o, NULL, err));
    write_stem(w, o, channels[0]);
    for (int s = 0; s < STAGES; s++) {
        bool flat = mc3 && s > 0;
        for (int i = 0; i < BLOCKS; i++) {
            int stride = s > 0 && i == 0 ? 2 : 1, in = i ? channels[s] : channels[s ? s - 1 : 0];
            struct conv first = {
                in, channels[s],
                {flat ? 1 : 3, 3, 3}, {flat ? 1 : stride, stride, stride}, {flat ? 0 : 1, 1, 1},
            };
            struct name block = name_of("layer%d.%d", s + 1, i);
            struct name name = i + 1 < BLOCKS ? block : name_of("layer%d", s + 1);
            write_block(w, o, block.s, name.s, x.s, &first);
            x = name;
        }
    }
    write_head(w, x.s, channels[STAGES - 1], o->value[OPT_CLASSES]);
    return true;
}

static bool build_r3d(struct options *o, struct writer *w, struct error *err)
{
    return build(o, w, false, err);
}

static bool build_mc3(struct options *o, struct writer *w, struct error *err)
{
    return build(o, w, true, err);
}

static bool chosen_mc3(const struct options *o, const struct checkpoint *c)
{
    (void)o;
    return checkpoint_dim(c, "layer2.0.conv1.0.weight", 2) == 1;
}

static bool recognise(const struct checkpoint *c, struct options *o, struct error *err)
{
    int channels[STAGES];
    for (int s = 0; s < STAGES; s++) {
        struct name key = name_of("layer%d.0.conv1.0.weight", s + 1);
        channels[s] = checkpoint_dim(c, key.s, 0);
        if (!channels[s])
            return fail(err, ERROR_MODEL, "%s: %s%s is missing or empty",
                        safetensors_path(c->file), c->prefix, key.s);
    }
    option_default_list(o, OPT_WIDTH, channels, STAGES);
    if (checkpoint_dim(c, "fc.weight", 0))
        option_default(o, OPT_CLASSES, checkpoint_dim(c, "fc.weight", 0));
    return true;
}

#define KEYS                                                                                       \
    (OPTION(OPT_FAMILY) | OPTION(OPT_WIDTH) | OPTION(OPT_CLASSES) | OPTIONS_VIDEO)
#define ASSUMED OPTIONS_VIDEO

const struct family r3d_family = {
    .name = "r3d_18",
    .about = "torchvision's 3D ResNet-18",
    .keys = KEYS,
    .assumed = ASSUMED,
    .build = build_r3d,
    .anchor = "stem.0.weight",
    .second_anchor = "layer1.0.conv1.0.weight",
    .anchor_rank = 5,
    .recognise = recognise,
};

const struct family mc3_family = {
    .name = "mc3_18",
    .about = "torchvision's mixed convolution network",
    .keys = KEYS,
    .assumed = ASSUMED,
    .build = build_mc3,
    .anchor = "stem.0.weight",
    .second_anchor = "layer1.0.conv1.0.weight",
    .anchor_rank = 5,
    .chosen = chosen_mc3,
    .recognise = recognise,
};
