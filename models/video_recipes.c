/* SPDX-License-Identifier: MIT */
#include "models/video_recipes.h"
#include "base/file.h"
#include "models/protocol.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *name, *about;
    int protocol, norm, residual; /* norm -1: the protocol's */
} recipes[] = {
    {"hara", "kenshohara/3D-ResNets-PyTorch, checkpoints of 2020", PROTOCOL_HARA, -1,
     RESIDUAL_NONE},
    {"hara-old", "the same, checkpoints of 2018: means of 0 to 255", PROTOCOL_HARA, NORM_HARA_OLD,
     RESIDUAL_NONE},
    {"torchvision", "torchvision's r3d_18, mc3_18, r2plus1d_18", PROTOCOL_TORCHVISION, -1,
     RESIDUAL_NONE},
    {"torchvision-s3d", "torchvision's s3d", PROTOCOL_S3D, -1, RESIDUAL_NONE},
    {"s3d", "kylemin/S3D: -1 to 1", PROTOCOL_S3D, NORM_S3D, RESIDUAL_NONE},
    {"i3d", "piergiaj/pytorch-i3d: -1 to 1", PROTOCOL_I3D, -1, RESIDUAL_NONE},
    {"c3d", "C3D, BGR, mean of the cube", PROTOCOL_C3D, -1, RESIDUAL_NONE},
    {"tsn", "TSN's BN-Inception, BGR, Caffe's means", PROTOCOL_TSN, -1, RESIDUAL_NONE},
    {"tsn-pytorch", "the same with the means of yjxiong/tsn-pytorch", PROTOCOL_TSN,
     NORM_TSN_PYTORCH, RESIDUAL_NONE},
    {"tao", "Tao et al., BestJuly: 0 to 1; also networks that take the differences themselves",
     PROTOCOL_TAO, -1, RESIDUAL_NONE},
    {"tao-residual", "the same for networks that are fed |x(t+1) - x(t)|", PROTOCOL_TAO, -1,
     RESIDUAL_ABS},
    {"imagenet", "2D networks of single frames", PROTOCOL_IMAGENET, -1, RESIDUAL_NONE},
    {"chen", "Chen et al.: 0 to 1, the network takes the differences", PROTOCOL_CHEN, -1,
     RESIDUAL_NONE},
    {"pytorchvideo", "PyTorchVideo's slow, c2d, i3d, slowfast, x3d", PROTOCOL_PYTORCHVIDEO, -1,
     RESIDUAL_NONE},
};
enum { RECIPES = sizeof recipes / sizeof *recipes, FILE_MOST = 65536 };

void video_recipes_list(struct text *out)
{
    for (int i = 0; i < RECIPES; i++)
        text_printf(out, "%-16s %s\n", recipes[i].name, recipes[i].about);
}

void video_recipes_names(struct text *out)
{
    for (int i = 0; i < RECIPES; i++)
        text_printf(out, "%s%s", i ? ", " : "", recipes[i].name);
}

static bool by_name(struct writer *w, int i, const struct recipe_input *in, struct error *err)
{
    struct options o = {0};
    o.value[OPT_PROTOCOL] = recipes[i].protocol;
    o.value[OPT_RESIDUAL] = recipes[i].residual;
    o.value[OPT_FRAMES] = (int)in->frames;
    o.height = (int)in->height;
    o.width = (int)in->width;
    o.set = OPTION(OPT_PROTOCOL) | OPTION(OPT_RESIDUAL) | OPTION(OPT_FRAMES) | OPTION(OPT_SIZE);
    if (recipes[i].norm >= 0)
        option_default(&o, OPT_NORM, recipes[i].norm);
    protocol_defaults(&o);
    w->prefix = in->prefix;
    bool ok = write_video_input(w, &o, in->clip, err);
    w->prefix = NULL;
    return ok;
}

/* The statements of a recipe's file: what stands behind their words; NULL where there is none. */
struct lines {
    char *clip, *normalize, *residual;
};

static bool split_lines(char *text, const char *path, struct lines *l, struct error *err)
{
    *l = (struct lines){0};
    for (char *line = strtok(text, "\r\n"); line; line = strtok(NULL, "\r\n")) {
        line[strcspn(line, "#")] = 0;
        line += strspn(line, " \t");
        size_t n = strcspn(line, " \t");
        char **to = n == 4 && !strncmp(line, "clip", n)        ? &l->clip
                    : n == 9 && !strncmp(line, "normalize", n) ? &l->normalize
                    : n == 8 && !strncmp(line, "residual", n)  ? &l->residual
                                                               : NULL;
        if (!n)
            continue;
        if (!to || *to)
            return fail(err, ERROR_USAGE,
                        "%s: '%.60s': a recipe has one line each of 'clip', "
                        "'normalize' and 'residual', the last two may be missing",
                        path, line);
        *to = line + n;
    }
    return l->clip || fail(err, ERROR_USAGE, "%s: no 'clip' line", path);
}

/* Frames that its differences need more. */
static int step_of(const struct lines *l)
{
    const char *step = l->residual ? strstr(l->residual, "step=") : NULL;
    if (!l->residual || strstr(l->residual, "roll_"))
        return 0;
    int n = step ? atoi(step + 5) : 1;
    return n > 0 && n < 4096 ? n : 1;
}

static bool by_file(struct writer *w, const char *path, const struct recipe_input *in,
                    struct error *err)
{
    size_t len;
    struct lines l;
    char *text = file_read(path, FILE_MOST, ERROR_USAGE, &len, err);
    if (!text || !split_lines(text, path, &l, err)) {
        free(text);
        return false;
    }
    int frames = (int)in->frames + step_of(&l);
    bool floats = strstr(l.clip, "round=none") != NULL;
    const char *normalized = l.residual ? "normalized" : "input";
    text_printf(&w->text, "clip %s frames=%d%s\n", in->clip, frames, l.clip);
    text_printf(&w->text, "%%%sframes = input %s[N,3,%d,%lld,%lld] clip=%s\n", in->prefix,
                floats ? "f32" : "u8", frames, (long long)in->height, (long long)in->width,
                in->clip);
    text_printf(&w->text, "%%%s%s = normalize %%%sframes%s\n", in->prefix, normalized, in->prefix,
                l.normalize ? l.normalize : "");
    if (l.residual)
        text_printf(&w->text, "%%%sinput = residual %%%snormalized%s\n", in->prefix, in->prefix,
                    l.residual);
    free(text);
    return true;
}

bool video_recipe_write(struct writer *w, const char *recipe, const struct recipe_input *in,
                        struct error *err)
{
    struct text names = {0};
    for (int i = 0; i < RECIPES; i++)
        if (!strcmp(recipes[i].name, recipe))
            return by_name(w, i, in, err);
    if (access(recipe, F_OK) == 0)
        return by_file(w, recipe, in, err);
    video_recipes_names(&names);
    fail(err, ERROR_USAGE, "--recipe %.60s: neither a file nor one of %s", recipe, names.s);
    text_free(&names);
    return false;
}
