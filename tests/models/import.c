/* SPDX-License-Identifier: MIT */
/* Checkpoints to graphs: the golden weights of six networks, and files made from them or from random
 * weights that carry prefixes, other types, or faults. */
#include "base/file.h"
#include "graph/op.h"
#include "io/safetensors.h"
#include "models/checkpoint.h"
#include "models/models.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define GOLDEN SOURCE_DIR "/tests/data/golden/"

static char dir[64];
static struct import_report report;
static struct error err;

static void setup(void)
{
    strcpy(dir, "/tmp/clact-import-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    report = (struct import_report){0};
    err = (struct error){0};
}

static void teardown(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    ck_assert_int_eq(system(command), 0);
    import_report_free(&report);
}

/* A path in the test's folder; up to four at a time. */
static const char *in_dir(const char *name)
{
    static char paths[4][128];
    static int next;
    char *p = paths[next++ % 4];
    snprintf(p, sizeof paths[0], "%s/%s", dir, name);
    return p;
}

static bool import(const char *checkpoint, const char *settings)
{
    struct import im = {.checkpoint = checkpoint, .output = in_dir("m.graph"),
                        .settings = settings};
    return model_import(&im, &report, &err);
}

static struct graph *imported(void)
{
    struct error why = {0};
    struct graph *g = graph_read(in_dir("m.graph"), &why);
    ck_assert_msg(g != NULL, "%s", why.text);
    return g;
}

static bool says(const struct text *t, const char *words)
{
    return t->s && strstr(t->s, words);
}

static bool exists(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0;
}

/* ---- the golden weights ---- */
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

/* ---- edited checkpoints ---- */
struct edit {
    const char *prefix; /* put before every name                          */
    const char *drop;   /* names that end so are left out                 */
    const char *rename, *to; /* one name                                  */
    const char *reshape;     /* this tensor loses its first row           */
    const char *extra;       /* an additional tensor of two elements      */
    const char *poison;      /* this tensor's last element becomes NaN    */
    enum safetensor_type type; /* of all tensors: F32, F64 or BF16 (F32 when 0) */
};

static void put(struct safetensors_writer *w, enum safetensor_type type, const float *v, size_t n)
{
    unsigned size = safetensor_type_size(type);
    char *out = calloc(n + 1, size);
    for (size_t i = 0; i < n; i++) {
        double d = v[i];
        uint32_t bits;
        memcpy(&bits, &v[i], sizeof bits);
        uint16_t high = (uint16_t)(bits >> 16); /* BF16, truncated */
        const void *p = type == SAFETENSOR_F64    ? (const void *)&d
                        : type == SAFETENSOR_BF16 ? (const void *)&high
                                                  : (const void *)&v[i];
        memcpy(out + i * size, p, size);
    }
    ck_assert(safetensors_put(w, out, n * size, &err));
    free(out);
}

static bool ends_with(const char *s, const char *end)
{
    return end && strlen(s) >= strlen(end) && !strcmp(s + strlen(s) - strlen(end), end);
}

/* Writes an edited copy of a checkpoint; returns its path. */
static const char *edited(const char *from, const struct edit *e)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/edited.safetensors", dir);
    struct safetensors *s = safetensors_open(from, ERROR_MODEL, &err);
    ck_assert_msg(s != NULL, "%s", err.text);
    struct safetensor list[1000];
    const struct safetensor *source[1000];
    int n = 0;
    struct arena arena = {0};
    enum safetensor_type type = e->type ? e->type : SAFETENSOR_F32;
    for (int i = 0; i < safetensors_count(s); i++) {
        const struct safetensor *t = safetensors_at(s, i);
        if (ends_with(t->name, e->drop))
            continue;
        source[n] = t;
        list[n] = *t;
        list[n].type = type;
        if (e->reshape && !strcmp(t->name, e->reshape))
            list[n].dim[0]--;
        list[n++].name = arena_printf(&arena, "%s%s", e->prefix ? e->prefix : "",
                                      e->rename && !strcmp(t->name, e->rename) ? e->to : t->name);
    }
    if (e->extra)
        list[n] = (struct safetensor){.name = e->extra, .type = type, .rank = 1, .dim = {2}};
    struct safetensors_writer *w = safetensors_create(path, list, n + (e->extra != NULL), &err);
    ck_assert_msg(w != NULL, "%s", err.text);
    for (int i = 0; i < n; i++) {
        uint64_t elements = 1;
        for (int d = 0; d < list[i].rank; d++)
            elements *= (uint64_t)list[i].dim[d];
        float *v = calloc(elements + 1, sizeof *v);
        ck_assert(safetensors_read(s, source[i], 0, elements, v, &err));
        if (e->poison && !strcmp(e->poison, source[i]->name))
            v[elements - 1] = NAN;
        put(w, type, v, elements);
        free(v);
    }
    put(w, type, (const float[2]){0}, e->extra ? 2 : 0);
    ck_assert(safetensors_commit(&w, &err));
    safetensors_close(&s);
    arena_free(&arena);
    return path;
}

#define R18 GOLDEN "hara_r18_A.weights.safetensors"

START_TEST(prefixes)
{
    static const char *const prefixes[] = {"module.", "module.model.", "state_dict.module.",
                                           "backbone.3d."};
    const char *path = edited(R18, &(struct edit){.prefix = prefixes[_i]});
    ck_assert_msg(import(path, NULL), "%s\n%s", err.text, report.misfit.s);
    ck_assert(says(&report.notes, prefixes[_i]));
    struct graph *g = imported();
    check_weights(g, path, prefixes[_i]);
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
    {{.drop = "layer3.1.conv2.weight"}, NULL, ERROR_MODEL, "does not fit resnet3d-18, 1 difference: ",
     "missing layer3.1.conv2.weight f32[11,11,3,3,3]\n"},
    {{.drop = "bn2.running_var"}, NULL, ERROR_MODEL, "8 differences: missing layer1.0.bn2.running_var",
     "missing layer4.1.bn2.running_var f32[22]\n"},
    {{.extra = "layer1.0.attention.weight"}, NULL, ERROR_MODEL, "1 difference: surplus layer1.0.att",
     "surplus layer1.0.attention.weight F32[2]\n"},
    {{.prefix = "module.", .extra = "other.weight"}, NULL, ERROR_MODEL, "1 difference: surplus other",
     "surplus other.weight F32[2]\n"},
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
     "8,2,2,2 basic blocks are no known depth", NULL},
    {{.rename = "layer3.0.conv1.weight", .to = "x"}, NULL, ERROR_MODEL,
     "layer3.0.conv1.weight is missing", NULL},
    {{.poison = "layer2.0.bn1.bias"}, NULL, ERROR_MODEL,
     "tensor 'layer2.0.bn1.bias': element 4 is not finite", NULL},
    {{0}, "family=r3d_18", ERROR_MODEL, "no r3d_18 checkpoint: a tensor 'stem.0.weight'", NULL},
    {{0}, "family=resnet", ERROR_USAGE, "known are tao, resnet3d, mc3_18, r3d_18", NULL},
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

/* ---- every model, with random weights, is recognised as itself ---- */
static const struct {
    const char *model, *settings, *again; /* again: what import must be told */
} round_trips[] = {
    {"resnet3d-10", "width=0.0425", NULL},
    {"resnet3d-18", "width=4,6,6,9", NULL},
    {"resnet3d-34", "width=0.03,shortcut=B", NULL},
    {"resnet3d-50", "width=0.05,classes=11", NULL},
    {"resnet3d-101", "width=2,4,6,8", NULL},
    {"resnet3d-152", "width=0.02", NULL},
    {"resnet3d-200", "width=0.02", NULL},
    {"r3d_18", "width=0.1", NULL},
    {"mc3_18", "width=0.1", NULL},
    {"tao-resnet18", "width=0.1,residual=half,step=2", "residual=half,step=2"},
    {"tao-resnet18", "width=0.1,down=stride,shortcut=A", "down=stride"},
};

START_TEST(round_trip)
{
    struct model_files files = {"random.safetensors", NULL};
    struct graph *g = model_build(model_find(round_trips[_i].model), round_trips[_i].settings,
                                  &files, "t", &err);
    ck_assert_msg(g != NULL, "%s", err.text);
    ck_assert(model_random_weights(g, in_dir("random.safetensors"), 7, &err));
    ck_assert_msg(import(in_dir("random.safetensors"), round_trips[_i].again), "%s", err.text);
    struct graph *h = imported();
    struct text a = {0}, b = {0};
    h->weights = g->weights;
    graph_print(g, &a);
    graph_print(h, &b);
    ck_assert_str_eq(a.s, b.s);
    text_free(&a);
    text_free(&b);
    graph_free(&h);
    graph_free(&g);
}
END_TEST

/* Same seed, same bytes; another seed, other bytes; a layer's values do not depend on other layers. */
START_TEST(random_weights)
{
    struct graph *g = model_build(model_find("resnet3d-10"), "width=0.1", NULL, "t", &err);
    struct graph *h = model_build(model_find("resnet3d-18"), "width=0.1,shortcut=B", NULL, "t", &err);
    ck_assert(model_random_weights(g, in_dir("a"), 1, &err));
    ck_assert(model_random_weights(g, in_dir("b"), 1, &err));
    ck_assert(model_random_weights(g, in_dir("c"), 2, &err));
    ck_assert(model_random_weights(h, in_dir("d"), 1, &err));
    size_t an, bn;
    char *a = file_read(in_dir("a"), 1 << 24, ERROR_INPUT, &an, &err);
    char *b = file_read(in_dir("b"), 1 << 24, ERROR_INPUT, &bn, &err);
    ck_assert(a && b && an == bn && !memcmp(a, b, an));
    static const char *const names[] = {"a", "c", "d"};
    float v[3][9];
    for (int i = 0; i < 3; i++) {
        struct safetensors *s = safetensors_open(in_dir(names[i]), ERROR_MODEL, &err);
        const struct safetensor *t = safetensors_find(s, "layer2.0.conv1.weight");
        ck_assert(safetensors_read(s, t, 3, 9, v[i], &err));
        safetensors_close(&s);
    }
    ck_assert_mem_eq(v[0], v[2], sizeof v[0]);
    ck_assert_mem_ne(v[0], v[1], sizeof v[0]);
    free(a);
    free(b);
    graph_free(&g);
    graph_free(&h);
}
END_TEST

/* ---- files ---- */
static void copy_file(const char *from, const char *to)
{
    size_t n;
    char *data = file_read(from, 1 << 24, ERROR_INPUT, &n, &err);
    ck_assert(data && file_write(to, data, n, &err));
    free(data);
}

static void write_labels(const char *path, int count)
{
    struct text t = {0};
    for (int i = 0; i < count; i++)
        text_printf(&t, "%d class%d\n", i + 1, i);
    ck_assert(file_write(path, t.s, t.len, &err));
    text_free(&t);
}

START_TEST(labels)
{
    ck_assert_int_eq(mkdir(in_dir("sub"), 0700), 0);
    struct import im = {.checkpoint = R18, .output = in_dir("sub/m.graph"),
                        .labels = in_dir("names.txt")};
    write_labels(im.labels, 12);
    ck_assert(!model_import(&im, &report, &err));
    ck_assert_msg(strstr(err.text, "12 class names, the network has 13 classes") != NULL, "%s",
                  err.text);
    ck_assert(!exists(in_dir("sub/m.graph")));
    write_labels(im.labels, 13);
    ck_assert_msg(model_import(&im, &report, &err), "%s", err.text);
    ck_assert(exists(in_dir("sub/names.txt")));
    struct graph *g = graph_read(im.output, &err);
    ck_assert_str_eq(g->labels, "names.txt");
    graph_free(&g);
}
END_TEST

START_TEST(link_in_place)
{
    copy_file(R18, in_dir("w.safetensors"));
    struct import im = {.checkpoint = in_dir("w.safetensors"), .output = in_dir("m.graph"),
                        .link = true};
    ck_assert_msg(model_import(&im, &report, &err), "%s", err.text);
    ck_assert(!exists(in_dir("m.safetensors")));
    struct graph *g = imported();
    ck_assert_str_eq(g->weights, "w.safetensors");
    graph_free(&g);
}
END_TEST

/* import M.safetensors -o M.graph must not write over the checkpoint. */
START_TEST(checkpoint_stays)
{
    copy_file(R18, in_dir("m.safetensors"));
    ck_assert_msg(import(in_dir("m.safetensors"), NULL), "%s", err.text);
    size_t an, bn;
    char *a = file_read(in_dir("m.safetensors"), 1 << 24, ERROR_INPUT, &an, &err);
    char *b = file_read(R18, 1 << 24, ERROR_INPUT, &bn, &err);
    ck_assert(a && b && an == bn && !memcmp(a, b, an));
    free(a);
    free(b);
    /* with a prefix to strip that is not possible */
    copy_file(edited(R18, &(struct edit){.prefix = "module."}), in_dir("m.safetensors"));
    ck_assert(!import(in_dir("m.safetensors"), NULL));
    ck_assert_msg(strstr(err.text, "begin with 'module.', so it must be copied") != NULL, "%s",
                  err.text);
}
END_TEST

START_TEST(link_refused)
{
    struct import im = {.checkpoint = R18, .output = in_dir("m.graph"), .link = true};
    ck_assert(!model_import(&im, &report, &err));
    ck_assert_msg(strstr(err.text, "must stand in the folder of") != NULL, "%s", err.text);
    im.checkpoint = edited(R18, &(struct edit){.prefix = "module."});
    ck_assert(!model_import(&im, &report, &err));
    ck_assert_msg(strstr(err.text, "must be copied") != NULL, "%s", err.text);
    ck_assert_int_eq(err.code, ERROR_USAGE);
}
END_TEST

START_TEST(bad_files)
{
    struct import im = {.checkpoint = R18, .output = in_dir("no folder/m.graph")};
    ck_assert(!model_import(&im, &report, &err));
    ck_assert_int_eq(err.code, ERROR_OUTPUT);
    im.output = in_dir("two words.graph");
    ck_assert(!model_import(&im, &report, &err));
    ck_assert_int_eq(err.code, ERROR_USAGE);
    im = (struct import){.checkpoint = in_dir("none.safetensors"), .output = in_dir("m.graph")};
    ck_assert(!model_import(&im, &report, &err));
    ck_assert_int_eq(err.code, ERROR_MODEL);
    copy_file(R18, in_dir("x"));
    im = (struct import){.checkpoint = in_dir("x"), .output = in_dir("x")};
    ck_assert(!model_import(&im, &report, &err));
    ck_assert_int_eq(err.code, ERROR_USAGE);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("models/import");
    TCase *t = tcase_create("all");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, golden_weights, 0, sizeof golden / sizeof *golden);
    tcase_add_loop_test(t, prefixes, 0, 4);
    tcase_add_test(t, no_counters);
    tcase_add_loop_test(t, float_types, 0, 2);
    tcase_add_loop_test(t, misfit, 0, sizeof misfits / sizeof *misfits);
    tcase_add_test(t, integer_weights);
    tcase_add_loop_test(t, round_trip, 0, sizeof round_trips / sizeof *round_trips);
    tcase_add_test(t, random_weights);
    tcase_add_test(t, labels);
    tcase_add_test(t, link_in_place);
    tcase_add_test(t, checkpoint_stays);
    tcase_add_test(t, link_refused);
    tcase_add_test(t, bad_files);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
