/* SPDX-License-Identifier: MIT */
/* ResNets and ResNeXts of images, named as in torchvision.models, with the mean of a video's frames
 * for its scores; and with 101 classes the appearance path of Tao et al. (2020). */
#include "models/family.h"
#include "models/paths.h"
#include "models/protocol.h"
#include "models/resnet_blocks.h"

static void set_defaults(struct options *o)
{
    option_default(o, OPT_DEPTH, 18);
    option_default(o, OPT_CARDINALITY, 1);
    option_default(o, OPT_CLASSES, 1000);
    option_default(o, OPT_FRAMES, 1);
    option_default(o, OPT_PROTOCOL, PROTOCOL_IMAGENET);
    protocol_defaults(o);
}

/* ResNeXt's groups have 8 channels for each 64 of a stage (32x8d). */
static int middle_of(const struct options *o, int stage, int planes)
{
    (void)stage;
    int groups = o->value[OPT_CARDINALITY], width = planes / 8;
    if (groups == 1)
        return planes;
    return groups * (width > 1 ? width : 1);
}

static bool init(struct resnet *r, const struct options *o, struct error *err)
{
    TRY(resnet_init(r, o, resnet_base, err));
    r->flat = true;
    return resnet_set_groups(r, middle_of, err);
}

static bool write_path(struct writer *w, const struct options *o, struct error *err)
{
    struct resnet r;
    return init(&r, o, err) && resnet_write(w, &r, o->value[OPT_CLASSES], err);
}

const struct path resnet2d_path = {set_defaults, write_path};

/* "resnet50", "resnext101_32x8d" */
static struct name name_network(const struct resnet *r)
{
    if (r->groups == 1)
        return resnet_name("resnet", r->options);
    int64_t width = (int64_t)r->middle[3] / r->groups * 64 / r->planes[3];
    return name_of("%s_%dx%dd", resnet_name("resnext", r->options).s, r->groups, (int)width);
}

static bool build_as(struct options *o, struct writer *w, const char *prefix, struct error *err)
{
    struct resnet r;
    set_defaults(o);
    TRY(init(&r, o, err));
    write_header(w, name_of("%s%s", prefix, name_network(&r).s).s);
    TRY(write_video_input(w, o, NULL, err));
    TRY(resnet_write(w, &r, o->value[OPT_CLASSES], err));
    write_scores(w);
    return true;
}

static bool build(struct options *o, struct writer *w, struct error *err)
{
    return build_as(o, w, "", err);
}

static bool build_appearance(struct options *o, struct writer *w, struct error *err)
{
    option_default(o, OPT_CLASSES, 101);
    return build_as(o, w, "app-", err);
}

static bool recognise(const struct checkpoint *c, struct options *o, struct error *err)
{
    TRY(resnet_recognise(c, 4, o, err));
    return resnet_recognise_groups(c, middle_of, o, err);
}

#define KEYS                                                                                       \
    (OPTION(OPT_FAMILY) | OPTIONS_RESNET | OPTION(OPT_CARDINALITY) | OPTION(OPT_MIDDLE) |          \
     OPTION(OPT_CLASSES) | OPTIONS_VIDEO)

static const struct model resnet2d_models[] = {
    {"resnet18", "ResNet-18 of images, 224x224, 1000 classes", "depth=18", NULL},
    {"resnet34", "ResNet-34 of images", "depth=34", NULL},
    {"resnet50", "ResNet-50 of images", "depth=50", NULL},
    {"resnext101_32x8d", "ResNeXt-101 of images, 32 groups", "depth=101,cardinality=32", NULL},
    {0},
};

const struct family resnet2d_family = {
    .models = resnet2d_models,
    .name = "resnet2d",
    .about = "ResNets and ResNeXts of images",
    .paper = "K. He, X. Zhang, S. Ren, J. Sun: Deep Residual Learning for Image Recognition, 2015; "
             "S. Xie et\n"
             "al.: Aggregated Residual Transformations for Deep Neural Networks, 2017; "
             "torchvision.models.",
    .keys = KEYS,
    .assumed = OPTIONS_VIDEO,
    .build = build,
    .anchor = "conv1.weight",
    .second_anchor = "layer1.0.conv1.weight",
    .anchor_rank = 4,
    .recognise = recognise,
};

/* Its checkpoints are those of resnet2d. */
static const struct model appearance_models[] = {
    {"app-resnet18", "ResNet-18 on frames, an appearance path, 101 classes", "depth=18", NULL},
    {"app-resnet34", "the same of depth 34", "depth=34", NULL},
    {"app-resnet50", "the same of depth 50", "depth=50", NULL},
    {"app-resnext101_32x8d", "ResNeXt-101 on frames, an appearance path",
     "depth=101,cardinality=32", NULL},
    {0},
};

const struct family appearance_family = {
    .models = appearance_models,
    .name = "appearance",
    .about = "2D ResNets, the appearance path of Tao et al.",
    .paper =
        "L. Tao, X. Wang, T. Yamasaki: Rethinking Motion Representation: Residual Frames with 3D\n"
        "ConvNets for Better Action Recognition, 2020; section 3.2: the appearance path, of\n"
        "ResNets as in torchvision.models.",
    .keys = KEYS,
    .assumed = OPTIONS_VIDEO,
    .build = build_appearance,
};
