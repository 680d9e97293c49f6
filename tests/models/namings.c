/* SPDX-License-Identifier: MIT */
/* Other projects' names for the same networks: a network's random weights are written under them,
 * and must be recognised as what they are. */
#include "models/namings.h"
#include "graph/op.h"
#include "tests/models/scratch.h"

static const struct {
    const char *model, *settings; /* the network */
    const char *about, *first;    /* the naming */
    const char *inner, *outer;    /* in front of its names, and of the last layer's */
    const char *given, *recognised, *notes;
} cases[] = {
    {"slow_r50", "width=0.0625,classes=5", "MMAction2", "conv1.conv.weight", "backbone.", "", NULL,
     "slow_r50", "assumed: protocol=mmaction\n"},
    {"mmaction_i3d_r50", "width=0.0625,classes=5", "MMAction2", "conv1.conv.weight",
     "module.backbone.", "module.", NULL, "mmaction_i3d_r50", "assumed: frames=32\n"},
    {"slowfast_r50", "width=0.25,classes=5,bn=0,alpha=8", "MMAction2",
     "slow_path.conv1.conv.weight", "backbone.", "", NULL, "slowfast_r50", "assumed: alpha=8\n"},
    {"x3d_s", "width=0.5,classes=5,bn=1", "MMAction2", "conv1_s.conv.weight", "backbone.", "",
     "frames=13,rate=6,size=182", "x3d_s", "assumed: norm=imagenet\n"},
    {"c3d", "width=0.0625,fc=32,size=32,frames=16,pool5=pad", "MMAction2", "conv1a.conv.weight",
     "backbone.", "", NULL, "c3d", "assumed: pool5=pad\n"},
    {"resnet50", "width=0.0625,classes=5", "MMAction2", "conv1.conv.weight", "backbone.", "", NULL,
     "resnet50", "found: names as in MMAction2\n"},
    {"r3d_18", "depth=10,width=0.0625", "BestJuly/IIC", "conv1.temporal_spatial_conv.weight", "",
     "", "family=r3d_18", "r3d_10", "found: names as in BestJuly/IIC\n"},
    {"r3d_18", "width=0.0625,classes=5", "BestJuly/IIC", "conv1.temporal_spatial_conv.weight",
     "module.", "module.", NULL, "r3d_18", "classes=5"},
    {"iic-r21d", "width=0.0625", "BestJuly/IIC", "conv1.spatial_conv.weight", "module.", "module.",
     NULL, "iic-r21d", "depth=10 width=4,8,16,32 stem=5 classes=101"},
    {"bninception", "width=0.0625,classes=7", "TSN", "conv1_7x7_s2.weight", "module.base_model.",
     "module.", NULL, "bninception", "width=0.0625 classes=7"},
    {"resnet18", "width=0.0625,classes=7", "TSN", "conv1.weight", "module.base_model.", "module.",
     NULL, "resnet18", "classes=7"},
};

/* ---- every name that some naming might know ---- */

static struct arena arena;
static const char *candidates[20000];
static int candidate_count;

static void add(const char *module)
{
    static const char *const ends[] = {"weight", "bias", "running_mean", "running_var"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        ck_assert_int_lt(candidate_count, 20000);
        candidates[candidate_count++] = arena_printf(&arena, "%s%s", module, ends[i]);
    }
}

/* Modules inside a block, or of a stem. */
static void add_units(const char *head)
{
    static const char *const units[] = {
        "conv1.conv.", "conv1.bn.", "conv2.conv.", "conv2.bn.", "conv3.conv.", "conv3.bn.",
        "downsample.conv.", "downsample.bn.", "se_module.fc1.", "se_module.fc2.",
        "conv1.temporal_spatial_conv.", "conv2.temporal_spatial_conv.", "bn1.", "bn2.",
        "downsampleconv.temporal_spatial_conv.", "downsamplebn.", "conv1.spatial_conv.",
        "conv1.temporal_conv.", "conv2.spatial_conv.", "conv2.temporal_conv.",
        "downsampleconv.spatial_conv.", "downsampleconv.bn.", "downsampleconv.temporal_conv."};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        add(arena_printf(&arena, "%s%s", head, units[i]));
}

static void list_candidates(void)
{
    static const char *const single[] = {
        "cls_head.fc_cls.", "cls_head.fc1.", "cls_head.fc2.", "linear.", "new_fc.", "bn1.",
        "conv1_s.conv.", "conv1_t.conv.", "conv1_t.bn.", "conv5.conv.", "conv5.bn.",
        "conv1.temporal_spatial_conv.", "conv1a.conv.", "conv2a.conv.", "conv3a.conv.",
        "conv3b.conv.", "conv4a.conv.", "conv4b.conv.", "conv5a.conv.", "conv5b.conv."};
    static const char *const paths[] = {"", "slow_path.", "fast_path."};
    for (size_t i = 0; i < sizeof single / sizeof *single; i++)
        add(single[i]);
    for (int p = 0; p < 3; p++) {
        add_units(paths[p]);
        add(arena_printf(&arena, "%sconv1_lateral.conv.", paths[p]));
        for (int s = 1; s <= 4; s++) {
            add(arena_printf(&arena, "%slayer%d_lateral.conv.", paths[p], s));
            for (int b = 0; b < 12; b++)
                add_units(arena_printf(&arena, "%slayer%d.%d.", paths[p], s, b));
        }
    }
    for (int s = 2; s <= 5; s++) {
        add_units(arena_printf(&arena, "conv%d.block1.", s));
        add_units(arena_printf(&arena, "conv%d.blocks.0.", s));
    }
}

/* Their word for a key of ours; a name that they share stays. */
static const char *theirs(const struct naming *n, const char *key)
{
    for (int i = 0; i < candidate_count; i++) {
        char name[NAMING_BYTES];
        if (n->translate(candidates[i], name) && !strcmp(name, key))
            return candidates[i];
    }
    return key;
}

static const struct naming *find_naming(const char *about, const char *first, int frames)
{
    for (const struct naming *n = namings; n->about; n++)
        if (!strcmp(n->about, about) && !strcmp(n->first, first) &&
            (!n->frames || n->frames == frames))
            if (strcmp(first, "conv1.conv.weight") != 0 || (n->rank == 4) == (frames == 0))
                return n;
    ck_abort_msg("no naming %s", about);
    return NULL;
}

/* ---- the tests ---- */

static bool is_last(const char *name)
{
    return !strncmp(name, "cls_head.", 9) || !strncmp(name, "new_fc.", 7);
}

/* The network's weights under their names. */
static void write_theirs(const char *from, const char *to, const struct naming *n,
                         const char *inner, const char *outer)
{
    struct safetensors *s = safetensors_open(from, ERROR_MODEL, &err);
    ck_assert_msg(s != NULL, "%s", err.text);
    int count = safetensors_count(s), renamed = 0;
    struct safetensor *list = ARENA_ARRAY(&arena, struct safetensor, count);
    for (int i = 0; i < count; i++) {
        list[i] = *safetensors_at(s, i);
        const char *name = theirs(n, list[i].name);
        renamed += strcmp(name, list[i].name) != 0;
        list[i].name = arena_printf(&arena, "%s%s", is_last(name) ? outer : inner, name);
    }
    ck_assert_int_gt(renamed, 1);
    struct safetensors_writer *w = safetensors_create(to, list, count, &err);
    ck_assert_msg(w != NULL, "%s", err.text);
    for (int i = 0; i < count; i++) {
        const struct safetensor *t = safetensors_at(s, i);
        float *v = malloc(t->elements * sizeof *v);
        ck_assert(safetensors_read(s, t, 0, t->elements, v, &err));
        ck_assert(safetensors_put(w, v, t->elements * sizeof *v, &err));
        free(v);
    }
    ck_assert(safetensors_commit(&w, &err));
    safetensors_close(&s);
}

START_TEST(namings_are_understood)
{
    char weights[128];
    const struct model_files files = {"w.safetensors", NULL};
    struct graph *g = model_build(model_find(cases[_i].model), cases[_i].settings, &files,
                                  in_dir("w.graph"), &err);
    ck_assert_msg(g != NULL, "%s", err.text);
    snprintf(weights, sizeof weights, "%s", in_dir("w.safetensors"));
    ck_assert(model_random_weights(g, weights, 1, &err));
    int frames = strstr(cases[_i].model, "i3d") ? 5 : strstr(cases[_i].model, "slow_") ? 1 : 0;
    const struct naming *n = find_naming(cases[_i].about, cases[_i].first, frames);
    list_candidates();
    write_theirs(weights, in_dir("theirs.safetensors"), n, cases[_i].inner, cases[_i].outer);
    ck_assert_msg(import(in_dir("theirs.safetensors"), cases[_i].given), "%s\n%s", err.text,
                  report.misfit.s);
    ck_assert_str_eq(report.model, cases[_i].recognised);
    ck_assert_msg(says(&report.notes, cases[_i].notes), "%s", report.notes.s);
    struct graph *back = imported();
    ck_assert_int_eq(graph_parameters(back), graph_parameters(g));
    graph_free(&back);
    graph_free(&g);
    arena_free(&arena);
}
END_TEST

/* Numbers of blocks that are none. */
START_TEST(no_block)
{
    static const char *const names[] = {"99999999999999999999", "9223372036854775807", "100", "-1",
                                        "-99999999999999999999", "x"};
    const struct naming *n =
        find_naming("BestJuly/IIC", "conv1.temporal_spatial_conv.weight", 0);
    char name[NAMING_BYTES], out[NAMING_BYTES];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(name, sizeof name, "conv2.blocks.%s.bn1.bias", names[i]);
        ck_assert_msg(!n->translate(name, out), "%s", name);
    }
    ck_assert(n->translate("conv2.blocks.99.bn1.bias", out));
    ck_assert_str_eq(out, "layer1.100.conv1.1.bias");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("models/namings");
    TCase *t = tcase_create("all");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, namings_are_understood, 0, sizeof cases / sizeof *cases);
    tcase_add_test(t, no_block);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
