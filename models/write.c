/* SPDX-License-Identifier: MIT */
#include "models/write.h"

#include <stdarg.h>
#include <stdio.h>

struct name name_of(const char *fmt, ...)
{
    struct name n;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(n.s, sizeof n.s, fmt, ap);
    va_end(ap);
    return n;
}

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

void write_header(struct writer *w, const char *model)
{
    snprintf(w->model, sizeof w->model, "%s", model);
    text_printf(&w->text, "clact 1\nmodel %s\n", model);
    if (w->weights)
        text_printf(&w->text, "weights %s\n", w->weights);
    if (w->labels)
        text_printf(&w->text, "labels %s\n", w->labels);
}

static void write_float3(struct writer *w, const char *key, const float v[3])
{
    char a[32], b[32], c[32];
    if (v[0] == v[1] && v[1] == v[2])
        text_printf(&w->text, " %s=%s", key, text_float(a, v[0]));
    else
        text_printf(&w->text, " %s=%s,%s,%s", key, text_float(a, v[0]), text_float(b, v[1]),
                    text_float(c, v[2]));
}

void write_input(struct writer *w, const struct options *o, const struct input *in)
{
    int norm = o->value[OPT_NORM];
    char scale[32];
    text_printf(&w->text, "clip main frames=%d %s space=%s filter=%s%s\n", in->frames, in->windows,
                in->space, in->filter, norms[norm].bgr ? " order=bgr" : "");
    text_printf(&w->text, "%%frames = input u8[N,3,%d,%d,%d] clip=main\n", in->frames, o->height,
                o->width);
    text_printf(&w->text, "%%%s = normalize %%frames scale=%s", in->name,
                text_float(scale, norms[norm].scale));
    write_float3(w, "mean", norms[norm].mean);
    write_float3(w, "std", norms[norm].std);
    text_append(&w->text, "\n", 1);
}

static void write_int3(struct writer *w, const char *key, const int v[3])
{
    if (v[0] == v[1] && v[1] == v[2])
        text_printf(&w->text, " %s=%d", key, v[0]);
    else
        text_printf(&w->text, " %s=%d,%d,%d", key, v[0], v[1], v[2]);
}

void write_conv(struct writer *w, const char *name, const char *x, const struct conv *c)
{
    text_printf(&w->text, "%%%s.weight = weight f32[%d,%d,%d,%d,%d]\n", name, c->out, c->in,
                c->kernel[0], c->kernel[1], c->kernel[2]);
    text_printf(&w->text, "%%%s = conv3d %%%s %%%s.weight", name, x, name);
    write_int3(w, "stride", c->stride);
    write_int3(w, "pad", c->pad);
    text_append(&w->text, "\n", 1);
}

void write_batchnorm(struct writer *w, const char *name, const char *x, int channels)
{
    static const char *const keys[] = {"weight", "bias", "running_mean", "running_var"};
    for (int i = 0; i < 4; i++)
        text_printf(&w->text, "%%%s.%s = weight f32[%d]\n", name, keys[i], channels);
    text_printf(&w->text, "%%%s = batchnorm %%%s", name, x);
    for (int i = 0; i < 4; i++)
        text_printf(&w->text, " %%%s.%s", name, keys[i]);
    text_printf(&w->text, " eps=1e-05\n");
}

void write_act(struct writer *w, const struct options *o, const char *name, const char *x)
{
    text_printf(&w->text, "%%%s = %s %%%s\n", name,
                o->value[OPT_ACT] == ACT_ELU ? "elu" : "relu", x);
}

void write_maxpool(struct writer *w, const char *name, const char *x)
{
    text_printf(&w->text, "%%%s = maxpool3d %%%s kernel=3 stride=2 pad=1\n", name, x);
}

void write_add(struct writer *w, const char *name, const char *a, const char *b)
{
    text_printf(&w->text, "%%%s = add %%%s %%%s\n", name, a, b);
}

void write_head(struct writer *w, const char *x, int channels, int classes)
{
    text_printf(&w->text,
                "%%avgpool = global_average %%%s\n"
                "%%fc.weight = weight f32[%d,%d]\n"
                "%%fc.bias = weight f32[%d]\n"
                "%%logits = linear %%avgpool %%fc.weight bias=%%fc.bias\n"
                "%%probs.window = softmax %%logits\n"
                "%%probs = mean_windows %%probs.window\n"
                "output %%probs\n",
                x, classes, channels, classes);
}
