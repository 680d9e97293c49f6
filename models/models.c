/* SPDX-License-Identifier: MIT */
/* The list of networks and of their families. */
#include "models/models.h"
#include "models/family.h"

#include <string.h>

const struct family *const family_list[] = {&tao_family, &resnet3d_family, &mc3_family,
                                            &r3d_family, NULL};

const struct model model_list[] = {
    {"resnet3d-10", "3D ResNet-10, 16x112x112, 400 classes", &resnet3d_family, "depth=10"},
    {"resnet3d-18", "3D ResNet-18, shortcut A", &resnet3d_family, "depth=18"},
    {"resnet3d-34", "3D ResNet-34, shortcut A", &resnet3d_family, "depth=34"},
    {"resnet3d-50", "3D ResNet-50, bottleneck blocks", &resnet3d_family, "depth=50"},
    {"resnet3d-101", "3D ResNet-101", &resnet3d_family, "depth=101"},
    {"resnet3d-152", "3D ResNet-152", &resnet3d_family, "depth=152"},
    {"resnet3d-200", "3D ResNet-200", &resnet3d_family, "depth=200"},
    {"r3d_18", "torchvision's 3D ResNet-18, 16x112x112, 400 classes", &r3d_family, NULL},
    {"mc3_18", "torchvision's mixed convolutions, 3D and 2D", &mc3_family, NULL},
    {"tao-resnet18", "ResNet-18-3D on residual frames, ELU, max pools, 101 classes", &tao_family,
     "depth=18"},
    {0},
};

static const struct {
    const char *alias, *name;
} aliases[] = {
    {"resnet10-3d", "resnet3d-10"},   {"resnet18-3d", "resnet3d-18"},
    {"resnet34-3d", "resnet3d-34"},   {"resnet50-3d", "resnet3d-50"},
    {"resnet101-3d", "resnet3d-101"}, {"resnet152-3d", "resnet3d-152"},
    {"resnet200-3d", "resnet3d-200"}, {"r3d-18", "r3d_18"},
    {"mc3-18", "mc3_18"},             {"tao-resnet-18", "tao-resnet18"},
    {"tao-resnet18-3d", "tao-resnet18"},
};

const struct family *family_find(const char *name)
{
    for (int i = 0; family_list[i]; i++)
        if (!strcmp(family_list[i]->name, name))
            return family_list[i];
    return NULL;
}

const struct model *model_find(const char *name)
{
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
        if (!strcmp(aliases[i].alias, name))
            name = aliases[i].name;
    for (const struct model *m = model_list; m->name; m++)
        if (!strcmp(m->name, name))
            return m;
    return NULL;
}

struct graph *model_build(const struct model *m, const char *settings,
                          const struct model_files *files, const char *file, struct error *err)
{
    struct options o = {0};
    struct writer w = {.weights = files ? files->weights : NULL,
                       .labels = files ? files->labels : NULL};
    /* Which model it is goes without saying, so a builder takes every key but `family`. */
    uint64_t keys = m->family->keys & ~OPTION(OPT_FAMILY);
    bool ok = options_parse(&o, m->settings, keys, m->name, err);
    o.given = 0;
    ok = ok && options_parse(&o, settings, keys, m->name, err) && m->family->build(&o, &w, err);
    struct graph *g = ok ? graph_parse(w.text.s, w.text.len, file, err) : NULL;
    text_free(&w.text);
    return g;
}
