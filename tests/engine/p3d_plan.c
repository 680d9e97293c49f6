/* SPDX-License-Identifier: MIT */
/* The plan of a pseudo-3D module: its residual, its concat, its attention and its input cost no
 * passes over an activation of their own. */
#include "engine/plan.h"
#include "graph/pipeline.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define CLIP                                                                                       \
    "clact 1\n"                                                                                    \
    "clip main frames=9 windows=slide space=size:32x32\n"                                          \
    "%frames = input u8[N,3,9,32,32] clip=main\n"                                                  \
    "%input = normalize %frames scale=0.003921569\n"                                               \
    "%rgb = select_frames %input count=8\n"                                                        \
    "%res = residual %input\n"                                                                     \
    "%ws = weight f32[11,3,1,7,7]\n"                                                               \
    "%wt = weight f32[11,3,3,1,1]\n"
/* Features of x, beginning with the letter: spatial, temporal, and their residual. */
#define UNIT(letter, x, stride, ws, wt, k)                                                         \
    "%" letter "s.conv = conv3d %" x " %" ws " stride=" stride " pad=0," k "," k "\n"              \
    "%" letter "s = relu %" letter "s.conv\n"                                                      \
    "%" letter "t.conv = conv3d %" x " %" wt " stride=" stride " pad=1,0,0\n"                      \
    "%" letter "t = relu %" letter "t.conv\n"                                                      \
    "%" letter "r = residual %" letter "t last=replicate\n"                                        \
    "%" letter "f = concat %" letter "s %" letter "t %" letter "r\n"
#define ATTENTION(letter, over)                                                                    \
    "%" letter "p = global_average %" letter "f over=" over "\n"                                   \
    "%" letter "l = linear %" letter "p %wa\n"                                                     \
    "%" letter "m = sigmoid %" letter "l\n"                                                        \
    "%" letter " = channel_scale %" letter "f %" letter "m plus=1\n"
#define NETWORK(over)                                                                              \
    CLIP "%wa = weight f32[33,33]\n" UNIT("a", "rgb", "1,2,2", "ws", "wt", "3")                    \
        UNIT("b", "res", "1,2,2", "ws", "wt", "3") ATTENTION("a", over) ATTENTION(                 \
            "b", over) "%stem = concat %a %b\n"                                                    \
                       "%w1 = weight f32[11,66,1,1,1]\n"                                           \
                       "%vs = weight f32[11,11,1,3,3]\n"                                           \
                       "%vt = weight f32[11,11,3,1,1]\n"                                           \
                       "%w3 = weight f32[11,33,1,1,1]\n"                                           \
                       "%one = conv3d %stem %w1\n"                                                 \
                       "%short = conv3d %stem %w1\n" UNIT("c", "one", "1", "vs", "vt", "1")        \
                           ATTENTION("c", over) "%three = conv3d %c %w3\n"                         \
                                                "%sum = add %three %short\n"                       \
                                                "%y = relu %sum\n"                                 \
                                                "output %y\n"

static struct plan *make(const char *text, struct graph **g)
{
    struct error err = {0};
    int batch[1] = {2};
    *g = graph_parse(text, strlen(text), "p3d.graph", &err);
    ck_assert_msg(*g != NULL, "%s", err.text);
    ck_assert_msg(graph_compile(*g, NULL, &err), "%s", err.text);
    struct plan *p = plan_make(*g, &caps_default, batch, false, 0, &err);
    ck_assert_msg(p != NULL, "%s", err.text);
    return p;
}

static int steps_of(const struct plan *p, const char *kernel)
{
    int count = 0;
    for (int s = 0; s < p->parts[0].step_count; s++)
        count += !strcmp(p->parts[0].steps[s].kernel, kernel);
    return count;
}

/* All there is for the text with clip masks; masks of frames scale the activations. */
START_TEST(steps)
{
    static const struct {
        const char *kernel;
        int clip, frame;
    } wanted[] = {
        {"normalize_frames", 0, 0},
        {"select_frames", 0, 0},
        {"residual", 0, 0},
        {"conv3d_frames_strip", 4, 4}, /* two streams, each once in space and once in time */
        {"conv3d_time", 1, 1},
        {"global_average", 3, 3},
        {"concat", 2, 0}, /* two stems: rows of 33 factors */
        {"channel_scale", 0, 3},
        {"scale_weights", 3, 0},
        {"conv3d_direct", 4, 4},
    };
    for (int frame = 0; frame < 2; frame++) {
        struct graph *g;
        struct plan *p = make(frame ? NETWORK("frame") : NETWORK("clip"), &g);
        struct text t = {0};
        plan_print(p, &t);
        for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
            int want = frame ? wanted[i].frame : wanted[i].clip;
            ck_assert_msg(steps_of(p, wanted[i].kernel) == want, "%d steps of %s, wanted %d:\n%s",
                          steps_of(p, wanted[i].kernel), wanted[i].kernel, want, t.s);
        }
        text_free(&t);
        plan_free(&p);
        graph_free(&g);
    }
}
END_TEST

int main(void)
{
    setenv("OCL_ICD_VENDORS", "/nonexistent", 1); /* plans need no device */
    Suite *s = suite_create("p3d_plan");
    TCase *c = tcase_create("all");
    tcase_add_test(c, steps);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
