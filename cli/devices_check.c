/* SPDX-License-Identifier: MIT */
#include "cli/devices_check.h"
#include "models/models.h"

#include <string.h>

/* As small as they may be: between them they have every kernel that some network of clact model has
 * on processors and on GPUs. */
static const struct small {
    const char *name, *settings;
} networks[] = {
    {"resnet3d-18", "width=4,4,4,4,frames=8,size=16"},
    {"resnet3d-pre-18", "width=16,16,16,16,frames=8,size=32"},
    {"resnext3d-101", "width=8,8,8,8,blocks=1,1,1,1,cardinality=2,frames=8,size=32"},
    {"r2plus1d_18", "width=64,64,64,64,frames=8,size=56"},
    {"resnet18", "width=16,16,32,32,size=64"},
    {"tao-resnet18", "width=8,8,16,16,frames=8,size=32"},
    {"chen-p3d", "width=8,8,8,8,fc=8,frames=8,size=32"},
    {"i3d", "width=0.0625,frames=8,size=32"},
    {"s3dg", "width=0.0625,frames=8,size=32"},
    {"c3d", "width=0.25,frames=16,size=64"},
    {"bninception", "width=0.0625,size=64"},
    {"zhao", "width=0.0625,frames=3,size=64,segments=3,radius=1"},
    {"slowfast_r50", "width=0.25,blocks=1,1,1,1,frames=8,rate=1,size=32"},
    {"x3d_s", "width=0.25,blocks=1,1,1,1,frames=4,rate=2,size=32"},
};
enum { NETWORKS = sizeof networks / sizeof *networks };

static bool is_named(const char *names, const char *name)
{
    size_t n = strlen(name);
    for (const char *at = names; at && *at; at += strcspn(at, ",") + (strchr(at, ',') != NULL))
        if (strcspn(at, ",") == n && !strncmp(at, name, n))
            return true;
    return !names;
}

static bool is_known(const char *name, size_t n)
{
    for (size_t i = 0; i < NETWORKS; i++)
        if (strlen(networks[i].name) == n && !strncmp(networks[i].name, name, n))
            return true;
    return false;
}

bool devices_check_names(const char *names, struct error *err)
{
    bool known = !names || *names;
    for (const char *at = names; at && *at; at += strcspn(at, ",") + (strchr(at, ',') != NULL))
        known &= is_known(at, strcspn(at, ","));
    if (known)
        return true;
    struct text all = {0};
    for (size_t i = 0; i < NETWORKS; i++)
        text_printf(&all, "%s%s", i ? ", " : "", networks[i].name);
    fail(err, ERROR_USAGE, "devices: --check=%s: wanted names of: %s", names, all.s ? all.s : "");
    text_free(&all);
    return false;
}

bool devices_check(const char *spec, const char *names, struct device_check *check,
                   struct error *err)
{
    double start = ocl_seconds();
    struct ocl *ocl = ocl_open(spec, err);
    bool ok = ocl != NULL;
    *check = (struct device_check){.networks = 0};
    for (size_t i = 0; ok && i < NETWORKS; i++) {
        const struct small *s = &networks[i];
        const struct kernel_check one = {.device = spec, .batch = 1, .network = s->name};
        if (!is_named(names, s->name))
            continue;
        struct graph *g = model_build(model_find(s->name), s->settings, NULL, s->name, err);
        ok = g && check_kernels(&one, ocl, g, &check->found, err);
        graph_free(&g);
        check->networks += ok;
    }
    ocl_close(&ocl);
    check->seconds = ocl_seconds() - start;
    return ok;
}

void devices_check_print(const struct device_check *check, struct text *out)
{
    const struct kernel_report *r = &check->found;
    text_printf(out,
                "     checked %d networks in %.1f s: %d of %d nodes have right kernels, and the "
                "frames of %d of %d clips\n",
                check->networks, check->seconds, r->nodes - r->nodes_wrong - r->nodes_unknown,
                r->nodes, r->clips - r->clips_wrong - r->clips_unknown, r->clips);
    for (const char *at = r->lines.s, *end; at && (end = strchr(at, '\n')); at = end + 1)
        text_printf(out, "     %.*s\n", (int)(end - at), at);
}

void devices_check_json(const struct device_check *check, struct text *out)
{
    const struct kernel_report *r = &check->found;
    text_printf(out,
                "{\"networks\":%d,\"seconds\":%.1f,\"nodes\":%d,\"nodes_wrong\":%d,"
                "\"nodes_unknown\":%d,\"clips\":%d,\"clips_wrong\":%d,\"clips_unknown\":%d,"
                "\"wrong\":[%s]}",
                check->networks, check->seconds, r->nodes, r->nodes_wrong, r->nodes_unknown,
                r->clips, r->clips_wrong, r->clips_unknown, r->json.s ? r->json.s : "");
}
