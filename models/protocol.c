/* SPDX-License-Identifier: MIT */
#include "models/protocol.h"

#include <stdio.h>
#include <string.h>

/* y = (x * scale - mean) / std, in the order of the channels that the network reads. */
static const struct {
    float scale, mean[3], std[3];
    bool bgr;
} norms[] = {
    [NORM_HARA_OLD] = {1, {114.7748f, 107.7354f, 99.4750f}, CUBE(1), false},
    [NORM_HARA_NEW] = {1 / 255.0f, {.4345f, .4051f, .3775f}, {.2768f, .2713f, .2737f}, false},
    [NORM_TORCHVISION] = {1 / 255.0f, {.43216f, .394666f, .37645f}, {.22803f, .22145f, .216989f},
                          false},
    [NORM_UNIT] = {1 / 255.0f, CUBE(0), CUBE(1), false},
    [NORM_IMAGENET] = {1 / 255.0f, {.485f, .456f, .406f}, {.229f, .224f, .225f}, false},
    [NORM_I3D] = {2 / 255.0f, CUBE(1), CUBE(1), false},
    [NORM_S3D] = {2 / 255.0f, CUBE(1), CUBE(1), false},
    [NORM_TSN_BNINCEPTION] = {1, {104, 117, 123}, CUBE(1), true},
    [NORM_TSN_PYTORCH] = {1, {104, 117, 128}, CUBE(1), true},
    [NORM_C3D] = {1, {90.25f, 97.66f, 101.41f}, CUBE(1), true},
    [NORM_PYTORCHVIDEO] = {1 / 255.0f, CUBE(.45f), CUBE(.225f), false},
};

enum resize { RESIZE_SHORT, RESIZE_SIZE, RESIZE_SHORT_SQUARE };

/* The published numbers: a resize of the short side, or of both, before a crop of `crop`.
 * RESIZE_SHORT_SQUARE crops the square first and resizes it to `crop`. */
static const struct {
    const char *windows; /* keys of the clip line; "uniform:" wants a number behind it */
    int windows_default;
    enum resize resize;
    int w, h, crop;
    const char *filter;
    int norm;
} protocols[] = {
    /* kenshohara/3D-ResNets-PyTorch, inference: windows side by side */
    [PROTOCOL_HARA] = {"windows=slide", 0, RESIZE_SHORT, 112, 112, 112, "pil", NORM_HARA_NEW},
    /* how torchvision's published accuracies were measured: 5 clips at 15 frames a second */
    [PROTOCOL_TORCHVISION] = {"fps=15 windows=uniform:", 5, RESIZE_SIZE, 171, 128, 112,
                              "bilinear", NORM_TORCHVISION},
    /* Tao et al. and BestJuly/IIC: 10 clips */
    [PROTOCOL_TAO] = {"windows=even:", 10, RESIZE_SIZE, 171, 128, 112, "pil", NORM_UNIT},
    [PROTOCOL_IMAGENET] = {"windows=even:", 10, RESIZE_SIZE, 256, 256, 224, "pil",
                           NORM_IMAGENET},
    /* Chen et al., section 4: 15 frames a second, short side 256, 10 clips */
    [PROTOCOL_CHEN] = {"fps=15 windows=uniform:", 10, RESIZE_SHORT_SQUARE, 256, 256, 112, "pil",
                       NORM_UNIT},
    /* TSN (tsn-pytorch): 25 snippets */
    [PROTOCOL_TSN] = {"windows=tsn:", 25, RESIZE_SHORT, 256, 256, 224, "pil",
                      NORM_TSN_BNINCEPTION},
    [PROTOCOL_C3D] = {"windows=slide", 0, RESIZE_SIZE, 171, 128, 112, "cv", NORM_C3D},
    /* Carreira and Zisserman (2017): 25 frames a second, short side 256 */
    [PROTOCOL_I3D] = {"fps=25 windows=uniform:", 10, RESIZE_SHORT, 256, 256, 224, "bilinear",
                      NORM_I3D},
    /* torchvision's s3d: 256x256, aspect not kept */
    [PROTOCOL_S3D] = {"fps=15 windows=uniform:", 5, RESIZE_SIZE, 256, 256, 224, "bilinear",
                      NORM_TORCHVISION},
    /* PyTorchVideo: floats resized without rounding, the crop as large as the short side */
    [PROTOCOL_PYTORCHVIDEO] = {"fps=30 windows=uniform:", 10, RESIZE_SHORT, 256, 256, 256,
                               "bilinear round=none", NORM_PYTORCHVIDEO},
    /* MMAction2's validation: 10 clips in the middles of as many stretches */
    [PROTOCOL_MMACTION] = {"windows=tsn:", 10, RESIZE_SHORT, 256, 256, 224, "cv", NORM_IMAGENET},
};

void protocol_defaults(struct options *o)
{
    int p = o->value[OPT_PROTOCOL];
    option_default(o, OPT_NORM, protocols[p].norm);
    option_default_size(o, protocols[p].crop, protocols[p].crop);
}

/* "size:171x128,crop:112", with sizes scaled as the crop is. A crop that is not square is cut from
 * the short side that its longer side needs. */
static struct name space_of(const struct options *o)
{
    int p = o->value[OPT_PROTOCOL], h = o->height, w = o->width, crop = protocols[p].crop;
    int longer = h > w ? h : w, half = crop / 2;
    struct name cut = h == w ? name_of("crop:%d", h) : name_of("crop:%dx%d", w, h);
    if (protocols[p].resize == RESIZE_SIZE)
        return name_of("size:%dx%d,%s", (w * protocols[p].w + half) / crop,
                       (h * protocols[p].h + half) / crop, cut.s);
    int side = (longer * protocols[p].w + half) / crop;
    if (protocols[p].resize == RESIZE_SHORT)
        return name_of("short:%d,%s", side, cut.s);
    return name_of("short:%d,crop:%d,size:%dx%d", side, side, w, h);
}

static void put_float3(struct text *t, const char *key, const float v[3])
{
    char a[32], b[32], c[32];
    if (v[0] == v[1] && v[1] == v[2])
        text_printf(t, " %s=%s", key, text_float(a, v[0]));
    else
        text_printf(t, " %s=%s,%s,%s", key, text_float(a, v[0]), text_float(b, v[1]),
                    text_float(c, v[2]));
}

static void write_clip(struct writer *w, const struct options *o, const struct video *v)
{
    int p = o->value[OPT_PROTOCOL];
    const char *windows = protocols[p].windows;
    struct name count = name_of("%s", "");
    if (windows[strlen(windows) - 1] == ':')
        count = name_of("%d", v->segments ? v->segments : protocols[p].windows_default);
    else if (v->frames != o->value[OPT_FRAMES]) /* differences read more than they advance by */
        count = name_of(":%d", o->value[OPT_FRAMES]);
    text_printf(&w->text, "clip %s frames=%d", v->clip, v->frames);
    if (o->set & OPTION(OPT_RATE))
        text_printf(&w->text, " span=%d", v->frames * o->value[OPT_RATE]);
    text_printf(&w->text, " %s%s space=%s filter=%s%s\n", windows, count.s, space_of(o).s,
                protocols[p].filter, norms[o->value[OPT_NORM]].bgr ? " order=bgr" : "");
}

void write_video(struct writer *w, const struct options *o, const struct video *video)
{
    struct video v = *video;
    int norm = o->value[OPT_NORM];
    char scale[32];
    struct text attributes = {0};
    if (!v.clip)
        v.clip = "main";
    write_clip(w, o, &v);
    bool floats = strstr(protocols[o->value[OPT_PROTOCOL]].filter, "round=none");
    text_printf(&w->text, "%%%sframes = input %s[N,3,%d,%d,%d] clip=%s\n",
                w->prefix ? w->prefix : "", floats ? "f32" : "u8", v.frames, o->height, o->width,
                v.clip);
    text_printf(&attributes, "scale=%s", text_float(scale, norms[norm].scale));
    put_float3(&attributes, "mean", norms[norm].mean);
    put_float3(&attributes, "std", norms[norm].std);
    write_node(w, v.value, "normalize", "frames", "%s", attributes.s);
    text_free(&attributes);
}

bool write_video_input(struct writer *w, struct options *o, const char *clip, struct error *err)
{
    option_default(o, OPT_RESIDUAL, RESIDUAL_NONE);
    option_default(o, OPT_STEP, 1);
    int residual = o->value[OPT_RESIDUAL], step = o->value[OPT_STEP];
    bool rolls = residual == RESIDUAL_ROLL_SIGNED || residual == RESIDUAL_ROLL_HALF;
    if (residual == RESIDUAL_NONE && step != 1)
        return fail(err, ERROR_USAGE, "option step=%d needs residual=abs, signed or half", step);
    if (rolls && step != 1)
        return fail(err, ERROR_USAGE, "option step=%d: the roll modes know only 1", step);
    /* The roll modes difference the first frame with the last, the others read `step` more. */
    int more = rolls || residual == RESIDUAL_NONE ? 0 : step;
    struct video v = {clip, residual == RESIDUAL_NONE ? "input" : "normalized",
                      o->value[OPT_FRAMES] + more, 0};
    write_video(w, o, &v);
    char mode[24];
    if (residual != RESIDUAL_NONE)
        write_node(w, "input", "residual", "normalized", "mode=%s step=%d",
                   option_word(o, OPT_RESIDUAL, mode), step);
    return true;
}
