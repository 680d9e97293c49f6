/* SPDX-License-Identifier: MIT */
/* Class activation maps: against PyTorch's Grad-CAM, against their definition on a real clip, and
 * where in a frame they end up. */
#include "base/file.h"
#include "engine/cam.h"
#include "engine/collector.h"
#include "models/models.h"
#include "tests/engine/device.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/clact-cam-XXXXXX", graph[64], weights[64];

static void setup(void)
{
    ck_assert(mkdtemp(folder) != NULL);
    snprintf(graph, sizeof graph, "%s/cam.graph", folder);
    snprintf(weights, sizeof weights, "%s/cam.safetensors", folder);
}

static void teardown(void)
{
    unlink(graph);
    unlink(weights);
    rmdir(folder);
}

static void write_graph(const char *text, bool random)
{
    struct error err;
    struct graph *g = graph_parse(text, strlen(text), graph, &err);
    ck_assert_msg(g != NULL, "%s", err.text);
    if (random)
        ck_assert_msg(model_random_weights(g, weights, 7, &err), "%s", err.text);
    ck_assert(file_write(graph, text, strlen(text), &err));
    graph_free(&g);
}

static struct network *open_kept(const struct cam *cam)
{
    struct error err = {0};
    struct network_options o = {.batch = 2, .keep = cam->keep, .keep_count = cam->paths};
    struct network *m = network_open(graph, &o, &err);
    ck_assert_msg(m != NULL, "%s", err.text);
    return m;
}

/* ---- PyTorch ---- */

static float *stored(const struct safetensors *s, const char *name, size_t *count)
{
    struct error err = {0};
    const struct safetensor *t = safetensors_find(s, name);
    ck_assert_msg(t != NULL, "%s", name);
    float *v = malloc(t->elements * sizeof *v);
    ck_assert_msg(safetensors_read(s, t, 0, (size_t)t->elements, v, &err), "%s", err.text);
    *count = (size_t)t->elements;
    return v;
}

/* The weights of the case, under the names of the graph. */
static void write_weights(const struct safetensors *s)
{
    static const char *const names[] = {"conv.w", "fc.w", "fc.b"};
    struct safetensor list[3];
    struct error err = {0};
    char key[32];
    size_t count;
    for (int i = 0; i < 3; i++) {
        snprintf(key, sizeof key, "cam.%s", names[i]);
        list[i] = *safetensors_find(s, key);
        list[i].name = names[i];
    }
    struct safetensors_writer *w = safetensors_create(weights, list, 3, &err);
    for (int i = 0; i < 3; i++) {
        snprintf(key, sizeof key, "cam.%s", names[i]);
        float *v = stored(s, key, &count);
        ck_assert(safetensors_put(w, v, count * sizeof *v, &err));
        free(v);
    }
    ck_assert(safetensors_commit(&w, &err));
}

START_TEST(is_grad_cam)
{
    static const char text[] = "clact 1\n"
                               "weights cam.safetensors\n"
                               "clip main frames=6\n"
                               "%input = input f32[N,3,6,9,7] clip=main\n"
                               "%conv.w = weight f32[8,3,3,3,3]\n"
                               "%conv = conv3d %input %conv.w stride=2,1,1 pad=1\n"
                               "%relu = relu %conv\n"
                               "%pool = global_average %relu\n"
                               "%fc.w = weight f32[5,8]\n"
                               "%fc.b = weight f32[5]\n"
                               "%logits = linear %pool %fc.w bias=%fc.b\n"
                               "%mean = mean_windows %logits\n"
                               "output %mean\n";
    struct error err = {0};
    size_t count;
    struct safetensors *s =
        safetensors_open(SOURCE_DIR "/tests/data/op/cam.safetensors", ERROR_INPUT, &err);
    ck_assert_msg(s != NULL, "%s", err.text);
    write_weights(s);
    write_graph(text, false);
    struct cam *cam = cam_open(graph, &err);
    ck_assert_msg(cam != NULL, "%s", err.text);
    ck_assert_int_eq(cam->paths, 1);
    ck_assert_str_eq(cam->path[0].name, "relu");
    struct network *m = open_kept(cam);
    float *input = stored(s, "cam.input", &count), *want = stored(s, "cam.grad_cam", &count);
    const struct window windows[2] = {{.index = 0}, {.index = 1}};
    ck_assert(session_feed(m->session, graph_find(m->graph, "input"), input, 2, &err));
    ck_assert(session_run(m->session, 0, &err));
    ck_assert_msg(cam_begin(cam, m, 2, &err), "%s", err.text);
    ck_assert_msg(cam_batch(cam, 0, windows, 2, &err), "%s", err.text);
    size_t places = 3 * 9 * 7;
    ck_assert_int_eq(count, 2 * places);
    /* The gradient of a mean over places is the weight divided by their number. */
    for (size_t i = 0; i < count; i++) {
        double got = (double)cam->path[0].window[i / places].map[i % places] / (double)places;
        ck_assert_double_eq_tol(got > 0 ? got : 0, (double)want[i], 1e-7);
    }
    ck_assert(!cam_begin(cam, m, 5, &err)); /* there are 0 to 4 */
    free(input);
    free(want);
    network_close(&m);
    cam_close(&cam);
    safetensors_close(&s);
}
END_TEST

/* ---- a clip: two clips, one of two pathways that are joined behind their pooling ---- */

static const char paths[] =
    "clact 1\n"
    "weights cam.safetensors\n"
    "clip motion frames=4 windows=slide:8 space=size:24x20,crop:16 filter=bilinear crops=three\n"
    "clip still frames=1 windows=even:3 space=size:24x24 filter=bilinear\n"
    "%frames = input u8[N,3,4,16,16] clip=motion\n"
    "%input = normalize %frames scale=0.003921569 mean=0.5\n"
    "%slow.w = weight f32[6,3,1,3,3]\n"
    "%slow = conv3d %input %slow.w pad=0,1,1 act=relu\n"
    "%fast.w = weight f32[4,3,3,1,1]\n"
    "%fast = conv3d %input %fast.w stride=1,2,2\n"
    "%slow.pool = avgpool3d %slow kernel=4,16,16\n"
    "%fast.pool = avgpool3d %fast kernel=2,8,8\n"
    "%join = concat %slow.pool %fast.pool\n"
    "%pool = global_average %join\n"
    "%fc.w = weight f32[3,10]\n"
    "%fc.b = weight f32[3]\n"
    "%logits = linear %pool %fc.w bias=%fc.b\n"
    "%probs.window = softmax %logits\n"
    "%mean = mean_windows %probs.window\n"
    "%still.frames = input u8[N,3,1,24,24] clip=still\n"
    "%still.input = normalize %still.frames scale=0.003921569 mean=0.5\n"
    "%still.w = weight f32[6,3,1,3,3]\n"
    "%still = conv3d %still.input %still.w stride=1,2,2 pad=0,1,1\n"
    "%still.fc.w = weight f32[3,6,1,1,1]\n"
    "%still.pool = avgpool3d %still kernel=1,12,12\n"
    "%still.scores = conv3d %still.pool %still.fc.w\n"
    "%still.flat = flatten %still.scores\n"
    "%still.probs = softmax %still.flat\n"
    "%still.mean = mean_windows %still.probs\n"
    "%probs = average %mean %still.mean\n"
    "output %probs\n";

static const char clip[] = SOURCE_DIR "/tests/data/clips/bframes.mp4"; /* 160x120 */

static double mean_of(const struct cam_path *p, int64_t window)
{
    double sum = 0;
    int64_t places = p->t * p->h * p->w;
    for (int64_t i = 0; i < places; i++)
        sum += p->window[window].map[i];
    return sum / (double)places;
}

/* The means of a window's maps over all places, and the bias, are the logits. */
static void check_scores(struct cam *cam[3], const struct video_result *r, const float *bias,
                         int clip_index, int first, int last)
{
    int64_t n = 0;
    for (int64_t i = 0; i < r->window_count; i++) {
        const struct window_score *w = &r->window[i];
        double e[3], sum = 0;
        if (w->clip != clip_index)
            continue;
        for (int c = 0; c < 3; c++) {
            e[c] = bias ? (double)bias[c] : 0;
            for (int k = first; k <= last; k++)
                e[c] += mean_of(&cam[c]->path[k], n);
            e[c] = exp(e[c]);
            sum += e[c];
        }
        for (int c = 0; c < 3; c++)
            ck_assert_double_eq_tol(e[c] / sum, (double)w->scores[c], 1e-5);
        n++;
    }
    ck_assert_int_gt(n, 2);
    ck_assert_int_eq(n, cam[0]->path[first].count);
}

START_TEST(maps_are_the_scores)
{
    struct error err = {0};
    struct cam *cam[3];
    struct network *m = NULL;
    struct video_result r = {0};
    float bias[3];
    write_graph(paths, true);
    for (int c = 0; c < 3; c++) {
        ck_assert_msg((cam[c] = cam_open(graph, &err)) != NULL, "%s", err.text);
        ck_assert_int_eq(cam[c]->paths, 3);
        m = m ? m : open_kept(cam[0]);
        ck_assert_msg(cam_begin(cam[c], m, c, &err), "%s", err.text);
        struct video_run_options o = {
            .video = {.stream = -1}, .windows = true, .batch = cam_batch, .batch_context = cam[c]};
        video_result_free(&r);
        ck_assert_msg(video_run(m, clip, &o, &r, &err), "%s", err.text);
    }
    ck_assert_str_eq(cam[0]->path[0].name, "slow");
    ck_assert_str_eq(cam[0]->path[1].name, "fast");
    ck_assert_str_eq(cam[0]->path[2].name, "still");
    ck_assert_int_eq(cam[0]->path[1].t, 2);
    ck_assert_int_eq(cam[0]->path[1].w, 8);
    ck_assert(safetensors_read(m->weights, safetensors_find(m->weights, "fc.b"), 0, 3, bias, &err));
    check_scores(cam, &r, bias, 0, 0, 1);
    check_scores(cam, &r, NULL, 1, 2, 2);

    /* A map of one place, where it lies in the frame: 24x20 is 160x120 in pixels of 6.67 x 6; the
     * outer crops of the three begin at columns 0, 4 and 8 of 24. */
    struct cam_path *p = &cam[0]->path[0];
    static float heat[160 * 120];
    for (int64_t i = 0; i < p->count; i++) {
        memset(p->window[i].map, 0, (size_t)(p->t * p->h * p->w) * sizeof(float));
        if (p->window[i].crop == 0)
            for (int64_t t = 0; t < p->t; t++)
                p->window[i].map[(t * p->h + 5) * p->w + 3] = 2;
    }
    p->highest = 2;
    double time = p->window[0].start + 0.01;
    ck_assert_msg(cam_heat(cam[0], 0, time, 0, 160, 120, 160, 120, heat, &err), "%s", err.text);
    /* The middle of row 5 and column 3 of the crop, which begins at row 2: 3.5 * 6.67, 7.5 * 6. */
    ck_assert_double_eq_tol((double)heat[45 * 160 + 23], 1, 0.2);
    ck_assert_double_eq_tol((double)heat[45 * 160 + 40], 0, 1e-6);
    ck_assert_double_eq_tol((double)heat[70 * 160 + 23], 0, 1e-6);
    ck_assert(heat[11 * 160 + 23] == -1 && heat[12 * 160 + 23] == 0); /* rows 0, 1: not in a crop */
    ck_assert(heat[107 * 160 + 23] == 0 && heat[108 * 160 + 23] == -1);
    ck_assert(heat[60 * 160] == 0 && heat[60 * 160 + 159] == 0); /* the crops reach both ends */
    video_result_free(&r);
    network_close(&m);
    for (int c = 0; c < 3; c++)
        cam_close(&cam[c]);
}
END_TEST

static const struct {
    const char *change, *into, *message;
} refused[] = {
    {"%probs.window = softmax %logits", "%probs.window = relu %logits", "relu %probs.window"},
    {"%logits = linear %pool", "%act = relu %pool\n%logits = linear %act", "relu %act"},
    {"%fc.w bias=%fc.b", "%fc.w bias=%fc.b act=relu", "linear %logits"},
    {"%fast.pool = avgpool3d %fast kernel=2,8,8", "%fast.pool = maxpool3d %fast kernel=2,8,8",
     "concat %join"},
};

START_TEST(other_heads_are_named)
{
    char text[sizeof paths + 100];
    struct error err = {0};
    const char *at = strstr(paths, refused[_i].change);
    ck_assert(at != NULL);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - paths), paths, refused[_i].into,
             at + strlen(refused[_i].change));
    write_graph(text, false);
    struct cam *cam = cam_open(graph, &err);
    /* Joined values that are not pooled are a feature like any other. */
    if (!strcmp(refused[_i].message, "concat %join")) {
        ck_assert_msg(cam != NULL, "%s", err.text);
        ck_assert_str_eq(cam->path[0].name, "join");
        cam_close(&cam);
        return;
    }
    ck_assert(cam == NULL);
    ck_assert_int_eq(err.code, ERROR_MODEL);
    ck_assert_msg(strstr(err.text, refused[_i].message) != NULL, "%s", err.text);
    ck_assert_msg(strstr(err.text, "no class activation maps") != NULL, "%s", err.text);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("cam");
    tcase_add_unchecked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 300);
    tcase_add_test(t, is_grad_cam);
    tcase_add_test(t, maps_are_the_scores);
    tcase_add_loop_test(t, other_heads_are_named, 0, sizeof refused / sizeof *refused);
    return run_on_device(t, "cam");
}
