/* SPDX-License-Identifier: MIT */
/* ONNX files that are wrong or mean harm, names, recipes. Networks: tests/tools/checkonnx.c. */
#include "base/file.h"
#include "graph/op.h"
#include "models/onnx.h"
#include "tests/models/onnx_wire.h"
#include "tests/models/scratch.h"

static const int64_t clip_dim[] = {1, 3, 4, 6, 6}, row_dim[] = {1, 5};

/* x -> one node with a tensor w -> y */
static struct text small(const char *op, const char *attribute, int count, const int64_t *ints,
                         int rank, const int64_t *dim, size_t bytes)
{
    struct text g = {0};
    char *zero = calloc(1, bytes + 1);
    put_value(&g, 11, "x", 5, clip_dim);
    if (rank >= 0)
        put_tensor(&g, "w", TYPE_FLOAT, rank, dim, zero, bytes);
    put_node(&g, op, rank >= 0 ? "x w" : "x", "y", attribute, count, ints);
    put_value(&g, 12, "y", 2, row_dim);
    free(zero);
    return put_model(&g, 13);
}

static struct onnx_model *read_text(struct text *t, const char *recipe)
{
    struct onnx_model *m = onnx_model_read(t->s, t->len, "t.onnx", recipe, &report, &err);
    text_free(t);
    return m;
}

/* Refused, and `words` are in the message or in the list of nodes. */
static void refuse(struct text t, const char *words)
{
    struct onnx_model *m = read_text(&t, NULL);
    ck_assert_msg(!m, "accepted, wanted '%s'", words);
    ck_assert_int_ne(err.code, ERROR_NONE);
    ck_assert_msg(strstr(err.text, words) || (report.misfit.s && strstr(report.misfit.s, words)),
                  "'%s' wanted, got '%s' and '%s'", words, err.text,
                  report.misfit.s ? report.misfit.s : "");
    err = (struct error){0};
}

#define I(...) ((int64_t[]){__VA_ARGS__})

START_TEST(shapes_and_data)
{
    const int64_t huge = INT64_MAX, wraps = INT64_C(1) << 62;
    refuse(small("Conv", NULL, 0, NULL, 5, I(2, 3, 1, 1, 1), 20), "its shape needs 24");
    refuse(small("Conv", NULL, 0, NULL, 5, I(4, 3, 1, 1, 1), 24), "its shape needs 48");
    refuse(small("Conv", NULL, 0, NULL, 5, I(2, 3, 1, 1, 1), 25), "its shape needs 24");
    refuse(small("Conv", NULL, 0, NULL, 5, I(2, -1, 1, 1, 1), 24), "dimension 1 is -1");
    refuse(small("Conv", NULL, 0, NULL, 5, I(huge, 3, 1, 1, 1), 24), "too many elements");
    refuse(small("Conv", NULL, 0, NULL, 5, I(wraps, 4, 1, 1, 1), 0), "too many elements");
    refuse(small("Conv", NULL, 0, NULL, 5, I(0, 3, 1, 1, 1), 0), "empty");
    refuse(small("Conv", NULL, 0, NULL, 9, I(1, 1, 1, 1, 1, 1, 1, 1, 1), 4), "at most 8");
    refuse(small("Conv", NULL, 0, NULL, 5, I(2, 7, 1, 1, 1), 56), "channels");
    refuse(small("Conv", "strides", 3, I(0, 1, 1), 5, I(2, 3, 1, 1, 1), 24), "strides has 0");
    refuse(small("Conv", "strides", 2, I(1, 1), 5, I(2, 3, 1, 1, 1), 24), "2 numbers for 3 axes");
    refuse(small("Conv", "dilations", 3, I(1, 0, 1), 5, I(2, 3, 1, 1, 1), 24), "dilations has 0");
    refuse(small("Conv", "pads", 6, I(-1, 0, 0, 0, 0, 0), 5, I(2, 3, 1, 1, 1), 24), "pads has -1");
    refuse(small("Conv", "pads", 6, I(huge, 0, 0, 0, 0, 0), 5, I(2, 3, 1, 1, 1), 24), "pads has");
    refuse(small("MaxPool", "kernel_shape", 3, I(0, 1, 1), -1, NULL, 0), "kernel_shape has 0");
    refuse(small("MaxPool", "kernel_shape", 3, I(99, 1, 1), -1, NULL, 0), "too few");
    refuse(small("Transpose", "perm", 5, I(0, 1, 2, 3, 3), -1, NULL, 0), "perm has 3 twice");
    refuse(small("Transpose", "perm", 5, I(0, 1, 2, 3, 5), -1, NULL, 0), "axis 5 of 5");
    refuse(small("ReduceMean", "axes", 1, I(huge), -1, NULL, 0), "axis");
    refuse(small("ReduceMean", "axes", 20, (int64_t[20]){0}, -1, NULL, 0), "20 numbers");
    refuse(small("Add", NULL, 0, NULL, 5, I(1, 3, 4, 6, 5), 3 * 4 * 6 * 5 * 4), "do not fit");
}
END_TEST

START_TEST(types)
{
    static const int unknown[] = {0, TYPE_STRING, 14, 15, 17, 999};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        struct text g = {0};
        put_value(&g, 11, "x", 5, clip_dim);
        put_tensor(&g, "w", unknown[i], 5, I(1, 3, 1, 1, 1), "", 0);
        put_node(&g, "Conv", "x w", "y", NULL, 0, NULL);
        put_value(&g, 12, "y", 2, row_dim);
        refuse(put_model(&g, 13), "data type");
    }
    struct text g = {0}; /* a list of sizes that is no list of whole numbers */
    put_value(&g, 11, "x", 5, clip_dim);
    put_tensor(&g, "s", TYPE_FLOAT, 1, I(2), "12345678", 8);
    put_node(&g, "Reshape", "x s", "y", NULL, 0, NULL);
    put_value(&g, 12, "y", 2, row_dim);
    refuse(put_model(&g, 13), "not a constant list of whole numbers");
}
END_TEST

/* A graph of nodes alone, each "op|inputs|outputs". */
static struct text nodes(const char *const (*list)[3], int count)
{
    struct text g = {0};
    put_value(&g, 11, "x", 5, clip_dim);
    for (int i = 0; i < count; i++)
        put_node(&g, list[i][0], list[i][1], list[i][2], NULL, 0, NULL);
    put_value(&g, 12, "y", 2, row_dim);
    return put_model(&g, 13);
}

START_TEST(graphs)
{
    const char *const cycle[][3] = {{"Add", "x b", "a"}, {"Relu", "a", "b"}, {"Relu", "b", "y"}};
    const char *const own[][3] = {{"Add", "x y", "y"}};
    const char *const missing[][3] = {{"Relu", "nobody", "y"}};
    const char *const twice[][3] = {{"Relu", "x", "y"}, {"Elu", "x", "y"}};
    const char *const none[][3] = {{"Relu", "x", "z"}};
    const char *const few[][3] = {{"Conv", "x", "y"}};
    refuse(nodes(cycle, 3), "reads 'b', which nothing above it makes");
    refuse(nodes(own, 1), "reads 'y'");
    refuse(nodes(missing, 1), "reads 'nobody'");
    refuse(nodes(twice, 2), "make 'y'");
    refuse(nodes(none, 1), "output 'y' is made by no node");
    refuse(nodes(few, 1), "its filter is not a constant");
    refuse(nodes(few, 0), "without nodes");
    const char *const dead[][3] = {{"Split", "x", ""}, {"Relu", "x", "y"}};
    refuse(nodes(dead, 2), "(Split) has no output");
}
END_TEST

static void accept(struct text t, int64_t classes)
{
    struct onnx_model *m = read_text(&t, NULL);
    ck_assert_msg(m != NULL, "%s: %s", err.text, report.misfit.s ? report.misfit.s : "");
    const struct graph *g = onnx_model_peek(m);
    ck_assert_int_eq(g->nodes[graph_find(g, "probs")].shape.dim[1], classes);
    onnx_model_close(&m);
}

/* p has two channels of one pixel, q one: four axes n c h w each. */
static struct text two_pixels(void)
{
    struct text g = {0};
    const int64_t flat[] = {1, -1};
    put_value(&g, 11, "x", 4, I(1, 2, 6, 6));
    put_tensor(&g, "filter", TYPE_FLOAT, 4, I(1, 2, 1, 1), "\0\0\0\0\0\0\0", 8);
    put_tensor(&g, "matrix", TYPE_FLOAT, 2, I(1, 3), "\0\0\0\0\0\0\0\0\0\0\0", 12);
    put_tensor(&g, "flat", TYPE_INT64, 1, I(2), flat, 16);
    put_node(&g, "GlobalAveragePool", "x", "p", NULL, 0, NULL);
    put_node(&g, "Conv", "p filter", "q", NULL, 0, NULL);
    return g;
}

/* Axes of one place keep no letter that another axis of the result has. */
START_TEST(letters)
{
    struct text g = two_pixels();
    put_node(&g, "Unsqueeze", "p", "s1", "axes", 4, I(4, 5, 6, 7));
    put_node(&g, "Unsqueeze", "q", "r", "axes", 4, I(4, 5, 6, 7));
    for (int k = 2; k < 8; k++) { /* c of q at axis k, c of p at axis 1 */
        char turned[8], both[16], sum[8];
        int64_t perm[] = {0, 1, 2, 3, 4, 5, 6, 7};
        perm[1] = k;
        perm[k] = 1;
        snprintf(turned, sizeof turned, "r%d", k);
        snprintf(both, sizeof both, "s%d r%d", k - 1, k);
        snprintf(sum, sizeof sum, "s%d", k);
        put_node(&g, "Transpose", "r", turned, "perm", 8, perm);
        put_node(&g, "Add", both, sum, NULL, 0, NULL);
    }
    put_node(&g, "Reshape", "s7 flat", "y", NULL, 0, NULL);
    put_value(&g, 12, "y", 2, row_dim);
    accept(put_model(&g, 12), 2);
    for (int n = 0; n < 2; n++) { /* c, or n, before the axis that becomes c */
        g = two_pixels();
        put_node(&g, "Transpose", "q", "r", "perm", 4, n ? I(2, 1, 0, 3) : I(0, 2, 1, 3));
        put_node(&g, "MatMul", "r matrix", "m", NULL, 0, NULL);
        put_node(&g, "Add", "m r", "s", NULL, 0, NULL);
        put_node(&g, "Add", "s q", "t", NULL, 0, NULL);
        put_node(&g, "Reshape", "t flat", "y", NULL, 0, NULL);
        put_value(&g, 12, "y", 2, row_dim);
        accept(put_model(&g, 12), 3);
    }
    g = two_pixels(); /* all in one axis, the batch last */
    put_node(&g, "Transpose", "p", "r", "perm", 4, I(1, 2, 3, 0));
    put_tensor(&g, "line", TYPE_INT64, 1, I(1), "\377\377\377\377\377\377\377\377", 8);
    put_node(&g, "Reshape", "r line", "a", NULL, 0, NULL);
    put_node(&g, "Mul", "a a", "b", NULL, 0, NULL);
    put_node(&g, "Reshape", "b flat", "y", NULL, 0, NULL);
    put_value(&g, 12, "y", 2, row_dim);
    accept(put_model(&g, 12), 2);
}
END_TEST

/* Weights in nodes are counted once; numbers of a byte take eight. */
START_TEST(memory)
{
    const size_t big = (size_t)80 << 20;
    char *bytes = calloc(1, big);
    ck_assert_ptr_nonnull(bytes);
    struct text g = {0}, tensor = {0}, a = {0}, n = {0};
    put_number(&tensor, 1, big / 4);
    put_number(&tensor, 2, TYPE_FLOAT);
    put_bytes(&tensor, 9, bytes, big);
    put_word(&a, 1, "value");
    put_message(&a, 5, &tensor);
    put_number(&a, 20, 4);
    put_word(&n, 2, "c");
    put_word(&n, 4, "Constant");
    put_message(&n, 5, &a);
    put_value(&g, 11, "x", 2, row_dim);
    put_message(&g, 1, &n);
    put_node(&g, "Relu", "x", "y", NULL, 0, NULL);
    put_value(&g, 12, "y", 2, row_dim);
    accept(put_model(&g, 13), 5);
    put_number(&tensor, 1, big);
    put_number(&tensor, 2, TYPE_INT64);
    put_bytes(&tensor, 7, bytes, big);
    put_message(&g, 5, &tensor);
    free(bytes);
    refuse(put_model(&g, 13), "unpacked it would take 640 MB");
}
END_TEST

/* Small nodes that read a large constant again and again. */
START_TEST(work)
{
    static const char *const ops[] = {"ReduceProd", "Gather", "Gather"};
    enum { COUNT = 1 << 18 };
    int64_t *list = calloc(COUNT, sizeof *list);
    ck_assert_ptr_nonnull(list);
    for (int k = 0; k < 3; k++) {
        struct text g = {0};
        put_value(&g, 11, "x", 2, row_dim);
        put_tensor(&g, "list", TYPE_INT64, 1, I(COUNT), list, COUNT * sizeof *list);
        put_tensor(&g, "none", TYPE_INT64, 2, I(1, 0), list, 0);
        for (int i = 0; i < 30; i++) {
            char name[8];
            snprintf(name, sizeof name, "v%d", i);
            put_node(&g, ops[k],
                     k == 0   ? "list"
                     : k == 1 ? "none list"
                              : "x list",
                     name, NULL, 0, NULL);
        }
        put_node(&g, "Relu", "x", "y", NULL, 0, NULL);
        put_value(&g, 12, "y", 2, row_dim);
        refuse(put_model(&g, 13), "a computed constant is too large, or too many are");
    }
    free(list);
}
END_TEST

/* All that is not supported, at once, and the counts. */
START_TEST(unsupported)
{
    const char *const list[][3] = {{"LSTM", "x", "a"},
                                   {"NonZero", "a", "b"},
                                   {"Relu", "b", "c"},
                                   {"LSTM", "c", "d"},
                                   {"Einsum", "d", "y"}};
    refuse(nodes(list, 5), "4 nodes are not supported: LSTM (2), NonZero (1), Einsum (1)");
    ck_assert(strstr(report.misfit.s, "unsupported Einsum"));
}
END_TEST

START_TEST(wire)
{
    struct text deep = {0}, g = {0}, all;
    for (int i = 0; i < 200; i++) { /* graphs in attributes of nodes in graphs ... */
        struct text a = {0}, n = {0}, next = {0};
        if (deep.s)
            put_message(&a, 6, &deep);
        put_message(&n, 5, &a);
        put_message(&next, 1, &n);
        deep = next;
    }
    refuse(put_model(&deep, 13), "nested more than");
    put_value(&g, 11, "x", 5, clip_dim);
    refuse(put_model(&g, 13), "without nodes");
    all = small("Relu", NULL, 0, NULL, -1, NULL, 0);
    for (size_t n = 0; n < all.len; n++) { /* cut off anywhere */
        struct text part = {0};
        text_append(&part, all.s, n);
        struct onnx_model *m = read_text(&part, NULL);
        ck_assert(!m);
    }
    text_free(&all);
    err = (struct error){0};
    struct text many = {0};
    for (int i = 0; i < 30000; i++)
        put_bytes(&many, 1, "", 0);
    refuse(put_model(&many, 13), "at most 20000");
}
END_TEST

START_TEST(opsets)
{
    for (int opset = 9; opset < 20; opset++) {
        struct text g = {0};
        put_value(&g, 11, "x", 2, row_dim);
        put_node(&g, "Relu", "x", "y", NULL, 0, NULL);
        put_value(&g, 12, "y", 2, row_dim);
        struct text t = put_model(&g, opset);
        struct onnx_model *m = read_text(&t, NULL);
        ck_assert_msg((m != NULL) == (opset >= 11 && opset <= 17), "%d: %s", opset, err.text);
        onnx_model_close(&m);
    }
}
END_TEST

START_TEST(inputs)
{
    static const int64_t bad[][5] = {{1, 3, 0, 6, 6}, {1, 3, 4, 6, 9000}, {1, 0, 4, 6, 6}};
    for (int i = 0; i < 3; i++) {
        struct text g = {0};
        put_value(&g, 11, "x", 5, bad[i]);
        put_node(&g, "Relu", "x", "y", NULL, 0, NULL);
        put_value(&g, 12, "y", 2, row_dim);
        refuse(put_model(&g, 13), "only the batch may be open");
    }
    /* Initializers may be listed as inputs; they are none. */
    struct text g = {0};
    put_value(&g, 11, "w", 2, row_dim);
    put_value(&g, 11, "x", 2, row_dim);
    put_tensor(&g, "w", TYPE_FLOAT, 2, row_dim, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
    put_node(&g, "Add", "x w", "y", NULL, 0, NULL);
    put_value(&g, 12, "y", 2, row_dim);
    accept(put_model(&g, 13), 5);
    ck_assert(onnx_is_file("a.ONNX") && onnx_is_file("a.onnx") && !onnx_is_file(".onnx"));
}
END_TEST

/* Data in other files: written to the test's folder, where "w.bin" has 5 floats. */
static bool external(const char *location, const char *offset)
{
    static const float values[5] = {1, 2, 3, 4, 5};
    struct text g = {0};
    put_value(&g, 11, "x", 2, row_dim);
    put_external(&g, "w", 5, location, offset);
    put_node(&g, "Add", "x w", "y", NULL, 0, NULL);
    put_value(&g, 12, "y", 2, row_dim);
    struct text t = put_model(&g, 13);
    ck_assert(file_write(in_dir("w.bin"), values, sizeof values, &err));
    ck_assert(file_write(in_dir("t.onnx"), t.s, t.len, &err));
    text_free(&t);
    err = (struct error){0};
    struct onnx_model *m = onnx_model_open(in_dir("t.onnx"), NULL, NULL, &report, &err);
    onnx_model_close(&m);
    return !err.code;
}

START_TEST(external_data)
{
    ck_assert_msg(external("w.bin", "0"), "%s", err.text);
    static const char *const outside[] = {"../w.bin", "a/../../x", "/etc/passwd", "./w.bin",
                                          "..",       "",          "sub/w.bin"};
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) {
        ck_assert(!external(outside[i], "0"));
        ck_assert_msg(strstr(err.text, "only a plain name"), "%s", err.text);
    }
    static const char *const ranges[] = {"4", "-4", "18446744073709551615", "9223372036854775807",
                                         "x", "20"};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        ck_assert(!external("w.bin", ranges[i]));
        ck_assert_msg(strstr(err.text, "does not have them"), "%s", err.text);
    }
    ck_assert_int_eq(symlink(in_dir("w.bin"), in_dir("link.bin")), 0);
    ck_assert(!external("link.bin", "0"));
    ck_assert_msg(strstr(err.text, "a link"), "%s", err.text);
    ck_assert(!external("absent.bin", "0"));
    ck_assert_int_eq(mkdir(in_dir("folder.bin"), 0700), 0);
    ck_assert(!external("folder.bin", "0"));
    /* A file in memory has no folder: nothing else is read. */
    struct text g = {0};
    put_value(&g, 11, "x", 2, row_dim);
    put_external(&g, "w", 5, "w.bin", "0");
    put_node(&g, "Add", "x w", "y", NULL, 0, NULL);
    put_value(&g, 12, "y", 2, row_dim);
    refuse(put_model(&g, 13), "only a plain name");
}
END_TEST

/* Numbers that are computed: huge ones, division by 0, lists without end. */
START_TEST(folding)
{
    static const struct {
        const char *op;
        int64_t a, b;
        const char *words;
    } cases[] = {{"Div", 1, 0, "divides by 0"},
                 {"Mod", INT64_MIN, -1, "dimension 0"},
                 {"Div", INT64_MIN, -1, "dimension"},
                 {"Mul", INT64_MAX, 4, "dimension"},
                 {"Add", INT64_MAX, 2, "dimension"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text g = {0};
        put_value(&g, 11, "x", 2, row_dim);
        put_tensor(&g, "a", TYPE_INT64, 1, I(1), &cases[i].a, 8);
        put_tensor(&g, "b", TYPE_INT64, 1, I(1), &cases[i].b, 8);
        put_node(&g, cases[i].op, "a b", "c", NULL, 0, NULL);
        put_node(&g, "ConstantOfShape", "c", "d", NULL, 0, NULL);
        put_node(&g, "Reshape", "x c", "y", NULL, 0, NULL);
        put_value(&g, 12, "y", 2, row_dim);
        struct text t = put_model(&g, 13);
        struct onnx_model *m = read_text(&t, NULL);
        ck_assert_msg(!m && err.code == ERROR_MODEL, "%s: %s", cases[i].op, err.text);
        err = (struct error){0};
    }
}
END_TEST

START_TEST(recipes)
{
    struct onnx_model *m = onnx_model_open(SOURCE_DIR "/tests/data/onnx/resnet_a.onnx",
                                           "no-such-recipe", NULL, &report, &err);
    ck_assert(!m && err.code == ERROR_USAGE);
    ck_assert_msg(strstr(err.text, "torchvision-s3d"), "%s", err.text);
    static const char *const names[] = {"hara",         "hara-old", "torchvision",
                                        "tao-residual", "c3d",      "pytorchvideo"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        err = (struct error){0};
        m = onnx_model_open(SOURCE_DIR "/tests/data/onnx/resnet_a.onnx", names[i], NULL, &report,
                            &err);
        ck_assert_msg(m != NULL, "%s: %s", names[i], err.text);
        const struct graph *g = onnx_model_peek(m);
        const struct shape *s = &g->nodes[graph_find(g, "input")].shape;
        ck_assert_int_eq(s->dim[2], 9);
        ck_assert_int_eq(g->clips[0].frames, strcmp(names[i], "tao-residual") ? 9 : 10);
        onnx_model_close(&m);
    }
    /* A file: statements without names and inputs, which are the network's. */
    static const char text[] = "# ours\nclip windows=center space=size:29x32 filter=pil\n"
                               "normalize scale=0.003921569 mean=0.5\nresidual step=2\n";
    ck_assert(file_write(in_dir("own.recipe"), text, strlen(text), &err));
    m = onnx_model_open(SOURCE_DIR "/tests/data/onnx/resnet_a.onnx", in_dir("own.recipe"), NULL,
                        &report, &err);
    ck_assert_msg(m != NULL, "%s", err.text);
    ck_assert_int_eq(onnx_model_peek(m)->clips[0].frames, 11);
    onnx_model_close(&m);
    /* Two inputs: one recipe each; those that meet share a clip. */
    m = onnx_model_open(SOURCE_DIR "/tests/data/onnx/two_clips.onnx", "clips=tao,frames=imagenet",
                        NULL, &report, &err);
    ck_assert_msg(m != NULL, "%s", err.text);
    ck_assert_int_eq(onnx_model_peek(m)->clip_count, 2);
    onnx_model_close(&m);
    m = onnx_model_open(SOURCE_DIR "/tests/data/onnx/slow_fast.onnx", "pytorchvideo", NULL, &report,
                        &err);
    ck_assert_msg(m != NULL, "%s", err.text);
    ck_assert_int_eq(onnx_model_peek(m)->clip_count, 1);
    ck_assert_int_eq(onnx_model_peek(m)->clips[0].frames, 8);
    onnx_model_close(&m);
}
END_TEST

/* How modules are called, and that what is slow in general is written with what is fast. */
START_TEST(names_and_idioms)
{
    static const struct {
        const char *file, *node, *op;
    } wanted[] = {
        {"resnet_b", "3.conv1.0", "conv3d"},
        {"resnet_b", "3.conv1", "identity"},
        {"resnet_b", "3", "identity"},
        {"resnet_b", "4.relu", "relu"},
        {"resnet_merged", "3.conv1.0.merged", "conv3d"},
        {"resnet_a", "3", "identity"},
        {"differences_abs", "Abs", "residual"},
        {"differences_half", "Div", "residual"},
        {"differences_roll_half", "Div", "residual"},
        {"excite", "gate.0", "linear"},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        char path[256];
        snprintf(path, sizeof path, "%s/tests/data/onnx/%s.onnx", SOURCE_DIR, wanted[i].file);
        struct onnx_model *m = onnx_model_open(path, NULL, NULL, &report, &err);
        ck_assert_msg(m != NULL, "%s", err.text);
        const struct graph *g = onnx_model_peek(m);
        node_id id = graph_find(g, wanted[i].node);
        ck_assert_msg(id != NODE_NONE, "%s: no %%%s", wanted[i].file, wanted[i].node);
        ck_assert_str_eq(g->nodes[id].op->name, wanted[i].op);
        onnx_model_close(&m);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("onnx");
    TCase *tc = tcase_create("onnx");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, shapes_and_data);
    tcase_add_test(tc, types);
    tcase_add_test(tc, graphs);
    tcase_add_test(tc, letters);
    tcase_add_test(tc, memory);
    tcase_add_test(tc, work);
    tcase_add_test(tc, unsupported);
    tcase_add_test(tc, wire);
    tcase_add_test(tc, opsets);
    tcase_add_test(tc, inputs);
    tcase_add_test(tc, external_data);
    tcase_add_test(tc, folding);
    tcase_add_test(tc, recipes);
    tcase_add_test(tc, names_and_idioms);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
