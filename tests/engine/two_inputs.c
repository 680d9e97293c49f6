/* SPDX-License-Identifier: MIT */
/* One graph, two clips of the same video with other frames, sizes and numbers of windows: each
 * path's probabilities averaged over its windows, then both averaged (the two-path network of
 * Tao et al.). */
#include "base/file.h"
#include "engine/video_run.h"
#include "models/models.h"
#include "tests/engine/device.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char text[] =
    "clact 1\n"
    "model two-inputs\n"
    "weights two_inputs.safetensors\n"
    "clip motion frames=5 windows=slide:4 space=size:24x20,crop:16 filter=pil\n"
    "clip appearance frames=1 windows=even:3 space=size:32x32,crop:24 filter=bilinear\n"
    "%motion.frames = input u8[N,3,5,16,16] clip=motion\n"
    "%motion.normalized = normalize %motion.frames scale=0.003921569\n"
    "%motion.input = residual %motion.normalized mode=abs\n"
    "%motion.conv.w = weight f32[8,3,3,3,3]\n"
    "%motion.conv = conv3d %motion.input %motion.conv.w pad=1\n"
    "%motion.relu = relu %motion.conv\n"
    "%motion.pool = global_average %motion.relu\n"
    "%motion.fc.w = weight f32[4,8]\n"
    "%motion.logits = linear %motion.pool %motion.fc.w\n"
    "%motion.probs = softmax %motion.logits\n"
    "%motion.mean = mean_windows %motion.probs\n"
    "%appearance.frames = input u8[N,3,1,24,24] clip=appearance\n"
    "%appearance.input = normalize %appearance.frames scale=0.003921569 mean=0.485,0.456,0.406\n"
    "%appearance.conv.w = weight f32[6,3,1,3,3]\n"
    "%appearance.conv = conv3d %appearance.input %appearance.conv.w stride=1,2,2 pad=0,1,1\n"
    "%appearance.pool = global_average %appearance.conv\n"
    "%appearance.fc.w = weight f32[4,6]\n"
    "%appearance.logits = linear %appearance.pool %appearance.fc.w\n"
    "%appearance.probs = softmax %appearance.logits\n"
    "%appearance.mean = mean_windows %appearance.probs\n"
    "%probs = average %motion.mean %appearance.mean\n"
    "output %probs\n";

static char folder[] = "/tmp/clact-two-XXXXXX", graph[64], weights[64];

static void setup(void)
{
    struct error err;
    ck_assert(mkdtemp(folder) != NULL);
    snprintf(graph, sizeof graph, "%s/two_inputs.graph", folder);
    snprintf(weights, sizeof weights, "%s/two_inputs.safetensors", folder);
    struct graph *g = graph_parse(text, strlen(text), graph, &err);
    ck_assert_msg(g != NULL, "%s", err.text);
    ck_assert_msg(model_random_weights(g, weights, 7, &err), "%s", err.text);
    ck_assert(file_write(graph, text, strlen(text), &err));
    graph_free(&g);
}

static void teardown(void)
{
    unlink(graph);
    unlink(weights);
    rmdir(folder);
}

START_TEST(average_of_averages)
{
    float first[4] = {0};
    for (int batch = 1; batch <= 3; batch++) {
        struct error err = {0};
        struct network_options o = {.batch = batch};
        struct network *n = network_open(graph, &o, &err);
        ck_assert_msg(n != NULL, "%s", err.text);
        ck_assert_int_eq(n->plan->part_count, 2);
        struct video_run_options vo = {.video = {.stream = -1}, .windows = true};
        struct video_result r;
        ck_assert_msg(video_run(n, SOURCE_DIR "/tests/data/clips/asl_yes.mkv", &vo, &r, &err), "%s",
                      err.text);
        ck_assert_int_eq(r.classes, 4);
        double mean[2][4] = {{0}}, sum = 0;
        int count[2] = {0};
        for (int64_t i = 0; i < r.window_count; i++) {
            const struct window_score *w = &r.window[i];
            count[w->clip]++;
            for (int c = 0; c < 4; c++)
                mean[w->clip][c] += (double)w->scores[c];
        }
        ck_assert_int_eq(count[0], (r.frames + 3) / 4); /* a window every 4 frames */
        ck_assert_int_eq(count[1], 3);
        for (int c = 0; c < 4; c++) {
            double want = (mean[0][c] / count[0] + mean[1][c] / count[1]) / 2;
            ck_assert_double_eq_tol((double)r.scores[c], want, 1e-6);
            sum += want;
            if (batch == 1)
                first[c] = r.scores[c];
            ck_assert_double_eq_tol((double)r.scores[c], (double)first[c], 1e-6);
        }
        ck_assert_double_eq_tol(sum, 1, 1e-5);
        video_result_free(&r);
        network_close(&n);
    }
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("two_inputs");
    tcase_add_unchecked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 300);
    tcase_add_test(t, average_of_averages);
    return run_on_device(t, "two_inputs");
}
