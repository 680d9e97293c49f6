/* SPDX-License-Identifier: MIT */
/* The public API as a caller sees it: results, ownership, and what it says to wrong arguments. */
#include "engine/clact.h"
#include "models/models.h"
#include "tests/engine/device.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#define CLIP SOURCE_DIR "/tests/data/clips/asl_yes.mkv"
enum { CLASSES = 7, FRAMES = 8, SIZE = 32, PIXELS = FRAMES * SIZE * SIZE };

static char folder[] = "/tmp/clact-api-XXXXXX", graph_path[64];
static clact_model *model; /* batches of 2 */
static clact_error err;

static void write_file(const char *name, const char *data, size_t n, char path[64])
{
    snprintf(path, 64, "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    ck_assert(f && fwrite(data, 1, n, f) == n && fclose(f) == 0);
}

static void make_model(void)
{
    char path[64];
    struct error e;
    struct text text = {0};
    const struct model_files files = {"m.safetensors", "m.txt"};
    struct graph *g = model_build(model_find("resnet3d-10"),
                                  "width=0.05,frames=8,size=32,classes=7", &files, "m", &e);
    ck_assert_msg(g != NULL, "%s", e.text);
    graph_print(g, &text);
    write_file("m.txt", "a\nb\nc\nd\ne\nf\nthe last\n", 21, path);
    write_file("m.graph", text.s, text.len, graph_path);
    snprintf(path, sizeof path, "%s/m.safetensors", folder);
    ck_assert_msg(model_random_weights(g, path, 3, &e), "%s", e.text);
    graph_free(&g);
    text_free(&text);
}

static void setup(void)
{
    ck_assert(mkdtemp(folder) != NULL);
    make_model();
    clact_model_options o = CLACT_MODEL_OPTIONS;
    o.batch = 2;
    model = clact_model_open(graph_path, &o, &err);
    ck_assert_msg(model != NULL, "%s", err.text);
}

static void teardown(void)
{
    static const char *const names[] = {"m.graph", "m.txt", "m.safetensors"};
    char path[64];
    clact_model_close(&model);
    ck_assert(model == NULL);
    clact_model_close(&model); /* nothing is fine */
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
}

static void check_error(const void *result, enum clact_code code, const char *word)
{
    ck_assert_ptr_null(result);
    ck_assert_msg(err.code == code && strstr(err.text, word), "%d: %s", (int)err.code, err.text);
}

START_TEST(description)
{
    const clact_input *in = clact_input_at(model, 0);
    ck_assert_str_eq(clact_model_name(model), "resnet3d-10");
    ck_assert(strlen(clact_model_device(model)) && strlen(clact_version()));
    ck_assert_int_eq(clact_classes(model), CLASSES);
    ck_assert_str_eq(clact_label(model, 6), "the last");
    ck_assert(!clact_label(model, 7) && !clact_label(model, -1));
    ck_assert_int_eq(clact_input_count(model), 1);
    ck_assert(!clact_input_at(model, 1) && !clact_input_at(model, -1));
    ck_assert_str_eq(in->name, "frames");
    ck_assert(in->type == CLACT_U8 && in->rank == 5 && in->dim[0] == 0 && in->dim[1] == 3 &&
              in->dim[2] == FRAMES && in->dim[4] == SIZE && in->window_bytes == 3 * PIXELS);
}
END_TEST

START_TEST(open_errors)
{
    clact_model_options o = CLACT_MODEL_OPTIONS;
    check_error(clact_model_open("/nowhere/m.graph", NULL, &err), CLACT_MODEL, "/nowhere/m.graph");
    ck_assert(!clact_model_open("/nowhere/m.graph", NULL, NULL)); /* err may be NULL */
    check_error(clact_model_open(NULL, NULL, &err), CLACT_USAGE, "no model");
    o.batch = 0;
    check_error(clact_model_open(graph_path, &o, &err), CLACT_USAGE, "batch 0");
    o.batch = 1;
    o.device = "no such device";
    check_error(clact_model_open(graph_path, &o, &err), CLACT_DEVICE, "no such device");
    o.device = NULL;
    o.max_memory = 1000;
    check_error(clact_model_open(graph_path, &o, &err), CLACT_LIMIT, "allowed");
    o.max_memory = 0;
    o.feed = "nothing";
    check_error(clact_model_open(graph_path, &o, &err), CLACT_USAGE, "nothing");
    o.struct_size--;
    check_error(clact_model_open(graph_path, &o, &err), CLACT_USAGE, "CLACT_MODEL_OPTIONS");
}
END_TEST

static void count_calls(void *context, double fraction)
{
    ck_assert(fraction >= 0 && fraction <= 1);
    ++*(int *)context;
}

START_TEST(video)
{
    int calls = 0;
    clact_video_options o = CLACT_VIDEO_OPTIONS;
    o.windows = true;
    o.progress = count_calls;
    o.context = &calls;
    clact_result *r = clact_run_video(model, CLIP, &o, &err);
    ck_assert_msg(r != NULL, "%s", err.text);
    ck_assert(calls > 0 && r->width == 640 && r->height == 480 && r->frames == 65 && !r->padded);
    ck_assert(!r->damage && !strcmp(r->codec, "h264") && fabs(r->duration - 2.13) < 0.05);
    ck_assert(r->classes == CLASSES && r->windows == 9 && r->window_count == 9);
    double sum = 0;
    for (int c = 0; c < CLASSES; c++) {
        double mean = 0;
        for (int i = 0; i < 9; i++)
            mean += (double)r->window[i].scores[c] / 9;
        ck_assert(fabs(mean - (double)r->scores[c]) < 1e-6);
        ck_assert(r->scores[c] <= r->scores[r->best]);
        sum += (double)r->scores[c];
    }
    ck_assert(fabs(sum - 1) < 1e-5);
    ck_assert(r->window[8].index == 8 && r->window[8].start > r->window[7].start &&
              r->window[0].end > r->window[0].start && !strcmp(r->window[0].clip, "main"));
    clact_result_free(&r);
    ck_assert(r == NULL);
    clact_result_free(&r);
}
END_TEST

START_TEST(video_errors)
{
    clact_video_options o = CLACT_VIDEO_OPTIONS;
    check_error(clact_run_video(model, "/nowhere.mp4", NULL, &err), CLACT_INPUT, "/nowhere.mp4");
    check_error(clact_run_video(model, graph_path, NULL, &err), CLACT_INPUT, "m.graph");
    check_error(clact_run_video(model, "", NULL, &err), CLACT_USAGE, "no clip");
    o.max_pixels = 100;
    check_error(clact_run_video(model, CLIP, &o, &err), CLACT_LIMIT, "640");
    o.max_pixels = 0;
    o.from = 100;
    check_error(clact_run_video(model, CLIP, &o, &err), CLACT_INPUT, "range");
    o.to = 3;
    check_error(clact_run_video(model, CLIP, &o, &err), CLACT_USAGE, "from 100");
    o.struct_size = 0;
    check_error(clact_run_video(model, CLIP, &o, &err), CLACT_USAGE, "CLACT_VIDEO_OPTIONS");
    clact_result *r = clact_run_video(model, CLIP, NULL, &err); /* the model is as good as before */
    ck_assert_msg(r != NULL && r->window_count == 0, "%s", err.text);
    clact_result_free(&r);
}
END_TEST

/* Three windows of frames, in which every window, channel and pixel differs. */
static unsigned char *make_frames(void)
{
    unsigned char *u8 = malloc(3 * 3 * PIXELS);
    ck_assert(u8 != NULL);
    for (int i = 0; i < 3 * 3 * PIXELS; i++)
        u8[i] = (unsigned char)(i * 7919 + i / 97 * (i / (3 * PIXELS) + 1));
    return u8;
}

static clact_result *run(clact_model *m, const clact_tensor *t, bool windows)
{
    clact_result *r = clact_run_tensors(m, t, 1, windows, &err);
    ck_assert_msg(r != NULL, "%s", err.text);
    return r;
}

START_TEST(tensors)
{
    unsigned char *u8 = make_frames();
    clact_result *all = run(model, &(clact_tensor){"frames", CLACT_U8, 3, u8}, true);
    ck_assert(all->windows == 3 && all->window_count == 3 && all->classes == CLASSES);
    ck_assert(all->frames == 0 && !strcmp(all->codec, "") && !all->damage);
    for (int i = 0; i < 3; i++) { /* alone, each gives what it gave among the others */
        clact_result *one =
            run(model, &(clact_tensor){"frames", CLACT_U8, 1, u8 + i * 3 * PIXELS}, false);
        ck_assert(one->window_count == 0 && all->window[i].index == i);
        for (int c = 0; c < CLASSES; c++)
            ck_assert(fabs((double)one->scores[c] - (double)all->window[i].scores[c]) < 1e-6);
        clact_result_free(&one);
    }
    for (int c = 0; c < CLASSES; c++)
        ck_assert(fabs(((double)all->window[0].scores[c] + (double)all->window[1].scores[c] +
                        (double)all->window[2].scores[c]) / 3 - (double)all->scores[c]) < 1e-6);
    clact_result_free(&all);
    free(u8);
}
END_TEST

/* Floats into the node after normalize: what the graph itself makes of the bytes. */
START_TEST(floats)
{
    static const double mean[3] = {0.4345, 0.4051, 0.3775}, deviation[3] = {0.2768, 0.2713, 0.2737};
    unsigned char *u8 = make_frames();
    float *f = malloc(3 * 3 * PIXELS * sizeof *f);
    ck_assert(f != NULL);
    for (int n = 0; n < 3; n++)
        for (int c = 0; c < 3; c++)
            for (int p = 0; p < PIXELS; p++)
                f[(n * 3 + c) * PIXELS + p] =
                    (float)((u8[(n * PIXELS + p) * 3 + c] / 255.0 - mean[c]) / deviation[c]);
    clact_model_options o = CLACT_MODEL_OPTIONS;
    o.feed = "input";
    clact_model *fed = clact_model_open(graph_path, &o, &err);
    ck_assert_msg(fed != NULL, "%s", err.text);
    const clact_input *in = clact_input_at(fed, 0);
    ck_assert(clact_input_count(fed) == 1 && in->type == CLACT_F32 &&
              in->window_bytes == 3 * PIXELS * sizeof(float));
    check_error(clact_run_video(fed, CLIP, NULL, &err), CLACT_USAGE, "tensors");
    clact_result *a = run(model, &(clact_tensor){"frames", CLACT_U8, 3, u8}, false);
    clact_result *b = run(fed, &(clact_tensor){"input", CLACT_F32, 3, f}, false);
    for (int c = 0; c < CLASSES; c++)
        ck_assert_msg(fabs((double)a->scores[c] - (double)b->scores[c]) < 1e-4, "class %d: %g, %g",
                      c, (double)a->scores[c], (double)b->scores[c]);
    clact_result_free(&a);
    clact_result_free(&b);
    clact_model_close(&fed);
    free(f);
    free(u8);
}
END_TEST

/* Half storage: nearly the same scores, and what becomes infinite in it is refused. */
START_TEST(halfs)
{
    unsigned char *u8 = make_frames();
    float *f = malloc(3 * PIXELS * sizeof *f);
    double largest = 0;
    ck_assert(f != NULL);
    for (int i = 0; i < 3 * PIXELS; i++)
        f[i] = i % 2 ? 70000.0f : -70000.0f;
    clact_model_options o = CLACT_MODEL_OPTIONS;
    o.fp16 = true;
    clact_model *half = clact_model_open(graph_path, &o, &err);
    ck_assert_msg(half != NULL, "%s", err.text);
    clact_result *a = run(model, &(clact_tensor){"frames", CLACT_U8, 3, u8}, false);
    clact_result *b = run(half, &(clact_tensor){"frames", CLACT_U8, 3, u8}, false);
    for (int c = 0; c < CLASSES; c++)
        largest = fmax(largest, fabs((double)a->scores[c]));
    for (int c = 0; c < CLASSES; c++)
        ck_assert_msg(fabs((double)a->scores[c] - (double)b->scores[c]) < 0.01 * largest,
                      "class %d: %g, %g", c, (double)a->scores[c], (double)b->scores[c]);
    clact_result_free(&a);
    clact_result_free(&b);
    clact_model_close(&half);
    o.feed = "input";
    half = clact_model_open(graph_path, &o, &err);
    ck_assert_msg(half != NULL, "%s", err.text);
    check_error(clact_run_tensors(half, &(clact_tensor){"input", CLACT_F32, 1, f}, 1, false, &err),
                CLACT_MODEL, "finite");
    clact_model_close(&half);
    free(f);
    free(u8);
}
END_TEST

START_TEST(tensor_errors)
{
    unsigned char *u8 = make_frames();
    clact_tensor t[2] = {{"frames", CLACT_U8, 1, u8}, {"frames", CLACT_U8, 1, u8}};
    check_error(clact_run_tensors(model, t, 2, false, &err), CLACT_USAGE, "twice");
    check_error(clact_run_tensors(model, t, 0, false, &err), CLACT_USAGE, "frames");
    t[0].input = "picture";
    check_error(clact_run_tensors(model, t, 1, false, &err), CLACT_USAGE, "picture");
    t[0] = (clact_tensor){"frames", CLACT_F32, 1, u8};
    check_error(clact_run_tensors(model, t, 1, false, &err), CLACT_USAGE, "bytes");
    t[0] = (clact_tensor){"frames", CLACT_U8, 0, u8};
    check_error(clact_run_tensors(model, t, 1, false, &err), CLACT_USAGE, "0 windows");
    t[0] = (clact_tensor){"frames", CLACT_U8, 1, NULL};
    check_error(clact_run_tensors(model, t, 1, false, &err), CLACT_USAGE, "no data");
    ck_assert(!clact_run_tensors(model, t, 1, false, NULL));
    free(u8);
}
END_TEST

START_TEST(top)
{
    const float scores[] = {0.1f, 0.5f, 0.2f, 0.5f, 0.0f};
    int best[5];
    ck_assert_int_eq(clact_top(scores, 5, 3, best), 3);
    ck_assert(best[0] == 1 && best[1] == 3 && best[2] == 2);
    ck_assert_int_eq(clact_top(scores, 5, 5, best), 5);
    ck_assert(best[3] == 0 && best[4] == 4);
    ck_assert_int_eq(clact_top(scores, 2, 9, best), 2);
    ck_assert(best[0] == 1 && best[1] == 0);
    ck_assert_int_eq(clact_top(scores, 5, 0, best), 0);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("api");
    tcase_set_timeout(t, 0);
    tcase_add_unchecked_fixture(t, setup, teardown);
    tcase_add_test(t, description);
    tcase_add_test(t, open_errors);
    tcase_add_test(t, video);
    tcase_add_test(t, video_errors);
    tcase_add_test(t, tensors);
    tcase_add_test(t, floats);
    tcase_add_test(t, halfs);
    tcase_add_test(t, tensor_errors);
    tcase_add_test(t, top);
    return run_on_device(t, "api");
}
