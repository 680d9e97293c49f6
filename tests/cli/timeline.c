/* SPDX-License-Identifier: MIT */
/* timeline WINDOWS CLASSES SECONDS: a time line of made-up scores, as clact run --timeline draws
 * it; windows of equal length one after another. */
#include "cli/timeline.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    static const char model[] = "clact 1\nmodel made-up\nclip main frames=1\n"
                                "%x = input f32[N,4] clip=main\n%m = mean_windows %x\noutput %m\n";
    struct error err = {0};
    if (argc != 4)
        return 1;
    int64_t windows = atoll(argv[1]);
    int classes = atoi(argv[2]);
    double length = atof(argv[3]) / (double)windows;
    struct graph *g = graph_parse(model, sizeof model - 1, "made-up.graph", &err);
    struct network m = {.graph = g};
    struct video_result v = {
        .width = 640, .height = 480, .classes = classes, .duration = atof(argv[3])};
    float *scores = calloc((size_t)classes, sizeof *scores);
    v.scores = calloc((size_t)classes, sizeof *v.scores);
    bool ok = g && scores && v.scores;
    for (int64_t i = 0; ok && i < windows; i++) {
        double sum = 0;
        for (int c = 0; c < classes; c++)
            sum += scores[c] = expf(3 * sinf((float)i * 9 / (float)windows + (float)(c * c)) -
                                    (float)(c % 50) / 5);
        for (int c = 0; c < classes; c++)
            v.scores[c] += scores[c] = classes > 1 ? scores[c] / (float)sum : scores[c] / 30;
        const struct window_score w = {.index = i,
                                       .start = (double)i * length,
                                       .end = (double)(i + 1) * length,
                                       .classes = classes};
        ok = video_result_add(&v, &w, scores, &err);
    }
    for (int c = 0; ok && c < classes; c++)
        v.scores[c] /= (float)windows;
    struct score_tracks t = {0};
    struct text out = {0};
    ok = ok && score_tracks_make(&t, &m, &v, &err);
    if (ok) {
        timeline(&m, "a clip <&> \"more\".mp4", &v, &t, 5, false, &out);
        fputs(out.s, stdout);
    } else {
        fprintf(stderr, "timeline: %s\n", err.text);
    }
    text_free(&out);
    score_tracks_free(&t);
    video_result_free(&v);
    free(scores);
    graph_free(&g);
    return !ok;
}
