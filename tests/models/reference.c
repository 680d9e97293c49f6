/* SPDX-License-Identifier: MIT */
/* Imported networks compute what PyTorch computes: the golden cases through the operators' plain C
 * references, from decoded frames and from float input. And networks with random weights have
 * activations and scores of ordinary size. No device is needed. */
#include "engine/network.h"
#include "engine/session.h"
#include "io/safetensors.h"
#include "models/models.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GOLDEN SOURCE_DIR "/tests/data/golden"

static char dir[64];
static struct error err;

static void setup(void)
{
    strcpy(dir, "/tmp/clact-reference-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void teardown(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    ck_assert_int_eq(system(command), 0);
}

static struct safetensors *open_file(const char *folder, const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s.safetensors", folder, name);
    struct safetensors *s = safetensors_open(path, ERROR_MODEL, &err);
    ck_assert_msg(s != NULL, "%s", err.text);
    return s;
}

static float *read_all(const struct safetensors *s, const struct safetensor *t)
{
    float *v = malloc(t->elements * sizeof *v + 1);
    ck_assert_msg(safetensors_read(s, t, 0, t->elements, v, &err), "%s", err.text);
    return v;
}

/* The value of a source: bytes T H W C become N C T H W. */
static float *read_input(const struct safetensors *io, const char *name)
{
    const struct safetensor *t = safetensors_find(io, name);
    ck_assert_msg(t != NULL, "no tensor %s", name);
    float *v = read_all(io, t);
    if (t->type != SAFETENSOR_U8)
        return v;
    float *planes = malloc(t->elements * sizeof *planes);
    uint64_t pixels = t->elements / 3;
    for (uint64_t i = 0; i < t->elements; i++)
        planes[i % 3 * pixels + i / 3] = v[i];
    free(v);
    return planes;
}

/* All values of the graph, from the value of one node. */
static struct tensor *evaluate(const struct graph *g, const char *from, float *input,
                               struct safetensors *weights)
{
    struct tensor *values = calloc((size_t)g->count, sizeof *values);
    bool *wanted = calloc((size_t)g->count, sizeof *wanted);
    struct weight_source source = {weights_load, weights};
    node_id id = graph_find(g, from);
    ck_assert_int_ne(id, NODE_NONE);
    values[id].shape = g->nodes[id].shape;
    values[id].shape.dim[0] = 1;
    values[id].data = input;
    for (int i = id; i < g->count; i++)
        wanted[i] = true;
    ck_assert_msg(eval_nodes(g, values, wanted, &source, &err), "%s", err.text);
    free(wanted);
    return values;
}

static void free_values(const struct graph *g, struct tensor *values)
{
    for (int i = 0; i < g->count; i++)
        free(values[i].data);
    free(values);
}

static const struct {
    const char *name, *settings;
    int taps;     /* values that are compared, beside the input                         */
    double error; /* allowed, relative to the largest value: PyTorch's own; 0: 1e-5 */
} cases[] = {
    {"hara_r18_A", "frames=8,size=40", 7},
    {"hara_r34_A", "frames=9,size=48x37", 7},
    {"tv_r3d_18", "frames=8,size=32", 7},
    {"tv_mc3_18", "frames=8,size=32", 7},
    {"hara_pre18_B", "frames=8,size=32", 7},
    {"hara_resnext101", "frames=8,size=32", 7, 5e-5},
    {"hara_r2p1d_18", "frames=8,size=32", 7},
    {"app_r18", "size=64", 7},
    {"tao_r18_pool_elu_res", "family=tao,frames=8,size=40", 7},
    {"tao_r2plus1d_res_half", "norm=unit,residual=half,frames=8,size=32", 7, 5e-5},
    {"tao_r18_pool_elu_feadiff", "fea_diff=1,frames=8,size=40", 8},
};
enum { CASES = sizeof cases / sizeof *cases };

static void compare(const struct graph *g, const struct tensor *values,
                    const struct safetensors *io, const struct safetensor *t, double allowed)
{
    const char *node = strncmp(t->name, "act.", 4) ? t->name : t->name + 4;
    node_id id = graph_find(g, node);
    ck_assert_msg(id != NODE_NONE, "no node %s", node);
    ck_assert_int_eq(shape_elements(&values[id].shape, 1), t->elements);
    float *wanted = read_all(io, t);
    double error = 0, largest = 0;
    for (uint64_t i = 0; i < t->elements; i++) {
        error = fmax(error, fabs((double)wanted[i] - values[id].data[i]));
        largest = fmax(largest, fabs((double)wanted[i]));
        ck_assert(isfinite(values[id].data[i]));
    }
    /* float32 arithmetic of PyTorch against our double sums */
    allowed = allowed > 0 ? allowed : 1e-5;
    ck_assert_msg(error <= allowed * largest, "%s: error %g of %g", node, error, largest);
    free(wanted);
}

START_TEST(golden)
{
    const char *name = cases[_i % CASES].name, *from = _i < CASES ? "frames" : "input";
    char checkpoint[256], output[128], io_name[64];
    struct import_report report = {0};
    snprintf(checkpoint, sizeof checkpoint, GOLDEN "/%s.weights.safetensors", name);
    snprintf(output, sizeof output, "%s/m.graph", dir);
    struct import im = {.checkpoint = checkpoint, .output = output,
                        .settings = cases[_i % CASES].settings};
    ck_assert_msg(model_import(&im, &report, &err), "%s", err.text);
    import_report_free(&report);

    struct graph *g = graph_read(output, &err);
    ck_assert_msg(g != NULL, "%s", err.text);
    snprintf(io_name, sizeof io_name, "%s.io", name);
    struct safetensors *io = open_file(GOLDEN, io_name), *weights = open_file(dir, "m");
    struct tensor *values = evaluate(g, from, read_input(io, from), weights);
    int compared = 0;
    for (int i = 0; i < safetensors_count(io); i++) {
        const struct safetensor *t = safetensors_at(io, i);
        if (t->type != SAFETENSOR_F32 || !strcmp(t->name, from))
            continue;
        compare(g, values, io, t, cases[_i % CASES].error);
        compared++;
    }
    ck_assert_int_eq(compared, cases[_i % CASES].taps + (_i < CASES));
    free_values(g, values);
    safetensors_close(&weights);
    safetensors_close(&io);
    graph_free(&g);
}
END_TEST

static const struct {
    const char *model, *settings;
} random_cases[] = {
    {"resnet3d-18", "width=0.2"},
    {"resnet3d-50", "width=0.2"},
    {"resnet3d-152", "width=0.1,norm=hara_old"},
    {"resnet3d-pre-18", "width=0.1"},
    {"resnet3d-pre-200", "width=0.1"},
    {"resnet3d-wide-50", "width=0.1"},
    {"resnext3d-101", "width=0.25,cardinality=8"},
    {"resnet2p1d-34", "width=0.1"},
    {"app-resnet50", "width=0.1"},
    {"resnext101_32x8d", "width=0.125"},
    {"r3d_18", "width=0.1"},
    {"r2plus1d_18", "width=0.1"},
    {"tao-r2plus1d", "width=0.1,residual=roll_half"},
    {"mc3_18", "width=0.1"},
    {"tao-resnet18", "width=0.2,residual=roll_signed"},
    {"tao-resnet18", "width=0.2,fea_diff=1"},
};

START_TEST(random_weights)
{
    char settings[128], path[128];
    snprintf(settings, sizeof settings, "%s,frames=8,size=40", random_cases[_i].settings);
    snprintf(path, sizeof path, "%s/w.safetensors", dir);
    struct graph *g = model_build(model_find(random_cases[_i].model), settings, NULL, "t", &err);
    ck_assert_msg(g != NULL, "%s", err.text);
    ck_assert_msg(model_random_weights(g, path, 3, &err), "%s", err.text);
    struct safetensors *io = open_file(GOLDEN, "hara_r18_A.io"), *weights = open_file(dir, "w");
    struct tensor *values = evaluate(g, "frames", read_input(io, "frames"), weights);
    static const char *const nodes[] = {"layer1", "layer2", "layer3", "layer4", "logits"};
    for (int k = 0; k < 5; k++) {
        const struct tensor *t = &values[graph_find(g, nodes[k])];
        int64_t n = shape_elements(&t->shape, 1);
        double sum = 0;
        for (int64_t i = 0; i < n; i++)
            sum += (double)t->data[i] * t->data[i];
        double rms = sqrt(sum / (double)n);
        ck_assert_msg(rms > 0.1 && rms < 5, "%s: rms %g", nodes[k], rms);
    }
    free_values(g, values);
    safetensors_close(&weights);
    safetensors_close(&io);
    graph_free(&g);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("models/reference");
    TCase *t = tcase_create("all");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 300);
    tcase_add_loop_test(t, golden, 0, 2 * CASES);
    tcase_add_loop_test(t, random_weights, 0, sizeof random_cases / sizeof *random_cases);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
