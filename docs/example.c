/* SPDX-License-Identifier: MIT */
/* What happens in a clip, in the fewest lines: example MODEL.graph CLIP
 *
 *     cc example.c -o example -lclact
 */
#include <clact.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: %s MODEL.graph CLIP\n", argv[0]);
        return CLACT_USAGE;
    }
    clact_error err = {0};
    clact_model *model = clact_model_open(argv[1], NULL, &err);
    clact_result *result = NULL;
    if (model) {
        clact_video_options options = CLACT_VIDEO_OPTIONS;
        options.windows = true;
        result = clact_run_video(model, argv[2], &options, &err);
    }
    if (!result) {
        fprintf(stderr, "%s\n", err.text);
        clact_model_close(&model);
        return err.code;
    }

    int best[5], n = clact_top(result->scores, result->classes, 5, best);
    printf("%s on %s: %.2f s of %s, %lld windows\n", clact_model_name(model),
           clact_model_device(model), result->duration, result->codec, (long long)result->windows);
    for (int i = 0; i < n; i++) {
        const char *label = clact_label(model, best[i]);
        printf("%.4f  class %d  %s\n", (double)result->scores[best[i]], best[i],
               label ? label : "");
    }
    for (int64_t i = 0; i < result->window_count; i++)
        printf("window %lld plays from %.3f s to %.3f s\n", (long long)result->window[i].index,
               result->window[i].start, result->window[i].end);

    clact_result_free(&result);
    clact_model_close(&model);
    return CLACT_OK;
}
