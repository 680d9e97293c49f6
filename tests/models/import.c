/* SPDX-License-Identifier: MIT */
/* Recognition: the golden weights of six networks, and files made from them that carry prefixes,
 * other types, or faults. */
#include "models/checkpoint.h"
#include "tests/models/scratch.h"

static const struct {
    const char *file, *settings, *model, *found, *assumed;
    long long parameters; /* published with the golden cases */
} golden[] = {
    {"hara_r18_A", NULL, "resnet3d-18", "depth=18 width=3,5,11,22 classes=13 shortcut=A",
     "assumed: norm=hara_old\n", 64146},
    {"hara_r34_A", "frames=9,size=48x37", "resnet3d-34",
     "depth=34 width=2,4,8,16 classes=13 shortcut=A", "assumed: act=relu\n", 64531},
    {"tv_r3d_18", NULL, "r3d_18", "width=3,5,11,22 classes=13", "assumed: norm=torchvision\n",
     62770},
    {"tv_mc3_18", NULL, "mc3_18", "width=3,5,11,22 classes=13", "assumed: size=112x112\n", 23134},
    {"tao_r18_pool_elu_res", "family=tao", "tao-resnet18",
     "depth=18 width=3,5,11,22 classes=13 shortcut=B", "assumed: residual=abs\n", 64534},
    {"tao_r18_pool_elu_res", "down=pool", "tao-resnet18",
     "depth=18 width=3,5,11,22 classes=13 shortcut=B", "assumed: act=elu\n", 64534},
    {"tao_r18_pool_elu_feadiff", "fea_diff=1", "tao-resnet18",
     "depth=18 width=3,5,11,22 classes=13 shortcut=B", "assumed: residual=none\n", 64534},
    {"hara_pre18_B", NULL, "resnet3d-pre-18", "depth=18 width=3,5,11,22 classes=13 shortcut=B",
     "assumed: norm=hara_old\n", 64496},
    {"hara_resnext101", NULL, "resnext3d-101",
     "depth=101 width=2,4,8,16 stem=1 classes=13 shortcut=B cardinality=2",
     "assumed: norm=hara_old\n", 44476},
    {"hara_r2p1d_18", NULL, "resnet2p1d-18", "depth=18 width=2,4,8,16 classes=13 shortcut=B",
     "assumed: norm=hara_new\n", 35163},
    {"tao_r2plus1d_res_half", "residual=half", "r2plus1d_18",
     "depth=18 width=2,4,8,16 stem=1 classes=13", "assumed: act=relu\n", 31318},
    {"tao_r2plus1d_res_half", "protocol=tao", "tao-r2plus1d",
     "depth=18 width=2,4,8,16 stem=1 classes=13", "assumed: residual=abs\n", 31318},
    {"app_r18", NULL, "resnet18", "depth=18 width=4,8,16,32 classes=13 cardinality=1",
     "assumed: norm=imagenet\n", 45201},
    {"tao_two_path", NULL, "tao-two-path",
     "depth=18 width=2,4,8,16,3,6,12,24 classes=13 shortcut=B cardinality=1 motion=resnet "
     "appearance=resnet18", "assumed: residual=abs\n", 60663},
    {"tao_i3d_res", NULL, "i3d", "classes=13", "assumed: residual=none\n", 53696},
    {"tao_i3d_res", "residual=abs,act=elu", "tao-i3d", "classes=13", "assumed: protocol=tao\n",
     53696},
    {"s3d_torchvision", NULL, "s3d-torchvision", "classes=13", "assumed: norm=torchvision\n",
     33608},
    {"s3dg", NULL, "s3dg", "classes=13 gating=1", "assumed: norm=s3d\n", 38570},
    {"c3d", NULL, "c3d", "width=0.03125 fc=128 classes=13 bn=0", "assumed: size=48x48\n", 53757},
    /* nothing in the names speaks against Hara's network with projections */
    {"tao_r18_pool_elu_res", NULL, "resnet3d-18", "shortcut=B", "assumed: norm=hara_new\n", 64534},
};

/* Every value of the weights that the graph names is the checkpoint's. */
static void check_weights(const struct graph *g, const char *checkpoint, const char *prefix)
{
    struct safetensors *a = safetensors_open(checkpoint, ERROR_MODEL, &err);
    struct safetensors *b = safetensors_open(in_dir(g->weights), ERROR_MODEL, &err);
    ck_assert_msg(a && b, "%s", err.text);
    int weights = 0;
    for (int i = 0; i < g->count; i++) {
        const char *key = weight_key(&g->nodes[i]);
        if (!key)
            continue;
        char name[256];
        float x[4096], y[4096];
        snprintf(name, sizeof name, "%s%s", prefix, key);
        const struct safetensor *p = safetensors_find(a, name), *q = safetensors_find(b, key);
        ck_assert_msg(p && q, "%s", name);
        ck_assert_int_eq(p->elements, q->elements);
        ck_assert_int_eq(q->type, SAFETENSOR_F32);
        size_t n = p->elements < 4096 ? p->elements : 4096;
        ck_assert(safetensors_read(a, p, p->elements - n, n, x, &err));
        ck_assert(safetensors_read(b, q, q->elements - n, n, y, &err));
        ck_assert_mem_eq(x, y, n * sizeof *x);
        weights++;
    }
    ck_assert_int_eq(weights, safetensors_count(b)); /* and nothing else is in the file */
    safetensors_close(&a);
    safetensors_close(&b);
}

START_TEST(golden_weights)
{
    char path[256];
    snprintf(path, sizeof path, GOLDEN "%s.weights.safetensors", golden[_i].file);
    ck_assert_msg(import(path, golden[_i].settings), "%s\n%s", err.text, report.misfit.s);
    ck_assert_str_eq(report.model, golden[_i].model);
    ck_assert_msg(says(&report.notes, golden[_i].found), "%s", report.notes.s);
    ck_assert_msg(says(&report.notes, golden[_i].assumed), "%s", report.notes.s);
    ck_assert_ptr_null(report.misfit.s);
    struct graph *g = imported();
    ck_assert_str_eq(g->model, golden[_i].model);
    ck_assert_str_eq(g->weights, "m.safetensors");
    ck_assert_int_eq(graph_parameters(g), golden[_i].parameters);
    check_weights(g, path, "");
    graph_free(&g);
}
END_TEST

static const struct {
    const char *file, *prefix, *model;
} prefixed[] = {
    {R18, "module.", "resnet3d-18"},
    {R18, "module.model.", "resnet3d-18"},
    {R18, "state_dict.module.", "resnet3d-18"},
    {R18, "backbone.3d.", "resnet3d-18"},
    /* one path alone is a network of its own */
    {R18, "motion.", "resnet3d-18"},
    {GOLDEN "app_r18.weights.safetensors", "appearance.", "resnet18"},
    {GOLDEN "hara_pre18_B.weights.safetensors", "module.", "resnet3d-pre-18"},
    {GOLDEN "hara_resnext101.weights.safetensors", "module.", "resnext3d-101"},
    {GOLDEN "hara_r2p1d_18.weights.safetensors", "module.", "resnet2p1d-18"},
    {GOLDEN "tao_two_path.weights.safetensors", "module.", "tao-two-path"},
    {GOLDEN "tao_two_path.weights.safetensors", "net.motion.", "tao-two-path"},
    {GOLDEN "tao_i3d_res.weights.safetensors", "motion.", "i3d"},
    {GOLDEN "s3dg.weights.safetensors", "module.", "s3dg"},
    {GOLDEN "s3d_torchvision.weights.safetensors", "net.", "s3d-torchvision"},
    {GOLDEN "c3d.weights.safetensors", "module.", "c3d"},
};

START_TEST(prefixes)
{
    const char *path = edited(prefixed[_i].file, &(struct edit){.prefix = prefixed[_i].prefix});
    ck_assert_msg(import(path, NULL), "%s\n%s", err.text, report.misfit.s);
    ck_assert_str_eq(report.model, prefixed[_i].model);
    ck_assert(says(&report.notes, prefixed[_i].prefix));
    struct graph *g = imported();
    check_weights(g, path, prefixed[_i].prefix);
    graph_free(&g);
}
END_TEST

/* Files of 2017 and 2018 have no counters; BN gained them later. */
START_TEST(no_counters)
{
    const char *path = edited(R18, &(struct edit){.drop = "num_batches_tracked"});
    ck_assert_msg(import(path, NULL), "%s", err.text);
}
END_TEST

START_TEST(float_types)
{
    static const enum safetensor_type types[] = {SAFETENSOR_F64, SAFETENSOR_BF16};
    const char *path = edited(R18, &(struct edit){.type = types[_i]});
    ck_assert_msg(import(path, NULL), "%s", err.text);
    struct graph *g = imported();
    check_weights(g, path, "");
    graph_free(&g);
}
END_TEST

static const struct {
    struct edit edit;
    const char *settings;
    enum error_code code;
    const char *message; /* in the error               */
    const char *line;    /* in the list, NULL: no list */
} misfits[] = {
    {{.drop = "layer3.1.conv2.weight"}, NULL, ERROR_MODEL, "not fit resnet3d-18, 1 difference: ",
     "missing layer3.1.conv2.weight f32[11,11,3,3,3]\n"},
    {{.drop = "bn2.running_var"}, NULL, ERROR_MODEL, "8 differences: missing layer1.0.bn2.runn",
     "missing layer4.1.bn2.running_var f32[22]\n"},
    {{.extra = "layer1.0.attention.weight"}, NULL, ERROR_MODEL, "1 difference: surplus layer1.0.a",
     "surplus layer1.0.attention.weight F32[2]\n"},
    {{.prefix = "module.", .extra = "other.weight"}, NULL, ERROR_MODEL, "1 difference: surplus oth",
     "surplus other.weight F32[2]\n"},
    {{.extra = "x\033[31m\ny"}, NULL, ERROR_MODEL, "1 difference: surplus x?[31m?y F32[2]",
     "surplus x?[31m?y F32[2]\n"},
    {{.reshape = "layer2.0.bn1.bias"}, NULL, ERROR_MODEL, "1 difference: shape layer2.0.bn1.bias",
     "shape layer2.0.bn1.bias: the checkpoint has F32[4], the network wants f32[5]\n"},
    {{.rename = "fc.weight", .to = "classifier.weight"}, NULL, ERROR_MODEL, "3 differences",
     "missing fc.weight f32[400,22]\n"},
    {{0}, "depth=34", ERROR_MODEL, "does not fit resnet3d-34, ",
     "missing layer3.5.bn2.running_var f32[11]\n"},
    {{0}, "depth=50", ERROR_MODEL, "does not fit resnet3d-50, ", "missing layer1.0.conv3.weight"},
    {{0}, "shortcut=B", ERROR_MODEL, "15 differences",
     "missing layer2.0.downsample.0.weight f32[5,3,1,1,1]\n"},
    {{0}, "width=0.5", ERROR_MODEL, "differences", "shape conv1.weight: the checkpoint has "
     "F32[3,3,7,7,7], the network wants f32[32,3,7,7,7]\n"},
    {{0}, "classes=101", ERROR_MODEL, "2 differences", "the network wants f32[101,22]\n"},
    {{.drop = "layer4.1.bn1.weight"}, "family=tao", ERROR_MODEL, "fit tao-resnet18, 1 difference",
     "missing layer4.1.bn1.weight f32[22]\n"},
    {{.drop = "conv1.weight"}, NULL, ERROR_MODEL, "no known network has these", NULL},
    {{.rename = "layer1.1.conv1.weight", .to = "layer1.7.conv1.weight"}, NULL, ERROR_MODEL,
     "does not fit resnet3d, ", "missing layer1.7.bn1.weight f32[3]\n"},
    {{.rename = "layer1.1.conv1.weight", .to = "layer1.700.conv1.weight"}, NULL, ERROR_MODEL,
     "layer1 has 701 blocks, wanted are 1 to 100", NULL},
    {{.rename = "layer3.0.conv1.weight", .to = "x"}, NULL, ERROR_MODEL, "2 differences",
     "missing layer3.0.conv1.weight f32[11,5,3,3,3]\n"},
    {{.rename = "layer3.0.conv2.weight", .to = "x"}, NULL, ERROR_MODEL,
     "layer3.0.conv2.weight is missing", NULL},
    {{.poison = "layer2.0.bn1.bias"}, NULL, ERROR_MODEL,
     "tensor 'layer2.0.bn1.bias': element 4 is not finite", NULL},
    {{0}, "family=r3d_18", ERROR_MODEL, "no r3d_18 checkpoint: a tensor 'stem.0.weight'", NULL},
    {{0}, "family=resnet", ERROR_USAGE, "known are bninception, c3d, chen, i3d,", NULL},
    {{0}, "family=resnet2d", ERROR_MODEL, "a tensor 'conv1.weight' of rank 4", NULL},
    {{0}, "family=tao-two-path", ERROR_MODEL, "a tensor 'appearance.conv1.weight' of rank 4", NULL},
    {{0}, "family=resnext3d", ERROR_USAGE, "depth=18: wanted is 50, 101, 152 or 200", NULL},
    {{0}, "radius=3", ERROR_USAGE, "resnet3d: no option 'radius'; allowed: family, depth", NULL},
    {{0}, "family=resnet3d,down=pool", ERROR_USAGE, "resnet3d: no option 'down'", NULL},
    {{0}, "colour=3", ERROR_USAGE, "import: no option 'colour'; allowed: family, depth", NULL},
    {{0}, "depth", ERROR_USAGE, "'depth' is not key=value", NULL},
};

START_TEST(misfit)
{
    ck_assert(!import(edited(R18, &misfits[_i].edit), misfits[_i].settings));
    ck_assert_msg(strstr(err.text, misfits[_i].message) != NULL, "%s", err.text);
    ck_assert_int_eq(err.code, misfits[_i].code);
    if (misfits[_i].line)
        ck_assert_msg(says(&report.misfit, misfits[_i].line), "%s", report.misfit.s);
    else
        ck_assert_ptr_null(report.misfit.s);
    /* nothing is left behind */
    ck_assert(!exists(in_dir("m.graph")) && !exists(in_dir("m.safetensors")));
}
END_TEST

START_TEST(integer_weights)
{
    struct safetensor list[1000];
    struct safetensors *s = safetensors_open(R18, ERROR_MODEL, &err);
    int n = safetensors_count(s);
    for (int i = 0; i < n; i++) {
        list[i] = *safetensors_at(s, i);
        list[i].type = SAFETENSOR_I8;
    }
    struct safetensors_writer *w = safetensors_create(in_dir("int.safetensors"), list, n, &err);
    unsigned char zero[4096] = {0};
    for (int i = 0; i < n; i++)
        for (uint64_t left = list[i].elements, k; left; left -= k) {
            k = left < sizeof zero ? left : sizeof zero;
            ck_assert(safetensors_put(w, zero, k, &err));
        }
    ck_assert(safetensors_commit(&w, &err));
    safetensors_close(&s);
    ck_assert(!import(in_dir("int.safetensors"), NULL));
    ck_assert_msg(strstr(err.text, "is I8, weights are F32, F16, BF16 or F64") != NULL, "%s",
                  err.text);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("models/import");
    TCase *t = tcase_create("all");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, golden_weights, 0, sizeof golden / sizeof *golden);
    tcase_add_loop_test(t, prefixes, 0, sizeof prefixed / sizeof *prefixed);
    tcase_add_test(t, no_counters);
    tcase_add_loop_test(t, float_types, 0, 2);
    tcase_add_loop_test(t, misfit, 0, sizeof misfits / sizeof *misfits);
    tcase_add_test(t, integer_weights);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
