/* SPDX-License-Identifier: MIT */
/* What an import writes and what it leaves alone; random weights, and every model recognised from
 * them. */
#include "base/file.h"
#include "tests/models/scratch.h"

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

/* Same seed, same bytes; another seed, other bytes; no layer depends on other layers. */
START_TEST(random_weights)
{
    const struct model *ten = model_find("resnet3d-10"), *eighteen = model_find("resnet3d-18");
    struct graph *g = model_build(ten, "width=0.1", NULL, "t", &err);
    struct graph *h = model_build(eighteen, "width=0.1,shortcut=B", NULL, "t", &err);
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

/* Shapes that an import would correct, and a graph does not accept. */
START_TEST(link_of_other_shapes)
{
    const char *path = edited(R18, &(struct edit){.row = "layer1.0.bn1.bias"});
    struct import im = {.checkpoint = path, .output = in_dir("m.graph"), .link = true};
    static const char *const outputs[] = {"m.graph", "edited.graph"};
    for (int i = 0; i < 2; i++) {
        im.link = i == 0;
        im.output = in_dir(outputs[i]);
        ck_assert(!model_import(&im, &report, &err));
        ck_assert_int_eq(err.code, ERROR_USAGE);
        ck_assert_msg(strstr(err.text, "tensor 'layer1.0.bn1.bias' is F32[1,3], the graph wants "
                                       "F32[3], so it must be copied") != NULL,
                      "%s", err.text);
        ck_assert(!exists(im.output));
    }
    ck_assert_msg(import(path, NULL), "%s", err.text); /* a copy */
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
    Suite *s = suite_create("models/import_files");
    TCase *t = tcase_create("all");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, round_trip, 0, sizeof round_trips / sizeof *round_trips);
    tcase_add_test(t, random_weights);
    tcase_add_test(t, labels);
    tcase_add_test(t, link_in_place);
    tcase_add_test(t, checkpoint_stays);
    tcase_add_test(t, link_refused);
    tcase_add_test(t, link_of_other_shapes);
    tcase_add_test(t, bad_files);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
