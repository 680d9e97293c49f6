/* SPDX-License-Identifier: MIT */
/* The two-path network of Tao et al. (2020): residual frames through a 3D network, single frames
 * through a 2D one, trained apart and fused in their probabilities.
 *
 * The paper's protocol: clips (and as many frames) are taken at even distances from a video,
 * whatever its length, ten in the public code. The probabilities of each path are averaged over its
 * clips, then those of the two paths.
 */
#include "models/family.h"
#include "models/paths.h"
#include "models/protocol.h"
#include "models/resnet_blocks.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *word;
    const struct path *path;
    const struct family *family; /* that knows its checkpoints */
    uint64_t keys;               /* that only it has           */
    bool factor;                 /* OPT_WIDTH is no list       */
} motions[] = {
    [MOTION_RESNET] = {"resnet", &tao_resnet_path, &tao_family,
                       OPTION(OPT_DEPTH) | OPTION(OPT_SHORTCUT) | OPTION(OPT_DOWN) |
                           OPTION(OPT_FEA_DIFF),
                       false},
    [MOTION_R2PLUS1D] = {"r2plus1d", &tao_r2plus1d_path, &tao_r2plus1d_family, OPTION(OPT_STEM),
                         false},
    [MOTION_I3D] = {"i3d", &i3d_path, &i3d_family, 0, true},
    [MOTION_S3D] = {"s3d", &s3d_path, &s3d_family, 0, true},
};
enum { MOTIONS = sizeof motions / sizeof *motions };

static const struct {
    int depth, groups;
} appearances[] = {
    [APPEARANCE_18] = {18, 1},
    [APPEARANCE_34] = {34, 1},
    [APPEARANCE_50] = {50, 1},
    [APPEARANCE_RESNEXT101] = {101, 32},
};
enum { APPEARANCES = sizeof appearances / sizeof *appearances };

#define KEYS_BOTH (OPTION(OPT_WIDTH) | OPTION(OPT_CLASSES))
#define KEYS_MOTION                                                                                \
    (OPTION(OPT_ACT) | OPTION(OPT_FRAMES) | OPTION(OPT_SIZE) | OPTION(OPT_NORM) |                  \
     OPTION(OPT_RESIDUAL) | OPTION(OPT_STEP))
#define KEYS_APPEARANCE (OPTION(OPT_CARDINALITY) | OPTION(OPT_MIDDLE))
#define KEYS                                                                                       \
    (OPTION(OPT_FAMILY) | OPTION(OPT_MOTION) | OPTION(OPT_APPEARANCE) | KEYS_BOTH | KEYS_MOTION |  \
     KEYS_APPEARANCE)
#define KEYS_SOME /* of some motion path */                                                        \
    (OPTION(OPT_DEPTH) | OPTION(OPT_SHORTCUT) | OPTION(OPT_DOWN) | OPTION(OPT_FEA_DIFF) |          \
     OPTION(OPT_STEM))

/* ---- options of one path ---- */

/* What of the whole's options is a path's; `first`: the first of its four widths. */
static struct options part_of(const struct options *o, uint64_t keys, int first)
{
    struct options part = *o;
    part.set &= keys;
    part.given &= keys;
    for (int k = 0; k < OPT_COUNT; k++)
        if (!(keys & OPTION(k)))
            part.value[k] = 0;
    if (o->channel_count) {
        part.channel_count = RESNET_STAGES;
        memcpy(part.channels, o->channels + first, RESNET_STAGES * sizeof *part.channels);
    }
    return part;
}

/* The defaults of the motion path are the whole's. */
static void take_defaults(struct options *o, const struct options *part, uint64_t keys)
{
    uint64_t fresh = part->set & keys & ~o->set;
    for (int k = 0; k < OPT_COUNT; k++)
        if (fresh & OPTION(k))
            o->value[k] = part->value[k];
    if (fresh & OPTION(OPT_SIZE)) {
        o->height = part->height;
        o->width = part->width;
    }
    o->set |= fresh;
}

static bool check(const struct options *o, struct error *err)
{
    int m = o->value[OPT_MOTION];
    struct name who = name_of("tao-two-path with motion=%s", motions[m].word);
    TRY(options_allow(o, KEYS | motions[m].keys, who.s, err));
    if (o->channel_count && motions[m].factor)
        return fail(err, ERROR_USAGE, "option width: %d numbers, motion=%s takes a factor",
                    o->channel_count, motions[m].word);
    if (o->channel_count && o->channel_count != 2 * RESNET_STAGES)
        return fail(err, ERROR_USAGE, "option width: %d numbers, the paths have %d stages each",
                    o->channel_count, RESNET_STAGES);
    return true;
}

/* ---- building ---- */

/* Scores of a clip's windows, and their mean, as %probs and %mean of the path. */
static bool write_path(struct writer *w, const struct path *path, struct options *o,
                       const char *clip, struct error *err)
{
    struct name prefix = name_of("%s.", clip);
    w->prefix = prefix.s;
    bool ok = write_video_input(w, o, clip, err) && path->write(w, o, err);
    write_node(w, "probs", "softmax", "logits", NULL);
    write_node(w, "mean", "mean_windows", "probs", NULL);
    w->prefix = NULL;
    return ok;
}

static struct options appearance_of(const struct options *o)
{
    int a = o->value[OPT_APPEARANCE];
    struct options part = part_of(o, KEYS_BOTH | KEYS_APPEARANCE, RESNET_STAGES);
    option_default(&part, OPT_DEPTH, appearances[a].depth);
    option_default(&part, OPT_CARDINALITY, appearances[a].groups);
    option_default_size(&part, 2 * o->height, 2 * o->width); /* 224 to 112 */
    resnet2d_path.defaults(&part);
    return part;
}

static bool build(struct options *o, struct writer *w, struct error *err)
{
    option_default(o, OPT_MOTION, MOTION_RESNET);
    option_default(o, OPT_APPEARANCE, APPEARANCE_18);
    TRY(check(o, err));
    int m = o->value[OPT_MOTION];
    uint64_t keys = KEYS_BOTH | KEYS_MOTION | motions[m].keys;
    struct options motion = part_of(o, keys, 0);
    motions[m].path->defaults(&motion);
    take_defaults(o, &motion, keys);
    struct options appearance = appearance_of(o);
    write_header(w, "tao-two-path");
    TRY(write_path(w, motions[m].path, &motion, "motion", err));
    TRY(write_path(w, &resnet2d_path, &appearance, "appearance", err));
    take_defaults(o, &motion, keys); /* those of the input */
    take_defaults(o, &appearance, KEYS_APPEARANCE);
    write_node(w, "probs", "average", "motion.mean appearance.mean", NULL);
    write_output(w, "probs");
    return true;
}

/* ---- checkpoints ---- */

static bool enter(const struct checkpoint *c, const char *path, struct checkpoint *inner,
                  struct error *err)
{
    *inner = *c;
    int n = snprintf(inner->prefix, sizeof inner->prefix, "%s%s.", c->prefix, path);
    if (n >= (int)sizeof inner->prefix)
        return fail(err, ERROR_MODEL, "%s: the prefix of '%s' is too long",
                    tensor_file_path(c->file), path);
    return true;
}

static bool is_motion(const struct checkpoint *motion, int kind)
{
    return checkpoint_find(motion, motions[kind].family->anchor) &&
           checkpoint_find(motion, motions[kind].family->second_anchor);
}

static bool recognise_motion(const struct checkpoint *c, struct options *o, struct options *part,
                             struct error *err)
{
    struct checkpoint motion;
    TRY(enter(c, "motion", &motion, err));
    for (int m = 0; m < MOTIONS; m++)
        if (is_motion(&motion, m))
            option_default(o, OPT_MOTION, m);
    int kind = o->value[OPT_MOTION];
    if (!(o->set & OPTION(OPT_MOTION)) || !is_motion(&motion, kind))
        return fail(err, ERROR_MODEL, "%s: %smotion is no %s", tensor_file_path(c->file), c->prefix,
                    option_given(o, OPT_MOTION) ? motions[kind].word
                                                : "3D ResNet, R(2+1)D, I3D or S3D");
    TRY(motions[kind].family->recognise(&motion, part, err));
    if (part->set & OPTION(OPT_BLOCKS))
        return fail(err, ERROR_MODEL, "%s: %smotion has as many blocks as no known depth",
                    tensor_file_path(c->file), c->prefix);
    take_defaults(o, part, OPTION(OPT_CLASSES) | motions[kind].keys);
    return true;
}

static bool recognise_appearance(const struct checkpoint *c, struct options *o,
                                 struct options *part, struct error *err)
{
    int kind = 0;
    struct checkpoint appearance;
    TRY(enter(c, "appearance", &appearance, err));
    TRY(resnet2d_family.recognise(&appearance, part, err));
    while (kind < APPEARANCES &&
           (appearances[kind].depth != part->value[OPT_DEPTH] ||
            (appearances[kind].groups > 1) != (part->value[OPT_CARDINALITY] > 1)))
        kind++;
    if (kind == APPEARANCES || part->set & OPTION(OPT_BLOCKS))
        return fail(err, ERROR_MODEL,
                    "%s: %sappearance is no ResNet-18, -34, -50 or "
                    "ResNeXt-101",
                    tensor_file_path(c->file), c->prefix);
    option_default(o, OPT_APPEARANCE, kind);
    take_defaults(o, part, OPTION(OPT_CLASSES) | OPTION(OPT_CARDINALITY));
    if (part->set & OPTION(OPT_MIDDLE))
        option_default_list(o, OPT_MIDDLE, part->middle, part->middle_count);
    return true;
}

/* Eight numbers, or the factor that explains both paths. */
static bool recognise_width(const struct checkpoint *c, const struct options *motion,
                            const struct options *appearance, struct options *o, struct error *err)
{
    int channels[2 * RESNET_STAGES], *second = channels + RESNET_STAGES;
    memcpy(second, appearance->channels, RESNET_STAGES * sizeof *second);
    if (motion->channel_count) {
        memcpy(channels, motion->channels, RESNET_STAGES * sizeof *channels);
        option_default_list(o, OPT_WIDTH, channels, 2 * RESNET_STAGES);
        return true;
    }
    if (o->set & OPTION(OPT_WIDTH))
        return true;
    option_default_factor(o, motion->multiplier);
    for (int s = 0; s < RESNET_STAGES; s++)
        if (option_scale(o, resnet_base[s]) != second[s])
            return fail(err, ERROR_MODEL,
                        "%s: %sappearance.layer%d has %d channels, the motion "
                        "path's width %g makes them %d",
                        tensor_file_path(c->file), c->prefix, s + 1, second[s], o->multiplier,
                        option_scale(o, resnet_base[s]));
    return true;
}

static bool recognise(const struct checkpoint *c, struct options *o, struct error *err)
{
    struct options motion = {0}, appearance = {0};
    TRY(recognise_motion(c, o, &motion, err));
    TRY(recognise_appearance(c, o, &appearance, err));
    int classes = motion.value[OPT_CLASSES], others = appearance.value[OPT_CLASSES];
    if (classes && others && classes != others)
        return fail(err, ERROR_MODEL, "%s: %smotion has %d classes, %sappearance %d",
                    tensor_file_path(c->file), c->prefix, classes, c->prefix, others);
    return recognise_width(c, &motion, &appearance, o, err);
}

/* An appearance path alone is a 2D network. */
static bool chosen(const struct options *o, const struct checkpoint *c)
{
    (void)o;
    struct checkpoint motion;
    struct error ignored = {0};
    if (!enter(c, "motion", &motion, &ignored))
        return false;
    for (int i = 0; i < c->count; i++)
        if (!strncmp(c->keys[i].name, motion.prefix, strlen(motion.prefix)))
            return true;
    return false;
}

static const struct model tao_two_path_models[] = {
    {"tao-two-path", "ResNet-18-3D on residual frames and ResNet-18 on frames", NULL, NULL},
    {0},
};

const struct family tao_two_path_family = {
    .models = tao_two_path_models,
    .name = "tao-two-path",
    .about = "motion and appearance paths of Tao et al.",
    .paper =
        "L. Tao, X. Wang, T. Yamasaki: Rethinking Motion Representation: Residual Frames with 3D\n"
        "ConvNets for Better Action Recognition, 2020; section 3.2, figure 2; no code of the "
        "networks\n"
        "was published. Protocol: 10 clips at even distances, and as many frames; probabilities "
        "are\n"
        "averaged over the clips of each path, then over both. `size` and `width` scale both "
        "paths,\n"
        "`norm` is the motion path's.",
    .keys = KEYS | KEYS_SOME,
    .assumed = OPTION(OPT_DOWN) | OPTION(OPT_FEA_DIFF) | KEYS_MOTION,
    .build = build,
    .anchor = "appearance.conv1.weight",
    .second_anchor = "appearance.layer1.0.conv1.weight",
    .anchor_rank = 4,
    .holds_others = true,
    .chosen = chosen,
    .recognise = recognise,
};
