/* SPDX-License-Identifier: MIT */
/* Graphs in printed form that use what there is: several clips, all keys of a clip, two paths. */
#ifndef TESTS_GRAPH_TEXTS_H
#define TESTS_GRAPH_TEXTS_H
#include "base/text.h"
#include "graph/graph.h"

#include <string.h>

static const char two_paths[] =
    "clact 1\n"
    "model tao-two-path\n"
    "weights two-path.safetensors\n"
    "labels ucf101.txt\n"
    "clip motion frames=17 windows=even:10 space=size:171x128,crop:112 filter=pil\n"
    "clip appearance frames=1 windows=even:10 space=size:256x256,crop:224 filter=pil\n"
    "%motion.frames = input u8[N,3,17,112,112] clip=motion\n"
    "%motion.normalized = normalize %motion.frames scale=0.003921569 : f32[N,3,17,112,112]\n"
    "%motion.input = residual %motion.normalized : f32[N,3,16,112,112]\n"
    "%conv1.weight = weight f32[8,3,3,7,7]\n"
    "%motion.conv1 = conv3d %motion.input %conv1.weight stride=1,2,2 pad=1,3,3 act=relu"
    " : f32[N,8,16,56,56]\n"
    "%motion.avgpool = global_average %motion.conv1 : f32[N,8]\n"
    "%fc.weight = weight f32[5,8]\n"
    "%fc.bias = weight f32[5]\n"
    "%motion.logits = linear %motion.avgpool %fc.weight bias=%fc.bias : f32[N,5]\n"
    "%motion.probs = softmax %motion.logits : f32[N,5]\n"
    "%motion.mean = mean_windows %motion.probs : f32[1,5]\n"
    "%appearance.frames = input u8[N,3,1,224,224] clip=appearance\n"
    "%appearance.input = normalize %appearance.frames scale=0.003921569"
    " mean=0.485,0.456,0.406 std=0.229,0.224,0.225 : f32[N,3,1,224,224]\n"
    "%conv2d.weight = weight f32[8,3,1,7,7] name=backbone.conv1.weight\n"
    "%appearance.conv1 = conv3d %appearance.input %conv2d.weight stride=1,2,2 pad=0,3,3"
    " : f32[N,8,1,112,112]\n"
    "%appearance.avgpool = global_average %appearance.conv1 : f32[N,8]\n"
    "%appearance.logits = linear %appearance.avgpool %fc.weight : f32[N,5]\n"
    "%appearance.mean = mean_windows %appearance.logits : f32[1,5]\n"
    "%appearance.probs = softmax %appearance.mean : f32[1,5]\n"
    "%probs = average %motion.mean %appearance.probs : f32[1,5]\n"
    "output %probs\n"
    "output %motion.mean\n";

static const char all_recipe_keys[] =
    "clact 1\n"
    "clip a frames=4 stride=3 fps=29.97 windows=slide:2 space=short:256,crop:256,size:112x96,"
    "crop:64x48"
    " pad=last filter=triangle round=none longside=round cropround=floor crops=three order=bgr"
    " matrix=2020 range=full chroma=center\n"
    "clip b frames=1 windows=subsample\n"
    "%x = input f32[N,3,4,48,64] clip=a\n"
    "%y = input f32[N,7] clip=b\n"
    "%a = global_average %x : f32[N,3]\n"
    "%p = mean_windows %a : f32[1,3]\n"
    "%q = mean_windows %y : f32[1,7]\n"
    "output %p\n"
    "output %q\n";

static const char *const whole[] = {two_paths, all_recipe_keys};

static inline char *print(const struct graph *g)
{
    struct text t = {0};
    graph_print(g, &t);
    return t.s;
}

static inline struct graph *parse(const char *text, struct error *err)
{
    return graph_parse(text, strlen(text), "f.graph", err);
}

#endif
