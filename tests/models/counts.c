/* SPDX-License-Identifier: MIT */
/* Parameters and multiply-adds of every built network, and of every layer of four of them, against
 * counts made independently from the published PyTorch modules. */
#include "graph/op.h"
#include "models/models.h"

#include <check.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct graph *build(const char *name, const char *settings)
{
    struct error err = {0};
    const struct model *m = model_find(name);
    ck_assert_msg(m != NULL, "no model %s", name);
    struct graph *g = model_build(m, settings, NULL, "test.graph", &err);
    ck_assert_msg(g != NULL, "%s %s: %s", name, settings ? settings : "", err.text);
    return g;
}

static const struct {
    const char *name, *settings;
    int64_t parameters;
    double gmac; /* to the three digits that are printed */
} nets[] = {
    {"resnet3d-10", NULL, 14604624, 5.654},
    {"resnet3d-18", NULL, 33235280, 8.296},
    {"resnet3d-18", "shortcut=B", 33409104, 8.308},
    {"resnet3d-34", NULL, 63544912, 12.685},
    {"resnet3d-34", "shortcut=B", 63718736, 12.696},
    {"resnet3d-50", NULL, 47018576, 10.069},
    {"resnet3d-101", NULL, 86064720, 13.891},
    {"resnet3d-152", NULL, 118223440, 18.611},
    {"resnet3d-200", NULL, 127423056, 25.805},
    {"r3d_18", NULL, 33371472, 40.697},
    {"mc3_18", NULL, 11695440, 43.343},
    {"tao-resnet18", "down=stride,shortcut=A", 33081893, 8.296},
    {"tao-resnet18", "down=stride", 33255717, 8.308},
    {"tao-resnet18", "shortcut=A", 33081893, 14.629},
    {"tao-resnet18", NULL, 33255717, 14.719},
    {"tao-resnet18", "residual=none", 33255717, 14.719},
    {"tao-resnet18", "fea_diff=1", 33255717, 14.719},
    /* settings that change nothing but names */
    {"resnet3d-10", "depth=18,shortcut=A,width=1", 33235280, 8.296},
    {"resnet18-3d", "width=64,128,256,512", 33235280, 8.296},
};

START_TEST(totals)
{
    struct graph *g = build(nets[_i].name, nets[_i].settings);
    ck_assert_int_eq(graph_parameters(g), nets[_i].parameters);
    double gmac = round(graph_multiply_adds(g) / 1e6) / 1e3;
    ck_assert_msg(fabs(gmac - nets[_i].gmac) < 1e-9, "%s: %.3f GMAC, expected %.3f", nets[_i].name,
                  gmac, nets[_i].gmac);
    graph_free(&g);
}
END_TEST

/* Every model of the list is built by its name alone. */
START_TEST(list)
{
    int n = 0;
    for (const struct model *m = model_list; m->name; m++, n++) {
        ck_assert_ptr_eq(model_find(m->name), m);
        struct graph *g = build(m->name, NULL);
        ck_assert_str_eq(g->model, m->name);
        graph_free(&g);
    }
    ck_assert_int_ge(n, 10);
}
END_TEST

struct layer {
    const char *name, *output; /* C x T x H x W */
    double mmac;
};
static const struct layer resnet3d_18[] = {
    {"conv1", "64x16x56x56", 3304.391}, {"layer1.0.conv1", "64x8x28x28", 693.633},
    {"layer1.0.conv2", "64x8x28x28", 693.633}, {"layer1.1.conv1", "64x8x28x28", 693.633},
    {"layer1.1.conv2", "64x8x28x28", 693.633}, {"layer2.0.conv1", "128x4x14x14", 173.408},
    {"layer2.0.conv2", "128x4x14x14", 346.817}, {"layer2.1.conv1", "128x4x14x14", 346.817},
    {"layer2.1.conv2", "128x4x14x14", 346.817}, {"layer3.0.conv1", "256x2x7x7", 86.704},
    {"layer3.0.conv2", "256x2x7x7", 173.408}, {"layer3.1.conv1", "256x2x7x7", 173.408},
    {"layer3.1.conv2", "256x2x7x7", 173.408}, {"layer4.0.conv1", "512x1x4x4", 56.623},
    {"layer4.0.conv2", "512x1x4x4", 113.246}, {"layer4.1.conv1", "512x1x4x4", 113.246},
    {"layer4.1.conv2", "512x1x4x4", 113.246}, {"logits", "400", 0.205},
    {0},
};
static const struct layer resnet3d_50[] = {
    {"conv1", "64x16x56x56", 3304.391}, {"layer1.0.downsample.0", "256x8x28x28", 102.760},
    {"layer1.0.conv1", "64x8x28x28", 25.690}, {"layer1.0.conv2", "64x8x28x28", 693.633},
    {"layer1.0.conv3", "256x8x28x28", 102.760}, {"layer1.1.conv1", "64x8x28x28", 102.760},
    {"layer1.1.conv2", "64x8x28x28", 693.633}, {"layer1.1.conv3", "256x8x28x28", 102.760},
    {"layer1.2.conv1", "64x8x28x28", 102.760}, {"layer1.2.conv2", "64x8x28x28", 693.633},
    {"layer1.2.conv3", "256x8x28x28", 102.760}, {"layer2.0.downsample.0", "512x4x14x14", 102.760},
    {"layer2.0.conv1", "128x8x28x28", 205.521}, {"layer2.0.conv2", "128x4x14x14", 346.817},
    {"layer2.0.conv3", "512x4x14x14", 51.380}, {"layer2.1.conv1", "128x4x14x14", 51.380},
    {"layer2.1.conv2", "128x4x14x14", 346.817}, {"layer2.1.conv3", "512x4x14x14", 51.380},
    {"layer2.2.conv1", "128x4x14x14", 51.380}, {"layer2.2.conv2", "128x4x14x14", 346.817},
    {"layer2.2.conv3", "512x4x14x14", 51.380}, {"layer2.3.conv1", "128x4x14x14", 51.380},
    {"layer2.3.conv2", "128x4x14x14", 346.817}, {"layer2.3.conv3", "512x4x14x14", 51.380},
    {"layer3.0.downsample.0", "1024x2x7x7", 51.380}, {"layer3.0.conv1", "256x4x14x14", 102.760},
    {"layer3.0.conv2", "256x2x7x7", 173.408}, {"layer3.0.conv3", "1024x2x7x7", 25.690},
    {"layer3.1.conv1", "256x2x7x7", 25.690}, {"layer3.1.conv2", "256x2x7x7", 173.408},
    {"layer3.1.conv3", "1024x2x7x7", 25.690}, {"layer3.2.conv1", "256x2x7x7", 25.690},
    {"layer3.2.conv2", "256x2x7x7", 173.408}, {"layer3.2.conv3", "1024x2x7x7", 25.690},
    {"layer3.3.conv1", "256x2x7x7", 25.690}, {"layer3.3.conv2", "256x2x7x7", 173.408},
    {"layer3.3.conv3", "1024x2x7x7", 25.690}, {"layer3.4.conv1", "256x2x7x7", 25.690},
    {"layer3.4.conv2", "256x2x7x7", 173.408}, {"layer3.4.conv3", "1024x2x7x7", 25.690},
    {"layer3.5.conv1", "256x2x7x7", 25.690}, {"layer3.5.conv2", "256x2x7x7", 173.408},
    {"layer3.5.conv3", "1024x2x7x7", 25.690}, {"layer4.0.downsample.0", "2048x1x4x4", 33.554},
    {"layer4.0.conv1", "512x2x7x7", 51.380}, {"layer4.0.conv2", "512x1x4x4", 113.246},
    {"layer4.0.conv3", "2048x1x4x4", 16.777}, {"layer4.1.conv1", "512x1x4x4", 16.777},
    {"layer4.1.conv2", "512x1x4x4", 113.246}, {"layer4.1.conv3", "2048x1x4x4", 16.777},
    {"layer4.2.conv1", "512x1x4x4", 16.777}, {"layer4.2.conv2", "512x1x4x4", 113.246},
    {"layer4.2.conv3", "2048x1x4x4", 16.777}, {"logits", "400", 0.819},
    {0},
};
static const struct layer mc3_18[] = {
    {"stem.0", "64x16x56x56", 1416.167}, {"layer1.0.conv1.0", "64x16x56x56", 5549.064},
    {"layer1.0.conv2.0", "64x16x56x56", 5549.064}, {"layer1.1.conv1.0", "64x16x56x56", 5549.064},
    {"layer1.1.conv2.0", "64x16x56x56", 5549.064},
    {"layer2.0.downsample.0", "128x16x28x28", 102.760},
    {"layer2.0.conv1.0", "128x16x28x28", 924.844}, {"layer2.0.conv2.0", "128x16x28x28", 1849.688},
    {"layer2.1.conv1.0", "128x16x28x28", 1849.688}, {"layer2.1.conv2.0", "128x16x28x28", 1849.688},
    {"layer3.0.downsample.0", "256x16x14x14", 102.760},
    {"layer3.0.conv1.0", "256x16x14x14", 924.844}, {"layer3.0.conv2.0", "256x16x14x14", 1849.688},
    {"layer3.1.conv1.0", "256x16x14x14", 1849.688}, {"layer3.1.conv2.0", "256x16x14x14", 1849.688},
    {"layer4.0.downsample.0", "512x16x7x7", 102.760}, {"layer4.0.conv1.0", "512x16x7x7", 924.844},
    {"layer4.0.conv2.0", "512x16x7x7", 1849.688}, {"layer4.1.conv1.0", "512x16x7x7", 1849.688},
    {"layer4.1.conv2.0", "512x16x7x7", 1849.688}, {"logits", "400", 0.205},
    {0},
};
static const struct layer tao_resnet18[] = {
    {"conv1", "64x16x56x56", 3304.391}, {"layer1.0.conv1", "64x8x28x28", 693.633},
    {"layer1.0.conv2", "64x8x28x28", 693.633}, {"layer1.1.conv1", "64x8x28x28", 693.633},
    {"layer1.1.conv2", "64x8x28x28", 693.633}, {"layer2.0.downsample.0", "128x8x28x28", 51.380},
    {"layer2.0.conv1", "128x8x28x28", 1387.266}, {"layer2.0.conv2", "128x8x28x28", 2774.532},
    {"layer2.1.conv1", "128x4x14x14", 346.817}, {"layer2.1.conv2", "128x4x14x14", 346.817},
    {"layer3.0.downsample.0", "256x4x14x14", 25.690}, {"layer3.0.conv1", "256x4x14x14", 693.633},
    {"layer3.0.conv2", "256x4x14x14", 1387.266}, {"layer3.1.conv1", "256x2x7x7", 173.408},
    {"layer3.1.conv2", "256x2x7x7", 173.408}, {"layer4.0.downsample.0", "512x2x7x7", 12.845},
    {"layer4.0.conv1", "512x2x7x7", 346.817}, {"layer4.0.conv2", "512x2x7x7", 693.633},
    {"layer4.1.conv1", "512x1x4x4", 113.246}, {"layer4.1.conv2", "512x1x4x4", 113.246},
    {"logits", "101", 0.052},
    {0},
};
static const struct {
    const char *name;
    const struct layer *layers;
} tables[] = {
    {"resnet3d-18", resnet3d_18},
    {"resnet3d-50", resnet3d_50},
    {"mc3_18", mc3_18},
    {"tao-resnet18", tao_resnet18},
};

static void check_layer(const struct graph *g, const struct layer *l, double *sum)
{
    node_id id = graph_find(g, l->name);
    ck_assert_msg(id != NODE_NONE, "%s: no node %s", g->model, l->name);
    const struct node *n = &g->nodes[id];
    char shape[96] = "";
    for (int d = 1; d < n->shape.rank; d++)
        snprintf(shape + strlen(shape), sizeof shape - strlen(shape), "%s%" PRId64,
                 d > 1 ? "x" : "", n->shape.dim[d]);
    ck_assert_str_eq(shape, l->output);
    struct cost c = {0};
    n->op->cost(g, n, &c);
    double mmac = c.multiply_adds / 1e6;
    ck_assert_msg(fabs(mmac - l->mmac) < 0.00051, "%s: %s: %.4f MMAC, expected %.3f", g->model,
                  l->name, mmac, l->mmac);
    *sum += c.multiply_adds;
}

START_TEST(layers)
{
    struct graph *g = build(tables[_i].name, NULL);
    double sum = 0;
    for (const struct layer *l = tables[_i].layers; l->name; l++)
        check_layer(g, l, &sum);
    /* the table is complete: no layer of the graph is missing from it */
    ck_assert_double_eq(sum, graph_multiply_adds(g));
    graph_free(&g);
}
END_TEST

/* Nodes that other parts rely on, and their shapes. */
static const struct {
    const char *model, *settings, *node, *shape;
} shapes[] = {
    {"resnet3d-18", NULL, "frames", "u8[N,3,16,112,112]"},
    {"resnet3d-18", NULL, "input", "f32[N,3,16,112,112]"},
    {"resnet3d-18", NULL, "maxpool", "f32[N,64,8,28,28]"},
    {"resnet3d-18", NULL, "layer4", "f32[N,512,1,4,4]"},
    {"resnet3d-50", NULL, "layer1", "f32[N,256,8,28,28]"},
    {"resnet3d-18", "frames=9,size=48x37", "frames", "u8[N,3,9,48,37]"},
    {"resnet3d-18", "frames=9,size=48x37", "maxpool", "f32[N,64,5,12,10]"},
    {"resnet3d-18", "width=0.0425", "layer4", "f32[N,22,1,4,4]"},
    {"r3d_18", NULL, "stem", "f32[N,64,16,56,56]"},
    {"mc3_18", NULL, "layer4", "f32[N,512,16,7,7]"},
    {"tao-resnet18", NULL, "frames", "u8[N,3,17,112,112]"},
    {"tao-resnet18", NULL, "normalized", "f32[N,3,17,112,112]"},
    {"tao-resnet18", NULL, "input", "f32[N,3,16,112,112]"},
    {"tao-resnet18", "residual=signed,step=3", "normalized", "f32[N,3,19,112,112]"},
    {"tao-resnet18", "residual=half,step=3", "input", "f32[N,3,16,112,112]"},
    {"tao-resnet18", "residual=roll_half", "frames", "u8[N,3,16,112,112]"},
    {"tao-resnet18", "residual=roll_signed", "input", "f32[N,3,16,112,112]"},
    {"tao-resnet18", "fea_diff=1", "input", "f32[N,3,16,112,112]"},
    {"tao-resnet18", "fea_diff=1", "diff", "f32[N,64,15,56,56]"},
    {"tao-resnet18", "fea_diff=1", "layer4", "f32[N,512,1,4,4]"},
    {"tao-resnet18", "classes=7", "logits", "f32[N,7]"},
};

START_TEST(node_shapes)
{
    char buf[96];
    struct graph *g = build(shapes[_i].model, shapes[_i].settings);
    node_id id = graph_find(g, shapes[_i].node);
    ck_assert_msg(id != NODE_NONE, "no node %s", shapes[_i].node);
    ck_assert_str_eq(shape_text(&g->nodes[id].shape, buf), shapes[_i].shape);
    graph_free(&g);
}
END_TEST

/* A line of the printed graph. */
static const struct {
    const char *model, *settings, *line;
} lines[] = {
    {"resnet3d-18", NULL, "\nclip main frames=16 space=short:112,crop:112 filter=pil\n"},
    {"resnet3d-18", "size=48x37", "space=short:48,crop:37x48"},
    {"resnet3d-18", NULL, "mean=114.7748,107.7354,99.475"},
    {"resnet3d-50", NULL, "mean=0.4345,0.4051,0.3775 std=0.2768,0.2713,0.2737"},
    {"resnet3d-18", "norm=hara_new", "scale=0.003921569 mean=0.4345,0.4051,0.3775"},
    {"resnet3d-18", "norm=c3d", "order=bgr"},
    {"r3d_18", NULL, "windows=uniform:5"},
    {"r3d_18", NULL, "fps=15"},
    {"r3d_18", NULL, "size:171x128,crop:112"},
    {"r3d_18", "size=224", "size:342x256,crop:224"},
    {"tao-resnet18", NULL, "windows=even:10"},
    {"tao-resnet18", NULL, "\nclip main frames=17"},
};

START_TEST(printed)
{
    struct text t = {0};
    struct graph *g = build(lines[_i].model, lines[_i].settings);
    graph_print(g, &t);
    ck_assert_msg(strstr(t.s, lines[_i].line) != NULL, "'%s' not in:\n%.600s", lines[_i].line, t.s);
    text_free(&t);
    graph_free(&g);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("models/counts");
    TCase *t = tcase_create("all");
    tcase_add_loop_test(t, totals, 0, sizeof nets / sizeof *nets);
    tcase_add_test(t, list);
    tcase_add_loop_test(t, layers, 0, sizeof tables / sizeof *tables);
    tcase_add_loop_test(t, node_shapes, 0, sizeof shapes / sizeof *shapes);
    tcase_add_loop_test(t, printed, 0, sizeof lines / sizeof *lines);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
